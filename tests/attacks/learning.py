"""The commands that make and take models, for the disk that is taken away from them.

They need TensorFlow, all but ``models add``, and what they work on: a mapped event that is large
enough to learn from, and weights in the published form.
"""

import importlib.util
import shutil
from pathlib import Path

from landslidectl.simulation.event import simulate_event
from landslidectl.simulation.slides import SlideOptions
from landslidectl.simulation.spec import EventSpec
from landslidectl.terms import Pass

EVENT = EventSpec(5, 3.6, tracks=2, n_pre=2, zip_every=0, slide_options=SlideOptions(1.6, 0.8))
"""Enough slides, and ground without, for a training of its own."""
WEIGHTS, STACKS, TRUTH = "weights.hdf5", "mapped", "mapped.geojson"
HAS_TENSORFLOW = importlib.util.find_spec("tensorflow") is not None
TRAIN = ("--architecture", "cnn", "--epochs", "2", "--most-patches", "40", "-q")


def prepare(folder: Path) -> None:
    """Put weights and a mapped event with its stacks into a folder, once."""
    if not HAS_TENSORFLOW or (folder / TRUTH).is_file():
        return
    from landslidectl.training.networks.sar_lra import build_published
    from landslidectl.training.simulated.chain import Chain
    from tests.training.published import randomise, write_hdf5

    write_hdf5(randomise(build_published(Pass.ASCENDING), 1), folder / WEIGHTS)
    work = folder / "simulated"
    shutil.rmtree(work, ignore_errors=True)
    event = simulate_event(EVENT, work)
    Chain(work, event.event).stacks(event.scenes, event.dem, event.aoi, "stacks")
    shutil.rmtree(folder / STACKS, ignore_errors=True)
    shutil.move(work / "stacks", folder / STACKS)
    shutil.copy(event.truth, folder / TRUTH)
    shutil.rmtree(work)
