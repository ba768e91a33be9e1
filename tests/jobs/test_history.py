"""A second and a third scene after the event arrive: detections are confirmed, or dropped."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from landslidectl.catalog.catalog import Catalog
from landslidectl.errors import CatalogError, Terminated
from landslidectl.events import silent
from landslidectl.jobs import publish
from landslidectl.jobs.result import JobResult
from landslidectl.jobs.run import run_detect
from landslidectl.jobs.workspace import Workspace
from tests.jobs.world import CALM, World

COLUMNS = ("status", "releases", "n_seen", "first_seen")


@pytest.fixture
def detect(world: World, catalog: Catalog) -> Callable[..., JobResult]:
    return lambda **changes: run_detect(world.settings(**changes), silent, catalog)


def seen(result: JobResult) -> list[tuple[Any, ...]]:
    content = json.loads(Path(result.files["geojson"]).read_text(encoding="utf-8"))
    return [
        tuple(feature["properties"][name] for name in COLUMNS) for feature in content["features"]
    ]


def metadata(result: JobResult) -> dict[str, Any]:
    return dict(json.loads(Path(result.files["metadata"]).read_text(encoding="utf-8")))


def product(result: JobResult) -> str:
    return Path(result.files["map"]).parent.name[-5:]


def counts(result: JobResult) -> tuple[int, int, int, int]:
    areas = result.areas
    assert areas is not None
    return areas.first, areas.provisional, areas.confirmed, areas.dropped


def test_later_scenes_confirm_and_then_drop(
    world: World, catalog: Catalog, detect: Callable[..., JobResult]
) -> None:
    first = detect()
    ((status, releases, n_seen, first_seen),) = seen(first)
    assert (status, releases, n_seen) == ("first", "r1", 1)
    assert first_seen.startswith("2018-09-08T18:08")

    world.add(6.0)
    second = detect()
    assert seen(second) == [("provisional", "r1+r2", 2, first_seen)]
    assert counts(second) == (0, 1, 0, 0)
    assert detect().files == second.files, "the same scenes again: taken up as it is"

    Path(second.files["map"]).unlink()
    version = detect()
    assert product(version) == "r2_v2"
    assert seen(version) == seen(second), "a correction moves nothing"

    world.add(9.0)
    third = detect()
    assert seen(third) == [("confirmed", "r1+r2+r3", 3, first_seen)]
    assert [item.status for item in catalog.list_detections(third.job_id)] == ["confirmed"]
    assert "0 first, 0 provisional, 1 confirmed; 0 dropped" in "\n".join(third.told())
    assert metadata(third)["result"]["status"]["confirmed"] == 1

    for days in (4.0, 5.0, 7.0, 8.0):
        world.add(days, CALM)
    fourth = detect()
    assert counts(fourth) == (0, 0, 0, 1)
    (dropped,) = metadata(fourth)["dropped"]
    assert (dropped["status"], dropped["releases"]) == ("confirmed", "r1+r2+r3")
    assert 141.9 < dropped["lon"] < 141.92
    assert "1 dropped since the last release" in Path(fourth.files["readme"]).read_text()
    folder = world.settings().output.resolve()
    *_, last = catalog.list_releases(folder)
    assert (last.release, last.version, last.scenes) == (4, 1, tuple(sorted(last.scenes)))
    (record,) = catalog.list_sightings(last)
    assert (record.status, record.det_id) == ("dropped", dropped["det_id"])


def test_a_detection_that_nobody_here_recorded_is_named(
    world: World, catalog: Catalog, detect: Callable[..., JobResult]
) -> None:
    detect()
    with closing(sqlite3.connect(catalog.path)) as changed, changed:
        changed.execute("UPDATE sightings SET outline = x'00'")
    world.add(6.0)
    with pytest.raises(CatalogError, match="a detection that no landslidectl wrote"):
        detect()


def test_a_scene_before_the_event_moves_nothing(
    world: World, detect: Callable[..., JobResult]
) -> None:
    (before,) = seen(detect())
    world.add(-18.0)
    after = detect()
    assert product(after) == "r2_v1"
    assert seen(after) == [before]


def test_another_track_confirms_the_second_time(
    world: World, detect: Callable[..., JobResult]
) -> None:
    detect()
    for days in (-30.0, -18.0, 5.0):
        world.add(days, orbit=112)
    assert [row[:3] for row in seen(detect())] == [("confirmed", "r1+r2", 2)]


def test_other_settings_begin_anew(world: World, detect: Callable[..., JobResult]) -> None:
    detect()
    world.add(6.0)
    other = detect(threshold=0.4, overwrite=True)
    assert [row[:3] for row in seen(other)] == [("first", "r2", 1)]


@pytest.mark.parametrize("point", ["before the product", "after it", "after its record"])
def test_a_kill_loses_no_release_and_counts_none_twice(
    world: World,
    catalog: Catalog,
    detect: Callable[..., JobResult],
    monkeypatch: pytest.MonkeyPatch,
    point: str,
) -> None:
    def killed(*_: object) -> None:
        raise Terminated("killed")

    where: dict[str, tuple[Any, str]] = {
        "before the product": (publish, "write_product"),
        "after it": (Workspace, "record_product"),
        "after its record": (Catalog, "record_detections"),
    }
    detect()
    world.add(6.0)
    with monkeypatch.context() as patched:
        patched.setattr(*where[point], killed)
        with pytest.raises(Terminated):
            detect()
    appeared = point != "before the product"
    again = detect()
    assert product(again) == "r2_v1"
    assert len(list(Path(again.output).glob("LSD_*"))) == 2, "what appeared is taken up, not redone"
    assert all(Path(path).is_file() for path in again.files.values())
    assert detect().files == again.files
    assert [row[:3] for row in seen(again)] == [("provisional", "r1+r2", 2)]

    world.add(9.0)
    with monkeypatch.context() as patched:
        patched.setattr(*where[point], killed)
        with pytest.raises(Terminated):
            detect()
    world.add(11.0)
    last = detect()
    expected = "r1+r2+r3+r4" if appeared else "r1+r2+r3"
    assert [row[:2] for row in seen(last)] == [("confirmed", expected)]
    numbers = [record.release for record in catalog.list_releases(Path(last.output).resolve())]
    assert numbers == sorted(numbers)
    assert max(numbers) == int(product(last)[1])


def test_a_lost_record_is_taken_from_the_catalog(
    world: World, detect: Callable[..., JobResult]
) -> None:
    detect()
    world.add(6.0)
    detect()
    workspace = Workspace(world.settings().output)
    workspace.made_with.unlink()
    world.add(9.0)
    last = detect()
    assert product(last) == "r3_v1"
    assert [row[:2] for row in seen(last)] == [("confirmed", "r1+r2+r3")]
