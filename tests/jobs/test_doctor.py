"""The doctor finds what is wrong, and goes on with the next check."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from landslidectl.catalog.catalog import Catalog
from landslidectl.inference.manifest import list_models
from landslidectl.inference.trial import Trial
from landslidectl.inference.vulkan import Adapter, AdapterKind
from landslidectl.jobs import check_devices, check_machine, check_program, doctor
from landslidectl.jobs.checks import Check, Installation, Level
from landslidectl.jobs.doctor import SECTIONS, Section, examine
from landslidectl.jobs.graphics import Findings
from tests.inference.tiny import Head, write_model

REAL = Adapter("Fine GPU", AdapterKind.DISCRETE, "maker 1.2")
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
    return {check.name: check for _, check in examine(place)}


def test_a_machine_that_works(place: Installation) -> None:
    rows = list(examine(place))
    assert [row.detail for _, row in rows if row.level is Level.FAILED] == []
    assert list(dict.fromkeys(title for title, _ in rows)) == [one.title for one in SECTIONS]
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
    (check,) = check_program.check_environment(changed)
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
