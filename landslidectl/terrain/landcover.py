"""Land cover on a map grid, from Copernicus CGLS-LC100 or ESA WorldCover rasters on disk.

The files are global or continental; only the windows that a block of the grid needs are read, so
neither memory nor time grows with them.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from landslidectl.errors import InputError
from landslidectl.files.gdal_environment import gdal_session
from landslidectl.files.rasters import rasterio_window
from landslidectl.grid import Grid, Window
from landslidectl.terrain.landcover_files import files_of, open_map, unreadable
from landslidectl.terrain.legend import (
    Legend,
    legend_of_codes,
    legend_of_grid,
    legend_of_name,
    read_legend,
)

NOT_COVERED = 255
"""What is written where no file has a class; it is the nodata of CGLS-LC100 too."""
BLOCK_SIDE = 1024
METRES_A_DEGREE = 111_320.0


@dataclass(frozen=True, slots=True)
class LandCover:
    """A land-cover map around a grid.

    Parameters
    ----------
    files : tuple of Path
        Rasters that reach the grid; the first that has a class at a pixel gives it.
    grid : Grid
        Where classes are wanted.
    legend : Legend
        What the codes mean.
    """

    files: tuple[Path, ...]
    grid: Grid
    legend: Legend

    def open(self) -> "LandCoverReader":
        """Open the files for reading by windows; use it in a ``with`` block."""
        return LandCoverReader(self.files, self.grid, self.legend)


class LandCoverReader:
    """Open land-cover rasters, warped to a grid window by window.

    Parameters
    ----------
    files : sequence of Path
        In order of preference.
    grid : Grid
    legend : Legend or None
        None gives the codes as stored.
    """

    def __init__(self, files: Sequence[Path], grid: Grid, legend: Legend | None) -> None:
        self._paths = tuple(files)
        self._grid = grid
        self._legend = legend
        self._open = ExitStack()
        self._rasters: list[Any] = []

    def __enter__(self) -> Self:
        self._open.enter_context(gdal_session())
        for path in self._paths:
            self._rasters.append(self._warped(path))
        return self

    def __exit__(self, *failure: object) -> None:
        self._rasters.clear()
        self._open.close()

    def codes(self, window: Window) -> NDArray[np.uint8]:
        """Read the class codes of a window of the grid, nearest pixel.

        Returns
        -------
        uint8 array of shape (window.rows, window.cols)
            255 where no file has a class.

        Raises
        ------
        InputError
            If a file is damaged or holds codes that are none of its legend.
        """
        out = np.full(window.shape, NOT_COVERED, dtype=np.uint8)
        for path, raster in zip(self._paths, self._rasters, strict=True):
            bare = out == NOT_COVERED
            if not bare.any():
                break
            np.copyto(out, self._codes_of(path, raster, window), where=bare)
        return out

    def _codes_of(self, path: Path, raster: Any, window: Window) -> NDArray[np.uint8]:
        from rasterio.errors import RasterioError  # noqa: PLC0415

        try:
            stored = raster.read(1, window=rasterio_window(window))
        except (RasterioError, OSError) as error:
            raise unreadable(path, str(error)) from error
        if stored.dtype != np.uint8 and ((stored < 0) | (stored > NOT_COVERED)).any():
            worst = int(stored.min() if stored.min() < 0 else stored.max())
            raise _foreign(path, f"holds the code {worst}, which no land-cover legend has")
        codes = np.asarray(stored, dtype=np.uint8)
        if self._legend is None:
            return codes
        present = np.flatnonzero(np.bincount(codes.ravel(), minlength=256))
        allowed = self._legend.codes | {self._legend.nodata, NOT_COVERED}
        foreign = [int(code) for code in present if int(code) not in allowed]
        if foreign:
            raise _foreign(
                path, f"holds the code {foreign[0]}, which is no class of {self._legend.title}"
            )
        codes[codes == self._legend.nodata] = NOT_COVERED
        return codes

    def _warped(self, path: Path) -> Any:
        from rasterio import Affine  # noqa: PLC0415
        from rasterio.enums import Resampling  # noqa: PLC0415
        from rasterio.vrt import WarpedVRT  # noqa: PLC0415

        source = self._open.enter_context(open_map(path))
        return self._open.enter_context(
            WarpedVRT(
                source,
                crs=f"EPSG:{self._grid.epsg}",
                transform=Affine(*self._grid.transform),
                width=self._grid.cols,
                height=self._grid.rows,
                resampling=Resampling.nearest,
                src_nodata=NOT_COVERED,
                nodata=NOT_COVERED,
            )
        )


def find_land_cover(
    sources: Sequence[Path], grid: Grid, legend_key: str | None = None
) -> LandCover:
    """Find the rasters that reach a grid and the legend that they follow.

    The legend is, in this order: the one that was named; that of the file names, which begin with
    ``PROBAV_LC100`` or ``ESA_WorldCover``; that of classes which only one legend has (111 to 126
    and 200, or 10 and 95); that whose nodata the files declare; WorldCover where pixels are
    smaller than 50 m.

    Parameters
    ----------
    sources : sequence of Path
        GeoTIFF files in order of preference, and folders: of those the class maps, the latest year
        first.
    grid : Grid
        Where classes are wanted.
    legend_key : str, optional
        ``cgls_lc100`` or ``worldcover``.

    Raises
    ------
    InputError
        If there is no file, none covers the grid, one cannot be read, or codes fit no legend.
    UsageError
        If the legend that was named is unknown.
    """
    named = None if legend_key is None else read_legend(legend_key)
    candidates = [path for source in sources for path in files_of(source)]
    with gdal_session():
        near = tuple(path for path in candidates if _reaches(path, grid))
        if not near:
            raise _not_covering(sources, len(candidates))
        legend = named or _told_by_names(near) or _told_by_codes(near, grid)
    return LandCover(near, grid, legend)


def _reaches(path: Path, grid: Grid) -> bool:
    """Tell whether a raster touches a grid, by the bounds of the grid in the raster's system."""
    from rasterio.errors import CRSError  # noqa: PLC0415
    from rasterio.warp import transform_bounds  # noqa: PLC0415

    with open_map(path) as source:
        try:
            left, bottom, right, top = transform_bounds(
                f"EPSG:{grid.epsg}", source.crs, *grid.bounds, densify_pts=21
            )
        except CRSError as error:
            raise unreadable(path, str(error)) from error
        west, south, east, north = source.bounds
        if bottom >= north or top <= south:
            return False
        if source.crs.is_geographic:
            # right below left: the grid lies across the antimeridian
            right += 360.0 if right < left else 0.0
            turns = (-360.0, 0.0, 360.0)
            return any(left + turn < east and right + turn > west for turn in turns)
        return bool(left < east and right > west)


def _told_by_names(files: Sequence[Path]) -> Legend | None:
    told = {legend.key: legend for path in files if (legend := legend_of_name(path.name))}
    if len(told) > 1:
        raise InputError(
            "the land-cover files are of two kinds: "
            + ", ".join(sorted(legend.title for legend in told.values())),
            "Give the files of one of them with --land-cover.",
        )
    return next(iter(told.values()), None)


def _told_by_codes(files: Sequence[Path], grid: Grid) -> Legend:
    found: set[int] = set()
    with LandCoverReader(files, grid, None) as reader:
        for block in grid.blocks(BLOCK_SIDE):
            present = np.bincount(reader.codes(block).ravel(), minlength=256)
            found |= {int(code) for code in np.flatnonzero(present)}
            try:
                legend = legend_of_codes(found)
            except InputError as error:
                raise InputError(f"{files[0]}: {error.message}", error.hint) from error
            if legend is not None:
                return legend
    if not found - {NOT_COVERED}:
        raise _not_covering(files, len(files))
    with open_map(files[0]) as first:
        pixel = abs(first.transform.a) * (METRES_A_DEGREE if first.crs.is_geographic else 1.0)
        return legend_of_grid(first.nodata, pixel)


def _foreign(path: Path, what: str) -> InputError:
    return InputError(
        f"{path}: {what}",
        "Give the discrete class map of Copernicus CGLS-LC100 or ESA WorldCover, and name the "
        "legend with --land-cover-legend where it was guessed wrongly.",
    )


def _not_covering(sources: Sequence[Path], files: int) -> InputError:
    return InputError(
        f"{', '.join(str(source) for source in sources)}: none of {files} land-cover "
        f"file{'' if files == 1 else 's'} covers the area of the product",
        "Give the tile of this area, or leave --land-cover away.",
    )
