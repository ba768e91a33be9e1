"""Windows with a rim of neighbouring pixels around them."""

from landslidectl.grid import Grid, Window


def widened(window: Window, rim: tuple[int, int], grid: Grid) -> Window:
    """Return a window with ``rim`` (rows, cols) added on every side, as far as the grid goes."""
    rows, cols = rim
    row, col = max(window.row - rows, 0), max(window.col - cols, 0)
    last_row = min(window.row + window.rows + rows, grid.rows)
    last_col = min(window.col + window.cols + cols, grid.cols)
    return Window(row, col, last_row - row, last_col - col)


def within(inner: Window, outer: Window) -> tuple[slice, slice]:
    """Return where a window lies in an array of a wider one."""
    row, col = inner.row - outer.row, inner.col - outer.col
    return slice(row, row + inner.rows), slice(col, col + inner.cols)
