"""Score the probe with every shipped network on a graphics device, and compare.

    VK_ICD_FILENAMES=... python tests/benchmarks/graphics.py

For each network: the largest difference from the same float network on the processor, that from the
8-bit network, and processor time a window, which tells nothing of a device that is not a rasteriser
on the processor; wall time does.
"""

import time
from pathlib import Path

from landslidectl.inference.accelerator import GpuScorer
from landslidectl.inference.baselines import AnyScorer
from landslidectl.inference.interpreter import Scorer
from landslidectl.inference.manifest import read_manifest
from landslidectl.inference.probe import largest_difference, probe_windows
from landslidectl.terms import Device

MODELS = Path(__file__).parents[2] / "models"
COUNT = 32


def timed(scorer: AnyScorer) -> tuple[object, float, float]:
    """Return scores, and processor and wall milliseconds a window after a first run."""
    windows = probe_windows(scorer.model.input_shape, COUNT)
    scorer.score(windows[:16])
    processor, wall = time.process_time(), time.perf_counter()
    scores = scorer.score(windows)
    ms = 1000.0 / COUNT
    return scores, ms * (time.process_time() - processor), ms * (time.perf_counter() - wall)


def main() -> None:
    """Print one row a network."""
    print(
        "network     from float  from 8 bits  device: processor ms  wall ms  8 bits: processor ms"
    )
    for path in sorted(MODELS.glob("*/model.json")):
        model = read_manifest(path)
        began = time.process_time()
        with GpuScorer(model, threads=1) as device:
            loading = time.process_time() - began
            found, device_ms, wall_ms = timed(device)
        with Scorer(model, Device.CPU, threads=1) as processor:
            rounded, processor_ms, _ = timed(processor)
        print(
            f"{path.parent.name:<10}  {device.difference:10.1e}  "
            f"{largest_difference(found, rounded):11.4f}  {device_ms:20.1f}  {wall_ms:7.1f}  "
            f"{processor_ms:21.2f}  (loading and probe: {loading:.1f} s, {device.adapter})",
            flush=True,
        )


if __name__ == "__main__":
    main()
