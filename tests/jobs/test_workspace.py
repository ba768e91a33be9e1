"""The output folder: whose it is, and what may be written into it."""

from pathlib import Path

import pytest

from landslidectl.errors import OutputError, ResourceError, UsageError
from landslidectl.grid import Grid
from landslidectl.jobs.preflight import (
    DiskLoad,
    check_disk,
    check_writable,
    estimate_disk,
    estimate_memory_mb,
    fitting_threads,
)
from landslidectl.jobs.settings import DetectSettings, differences
from landslidectl.jobs.stack_settings import IngestSettings
from landslidectl.jobs.workspace import Workspace
from landslidectl.terms import BandSet, EventTime
from tests.jobs.events import SHOCK

IDENTITY = {"model": "resnet", "threshold": None}
GRID = Grid(32633, 0.0, 0.0, 10.0, 1000, 2000)


def test_new_empty_and_own_folders_are_free(tmp_path: Path) -> None:
    Workspace(tmp_path / "new").check_free(IDENTITY, overwrite=False)
    Workspace(tmp_path).check_free(IDENTITY, overwrite=False)
    workspace = Workspace(tmp_path)
    check_writable(workspace.work)
    (tmp_path / "half-done.tif").touch()
    workspace.check_free(IDENTITY, overwrite=False)


def test_other_files_and_other_settings_are_refused(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    (tmp_path / "letter.doc").touch()
    with pytest.raises(OutputError, match="no run of landslidectl"):
        workspace.check_free(IDENTITY, overwrite=False)
    workspace.check_free(IDENTITY, overwrite=True)
    workspace.record_product(IDENTITY, ["a"], (1, 1))
    workspace.check_free(IDENTITY, overwrite=False)
    with pytest.raises(OutputError, match=r"threshold: None -> 0\.5"):
        workspace.check_free(IDENTITY | {"threshold": 0.5}, overwrite=False)
    with pytest.raises(OutputError, match="folder"):
        Workspace(tmp_path / "letter.doc").check_free(IDENTITY, overwrite=False)


def test_release_counts_data_and_version_counts_repeats(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    assert workspace.next_counters(["a"]) == (1, 1)
    workspace.record_product(IDENTITY, ["b", "a"], (1, 1))
    assert workspace.next_counters(["a", "b"]) == (1, 2)
    assert workspace.next_counters(["a", "b", "c"]) == (2, 1)


def test_sweeping_takes_only_what_is_half_written(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    kept = [tmp_path / "a.tif", tmp_path / "b.partial-1", workspace.stack("D046") / "stack.tif"]
    left = [
        tmp_path / ".LSD_x.partial-1234abcd" / "score.tif",
        workspace.stack("D046") / ".stack.partial-1234abcd.tif",
    ]
    for path in kept + left:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    workspace.sweep()
    assert all(path.exists() for path in kept)
    assert not any(path.exists() for path in left)
    assert not left[0].parent.exists()


def test_unwritable_folder_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot be written"):
        check_writable(tmp_path / "file" / "below")


def test_disk_and_memory_are_refused_with_figures(tmp_path: Path) -> None:
    one = estimate_disk(GRID, BandSet.VV_VH, DiskLoad(1, 1))
    ten = estimate_disk(GRID, BandSet.VV_VH, DiskLoad(10, 1))
    assert ten.geocoded == 10 * one.geocoded == 10 * 2_000_000 * 8
    assert ten.total > one.total
    check_disk(tmp_path / "not" / "yet", 1000)
    with pytest.raises(ResourceError, match="GB free"):
        check_disk(tmp_path, 10**18)
    both = BandSet.VV_VH
    assert fitting_threads(GRID, both, 4, None) == 4
    assert fitting_threads(GRID, both, 4, estimate_memory_mb(GRID, both, 4)) == 4
    assert fitting_threads(GRID, both, 4, estimate_memory_mb(GRID, both, 2)) == 2
    with pytest.raises(ResourceError, match="allows 100 MB"):
        fitting_threads(GRID, both, 4, 100)
    whole_frame = Grid(32633, 300_000.0, 5_000_000.0, 10.0, 25_000, 17_000)
    assert estimate_memory_mb(whole_frame, both, 2) < 2000


def test_settings_that_contradict_themselves(tmp_path: Path) -> None:
    scenes = (tmp_path,)
    event = EventTime(SHOCK, SHOCK)
    wrong: list[dict[str, object]] = [
        {"aoi": tmp_path, "bbox": (0.0, 0.0, 1.0, 1.0)},
        {"dem": tmp_path, "no_dem": True},
        {"threads": 0},
        {"pre_days": 0.0},
        {"threshold": 1.0},
        {"high_threshold": 0.0},
        {"threshold": 0.8, "high_threshold": 0.7},
        {"stride": 65},
    ]
    for change in wrong:
        with pytest.raises(UsageError):
            DetectSettings(scenes=scenes, output=tmp_path, event=event, **change)


def test_identity_leaves_out_what_does_not_change_the_product(tmp_path: Path) -> None:
    event = EventTime(SHOCK, SHOCK)
    one = DetectSettings(scenes=(tmp_path,), output=tmp_path, event=event, threads=1)
    two = DetectSettings(scenes=(), output=tmp_path / "b", event=event, threads=2, overwrite=True)
    assert differences(one.identity(), two.identity()) == []
    three = DetectSettings(scenes=(), output=tmp_path, event=event, model="cnn")
    assert differences(one.identity(), three.identity()) == ["model: resnet -> cnn"]
    four = DetectSettings(scenes=(), output=tmp_path, event=event, high_threshold=0.9)
    assert differences(one.identity(), four.identity()) == ["high_threshold: None -> 0.9"]
    assert "event" not in IngestSettings(scenes=(), output=tmp_path).identity()
    assert one.described()["threads"] == 1
