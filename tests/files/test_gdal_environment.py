"""GDAL keeps to the threads it is given, and to this machine."""

import pytest

from landslidectl.files.gdal_environment import gdal_session


@pytest.mark.parametrize("threads", [None, 3])
def test_a_session_takes_no_more_threads_than_asked(threads: int | None) -> None:
    """Several of our own threads read and write at once; each with all cores would fight."""
    from rasterio.env import getenv

    session = gdal_session() if threads is None else gdal_session(threads)
    with session:
        options = getenv()
    assert int(options["GDAL_NUM_THREADS"]) == (threads or 1)
    assert str(options["PROJ_NETWORK"]).upper() in {"OFF", "FALSE", "NO"}
