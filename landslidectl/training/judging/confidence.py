"""The score from which a detection is of high confidence, and what both classes are worth.

The low threshold of a model says where a detection begins. Detections are outlined at it, and one
whose highest score reaches the high threshold is of high confidence. The high threshold is chosen
on one set of simulated events, and the figures of both classes are taken on another.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from landslidectl.files.atomic import write_json_atomic
from landslidectl.inference.manifest import MANIFEST_NAME, Model, read_manifest
from landslidectl.training.judging.event_maps import Mapped, total
from landslidectl.training.judging.tally import Tally

CONFIDENCE = "confidence"
HIGH_FALSE_PER_100_KM2 = 0.5
STEPS = 100
HIGHEST = 0.99


def choose_high_threshold(events: Sequence[Mapped], low: float) -> float:
    """Return the lowest high threshold, in hundredths, that leaves few false detections.

    Few are at most 0.5 per 100 km2 where nothing slid, a sixth of what the low threshold may give:
    a detection of high confidence is one to look at first. Their number falls with the threshold,
    so there is one lowest; where even 0.99 leaves more, 0.99.
    """
    for tally in high_curve(events, low):
        if tally.false_per_100_km2 <= HIGH_FALSE_PER_100_KM2:
            return tally.threshold
    return HIGHEST


def high_curve(events: Sequence[Mapped], low: float) -> list[Tally]:
    """Return the counts at the low threshold and at every hundredth above it, up to 0.99."""
    hundredths = (step / STEPS for step in range(1, round(HIGHEST * STEPS) + 1))
    return [total(events, high) for high in (low, *(step for step in hundredths if step > low))]


def confidence_record(
    low: float,
    seeds: tuple[Sequence[int], Sequence[int]],
    chosen_on: Sequence[Mapped],
    tested_on: Sequence[Mapped],
) -> dict[str, Any]:
    """Return what the manifest says of the two classes.

    Parameters
    ----------
    low : float
        The model's threshold.
    seeds : (sequence of int, sequence of int)
        Events the high threshold is chosen on, and events the figures are taken on.
    chosen_on, tested_on : sequence of Mapped
        What they came to.
    """
    high = choose_high_threshold(chosen_on, low)
    everything, strong = total(tested_on, low), total(tested_on, high)
    return {
        "threshold": low,
        "threshold_high": high,
        "most_false_per_100_km2": HIGH_FALSE_PER_100_KM2,
        "threshold_events": list(seeds[0]),
        "test_events": list(seeds[1]),
        "on_threshold_events": {
            "all": total(chosen_on, low).as_dict(),
            "high": total(chosen_on, high).as_dict(),
        },
        "on_test_events": {
            "all": everything.as_dict(),
            "high": strong.as_dict(),
            "low": _rest(everything, strong),
        },
        "curve_on_threshold_events": [
            {
                "threshold": item.threshold,
                "regions": item.regions,
                "false_regions": item.false_regions,
                "quiet_regions": item.quiet_regions,
                "recall": item.recall,
            }
            for item in high_curve(chosen_on, low)
        ],
    }


def keep_thresholds(
    folder: Path, version: str, scenes: Mapping[str, Any], confidence: Mapping[str, Any]
) -> Model:
    """Write both thresholds, and the figures behind them, into the manifest of a model.

    Parameters
    ----------
    folder : Path
        A model folder.
    version : str
        What the release with these thresholds is called; the network stays what it was.
    scenes, confidence : mapping
        Of `tally.scene_record` and `confidence_record`, at the same low threshold.
    """
    path = folder / MANIFEST_NAME
    manifest = {}
    for key, value in read_manifest(path).raw.items():
        if key != "threshold_high":
            manifest[key] = value
        if key == "threshold":
            manifest[key] = scenes["threshold"]
            manifest["threshold_high"] = confidence["threshold_high"]
    manifest["version"] = version
    manifest["metrics"] = {
        **manifest["metrics"],
        "scenes": dict(scenes),
        CONFIDENCE: dict(confidence),
    }
    write_json_atomic(path, manifest)
    return read_manifest(path)


def _rest(everything: Tally, strong: Tally) -> dict[str, Any]:
    """Return the counts of the detections of low confidence alone."""
    regions = everything.regions - strong.regions
    false = everything.false_regions - strong.false_regions
    return {
        "regions": regions,
        "false_regions": false,
        "precision": (regions - false) / regions if regions else None,
        "quiet_regions": everything.quiet_regions - strong.quiet_regions,
    }
