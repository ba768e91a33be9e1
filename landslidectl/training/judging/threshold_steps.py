"""The steps that choose thresholds: of a run that is to be registered, and of model folders."""

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landslidectl.events import Reporter
from landslidectl.training.judging.judging_steps import add_landscapes, seed_range
from landslidectl.training.splits import Split

if TYPE_CHECKING:
    from landslidectl.training.judging.event_maps import Events
    from landslidectl.training.judging.thresholds import Thresholds

Say = Callable[[str], None]


def add_threshold_steps(steps: Any, say: Say, tell: Reporter) -> None:
    """Add the parsers; ``say`` takes the lines of a result, ``tell`` the progress."""
    scenes = steps.add_parser("scenes", help="map simulated events, choose thresholds of runs")
    scenes.add_argument("--run", type=Path, action="append", required=True, dest="runs")
    add_events(scenes)
    scenes.set_defaults(step=partial(choose_for_runs, say=say, tell=tell))
    again = steps.add_parser("thresholds", help="the same for model folders that stand")
    again.add_argument("--model", type=Path, action="append", required=True, dest="models")
    again.add_argument("--version", required=True, help="of the folders with these thresholds")
    add_events(again)
    again.set_defaults(step=partial(_choose_for_models, say=say, tell=tell))


def add_events(parser: argparse.ArgumentParser) -> None:
    """Add the options that say which events are mapped."""
    parser.add_argument("--threshold-seeds", type=seed_range, required=True, help="such as 601-606")
    parser.add_argument("--test-seeds", type=seed_range, required=True, help="such as 901-910")
    parser.add_argument("--size-km", type=float, default=8.0, help="side of an event")
    parser.add_argument("--work", type=Path, help="folder that keeps what was mapped")
    add_landscapes(parser)


def choose_for_runs(options: argparse.Namespace, say: Say, tell: Reporter) -> None:
    """Write what ``register`` needs into the folders of runs."""
    from landslidectl.files.atomic import write_json_atomic  # noqa: PLC0415
    from landslidectl.training.judging.thresholds import measure_thresholds  # noqa: PLC0415
    from landslidectl.training.networks.register import SCENES, network_digest  # noqa: PLC0415
    from landslidectl.training.networks.scoring import model_of_run  # noqa: PLC0415

    events = _events(options)
    models = {str(run): model_of_run(run) for run in options.runs}
    for run, found in measure_thresholds(models, *events, options.work, tell).items():
        record = {**found.scenes, "confidence": found.confidence}
        write_json_atomic(Path(run) / SCENES, {**record, "network": network_digest(Path(run))})
        say(f"{run}: {in_words(found)}")


def in_words(found: "Thresholds") -> str:
    """Return both thresholds and what they gave on the test events in one line."""
    low, high = found.scenes["threshold"], found.confidence["threshold_high"]
    return f"thresholds {low:g} and {high:g}, {found.scenes['on_test_events']}"


def _choose_for_models(options: argparse.Namespace, say: Say, tell: Reporter) -> None:
    from landslidectl.files.atomic import write_text_atomic  # noqa: PLC0415
    from landslidectl.inference.manifest import MANIFEST_NAME, read_manifest  # noqa: PLC0415
    from landslidectl.training.judging.confidence import keep_thresholds  # noqa: PLC0415
    from landslidectl.training.judging.thresholds import measure_thresholds  # noqa: PLC0415
    from landslidectl.training.networks.card import card_text  # noqa: PLC0415

    events = _events(options)
    models = {str(folder): read_manifest(folder / MANIFEST_NAME) for folder in options.models}
    for folder, found in measure_thresholds(models, *events, options.work, tell).items():
        kept = keep_thresholds(Path(folder), options.version, found.scenes, found.confidence)
        if kept.raw["training"]["simulated"]:
            write_text_atomic(kept.folder / "card.md", card_text(kept.raw))
        say(f"{folder}: {in_words(found)}")


def _events(options: argparse.Namespace) -> "tuple[Events, Events]":
    """Return the events that thresholds are chosen on, and those that they are tested on."""
    from landslidectl.training.judging.event_maps import Events  # noqa: PLC0415
    from landslidectl.training.simulated.landscapes import chosen_landscapes  # noqa: PLC0415

    land = chosen_landscapes(options.population, options.plain)
    chosen_on = land.part(Split.VALIDATION)
    return (
        Events(tuple(options.threshold_seeds), chosen_on, options.size_km),
        Events(tuple(options.test_seeds), land.part(Split.TEST), options.size_km),
    )
