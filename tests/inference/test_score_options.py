import pytest

from landslidectl.errors import ResourceError
from landslidectl.grid import Grid
from landslidectl.inference.score_options import ScoreOptions, estimate_memory_mb, fitting


def test_rows_and_then_threads_are_taken_back_to_fit_into_memory():
    grid = Grid(32654, 500000.0, 4_700_000.0, 10.0, 17_000, 25_000)
    wanted = ScoreOptions(threads=8)
    assert fitting(wanted, grid, 4, 64) is wanted
    needed = [estimate_memory_mb((25_000, 4), rows, 64, 8) for rows in (256, 64)]
    for ceiling, rows, threads in (
        (needed[0], 256, 8),
        (needed[0] - 1, 192, 8),
        (needed[1], 64, 8),
        (needed[1] - 1, 64, 7),
    ):
        fitted = fitting(ScoreOptions(threads=8, max_memory_mb=ceiling), grid, 4, 64)
        assert (fitted.block_rows, fitted.threads) == (rows, threads)
    with pytest.raises(ResourceError, match="--max-memory allows 300 MB"):
        fitting(ScoreOptions(threads=8, max_memory_mb=300), grid, 4, 64)
    assert estimate_memory_mb((25_000, 4), 256, 64, 2) < 2000
