"""The demo on a small event: real scenes, a tiny model, and an honest comparison."""

import json
from pathlib import Path

import pytest
import shapely

from landslidectl.catalog.catalog import Catalog
from landslidectl.events import ProgressEvent, StepFinished, silent
from landslidectl.jobs.demo import (
    DemoSettings,
    PlantedEvent,
    compare,
    plant_event,
    run_demo,
    simulate_into,
)
from landslidectl.jobs.result import Areas, JobResult
from landslidectl.simulation.spec import EventSpec
from landslidectl.terms import EventTime, JobStatus
from tests.inference.tiny import Head, write_model
from tests.jobs.events import SHOCK


def feature(box: tuple[float, float, float, float], **facts: object) -> dict[str, object]:
    geometry = shapely.geometry.mapping(shapely.box(*box))
    return {"type": "Feature", "properties": facts, "geometry": geometry}


def write(path: Path, *features: dict[str, object]) -> Path:
    path.write_text(json.dumps({"type": "FeatureCollection", "features": list(features)}))
    return path


def test_comparison_counts_found_missed_hidden_and_false(tmp_path: Path) -> None:
    write(
        tmp_path / "truth.geojson",
        feature((0.0, 0.0, 0.1, 0.1), area_m2=25_000.0, visible=True),
        feature((1.0, 0.0, 1.1, 0.1), area_m2=25_000.0, visible=True),
        feature((2.0, 0.0, 2.1, 0.1), area_m2=6000.0, visible=True),
        feature((3.0, 0.0, 3.1, 0.1), area_m2=900_000.0, visible=False),
    )
    names = {
        kind: str(tmp_path / kind) for kind in ("page", "report", "geopackage", "score", "readme")
    }
    detections = write(
        tmp_path / "found.geojson", feature((0.05, 0.05, 0.3, 0.3)), feature((8.0, 8.0, 8.1, 8.1))
    )
    result = JobResult(
        "id",
        JobStatus.SUCCEEDED,
        str(tmp_path),
        {**names, "geojson": str(detections)},
        Areas(2, 1.0, 60.0, 3.0, 1.0),
    )
    report = compare(PlantedEvent(tmp_path, EventTime(SHOCK, SHOCK)), "tiny", result)
    rows = [(item.planted, item.found, item.missed) for item in report.classes]
    assert rows == [(2, 1, 1), (1, 0, 1), (0, 0, 0), (1, 0, 1)]
    assert report.false_regions == 1
    assert report.headline().startswith("1 of 3 ")
    assert report.notes()[0] == "1 false region in 60.0 km2 analysed."
    assert report.places()["open first"] == "page"
    assert report.places()["in a browser"] == "report"
    assert report.as_json()["planted"][0]["found"] == 1


def test_an_event_is_written_once_and_again_when_it_is_another(tmp_path: Path) -> None:
    spec = EventSpec(seed=3, size_km=1.0, n_pre=1)
    events: list[ProgressEvent] = []
    first = plant_event(tmp_path, spec, events.append)
    again = plant_event(tmp_path, spec, events.append)
    assert first == again
    assert [event.skipped for event in events if isinstance(event, StepFinished)] == [False, True]
    (tmp_path / "event.json").write_text("{")
    assert plant_event(tmp_path, spec, silent) == first
    told = simulate_into(tmp_path, EventSpec(seed=4, size_km=1.0, slides=False), silent)
    assert set(told) == {"event", "scenes", "dem", "aoi", "planted"}
    assert all(Path(told[name]).exists() for name in ("scenes", "dem", "aoi", "planted"))


@pytest.mark.parametrize("weight", [1.5, -1.5])
def test_demo_runs_end_to_end(tmp_path: Path, catalog: Catalog, weight: float) -> None:
    # changes in one direction light up with one sign: this is no landslide model
    write_model(tmp_path / "models", Head(weights=(0.0, 0.0, weight, weight), bias=-1.0))
    settings = DemoSettings(tmp_path / "demo", 1, 2.0, "tiny", tmp_path / "models", "demo")
    report = run_demo(settings, silent, catalog)
    assert report.result.exit_code == 0
    assert report.result.areas is not None
    assert report.result.areas.tested_km2 > 3.0
    assert Path(report.result.files["map"]).is_file()
    assert sum(item.planted for item in report.classes) > 0
    repeated = run_demo(settings, silent, catalog)
    assert repeated.classes == report.classes
    assert repeated.result.files == report.result.files
