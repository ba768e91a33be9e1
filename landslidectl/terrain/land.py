"""Which one-degree cells hold land: what tells open sea from a missing elevation tile.

Agencies make no tiles of open sea, so a cell without a tile is either sea, where the height is
that of the geoid, or a tile that someone forgot to copy, where a height of 0 would misplace
mountains by kilometres.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landslidectl.errors import LandslidectlError
from landslidectl.files.resources import asset
from landslidectl.terrain.tile import Cell

PACKED_SHAPE = (180, 45)
TILE_EDGE_DEG = 0.0015
"""Copernicus tiles end half a column before the degree line; the sea begins there, not beyond."""


@dataclass(frozen=True, slots=True)
class LandMask:
    """One-degree cells with land.

    Parameters
    ----------
    cells : ndarray of bool, shape (180, 360)
        Rows northwards from 90 S, columns eastwards from 180 W; a cell with any land is True.
    """

    cells: NDArray[np.bool_]

    @classmethod
    def load(cls) -> "LandMask":
        """Read the shipped mask.

        Raises
        ------
        LandslidectlError
            If the installation is incomplete or the file is damaged.
        """
        path = asset("land", "land_one_degree.npz")
        try:
            with np.load(path) as archive:
                packed = archive["land"]
        except (OSError, KeyError, ValueError) as error:
            raise LandslidectlError(
                f"{path}: the land mask cannot be read: {error}", "Install landslidectl again."
            ) from error
        if packed.shape != PACKED_SHAPE or packed.dtype != np.uint8:
            raise LandslidectlError(
                f"{path}: expected uint8 {PACKED_SHAPE}, found {packed.dtype} {packed.shape}",
                "Install landslidectl again.",
            )
        return cls(np.unpackbits(packed, axis=1).astype(np.bool_))

    def has_land(self, cell: Cell) -> bool:
        """Return whether a cell, given by its south-west corner, holds any land."""
        lat, lon = cell
        return not bool(self.is_sea(np.array([lon + 0.5]), np.array([lat + 0.5]))[0])

    def is_sea(
        self, lon_deg: NDArray[Any], lat_deg: NDArray[Any], within_deg: float = 0.0
    ) -> NDArray[np.bool_]:
        """Return which points lie in a cell of open sea, or at most ``within_deg`` beside one.

        Longitudes may be given in any turn.
        """
        sea = np.zeros(np.shape(lon_deg), dtype=np.bool_)
        offsets = (-within_deg, within_deg) if within_deg else (0.0,)
        for north in offsets:
            row = np.clip(np.floor(lat_deg + north) + 90.0, 0.0, 179.0).astype(np.intp)
            for east in offsets:
                col = np.floor(lon_deg + (east + 180.0)).astype(np.intp) % 360
                sea |= ~self.cells[row, col]
        return sea
