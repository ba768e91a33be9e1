"""One elevation raster: where it lies and how its pixels are counted."""

import re
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landslidectl.terrain.sampling import Coordinates

Affine6 = tuple[float, float, float, float, float, float]
Cell = tuple[int, int]
"""South-west corner of a one-degree cell: (latitude, longitude)."""

METRES_PER_DEGREE = 111_320.0
DEGREE_CELL = re.compile(
    r"^(?:copernicus_dsm_(?:cog_)?\d{2}_|alpsmlc30_|nasadem_hgt_|tdm1_dem__\d{2}_)?"
    r"([ns])(\d{2,3})(?:_00)?_?([ew])(\d{3})(?!\d)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Tile:
    """One elevation raster, located but not read.

    Parameters
    ----------
    name : str
        File name as the user knows it.
    location : str
        What GDAL opens; of an ``.hgt`` the file, or the zip.
    member : str
        Member of the zip that holds a headerless raster, else empty.
    is_hgt : bool
        Whether it is a headerless raster (.hgt or .swb), which is decoded here.
    crs : str
        Coordinate system, WKT or EPSG:n.
    transform : tuple of float
        Affine coefficients from (col, row) corners to (x, y).
    shape : tuple of int
        (rows, cols).
    thinning : int
        How many source pixels are averaged into one along each axis.
    part_names : tuple of str
        Files a VRT is made of.
    water : Tile or None
        The layer that came with it and tells water from land.
    """

    name: str
    location: str
    member: str
    is_hgt: bool
    crs: str
    transform: Affine6
    shape: tuple[int, int]
    thinning: int = 1
    part_names: tuple[str, ...] = ()
    water: "Tile | None" = None

    @property
    def is_geographic(self) -> bool:
        """Return whether coordinates are longitude and latitude."""
        from rasterio.crs import CRS  # noqa: PLC0415

        return bool(CRS.from_user_input(self.crs).is_geographic)

    @property
    def spacing_m(self) -> float:
        """Return the distance of two rows in metres."""
        from rasterio.crs import CRS  # noqa: PLC0415

        system = CRS.from_user_input(self.crs)
        rows_apart = float(np.hypot(self.transform[1], self.transform[4]))
        if system.is_geographic:
            return rows_apart * METRES_PER_DEGREE
        return rows_apart * float(system.linear_units_factor[1])

    def thinned(self, factor: int) -> "Tile":
        """Return the tile with ``factor`` x ``factor`` pixels averaged into one."""
        a, b, c, d, e, f = self.transform
        return replace(
            self,
            transform=(a * factor, b * factor, c, d * factor, e * factor, f),
            shape=(self.shape[0] // factor, self.shape[1] // factor),
            thinning=factor,
        )

    def centre(self) -> tuple[float, float]:
        """Return (x, y) of the middle of the raster."""
        a, b, c, d, e, f = self.transform
        row, col = self.shape[0] / 2, self.shape[1] / 2
        return a * col + b * row + c, d * col + e * row + f

    def to_map(self, rows: NDArray[Any], cols: NDArray[Any]) -> Coordinates:
        """Return x and y of pixel centres given by index."""
        a, b, c, d, e, f = self.transform
        col, row = cols + 0.5, rows + 0.5
        return a * col + b * row + c, d * col + e * row + f

    def to_pixel(self, x: NDArray[Any], y: NDArray[Any]) -> Coordinates:
        """Return fractional (rows, cols) of points; integers are pixel centres."""
        a, b, c, d, e, f = self.transform
        determinant = a * e - b * d
        dx, dy = x - c, y - f
        return (a * dy - d * dx) / determinant - 0.5, (e * dx - b * dy) / determinant - 0.5


def cell_of_name(name: str) -> Cell | None:
    """Return the one-degree cell that a distribution's file name stands for, if any."""
    found = DEGREE_CELL.match(name)
    if found is None:
        return None
    lat, lon = int(found[2]), int(found[4])
    return (-lat if found[1].lower() == "s" else lat, -lon if found[3].lower() == "w" else lon)


def cell_name(cell: Cell) -> str:
    """Return the usual name of a one-degree cell, such as ``N41E013``."""
    lat, lon = cell
    return f"{'N' if lat >= 0 else 'S'}{abs(lat):02d}{'E' if lon >= 0 else 'W'}{abs(lon):03d}"
