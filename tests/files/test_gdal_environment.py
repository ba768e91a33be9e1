"""GDAL keeps to the threads it is given, and to this machine."""

import os

import pytest

from landslidectl.files.gdal_environment import (
    BYPASSES,
    SHUT,
    drop_foreign_variables,
    gdal_session,
)


@pytest.mark.parametrize("threads", [None, 3])
def test_a_session_takes_no_more_threads_than_asked(threads: int | None) -> None:
    """Several of our own threads read and write at once; each with all cores would fight."""
    from rasterio.env import getenv

    session = gdal_session() if threads is None else gdal_session(threads)
    with session:
        options = getenv()
    assert int(options["GDAL_NUM_THREADS"]) == (threads or 1)
    assert str(options["PROJ_NETWORK"]).upper() in {"OFF", "FALSE", "NO"}


def test_the_network_is_shut_whatever_the_environment_says(monkeypatch):
    for name in (*SHUT, *BYPASSES):
        monkeypatch.setenv(name, "*")
    drop_foreign_variables()
    assert {name: os.environ[name] for name in SHUT} == SHUT
    assert not set(BYPASSES) & set(os.environ)
