"""Counts on whole scenes at many thresholds, and the choice of one."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

LARGE_M2 = 20_000.0
MEDIUM_M2 = 5_000.0
SMALLEST_M2 = 2_000.0
SIZES = ("large", "medium", "small")
MOST_FALSE_PER_100_KM2 = 3.0
LANDSCAPES = ("threshold_landscapes", "test_landscapes")


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts over some events at one threshold.

    Parameters
    ----------
    threshold : float
    large, medium, small : (int, int)
        Visible slides planted and found: of 20,000 m2 and more, of 5,000 to 20,000, of 2,000 to
        5,000. Smaller ones are not counted.
    regions, false_regions : int
        Detections where slides were planted, and those that touch none.
    quiet_regions : int
        Detections in the same events without slides; all of them false.
    quiet_km2 : float
        Area looked at in those.
    quiet_region_km2 : float
        Area of the detections in those.
    """

    threshold: float
    large: tuple[int, int] = (0, 0)
    medium: tuple[int, int] = (0, 0)
    small: tuple[int, int] = (0, 0)
    regions: int = 0
    false_regions: int = 0
    quiet_regions: int = 0
    quiet_km2: float = 0.0
    quiet_region_km2: float = 0.0

    def plus(self, other: "Tally") -> "Tally":
        """Return the sum with a tally at the same threshold."""
        sums: dict[str, Any] = {}
        for field in fields(self)[1:]:
            mine, theirs = getattr(self, field.name), getattr(other, field.name)
            pair = isinstance(mine, tuple)
            sums[field.name] = (mine[0] + theirs[0], mine[1] + theirs[1]) if pair else mine + theirs
        return Tally(self.threshold, **sums)

    @property
    def false_per_100_km2(self) -> float:
        """Return false regions per 100 km2 where nothing slid."""
        return 100.0 * self.quiet_regions / self.quiet_km2 if self.quiet_km2 else 0.0

    @property
    def recall(self) -> float | None:
        """Return the share of all counted slides that were found; None of none."""
        classes = [self.large, self.medium, self.small]
        return _share((sum(item[0] for item in classes), sum(item[1] for item in classes)))

    @property
    def precision(self) -> float | None:
        """Return the share of detections that touch a slide; None of none."""
        return _share((self.regions, self.regions - self.false_regions))

    def as_dict(self) -> dict[str, Any]:
        """Return the counts and the rates that follow, ready for JSON."""
        return asdict(self) | {
            "recall_large": _share(self.large),
            "recall_medium": _share(self.medium),
            "recall_small": _share(self.small),
            "recall": self.recall,
            "precision": self.precision,
            "false_per_100_km2": self.false_per_100_km2,
        }


Curve = Sequence[Tally]


def choose_scene_threshold(tallies: Sequence[Tally]) -> float:
    """Return the lowest threshold from which on no higher one gives too many false regions.

    Too many are more than 3 per 100 km2 where nothing slid: what is asked for is 5, and the rest is
    left for events that are harder than those chosen on. Thresholds under which most of a scene is
    one region count as quiet by their number of regions; going down from the top never meets them.
    """
    descending = sorted(tallies, key=lambda item: -item.threshold)
    chosen = descending[0].threshold
    for item in descending:
        if item.false_per_100_km2 > MOST_FALSE_PER_100_KM2:
            break
        chosen = item.threshold
    return chosen


def at_threshold(tallies: Sequence[Tally], threshold: float) -> Tally:
    """Return the tally at one of the thresholds that were tried."""
    return next(item for item in tallies if item.threshold == threshold)


def as_quiet_as(tallies: Sequence[Tally], false_per_100_km2: float) -> Tally:
    """Return the tally of the lowest threshold from which on there are no more false regions.

    A rule that is judged by it got its threshold on the very events it is judged on, which favours
    the rule.
    """
    descending = sorted(tallies, key=lambda item: -item.threshold)
    chosen = descending[0]
    for item in descending:
        if item.false_per_100_km2 > false_per_100_km2:
            break
        chosen = item
    return chosen


def scene_record(
    seeds: tuple[list[int], list[int]],
    chosen_on: Curve,
    tested_on: Curve,
    rules: Mapping[str, tuple[Curve, Curve]] | None = None,
    landscapes: tuple[Mapping[str, str], Mapping[str, str]] | None = None,
) -> Mapping[str, Any]:
    """Return what `register` writes into the manifest about whole scenes.

    Parameters
    ----------
    seeds : (list of int, list of int)
        Events the threshold is chosen on, and events the figures are taken on.
    chosen_on, tested_on : sequence of Tally
        Of the network, one a threshold.
    rules : mapping of str, optional
        The same two of the rules that need no network, whose thresholds are chosen in the same way.
    landscapes : (mapping, mapping), optional
        What the land of the events of either set is like.
    """
    chosen = _chosen(chosen_on, tested_on)
    land = {} if landscapes is None else dict(zip(LANDSCAPES, landscapes, strict=True))
    return {
        **land,
        "threshold": chosen["threshold"],
        "threshold_events": seeds[0],
        "test_events": seeds[1],
        **chosen,
        "baselines": {name: _chosen(*curves) for name, curves in (rules or {}).items()},
    }


def _chosen(chosen_on: Curve, tested_on: Curve) -> dict[str, Any]:
    threshold = choose_scene_threshold(chosen_on)
    return {
        "threshold": threshold,
        "on_threshold_events": at_threshold(chosen_on, threshold).as_dict(),
        "on_test_events": at_threshold(tested_on, threshold).as_dict(),
        "curve_on_test_events": [item.as_dict() for item in tested_on],
    }


def _share(pair: tuple[int, int]) -> float | None:
    return pair[1] / pair[0] if pair[0] else None
