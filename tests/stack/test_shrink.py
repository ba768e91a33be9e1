from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landslidectl.grid import Grid, Window
from landslidectl.stack import shrink
from landslidectl.stack.shrink import Shrinker, read_shrunk, shown_bands, shown_shape
from landslidectl.terms import BandSet


def shrunk(values: np.ndarray, side: int) -> np.ndarray:
    """Average bands of shape (band, row, col) whose blocks come one after the other."""
    rows, cols = values.shape[1:]
    shrinker = Shrinker(Grid(32654, 0.0, 0.0, 10.0, rows, cols), len(values))
    for row in range(0, rows, side):
        for col in range(0, cols, side):
            part = values[:, row : row + side, col : col + side]
            shrinker.add(Window(row, col, *part.shape[1:]), part)
    return shrinker.means()


@settings(deadline=None)
@given(
    rows=st.integers(1, 40), cols=st.integers(1, 40), side=st.integers(3, 17),
    longest=st.integers(1, 45), seed=st.integers(0, 9),
)  # fmt: skip
def test_means_are_those_of_their_cells_however_blocks_are_cut(rows, cols, side, longest, seed):
    rng = np.random.default_rng(seed)
    values = rng.normal(-11.0, 2.0, (2, rows, cols)).astype("float32")
    values[:, rng.random((rows, cols)) < 0.3] = np.nan
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shrink, "LONGEST_SIDE", longest)
        found = shrunk(values, side)
    down, right = (
        np.arange(n + 1) * size // n
        for n, size in zip(found.shape[1:], values.shape[1:], strict=True)
    )
    assert max(found.shape[1:]) == min(longest, max(rows, cols))
    for row in range(found.shape[1]):
        for col in range(found.shape[2]):
            cell = values[:, down[row] : down[row + 1], right[col] : right[col + 1]]
            known = cell[:, np.isfinite(cell[0])]
            expected = known.mean(axis=1) if known.size else np.full(2, np.nan)
            assert found[:, row, col] == pytest.approx(expected, abs=1e-4, nan_ok=True)


def test_small_grids_are_shown_as_they_are() -> None:
    values = np.arange(24, dtype="float32").reshape(2, 3, 4)
    assert (shrunk(values, 2) == values).all()
    assert shown_shape(Grid(32654, 0.0, 0.0, 10.0, 17_000, 25_000)) == (1044, 1536)


def test_the_copy_comes_back_only_when_it_is_whole_and_of_the_right_shape(tmp_path: Path) -> None:
    shrinker = Shrinker(Grid(32654, 0.0, 0.0, 10.0, 3, 4), 2)
    shrinker.add(Window(0, 0, 3, 4), np.ones((2, 3, 4), dtype="float32"))
    path = tmp_path / "shown.npy"
    assert read_shrunk(path, (2, 3, 4)) is None
    shrinker.save(path)
    means = read_shrunk(path, (2, 3, 4))
    assert means is not None
    assert (means == 1.0).all()
    assert read_shrunk(path, (2, 4, 3)) is None
    path.write_bytes(path.read_bytes()[:-5])
    assert read_shrunk(path, (2, 3, 4)) is None


@pytest.mark.parametrize(("bands", "shown"), [(BandSet.VV_VH, [0, 2]), (BandSet.VV, [0, 1])])
def test_vv_is_shown(bands: BandSet, shown: list[int]) -> None:
    assert shown_bands(bands) == shown
