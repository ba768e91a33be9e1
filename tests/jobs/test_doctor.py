"""The doctor finds what is wrong, and goes on with the next check."""

import json
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from landslidectl.catalog.catalog import Catalog
from landslidectl.catalog.records import JobRequest
from landslidectl.errors import StackError
from landslidectl.files.resources import resource_dir
from landslidectl.files.volumes import Volume
from landslidectl.inference.manifest import list_models
from landslidectl.inference.trial import Trial
from landslidectl.inference.vulkan import Adapter, AdapterKind
from landslidectl.jobs import (
    check_clock,
    check_devices,
    check_environment,
    check_machine,
    check_program,
    check_run,
    doctor,
)
from landslidectl.jobs.checks import Check, Installation, Level
from landslidectl.jobs.demo import DemoReport, DemoSettings, PlantedEvent, SizeClass
from landslidectl.jobs.doctor import SECTIONS, Section, examine
from landslidectl.jobs.graphics import Findings
from landslidectl.jobs.result import JobResult
from landslidectl.terms import EventTime, JobStatus
from tests.inference.tiny import Head, write_model

REAL = Adapter("Fine GPU", AdapterKind.DISCRETE, "maker 1.2")
LONG_AGO = datetime(2018, 9, 5, 18, 7, 59, tzinfo=UTC)
SOFT = Adapter("llvmpipe", AdapterKind.SOFTWARE, "Mesa")


@pytest.fixture
def place(tmp_path: Path) -> Installation:
    write_model(tmp_path / "models", Head())
    return Installation(tmp_path / "models", tmp_path / "new" / "catalog.db", tmp_path)


@pytest.fixture(autouse=True)
def no_graphics(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_devices, "ask", lambda *_, **__: Findings(unlisted="no loader"))
    monkeypatch.setattr(check_devices, "may_have_graphics", lambda: "")


def found(place: Installation) -> dict[str, Check]:
    return {check.name: check for _, check in examine(place, quick=True)}


def test_a_machine_that_works(place: Installation) -> None:
    rows = list(examine(place, quick=True))
    assert [row.detail for _, row in rows if row.level is Level.FAILED] == []
    assert list(dict.fromkeys(title for title, _ in rows)) == [
        one.title for one in SECTIONS if not one.takes_time
    ]
    checks = {row.name: row for _, row in rows}
    for name in ("landslidectl", "numpy", "rasterio", "pyogrio", "LiteRT"):
        assert checks[name].facts["version"]
    assert checks["model tiny"].level is Level.OK
    assert checks["cpu, tiny"].facts["difference"] < 1e-5
    assert "no loader" in checks["graphics"].detail
    assert checks["--device auto"].facts["device"] == "cpu"
    assert not place.catalog.parent.exists(), "looking makes nothing"
    assert json.dumps([dict(row.facts) for _, row in rows])


def test_the_projections_of_both_libraries_are_compared(
    place: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    (right,) = check_program.check_projections(place)
    assert right.facts["apart_m"] < 1e-3
    assert "UTM 54N" in right.detail
    monkeypatch.setattr(check_program, "_by_pyogrio", lambda _east, _north: (141.9, 42.7001))
    (wrong,) = check_program.check_projections(place)
    assert wrong.level is Level.FAILED


def test_a_damaged_model_is_named(place: Installation) -> None:
    write_model(place.models_dir / "other", Head())
    (place.models_dir / "tiny" / "model.tflite").write_bytes(b"damaged")
    (check,) = check_program.check_models(place)
    assert (check.name, check.level) == ("model tiny", Level.FAILED)
    assert "SHA-256" in check.detail
    (none,) = check_program.check_models(Installation(place.folder, place.catalog, place.folder))
    assert none.level is Level.FAILED


def test_variables_that_were_dropped_are_told(place: Installation) -> None:
    changed = Installation(
        place.models_dir, place.catalog, place.folder, {"PROJ_LIB": "/usr/share/proj"}
    )
    check = next(check_environment.check_environment(changed))
    assert check.level is Level.WARNING
    assert "PROJ_LIB=/usr/share/proj" in check.detail


def test_catalogs_that_can_and_cannot_be_used(place: Installation) -> None:
    place.catalog.parent.mkdir()
    with Catalog(place.catalog):
        pass
    (check,) = check_machine.check_catalog(place)
    assert (check.level, check.facts["jobs"]) == (Level.OK, 0)
    place.catalog.write_bytes(b"no database at all, but long enough to look at")
    assert found(place)["catalog"].level is Level.FAILED


@pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() == 0, reason="root may write everywhere"
)
def test_a_folder_that_cannot_be_written(place: Installation) -> None:
    place.catalog.parent.mkdir(mode=0o500)
    assert found(place)["catalog"].level is Level.FAILED


def test_folders_that_cannot_be_written_fail(
    place: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_machine, "_is_writable", lambda folder: False)
    checks = found(place)
    assert checks["catalog"].level is checks["temporary folder"].level is Level.FAILED


@pytest.mark.parametrize(
    ("free_mb", "level"),
    [(8000, Level.OK), (600, Level.WARNING), (200, Level.FAILED), (None, Level.OK)],
)
def test_memory_is_weighed(
    place: Installation, monkeypatch: pytest.MonkeyPatch, free_mb: int | None, level: Level
) -> None:
    free = None if free_mb is None else free_mb * 10**6
    monkeypatch.setattr(check_machine, "memory_bytes", lambda: (16 * 10**9, free))
    (check,) = check_machine.check_memory(place)
    assert check.level is level


def test_a_full_disk_is_a_warning(place: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_machine, "MIN_FREE_BYTES", 1 << 60)
    checks = found(place)
    assert checks["disk"].level is checks["temporary folder"].level is Level.WARNING


def test_8_bits_that_are_computed_wrong_fail(
    place: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_devices, "largest_difference", lambda *_: 0.4)
    assert found(place)["cpu, tiny"].level is Level.FAILED


def test_graphics_devices_are_told(place: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    def tell(findings: Findings) -> dict[str, Check]:
        monkeypatch.setattr(check_devices, "ask", lambda *_, **__: findings)
        return {check.name: check for check in check_devices.check_graphics(place)}

    told = tell(Findings((SOFT, REAL), (Trial("tiny", "Fine GPU", False, 1e-6, 0.1, 0.2),)))
    assert "Fine GPU (discrete, maker 1.2)" in told["graphics"].detail
    assert "0.1 ms a window, processor 0.2 ms" in told["gpu, tiny"].detail
    assert told["--device auto"].detail.startswith("takes the Fine GPU: quicker")

    told = tell(Findings((REAL,), failures=(("tiny", "differs by 0.49"),)))
    assert told["gpu, tiny"].level is Level.WARNING
    told = tell(Findings((REAL,), crash="the graphics driver crashed (SIGSEGV)"))
    assert told["gpu"].level is Level.WARNING
    told = tell(Findings((SOFT,), failures=(("tiny", "too old"),)))
    assert told["gpu, tiny"].level is Level.OK, "a rasteriser is no loss"


def test_a_check_that_breaks_is_a_finding(
    place: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(installation: Installation) -> Iterator[Check]:
        yield Check("first", "fine")
        raise ImportError("libgdal is missing")

    sections = (
        Section("A", (("broken", broken),)),
        Section("B", (("m", check_program.check_models),)),
    )
    monkeypatch.setattr(doctor, "SECTIONS", sections)
    rows = [(title, check.name, check.level) for title, check in examine(place)]
    assert rows == [
        ("A", "first", Level.OK),
        ("A", "broken", Level.FAILED),
        ("B", "model tiny", Level.OK),
    ]
    assert len(list_models(place.models_dir)) == 1


def test_paths_that_were_set_are_told_with_what_was_taken_from_them(
    place: Installation, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in (*check_environment.LIBRARY_PATHS, *check_environment.PRELOADED, "PYTHONHOME"):
        monkeypatch.delenv(name, raising=False)
    package = str(Path(check_program.__file__).parent.parent.parent)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), package]))
    monkeypatch.setenv("LD_LIBRARY_PATH", str(tmp_path))
    checks = {check.name: check for check in check_environment.check_environment(place)}
    assert checks["PYTHONPATH"].level is Level.WARNING
    assert checks["PYTHONPATH"].facts["taken"] == ["landslidectl"]
    assert checks["LD_LIBRARY_PATH"].level is Level.OK

    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    checks = {check.name: check for check in check_environment.check_environment(place)}
    assert "LD_LIBRARY_PATH" not in checks, "the standalone program itself put it there"
    monkeypatch.delattr(sys, "_MEIPASS")

    library = tmp_path / "libstdc++.so.6"
    library.touch()
    maps = tmp_path / "maps"
    maps.write_text(
        f"7f00-7f01 r-xp 00000000 08:01 12  {library}\n7f02-7f03 rw-p 00000000 00:00 0\n"
        "7f04-7f05 r-xp 00000000 08:01 13  /usr/lib/libc.so.6\n"
    )
    monkeypatch.setattr(check_environment, "LOADED_FILES", maps)
    monkeypatch.setenv("LD_PRELOAD", "/opt/libjemalloc.so")
    checks = {check.name: check for check in check_environment.check_environment(place)}
    assert checks["LD_LIBRARY_PATH"].level is checks["LD_PRELOAD"].level is Level.WARNING
    assert checks["LD_LIBRARY_PATH"].facts["taken"] == ["libstdc++.so.6"]


def test_names_that_cannot_be_written_are_a_warning(
    place: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert found(place)["names"].level is Level.OK
    monkeypatch.setattr(sys, "getfilesystemencoding", lambda: "ascii")
    (*_, check) = check_environment.check_environment(place)
    assert (check.name, check.level) == ("names", Level.WARNING)


def test_data_and_drivers_that_are_missing_fail(
    place: Installation, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    checks = found(place)
    for name in ("rasterio data", "pyogrio data", "drivers"):
        assert checks[name].level is Level.OK
    assert Path(str(checks["rasterio data"].facts["proj_data"]), "proj.db").is_file()
    monkeypatch.setattr("pyogrio.get_gdal_data_path", lambda: str(tmp_path))
    monkeypatch.setattr(check_program, "VECTOR_DRIVERS", ("GPKG", "Papyrus"))
    checks = found(place)
    assert checks["pyogrio data"].level is checks["drivers"].level is Level.FAILED
    assert "Papyrus" in checks["drivers"].detail


@pytest.mark.parametrize(
    ("days", "words"), [(-30, "behind"), (-0.5, ""), (300, ""), (5000, "far ahead")]
)
def test_the_clock_is_held_against_the_program(
    place: Installation, monkeypatch: pytest.MonkeyPatch, days: float, words: str
) -> None:
    program = datetime.now(UTC) - timedelta(days=days)
    monkeypatch.setattr(check_clock, "program_date", lambda: program)
    check = next(check_clock.check_clock(place))
    assert check.level is (Level.WARNING if words else Level.OK)
    assert words in check.detail


def test_the_clock_is_held_against_the_catalog(place: Installation) -> None:
    with Catalog(place.catalog) as catalog:
        job = catalog.start_job(JobRequest("x", {}, {}, ""))
        assert next(check_clock.check_clock(place)).level is Level.OK
        with catalog._writing():
            catalog._db.execute("UPDATE jobs SET started='2099-01-01T00:00:00.000Z'")
        assert catalog.job(job).started.startswith("2099")
    check = next(check_clock.check_clock(place))
    assert check.level is Level.WARNING
    assert "2099-01-01" in check.detail


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the system has no TZ")
def test_a_time_zone_that_does_not_exist_is_told(
    place: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    for zone, checks in (("Asia/Nowhere", 2), ("UTC-3", 1), ("", 1)):
        monkeypatch.setenv("TZ", zone)
        assert len(list(check_clock.check_clock(place))) == checks


def test_the_log_is_looked_at(
    place: Installation, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (none,) = check_machine.check_log(place)
    assert none.level is Level.OK
    kept = replace(place, log=tmp_path / "deep" / "x.log")
    (good,) = check_machine.check_log(kept)
    assert good.level is Level.OK
    monkeypatch.setattr(check_machine, "_is_writable", lambda folder: False)
    (bad,) = check_machine.check_log(kept)
    assert bad.level is Level.WARNING, "a job goes on without"
    assert not (tmp_path / "deep").exists()


def test_a_share_is_told(place: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    with Catalog(place.catalog):
        pass
    monkeypatch.setattr(check_machine, "volume_of", lambda path: Volume("nfs4"))
    (check,) = check_machine.check_catalog(place)
    assert "nfs4" in check.detail
    assert check.facts["file_system"] == "nfs4"


def test_a_whole_job_finds_what_was_planted(place: Installation) -> None:
    shipped = replace(place, models_dir=resource_dir("models"))
    (check,) = check_run.check_run(shipped)
    assert check.level is Level.OK, check
    assert check.facts["found"] == check.facts["planted"] == 2
    assert check.facts["false_regions"] == 0
    assert not place.catalog.exists(), "its catalog is its own"


def test_a_whole_job_that_goes_wrong_fails(
    place: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def fail(settings: DemoSettings, *_: object) -> None:
        asked.append(settings)
        raise StackError("no stack", "Do something.")

    monkeypatch.setattr(check_run, "run_demo", fail)
    (check,) = check_run.check_run(place)
    assert (check.level, check.detail, check.hint) == (Level.FAILED, "no stack", "Do something.")
    assert asked[0].model == "tiny", "another folder of models has other names"
    assert not asked[0].folder.exists()


@pytest.mark.parametrize(
    ("found", "seconds", "level"),
    [(2, 5.0, Level.OK), (0, 5.0, Level.FAILED), (2, 100.0, Level.WARNING)],
)
def test_a_shipped_model_must_find_something(
    place: Installation, found: int, seconds: float, level: Level
) -> None:
    event = PlantedEvent(place.folder, EventTime(LONG_AGO, LONG_AGO))
    result = JobResult("j", JobStatus.SUCCEEDED, "out")
    report = DemoReport(event, "resnet", result, (SizeClass("large", 2, found),), 0)
    assert check_run._judged(report, True, seconds).level is level
    assert check_run._judged(report, False, 5.0).level is Level.OK
