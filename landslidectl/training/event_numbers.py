"""Numbers of simulated events in few words: sites come by the ten thousand."""

from collections.abc import Iterable

import numpy as np


def as_spans(numbers: Iterable[int]) -> str:
    """Write numbers down in ascending order, runs of neighbours as spans: ``1-40, 50``."""
    values = np.unique(np.fromiter(numbers, np.int64))
    if not values.size:
        return ""
    runs = np.split(values, np.flatnonzero(np.diff(values) > 1) + 1)
    return ", ".join(f"{run[0]}-{run[-1]}" if run.size > 1 else f"{run[0]}" for run in runs)


def from_spans(text: str | Iterable[int]) -> frozenset[int]:
    """Return the numbers again; a list, as manifests before 2.0.0 have, is taken as it is."""
    if not isinstance(text, str):
        return frozenset(text)
    numbers: set[int] = set()
    for part in filter(None, text.split(", ")):
        first, _, last = part.partition("-")
        numbers.update(range(int(first), int(last or first) + 1))
    return frozenset(numbers)
