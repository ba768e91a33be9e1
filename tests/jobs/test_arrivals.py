"""Telling complete scenes from such as still arrive."""

import os
import shutil
import time
import zipfile
from pathlib import Path

import pytest

from landslidectl.events import silent
from landslidectl.jobs import arrivals
from landslidectl.jobs.arrivals import DAMAGE_IS_FINAL_S, Arrivals, examine, look
from tests.sentinel1.builders import Product, product_files, write_folder, write_zip

SETTLE_S = 60.0


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrivals, "SECOND_LOOK_S", 0.0)


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """A folder with a product in a folder, one in a zip, and what lies about."""
    folder = tmp_path / "disk"
    folder.mkdir()
    files = product_files(Product(), tmp_path)
    write_folder(files, folder / "a.SAFE")
    write_zip(files, folder / "b.zip", "b.SAFE/")
    with zipfile.ZipFile(folder / "roads.zip", "w") as zipped:
        zipped.writestr("roads.shp", b"x")
    (folder / "notes.txt").write_text("x")
    return folder


def after(seconds: float, disk: Path, seen: Arrivals | None = None) -> Arrivals:
    """Look as if so much time had passed."""
    states = {} if seen is None else seen.states

    def clock() -> float:
        return time.time() + seconds

    found = look([disk], SETTLE_S, states, clock)
    examine(found, SETTLE_S, silent, clock)
    return found


def names(found: Arrivals) -> list[str]:
    return [path.name for path in found.new]


def test_complete_scenes_are_new_once(disk: Path) -> None:
    first = after(100, disk)
    assert names(first) == ["a.SAFE", "b.zip"]
    assert set(first.states.values()) == {""}
    assert not first.incomplete
    assert not first.damaged
    again = after(200, disk, first)
    assert names(again) == []
    assert again.states == first.states
    shutil.copy(disk / "b.zip", disk / "c.zip")
    assert names(after(300, disk, first)) == ["c.zip"]


def test_what_changed_just_now_is_left(disk: Path) -> None:
    """Whatever times a copy carries over from its original."""
    for path in disk.rglob("*"):
        os.utime(path, (1e9, 1e9))
    found = after(10, disk)
    assert names(found) == []
    assert [item.path.name for item in found.incomplete] == ["a.SAFE", "b.zip"]
    assert "changed 1" in found.incomplete[0].reason
    assert found.states == {}
    first = after(100, disk)
    (disk / "a.SAFE" / "preview.png").write_bytes(b"more")
    found = after(10, disk, first)
    assert [item.path.name for item in found.incomplete] == ["a.SAFE"]
    assert len(found.states) == 1


def test_a_clock_that_runs_ahead_does_not_hide_a_scene_for_years(disk: Path) -> None:
    assert names(after(-1e6, disk)) == ["a.SAFE", "b.zip"]
    assert names(after(-5, disk)) == [], "a few seconds are the difference of two clocks"


def test_what_grows_under_our_eyes_is_left(disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def grow(_: float) -> None:
        with (disk / "b.zip").open("ab") as handle:
            handle.write(b"more")

    monkeypatch.setattr(arrivals.time, "sleep", grow)
    found = after(100, disk)
    assert names(found) == ["a.SAFE"]
    (left,) = found.incomplete
    assert (left.path.name, left.reason) == ("b.zip", "is growing")


def test_damage_is_left_first_and_final_later(disk: Path) -> None:
    whole = (disk / "b.zip").read_bytes()
    (disk / "b.zip").write_bytes(whole[:-3000])
    early = after(100, disk)
    assert names(early) == ["a.SAFE"]
    (left,) = early.incomplete
    assert left.reason.startswith("damaged, or not complete yet: the zip is truncated")
    late = after(DAMAGE_IS_FINAL_S + 100, disk, early)
    assert names(late) == ["b.zip"]
    ((path, reason),) = late.damaged
    assert path.name == "b.zip"
    assert "truncated" in reason
    known = after(DAMAGE_IS_FINAL_S + 200, disk, late)
    assert (names(known), known.damaged) == ([], late.damaged), "its damage is remembered"
    (disk / "b.zip").write_bytes(whole)
    healed = after(DAMAGE_IS_FINAL_S + 100, disk, late)
    assert (names(healed), healed.damaged) == (["b.zip"], [])


def test_scenes_that_appear_whole_need_no_time_to_settle(disk: Path) -> None:
    found = look([disk], 0.0, {})
    examine(found, 0.0, silent)
    assert names(found) == ["a.SAFE", "b.zip"]


def test_a_file_changed_inside_without_its_size_is_found(disk: Path) -> None:
    measurement = next((disk / "a.SAFE" / "measurement").iterdir())
    content = bytearray(measurement.read_bytes())
    content[-1] ^= 0xFF
    measurement.write_bytes(content)
    found = after(DAMAGE_IS_FINAL_S + 100, disk)
    ((path, reason),) = found.damaged
    assert path.name == "a.SAFE"
    assert "MD5" in reason
