"""Reading parts of elevation tiles as float32 with NaN for voids."""

import zipfile
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from landslidectl.errors import DemError
from landslidectl.files.zips import UNREADABLE
from landslidectl.grid import Window
from landslidectl.terrain.tile import Tile
from landslidectl.terrain.tiles import open_quietly
from landslidectl.terrain.water import WBM_WATER

LOWEST_M, HIGHEST_M = -1000.0, 9500.0
"""Heights beyond these exist nowhere on land; they are void marks, -32768 in .hgt."""
DECODED_AT_ONCE = 8
OPEN_AT_ONCE = 32


class TileReader:
    """Keeps the tiles of one job open; use it in a ``with`` block."""

    def __init__(self) -> None:
        self._datasets: dict[str, Any] = {}
        self._decoded: dict[tuple[str, str], NDArray[Any]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        while self._datasets:
            self._datasets.popitem()[1].close()
        self._decoded.clear()

    def read(self, tile: Tile, window: Window) -> NDArray[np.float32]:
        """Read a window that lies inside the tile.

        Returns
        -------
        ndarray of float32, shape (window.rows, window.cols)
            Heights as stored, NaN where void or impossible.

        Raises
        ------
        DemError
            If the tile is damaged.
        """
        values = self._hgt_part(tile, window) if tile.is_hgt else self._raster_part(tile, window)
        with np.errstate(invalid="ignore"):
            values[~((values > LOWEST_M) & (values < HIGHEST_M))] = np.nan
        return values

    def water(self, tile: Tile, window: Window) -> NDArray[np.bool_]:
        """Read a window of a water layer, True where there is ocean, lake or river.

        Raises
        ------
        DemError
            If the layer is damaged.
        """
        if tile.is_hgt:
            return np.asarray(self._headerless(tile)[window.slices] != 0)
        values = self._stored(tile, window)
        return np.asarray((values >= WBM_WATER[0]) & (values <= WBM_WATER[1]))

    def _raster_part(self, tile: Tile, window: Window) -> NDArray[np.float32]:
        from rasterio.enums import MaskFlags, Resampling  # noqa: PLC0415

        marks = self._dataset(tile).mask_flag_enums[0]
        if tile.thinning == 1 and MaskFlags.all_valid in marks:
            return np.asarray(self._stored(tile, window), dtype=np.float32)
        how = {"masked": True, "out_shape": window.shape, "resampling": Resampling.average}
        stored = self._stored(tile, window, **how)
        return np.asarray(stored.astype(np.float32).filled(np.nan), dtype=np.float32)

    def _stored(self, tile: Tile, window: Window, **how: Any) -> Any:
        """Read the source pixels of a window of a raster."""
        from rasterio.errors import RasterioError  # noqa: PLC0415
        from rasterio.windows import Window as RasterWindow  # noqa: PLC0415

        k = tile.thinning
        part = RasterWindow(window.col * k, window.row * k, window.cols * k, window.rows * k)
        try:
            return self._dataset(tile).read(1, window=part, **how)
        except (RasterioError, OSError) as error:
            raise _damaged(tile, error) from error

    def _dataset(self, tile: Tile) -> Any:
        """Return the open raster; the one least lately opened is closed when there are many."""
        if tile.location not in self._datasets:
            while len(self._datasets) >= OPEN_AT_ONCE:
                self._datasets.pop(next(iter(self._datasets))).close()
            self._datasets[tile.location] = open_quietly(tile.name, tile.location)
        return self._datasets[tile.location]

    def _hgt_part(self, tile: Tile, window: Window) -> NDArray[np.float32]:
        return np.asarray(self._headerless(tile)[window.slices].astype(np.float32))

    def _headerless(self, tile: Tile) -> NDArray[Any]:
        """Return a whole headerless raster; of many, the one first decoded is dropped."""
        key = (tile.location, tile.member)
        if key not in self._decoded:
            while len(self._decoded) >= DECODED_AT_ONCE:
                del self._decoded[next(iter(self._decoded))]
            self._decoded[key] = _decode(tile)
        return self._decoded[key]


def _decode(tile: Tile) -> NDArray[Any]:
    """Decode a headerless raster, rows from the north: big-endian int16, or uint8 of water."""
    is_water = (tile.member or tile.location).lower().endswith(".swb")
    try:
        if tile.member:
            with zipfile.ZipFile(tile.location) as archive:
                content = archive.read(tile.member)
        else:
            content = Path(tile.location).read_bytes()
        return np.frombuffer(content, dtype="u1" if is_water else ">i2").reshape(tile.shape)
    except (OSError, ValueError, KeyError, *UNREADABLE) as error:
        raise _damaged(tile, error) from error


def _damaged(tile: Tile, error: Exception) -> DemError:
    return DemError(
        f"{tile.name}: cannot be read: {error}", "Copy or download this elevation tile again."
    )
