"""GDAL keeps to the threads it is given, and to this machine."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from landslidectl.files.gdal_environment import (
    BYPASSES,
    FOREIGN_VARIABLES,
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


def test_foreign_variables_are_dropped_once_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    drop_foreign_variables()
    for name in (*FOREIGN_VARIABLES, "GDAL_CONFIG_FILE"):
        monkeypatch.setenv(name, f"of {name}")
    dropped = drop_foreign_variables()
    assert dropped == {name: f"of {name}" for name in (*FOREIGN_VARIABLES, "GDAL_CONFIG_FILE")}
    assert not set(FOREIGN_VARIABLES) & set(os.environ)
    assert drop_foreign_variables() == {}


def test_neither_variables_nor_a_configuration_file_hide_drivers(tmp_path: Path) -> None:
    """``GDAL_SKIP`` in the user's gdalrc would take the GeoTIFF driver away."""
    (tmp_path / ".gdal").mkdir()
    (tmp_path / ".gdal" / "gdalrc").write_text("[configoptions]\nGDAL_SKIP=GTiff,GPKG\n")
    code = (
        "from landslidectl.files.gdal_environment import gdal_session\n"
        "with gdal_session():\n"
        "    import pyogrio\n"
        "    from rasterio.env import Env\n"
        "    with Env() as session:\n"
        "        print('GTiff' in session.drivers(), 'GPKG' in pyogrio.list_drivers())\n"
    )
    environment = {
        **os.environ,
        "HOME": str(tmp_path),
        "USERPROFILE": str(tmp_path),
        "GDAL_SKIP": "GTiff",
        "OGR_SKIP": "GPKG",
    }
    environment.pop("GDAL_CONFIG_FILE", None)
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False
    )
    assert run.stdout.split() == ["True", "True"], run.stderr


def test_the_network_is_shut_whatever_the_environment_says(monkeypatch):
    for name in (*SHUT, *BYPASSES):
        monkeypatch.setenv(name, "*")
    drop_foreign_variables()
    assert {name: os.environ[name] for name in SHUT} == SHUT
    assert not set(BYPASSES) & set(os.environ)
