"""Whatever surrounds the program, the product is the same."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.attacks.sameness import essence, only_product, sums_hold
from tests.attacks.starve import mountable
from tests.attacks.world import ROOT, SmallJob, copied

FUTURE = 2_524_608_000
LONG = 300
STRANGE = "Ünïcödé 東京 ελληνικά العربية with  spaces & 'quotes' 🏔"


@pytest.fixture(scope="module")
def usual(planted: Path, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    """What the product of a job says around which nothing is strange."""
    return _product_of(SmallJob(copied(planted, tmp_path_factory.mktemp("usual") / "job")))


@pytest.fixture
def no_exec(tmp_path: Path) -> Iterator[Path]:
    """A folder for temporary files in which nothing can be executed, where one can be made."""
    folder = tmp_path / "noexec"
    folder.mkdir()
    is_mounted = not mountable(folder)
    if is_mounted:
        words = ["mount", "-t", "tmpfs", "-o", "size=50m,noexec", "tmpfs", str(folder)]
        subprocess.run(words, check=True)
    yield folder
    if is_mounted:
        subprocess.run(["umount", str(folder)], check=True)


def _product_of(job: SmallJob) -> Mapping[str, Any]:
    done = job.run()
    assert done.returncode == 0, done.stderr + done.stdout
    assert sums_hold(only_product(job.out))
    return essence(only_product(job.out))


def _poisoned(folder: Path) -> dict[str, str]:
    """Return variables that point at data and modules of other programs, all of them broken."""
    (folder / "osgeo").mkdir(parents=True)
    for name in ("proj.db", "gdalvrt.xsd", "gcs.csv", "gdal_Broken.so", "ogr_Broken.so"):
        (folder / name).write_bytes(b"this is no such file")
    for name in ("osgeo/__init__.py", "gdal.py", "ogr.py", "proj.py"):
        (folder / name).write_text("raise SystemExit('poisoned')\n")
    data = ("PROJ_LIB", "PROJ_DATA", "GDAL_DATA", "GDAL_DRIVER_PATH", "PROJ_AUX_DB", "GEOTIFF_CSV")
    return dict.fromkeys(data, str(folder)) | {"PYTHONPATH": f"{folder}{os.pathsep}{ROOT}"}


def test_foreign_data_the_c_locale_and_strange_letters(
    usual: Mapping[str, Any], planted: Path, tmp_path: Path, no_exec: Path
) -> None:
    variables = {"LC_ALL": "C", "LANG": "C", "TMPDIR": str(no_exec)}
    variables |= _poisoned(tmp_path / f"poison {STRANGE}")
    folder = copied(planted, tmp_path / STRANGE / "job;!")
    job = SmallJob(folder, variables=variables, without=("HOME",))
    assert _product_of(job) == usual
    assert list(no_exec.iterdir()) == [], "temporary files are left behind"


def test_turkish_another_time_zone_and_long_paths(
    usual: Mapping[str, Any], planted: Path, tmp_path: Path
) -> None:
    folder = tmp_path
    while len(str(folder)) < LONG:
        folder /= "a folder of forty letters, more or less"
    folder.mkdir(parents=True)
    zone = {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8", "TZ": "Asia/Kathmandu"}
    assert _product_of(SmallJob(copied(planted, folder / "job"), variables=zone)) == usual


def test_a_clock_that_is_set_back_and_files_from_the_future(
    usual: Mapping[str, Any], planted: Path, tmp_path: Path
) -> None:
    shutil.copytree(planted, tmp_path / "job")
    for path in (tmp_path / "job").rglob("*"):
        os.utime(path, (FUTURE, FUTURE))
    job = SmallJob(tmp_path / "job")
    backwards = [sys.executable, "-m", "tests.attacks.backwards", *job.command[3:]]
    for expected in (0, 7):
        done = subprocess.run(
            backwards,
            cwd=job.folder,
            env=job.environment(),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr + done.stdout
        summary = json.loads(done.stdout.splitlines()[-1])
        assert summary["steps_skipped"] == expected
        assert all(seconds >= 0 for seconds in _durations(done.stdout))
    assert essence(only_product(job.out)) == usual
    assert json.loads(job.run().stdout.splitlines()[-1])["steps_skipped"] == 7


def _durations(told: str) -> list[float]:
    events = [json.loads(line) for line in told.splitlines()]
    return [event["seconds"] for event in events if "seconds" in event]
