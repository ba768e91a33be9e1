"""The figures of a rule of fusing two tracks, and their table."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from landslidectl.errors import InputError
from landslidectl.evaluation.metrics import choose_threshold, measure
from landslidectl.training.judging.fusion_samples import window_samples
from landslidectl.training.judging.tally import Tally, at_threshold, choose_scene_threshold

if TYPE_CHECKING:
    from numpy.typing import NDArray

PIXEL_STRIDE = 4
Places = tuple["NDArray[np.float32]", "NDArray[np.bool_]"]


class RuleFigures:
    """What a rule came to on one set of events: scores and truth of places, and counts."""

    def __init__(self, thresholds: Iterable[float]) -> None:
        self.windows: list[Places] = []
        self.pixels: list[Places] = []
        self.tallies = tuple(map(Tally, thresholds))

    def add(self, score: "NDArray[np.float32]", slid: "NDArray[np.bool_]") -> None:
        """Take the windows and pixels of an event's fused score."""
        self.windows.append(window_samples(score, slid))
        thin = (slice(None, None, PIXEL_STRIDE),) * 2
        seen = np.isfinite(score[thin])
        self.pixels.append((score[thin][seen], slid[thin][seen]))

    def count(self, tallies: Iterable[Tally]) -> None:
        """Take the counts of an event, one a threshold."""
        pairs = zip(self.tallies, tallies, strict=True)
        self.tallies = tuple(mine.plus(one) for mine, one in pairs)


def figures_of(
    chosen_on: RuleFigures, tested_on: RuleFigures, shipped: float
) -> dict[str, float | None]:
    """Return a rule's figures on test events; its thresholds are those of the others.

    Parameters
    ----------
    chosen_on, tested_on : RuleFigures
        On validation and on test events.
    shipped : float
        The model's own threshold, at which slides and false regions are told too.
    """
    row: dict[str, float | None] = {}
    for kind in ("windows", "pixels"):
        chosen, tested = (_joined(getattr(one, kind)) for one in (chosen_on, tested_on))
        threshold = choose_threshold(*chosen, prevalence=float(chosen[1].mean()))
        found = measure(*tested, threshold, prevalence=float(tested[1].mean()))
        on_chosen = measure(*chosen, threshold, prevalence=float(chosen[1].mean()))
        row |= {
            f"{kind}_roc_auc": found.roc_auc,
            f"{kind}_average_precision": found.average_precision,
            f"{kind}_f1": found.f1,
            f"{kind}_threshold": threshold,
            f"{kind}_validation_average_precision": on_chosen.average_precision,
            f"{kind}_validation_f1": on_chosen.f1,
        }
    quiet = choose_scene_threshold(chosen_on.tallies)
    for name, threshold in (("quiet", quiet), ("shipped", shipped)):
        tally, before = (at_threshold(one.tallies, threshold) for one in (tested_on, chosen_on))
        row |= {
            f"{name}_threshold": threshold,
            f"{name}_slides": tally.large[0],
            f"{name}_found": tally.large[1],
            f"{name}_false_per_100_km2": tally.false_per_100_km2,
            f"{name}_precision": tally.precision,
            f"{name}_validation_found": before.large[1],
            f"{name}_validation_slides": before.large[0],
            f"{name}_validation_false_per_100_km2": before.false_per_100_km2,
        }
    return row


def table_text(rows: Mapping[str, Mapping[str, float | None]]) -> str:
    """Return the figures as a table in Markdown."""
    heads = [
        "ROC AUC",
        "average precision",
        "F1",
        "pixel F1",
        "large slides",
        "at threshold",
        "large slides as shipped",
        "false as shipped",
    ]
    lines = [f"| fusion | {' | '.join(heads)} |", "|---|" + "---:|" * len(heads)]
    for name, row in rows.items():
        cells = [
            f"{row['windows_roc_auc']:.3f}",
            f"{row['windows_average_precision']:.3f}",
            f"{row['windows_f1']:.3f}",
            f"{row['pixels_f1']:.3f}",
            f"{row['quiet_found']} of {row['quiet_slides']}",
            f"{row['quiet_threshold']:g}",
            f"{row['shipped_found']} of {row['shipped_slides']}",
            f"{row['shipped_false_per_100_km2']:.1f}",
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _joined(places: Sequence[Places]) -> Places:
    if not any(labels.any() for _, labels in places):
        raise InputError("no window of the simulated events slid", "Take more events.")
    return np.concatenate([one for one, _ in places]), np.concatenate([one for _, one in places])
