"""What can be said of one thing in which two products differ."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from landslidectl.products.contract.tolerances import FACT_TOLERANCE

NAMING = ("scene_id", "kind", "det_id", "track", "name")
"""Members that tell the objects of a list apart, so that one more does not move all the others."""
ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing in which two products differ.

    Parameters
    ----------
    part : str
        File or layer, such as ``score`` or ``detections``.
    what : str
        Which part of it, such as ``pixels`` or an attribute.
    a, b : str
        Both values, or examples of them.
    count : int, optional
        Pixels, rows or outlines that differ.
    largest : float, optional
        Largest difference.
    unit : str
        Of ``largest``.
    is_allowed : bool
        Whether it is within the tolerances of the contract.
    """

    part: str
    what: str
    a: str = ""
    b: str = ""
    count: int | None = None
    largest: float | None = None
    unit: str = ""
    is_allowed: bool = False


def is_close(a: Any, b: Any, tolerance: float) -> bool:
    """Tell whether two values are the same: numbers within the tolerance, all else exactly."""
    if a is None or b is None or isinstance(a, bool) or isinstance(b, bool):
        return bool(a is b)
    if isinstance(a, int | float) and isinstance(b, int | float):
        # the last decimal itself is allowed, which binary fractions overstep by a hair
        return a == b or math.isclose(a, b, rel_tol=0.0, abs_tol=tolerance * (1.0 + 1e-6))
    return type(a) is type(b) and bool(a == b)


def fact_differences(a: Any, b: Any, place: str = "") -> list[tuple[str, Any, Any]]:
    """Return where two JSON values differ: the place, and what each has there.

    What one alone has is `ABSENT` in the other. Numbers are the same within `FACT_TOLERANCE`.
    Objects in lists are told apart by their name where they have one.
    """
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return _members(a, b, f"{place}." if place else "", "")
    if isinstance(a, Sequence) and isinstance(b, Sequence) and not isinstance(a, str):
        left, right = _keyed(a), _keyed(b)
        if left is None or right is None:
            left, right = (dict(enumerate(values)) for values in (a, b))
        return _members(left, right, f"{place}[", "]")
    return [] if is_close(a, b, FACT_TOLERANCE) else [(place, a, b)]


def _members(
    a: Mapping[Any, Any], b: Mapping[Any, Any], before: str, after: str
) -> list[tuple[str, Any, Any]]:
    found = []
    for name in (*a, *(name for name in b if name not in a)):
        place = f"{before}{name}{after}"
        if name in a and name in b:
            found += fact_differences(a[name], b[name], place)
        else:
            found.append((place, a.get(name, ABSENT), b.get(name, ABSENT)))
    return found


def _keyed(values: Sequence[Any]) -> dict[Any, Any] | None:
    """Return the objects of a list by their names; None where they have none or one is twice."""
    if not all(isinstance(value, Mapping) for value in values):
        return None
    for name in NAMING:
        keys = [value.get(name) for value in values]
        if all(isinstance(key, str) for key in keys) and len(set(keys)) == len(keys):
            return dict(zip(keys, values, strict=True))
    return None
