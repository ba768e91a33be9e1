"""Land cover of places: the class that most of their pixels have, and shares of an area."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from landslidectl.terrain.landcover import NOT_COVERED
from landslidectl.terrain.legend import Legend

if TYPE_CHECKING:
    from numpy.typing import NDArray

UNKNOWN = -1
CODES = 256


def count_codes(codes: "NDArray[np.uint8]") -> "NDArray[np.int64]":
    """Count class codes; what is not covered is left out."""
    counts = np.bincount(codes.ravel(), minlength=CODES)
    counts[NOT_COVERED] = 0
    return counts


def majority(counts: "NDArray[np.int64]") -> int:
    """Return the code with most pixels, the lower one of equals; -1 where nothing is covered."""
    return int(counts.argmax()) if counts.any() else UNKNOWN


def shares(counts: "NDArray[np.int64]", legend: Legend) -> list[dict[str, Any]]:
    """Return the classes that occur, with their share of the covered pixels, in legend order."""
    total = max(int(counts.sum()), 1)
    return [
        {"code": item.code, "name": item.name, "share": float(counts[item.code] / total)}
        for item in legend.classes
        if counts[item.code]
    ]


def tallies(codes: Sequence[int], legend: Legend) -> Mapping[str, int]:
    """Return how many places have each class as their majority, by name in legend order."""
    names = {item.name: list(codes).count(item.code) for item in legend.classes}
    names["not covered"] = list(codes).count(UNKNOWN)
    return {name: count for name, count in names.items() if count}
