"""Where map pixels lie in another coordinate system, and bilinear values there.

Coordinates are transformed exactly at nodes every 32 pixels and interpolated bilinearly between
them; at 10 m pixels that is within 5 mm, and it is two hundred times cheaper than every pixel.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from landslidectl.grid import Grid, Window

NODE_STEP = 32
STRIP_ROWS = 64
FULL_TURN_DEG = 360.0
NOWHERE = 1e12

Coordinates = tuple[NDArray[np.float64], NDArray[np.float64]]


def node_positions(count: int, step: int = NODE_STEP) -> NDArray[np.float64]:
    """Return the pixel indices of the nodes along one axis; first and last pixel are nodes."""
    inner = np.arange(0, max(count - 1, 1), step, dtype=np.float64)
    return np.append(inner, count - 1.0) if count > 1 else inner


def node_coordinates(grid: Grid, window: Window, crs: str, step: int = NODE_STEP) -> Coordinates:
    """Transform the centres of a window's node pixels to ``crs``.

    Returns
    -------
    x, y : ndarray of float64, shape (node rows, node cols)
        For a geographic system longitude and latitude; longitudes do not jump at the date line.
        Points outside the domain of ``crs`` have 1e12 as latitude or northing.
    """
    east = grid.left + (window.col + node_positions(window.cols, step) + 0.5) * grid.pixel_m
    north = grid.top - (window.row + node_positions(window.rows, step) + 0.5) * grid.pixel_m
    xs, ys = np.meshgrid(east, north)
    return transform_points(f"EPSG:{grid.epsg}", crs, (xs, ys))


def transform_points(source: str, target: str, points: Coordinates) -> Coordinates:
    """Transform points of any shape between two coordinate systems (EPSG:n or WKT)."""
    if source == target:
        return points
    from rasterio.crs import CRS  # noqa: PLC0415
    from rasterio.warp import transform  # noqa: PLC0415

    shape = np.shape(points[0])
    system = CRS.from_user_input(target)
    xs, ys = transform(
        CRS.from_user_input(source), system, np.ravel(points[0]), np.ravel(points[1])
    )
    x, y = np.reshape(np.asarray(xs), shape), np.reshape(np.asarray(ys), shape)
    reached = np.isfinite(x) & np.isfinite(y)
    x, y = np.where(reached, x, NOWHERE), np.where(reached, y, NOWHERE)
    if system.is_geographic and x.size:
        x = near_longitude(x, float(x.flat[0]))
    return x, y


def near_longitude(lon_deg: NDArray[np.float64], centre_deg: float) -> NDArray[np.float64]:
    """Shift longitudes by whole turns into half a turn around ``centre_deg``."""
    half = FULL_TURN_DEG / 2.0
    return centre_deg + (lon_deg - centre_deg + half) % FULL_TURN_DEG - half


def spread(nodes: NDArray[np.float64], window: Window) -> NDArray[np.float64]:
    """Interpolate node values bilinearly to every pixel, shape (window.rows, window.cols)."""
    spread_rows = _node_weights(window.rows) @ nodes
    return np.asarray(spread_rows @ _node_weights(window.cols).T)


def _node_weights(count: int) -> NDArray[np.float64]:
    positions = node_positions(count)
    weights = np.zeros((count, len(positions)))
    if len(positions) == 1:
        weights[:] = 1.0
        return weights
    pixels = np.arange(count)
    lower = np.minimum(pixels // NODE_STEP, len(positions) - 2)
    share = (pixels - positions[lower]) / (positions[lower + 1] - positions[lower])
    weights[pixels, lower] = 1.0 - share
    weights[pixels, lower + 1] = share
    return weights


def bilinear(
    values: NDArray[np.float32], rows: NDArray[Any], cols: NDArray[Any]
) -> NDArray[np.float32]:
    """Interpolate at fractional positions; integers are pixel centres, beyond the rim the rim.

    Parameters
    ----------
    values : ndarray of float32, shape (row, col)
        NaN where void.
    rows, cols : ndarray of float64
        Positions of one shape, one or two axes.

    Returns
    -------
    ndarray of float32
        NaN where one of the four neighbours is NaN.
    """
    out = np.empty(np.shape(rows), dtype=np.float32)
    for start in range(0, len(out), STRIP_ROWS):  # strips stay in the processor's cache
        strip = slice(start, start + STRIP_ROWS)
        out[strip] = _bilinear_strip(values, rows[strip], cols[strip])
    return out


def _bilinear_strip(
    values: NDArray[np.float32], rows: NDArray[Any], cols: NDArray[Any]
) -> NDArray[np.float32]:
    top, down = _split(rows, values.shape[0])
    left, across = _split(cols, values.shape[1])
    width = values.shape[1]
    flat = values.ravel()
    corner = top * width + left
    right = 1 if width > 1 else 0
    below = width if values.shape[0] > 1 else 0
    upper = flat[corner]
    upper += (flat[corner + right] - upper) * across
    lower = flat[corner + below]
    lower += (flat[corner + below + right] - lower) * across
    upper += (lower - upper) * down
    return np.asarray(upper)


def _split(position: NDArray[Any], count: int) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    clipped = np.clip(position, 0.0, count - 1.0)
    whole = np.minimum(clipped.astype(np.intp), max(count - 2, 0))
    return whole, (clipped - whole).astype(np.float32)
