"""A coarse grid of nodes over a map grid, and bilinear interpolation from it, window by window."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from landslidectl.files.gdal_environment import gdal_session
from landslidectl.grid import Grid, Window

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class NodeGrid:
    """Nodes on pixel corners, every ``step`` pixels, one node beyond the grid on each side.

    Node (k, l) lies at row ``(k - 1) * step`` and column ``(l - 1) * step`` of the grid, counted
    from its outer corner, so that every cell between nodes holds whole pixels.
    """

    grid: Grid
    step: int

    @classmethod
    def over(cls, grid: Grid, spacing_m: float) -> "NodeGrid":
        """Return nodes about ``spacing_m`` apart."""
        return cls(grid, max(1, round(spacing_m / grid.pixel_m)))

    @property
    def shape(self) -> tuple[int, int]:
        """Return (node rows, node columns)."""
        return (
            math.ceil(self.grid.rows / self.step) + 3,
            math.ceil(self.grid.cols / self.step) + 3,
        )

    def coordinates(self) -> "tuple[NDArray[np.float64], NDArray[np.float64]]":
        """Return x and y of the nodes in the grid's system, each of `shape`."""
        side = self.step * self.grid.pixel_m
        rows, cols = self.shape
        x = self.grid.left + (np.arange(cols) - 1) * side
        y = self.grid.top - (np.arange(rows) - 1) * side
        full_x, full_y = np.meshgrid(x, y)
        return full_x, full_y

    def interpolate(
        self, nodes: "NDArray[Any]", window: Window, dtype: "type[np.floating[Any]]"
    ) -> "NDArray[Any]":
        """Interpolate node values bilinearly at the pixel centres of a window.

        Parameters
        ----------
        nodes : array of shape (..., node rows, node columns)
        window : Window
            Of the grid; it may reach one node step beyond it.
        dtype : numpy float type
            Of the result.

        Returns
        -------
        array of shape (..., window rows, window columns)
        """
        row_cells, row_shares = self._cells(window.row, window.rows)
        first, cells, skip = self._column_cells(window)
        columns = nodes[..., first : first + cells + 1]
        shares = row_shares[:, None]
        along = (
            columns[..., row_cells, :] * (1.0 - shares) + columns[..., row_cells + 1, :] * shares
        )
        start = along[..., :-1, None].astype(dtype)
        change = (along[..., 1:] - along[..., :-1])[..., None].astype(dtype)
        fractions = ((np.arange(self.step) + 0.5) / self.step).astype(dtype)
        values = change * fractions
        values += start
        flat = values.reshape(*values.shape[:-2], cells * self.step)
        return flat[..., skip : skip + window.cols]

    def nodes_around(self, window: Window) -> tuple[slice, slice]:
        """Return the slices of the nodes that surround a window."""
        row_cells, _ = self._cells(window.row, window.rows)
        first, cells, _ = self._column_cells(window)
        return slice(int(row_cells[0]), int(row_cells[-1]) + 2), slice(first, first + cells + 1)

    def _cells(self, start: int, count: int) -> "tuple[NDArray[np.intp], NDArray[np.float64]]":
        position = (np.arange(start, start + count) + 0.5) / self.step + 1.0
        cell = np.floor(position).astype(np.intp)
        return cell, position - cell

    def _column_cells(self, window: Window) -> tuple[int, int, int]:
        first = window.col // self.step + 1
        last = (window.col + window.cols - 1) // self.step + 1
        return first, last - first + 1, window.col - (first - 1) * self.step


def node_lon_lat(nodes: NodeGrid) -> "tuple[NDArray[np.float64], NDArray[np.float64]]":
    """Return longitude and latitude of the nodes in degrees (WGS 84), each of ``nodes.shape``."""
    x, y = nodes.coordinates()
    lon, lat = _transform(f"EPSG:{nodes.grid.epsg}", "EPSG:4326", x, y)
    return lon, lat


def grid_east(
    lat_deg: "NDArray[np.float64]",
) -> "tuple[NDArray[np.float64], NDArray[np.float64]]":
    """Return the unit vector of true east in grid axes (x, y) at the nodes.

    It is the direction in which the latitude stays: across its gradient. UTM is conformal, so north
    is this vector turned by a right angle. The angle to the x axis is the meridian convergence, up
    to 3 degrees at the edge of a zone.

    Parameters
    ----------
    lat_deg : float64 array of the nodes' shape
        As `node_lon_lat` returns it; rows go south.
    """
    down, right = np.gradient(lat_deg)
    length = np.hypot(down, right)
    return -down / length, -right / length


def _transform(
    source: str, target: str, x: "NDArray[np.float64]", y: "NDArray[np.float64]"
) -> "tuple[NDArray[np.float64], NDArray[np.float64]]":
    from rasterio.warp import transform  # noqa: PLC0415

    with gdal_session():
        out_x, out_y = transform(source, target, x.ravel().tolist(), y.ravel().tolist())
    return np.asarray(out_x).reshape(x.shape), np.asarray(out_y).reshape(x.shape)
