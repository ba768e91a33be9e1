"""How real the simulated patches are, asked of statistics of real labelled patches.

Two gauges, neither of which sees the shape of a landslide, as the real table holds no pixels:

- *transfer*: trees trained on statistics and labels of simulated patches, tested on real rows that
  nothing else has seen, against the same trees trained on the other half of the real rows;
- *C2ST*: how well trees tell simulated from real statistics of one label; 0.5 is not at all.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landslidectl.errors import InputError
from landslidectl.evaluation.clusters import clustered_interval, rounded
from landslidectl.evaluation.metrics import average_precision, roc_auc
from landslidectl.evaluation.reliability import prior_weights
from landslidectl.training.patches import PatchSet
from landslidectl.training.simulated.real_statistics import (
    BANDS,
    NAMES,
    RealTable,
    split_table,
    statistics_of,
)

SEA_VH_DB = -22.0
FOLDS = 5
ROUNDS = 300
FEWEST = 2 * FOLDS
Table = NDArray[np.float32]
Labels = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Rows:
    """A table of statistics and, where it is known, the event of each row.

    Parameters
    ----------
    values : float32, (row, 24)
    event : int, (row,), optional
        Without it each row counts as an event of its own.
    """

    values: Table
    event: NDArray[np.integer[Any]] | None = None

    def __len__(self) -> int:
        return len(self.values)

    def taken(self, indexes: NDArray[Any]) -> "Rows":
        """Return the rows at ``indexes`` (numbers or a mask)."""
        return Rows(self.values[indexes], None if self.event is None else self.event[indexes])

    def thinned(self, count: int) -> "Rows":
        """Draw ``count`` rows; which ones depends on how many there are alone."""
        order = np.random.default_rng([count, len(self)]).permutation(len(self))
        return self.taken(np.sort(order[:count]))

    def folds(self) -> NDArray[np.intp]:
        """Return the fold of each row, one for all rows of an event."""
        event = np.arange(len(self)) if self.event is None else self.event
        _, place = np.unique(event, return_inverse=True)
        order = np.random.default_rng(len(self)).permutation(int(place.max(initial=0)) + 1)
        return np.asarray(order[place] % FOLDS, dtype=np.intp)


def transfer(patches: PatchSet, table: RealTable) -> dict[str, Any]:
    """Train on simulated statistics, test on real ones, by pass.

    Parameters
    ----------
    patches : PatchSet
        Simulated; twins without slides are left out, since real places have no twins.
    table : RealTable
        Whole; it is split here as the calibration of the simulator splits it, and only the rows the
        calibration never sees are tested on.

    Returns
    -------
    dict
        JSON-ready; for ``ascending`` and ``descending``: ``simulated`` and ``ceiling`` (trained on
        the calibration half of the real rows) with ROC AUC, average precision, the same AUC without
        sea-like rows and 95 % intervals, ``c2st`` of real against simulated by label and
        ``c2st_floor``, that of the two real halves. A pass without patches of both kinds is absent.

    Raises
    ------
    InputError
        If no pass has patches of both kinds.
    """
    calibration, test = (table.taken(half) for half in split_table(table))
    record: dict[str, Any] = {
        "real_rows": {"calibration": len(calibration), "test": len(test)},
        "real_prevalence": round(float(calibration.labels.mean()), 5),
    }
    for ascending in (True, False):
        chosen = patches.taken((patches.ascending == ascending) & ~patches.twin)
        if 0 < int(chosen.labels.sum()) < len(chosen):
            name = "ascending" if ascending else "descending"
            record[name] = _of_pass(chosen, calibration, test, ascending)
    if not {"ascending", "descending"} & set(record):
        raise InputError(
            "no pass has simulated patches of both kinds", "Make the data set from more events."
        )
    return record


def c2st(one: Rows, other: Rows) -> float:
    """Return how well trees tell two tables of statistics apart: the AUC over five folds.

    The larger table is thinned to the rows of the smaller one. Rows of one event are in one fold:
    trees that learn the looks of single events gain nothing by it. 0.5 is indistinguishable, 1
    wholly distinct; under 0.5 is chance.

    Raises
    ------
    ValueError
        If a table has fewer than ten rows.
    """
    count = min(len(one), len(other))
    if count < FEWEST:
        raise ValueError(f"{count} rows are too few to tell tables apart by {FOLDS} folds")
    sides = [side.thinned(count) for side in (one, other)]
    rows = np.concatenate([side.values for side in sides])
    fold = np.concatenate([side.folds() for side in sides])
    labels = np.repeat([True, False], count)
    scores = np.full(2 * count, 0.5, dtype=np.float32)
    for number in range(FOLDS):
        held = fold == number
        if held.any() and 0 < int(labels[~held].sum()) < int((~held).sum()):
            scores[held] = _scored(_trees(rows[~held], labels[~held], None), rows[held])
    return roc_auc(scores, labels)


def c2st_patches(one: PatchSet, other: PatchSet) -> dict[str, Any]:
    """Compare two sets of patches label by label and pass by pass, as the fast and the full chain.

    Twins are left out. A class with fewer than ten patches on a side is absent.
    """
    record: dict[str, Any] = {}
    for ascending in (True, False):
        found: dict[str, Any] = {}
        for label, word in ((True, "landslide"), (False, "other")):
            sides = [
                part.taken((part.ascending == ascending) & ~part.twin & (part.labels == label))
                for part in (one, other)
            ]
            if min(len(side) for side in sides) >= FEWEST:
                rows = [Rows(statistics_of(side.windows), side.seed) for side in sides]
                found[word] = {
                    "auc": round(c2st(*rows), 5),
                    "patches": [len(side) for side in sides],
                    "events": [int(np.unique(side.seed).size) for side in sides],
                }
        if found:
            record["ascending" if ascending else "descending"] = found
    return record


def statistic_gaps(one: Table, other: Table) -> dict[str, float]:
    """Return for every statistic how well it alone tells two tables apart (AUC, 0.5 is not)."""
    labels = np.repeat([True, False], [len(one), len(other)])
    both = np.concatenate([one, other])
    return {name: round(roc_auc(both[:, index], labels), 4) for index, name in enumerate(NAMES)}


def _of_pass(
    patches: PatchSet, calibration: RealTable, test: RealTable, ascending: bool
) -> dict[str, Any]:
    simulated = statistics_of(patches.windows)
    prevalence = float(calibration.labels.mean())
    weights = prior_weights(patches.labels, prevalence) * len(patches)
    real, held = calibration.of_pass(ascending), test.of_pass(ascending)
    record: dict[str, Any] = {
        "patches": len(patches),
        "landslide": int(patches.labels.sum()),
        "simulated": _tested(_trees(simulated, patches.labels, weights), held, test.labels),
        "ceiling": _tested(_trees(real, calibration.labels, None), held, test.labels),
    }
    for name, rows, labels in (
        ("c2st", Rows(simulated, patches.seed), patches.labels),
        ("c2st_floor", Rows(real), calibration.labels),
    ):
        record[name] = _by_label((rows, labels), (Rows(held), test.labels))
    gaps = statistic_gaps(simulated[patches.labels], held[test.labels])
    record["widest_gaps"] = dict(
        sorted(gaps.items(), key=lambda item: -abs(item[1] - 0.5))[: len(BANDS)]
    )
    return record


def _tested(trees: Any, rows: Table, labels: Labels) -> dict[str, Any]:
    """Return figures on real rows; they have no events, so single rows are drawn anew."""
    scores = _scored(trees, rows)
    land = rows[:, NAMES.index("post_VH_mean")] >= SEA_VH_DB
    prevalence = float(labels.mean())

    def figures(sample: NDArray[np.intp]) -> Mapping[str, float]:
        dry = sample[land[sample]]
        return {
            "roc_auc": _auc(scores[sample], labels[sample]),
            "average_precision": average_precision(scores[sample], labels[sample], prevalence),
            "roc_auc_without_sea": _auc(scores[dry], labels[dry]),
        }

    whole = figures(np.arange(labels.size))
    intervals = clustered_interval(figures, np.arange(labels.size), ROUNDS)
    record: dict[str, Any] = {}
    for name, value in whole.items():
        record[name] = rounded(value)
        record[f"{name}_interval"] = [rounded(edge) for edge in intervals[name]]
    return record


def _by_label(one: tuple[Rows, Labels], other: tuple[Rows, Labels]) -> dict[str, float | None]:
    """Return the C2ST of each label; None where a side has too few rows."""
    found: dict[str, float | None] = {}
    for label, word in ((True, "landslide"), (False, "other")):
        sides = [rows.taken(labels == label) for rows, labels in (one, other)]
        enough = min(len(side) for side in sides) >= FEWEST
        found[word] = round(c2st(*sides), 5) if enough else None
    return found


def _auc(scores: NDArray[np.float32], labels: Labels) -> float:
    return roc_auc(scores, labels) if 0 < int(labels.sum()) < labels.size else float("nan")


def _trees(rows: Table, labels: Labels, weights: NDArray[np.float64] | None) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: PLC0415

    trees = HistGradientBoostingClassifier(early_stopping=False, random_state=1)
    with _one_thread():
        return trees.fit(rows, labels, sample_weight=weights)


def _scored(trees: Any, rows: Table) -> NDArray[np.float32]:
    with _one_thread():
        return np.asarray(trees.predict_proba(rows)[:, 1], dtype=np.float32)


def _one_thread() -> Any:
    """Keep the trees to one thread: on tables this small more of them mostly wait in a spin."""
    from threadpoolctl import threadpool_limits  # noqa: PLC0415

    return threadpool_limits(1)
