"""Detections held against an inventory: which slides were found, which regions hold none."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry


@dataclass(frozen=True, slots=True)
class Matches:
    """Who met whom.

    Parameters
    ----------
    found : tuple of bool
        For every slide of the inventory, whether a detection touches it.
    holds_slide : tuple of bool
        For every detection, whether it touches a slide of the inventory.
    """

    found: tuple[bool, ...]
    holds_slide: tuple[bool, ...]

    @property
    def false_regions(self) -> int:
        """Return how many detections touch no slide."""
        return self.holds_slide.count(False)


def match_inventory(
    detected: "Sequence[BaseGeometry]", slides: "Sequence[BaseGeometry]"
) -> Matches:
    """Match detections and slides by touch.

    Parameters
    ----------
    detected, slides : sequence of shapely geometry
        In one coordinate system.
    """
    import shapely  # noqa: PLC0415

    if not detected or not slides:
        return Matches((False,) * len(slides), (False,) * len(detected))
    tree = shapely.STRtree(list(slides))
    regions, hit = tree.query(list(detected), predicate="intersects")
    found = np.zeros(len(slides), dtype=bool)
    found[hit] = True
    holds = np.zeros(len(detected), dtype=bool)
    holds[regions] = True
    return Matches(tuple(found.tolist()), tuple(holds.tolist()))
