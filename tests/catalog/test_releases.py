"""Releases and sightings, and a catalog of schema 3 that learns of them."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from landslidectl.catalog.catalog import Catalog
from landslidectl.catalog.records import (
    DetectionRecord,
    JobRequest,
    ReleaseRecord,
    SightingRecord,
)
from landslidectl.errors import CatalogError

REQUEST = JobRequest("landslidectl detect", {"threshold": 0.5}, {"landslidectl": "0"}, "/out")
SIGHTING = SightingRecord(
    det_id="LS-1",
    status="provisional",
    first_seen="2018-09-11T20:42:24.000Z",
    releases="r1+r2",
    post_end="2018-09-17T20:42:24.000Z",
    acquisitions=(("D046", "S1A/029A2C"), ("D046", "S1B/01F6A1")),
    seen_by=("D046",),
    outline=b"\x01\x03 not parsed here",
)
WORKSPACE = Path("/out")


@pytest.fixture
def catalog(tmp_path: Path):
    with Catalog(tmp_path / "catalog.db") as opened:
        yield opened


def release(catalog: Catalog, number: int, version: int = 1, workspace: str = "/out"):
    job_id = catalog.start_job(REQUEST)
    product = f"LSD_r{number}_v{version}"
    return ReleaseRecord(
        job_id, workspace, number, version, product, {"model": "cnn"}, ("S1A_a", "S1A_b")
    )


def test_releases_come_back_in_order_with_what_they_show(catalog: Catalog) -> None:
    second, first = release(catalog, 2), release(catalog, 1)
    again, elsewhere = release(catalog, 2, version=2), release(catalog, 1, workspace="/other")
    dropped = replace(SIGHTING, det_id="LS-0", status="dropped")
    catalog.record_release(second, [SIGHTING, dropped])
    for other in (again, first, elsewhere):
        catalog.record_release(other, [])
    assert catalog.list_releases(WORKSPACE) == (first, second, again)
    assert catalog.list_sightings(second) == (dropped, SIGHTING)
    assert catalog.list_sightings(again) == ()


def test_a_release_is_recorded_whole_or_not_at_all(catalog: Catalog) -> None:
    one = release(catalog, 1)
    with pytest.raises(CatalogError):
        catalog.record_release(one, [SIGHTING, SIGHTING])
    assert catalog.list_releases(WORKSPACE) == ()
    catalog.record_release(one, [SIGHTING])
    with pytest.raises(CatalogError):
        catalog.record_release(one, [])
    assert catalog.list_sightings(one) == (SIGHTING,)


def test_a_release_taken_back_leaves_the_others(catalog: Catalog) -> None:
    one, two = release(catalog, 1), release(catalog, 2)
    for record in (one, two):
        catalog.record_release(record, [SIGHTING])
    catalog.forget_release(two)
    assert catalog.list_releases(WORKSPACE) == (one,)
    assert catalog.list_sightings(one) == (SIGHTING,)
    catalog.record_release(two, [SIGHTING])


def test_a_catalog_of_schema_3_keeps_its_data(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    with Catalog(path) as made:
        job_id = made.start_job(REQUEST)
        made.record_detections(job_id, [DetectionRecord("a", 12.0, 42.0, 0.5, 0.9, 0.7, "D046")])
    _back_to_schema_3(path)
    with Catalog(path) as upgraded:
        assert upgraded.job(job_id).settings == {"threshold": 0.5}
        (kept,) = upgraded.list_detections(job_id)
        assert kept == DetectionRecord("a", 12.0, 42.0, 0.5, 0.9, 0.7, "D046", "", "")
        assert upgraded.list_releases(WORKSPACE) == ()
        one = release(upgraded, 1)
        upgraded.record_release(one, [SIGHTING])
        assert upgraded.list_sightings(one) == (SIGHTING,)


def _back_to_schema_3(path: Path) -> None:
    """Take the later migrations out of a catalog, to the state before them."""
    connection = sqlite3.connect(path)
    for statement in (
        "DROP TABLE reviews",
        "DROP TABLE sightings",
        "DROP TABLE releases",
        "ALTER TABLE detections DROP COLUMN confidence",
        "ALTER TABLE detections DROP COLUMN status",
        "DELETE FROM _sqlite_migrations WHERE substr(name, 1, 4) IN ('0004', '0005', '0007')",
        "PRAGMA user_version=3",
    ):
        connection.execute(statement)
    connection.commit()
    columns = [row[1] for row in connection.execute("PRAGMA table_info(detections)")]
    connection.close()
    assert columns == [
        "job_id",
        "det_id",
        "centroid_lon",
        "centroid_lat",
        "area_ha",
        "score_max",
        "score_mean",
        "tracks",
    ]
