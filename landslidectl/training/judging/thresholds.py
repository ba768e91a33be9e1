"""Both thresholds of models, chosen on some simulated events and measured on others.

Networks and the two rules that need none see the same maps, and get their thresholds in the same
way.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from landslidectl.detection.relief import STEEP_DEG
from landslidectl.events import Reporter, silent
from landslidectl.inference.manifest import Model
from landslidectl.training.judging.confidence import confidence_record
from landslidectl.training.judging.event_maps import EventMaps, Events, curve, map_events
from landslidectl.training.judging.scenes import USERS_LIMITS, Subject, rule_subjects
from landslidectl.training.judging.tally import scene_record
from landslidectl.training.splits import Split

LIMITS = {
    "min_slope_deg": USERS_LIMITS.min_slope_deg,
    "max_slope_deg": USERS_LIMITS.max_slope_deg,
    "min_steepness_deg": STEEP_DEG,
}
"""What ground was judged: that of a user who sets nothing."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What a manifest says of the thresholds of a model.

    Parameters
    ----------
    scenes : mapping
        Of `tally.scene_record`: the low threshold, and the rules beside it.
    confidence : mapping
        Of `confidence.confidence_record`: the high one, and what both classes are worth.
    """

    scenes: Mapping[str, Any]
    confidence: Mapping[str, Any]


def measure_thresholds(
    models: Mapping[str, Model],
    chosen_on: Events,
    tested_on: Events,
    work: Path | None = None,
    reporter: Reporter = silent,
) -> dict[str, Thresholds]:
    """Map events of validation places and of test places, and choose thresholds on the former.

    Parameters
    ----------
    models : mapping of str to Model
    chosen_on, tested_on : Events
    work : Path, optional
        What was mapped is kept here, and taken up.
    reporter : Reporter

    Returns
    -------
    dict
        `Thresholds` by the keys of ``models``.
    """
    rules = {bands: rule_subjects(bands) for bands in {model.bands for model in models.values()}}
    subjects = {f"model {name}": Subject(model) for name, model in models.items()}
    for bands, named in rules.items():
        subjects |= {f"{rule} {bands.value}": subject for rule, subject in named.items()}
    maps = [
        map_events(subjects, events, None if work is None else work / split.value, reporter)
        for events, split in ((chosen_on, Split.VALIDATION), (tested_on, Split.TEST))
    ]
    curves = {
        name: (curve(maps[0][name], tried), curve(maps[1][name], tried))
        for name, tried in ((name, subject.thresholds) for name, subject in subjects.items())
    }
    found = {}
    for name, model in models.items():
        key = f"model {name}"
        baselines = {rule: curves[f"{rule} {model.bands.value}"] for rule in rules[model.bands]}
        seeds = list(chosen_on.seeds), list(tested_on.seeds)
        land = chosen_on.land.source, tested_on.land.source
        scenes = {**scene_record(seeds, *curves[key], baselines, land), "limits": LIMITS}
        found[name] = Thresholds(scenes, _confidence(scenes["threshold"], seeds, maps, key))
    return found


def _confidence(
    low: float,
    seeds: tuple[list[int], list[int]],
    maps: list[dict[str, list[EventMaps]]],
    name: str,
) -> Mapping[str, Any]:
    return confidence_record(low, seeds, *([event[low] for event in part[name]] for part in maps))
