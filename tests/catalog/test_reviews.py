"""Reviews are kept whole, in order, and for good; a catalog of schema 4 learns of them."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from landslidectl.catalog.catalog import Catalog
from landslidectl.catalog.records import JobRequest, ReleaseRecord, ReviewRecord
from landslidectl.errors import CatalogError

FACTS = {"outline": "window", "slope_mean": 21.5, "inc_angle": None}
REVIEW = ReviewRecord(
    "job-1", "LSD_x_r1_v1", "LS-1", "accepted", b"\x01 seen", reviewer="anna", seen_facts=FACTS
)


@pytest.fixture
def catalog(tmp_path: Path):
    with Catalog(tmp_path / "catalog.db") as opened:
        yield opened


def test_reviews_come_back_in_the_order_they_were_said(catalog: Catalog) -> None:
    second = replace(REVIEW, decision="rejected", outline=b"drawn", is_drawn=True, note="no")
    other = replace(REVIEW, job_id="job-2")
    catalog.add_reviews([REVIEW, second])
    catalog.add_reviews([other])
    assert catalog.list_reviews(["job-1"]) == (REVIEW, second)
    assert catalog.list_reviews(["job-1", "job-2"]) == (REVIEW, second, other)
    assert catalog.list_reviews([]) == ()


def test_reviews_are_recorded_whole_or_not_at_all(catalog: Catalog) -> None:
    broken = replace(REVIEW, seen=None)
    with pytest.raises(CatalogError):
        catalog.add_reviews([REVIEW, broken])
    assert catalog.list_reviews(["job-1"]) == ()


@pytest.mark.parametrize("statement", ["DELETE FROM reviews", "UPDATE reviews SET note='x'"])
def test_nothing_that_was_said_can_be_changed(tmp_path: Path, statement: str) -> None:
    path = tmp_path / "catalog.db"
    with Catalog(path) as made:
        made.add_reviews([REVIEW])
    connection = sqlite3.connect(path)
    with pytest.raises(sqlite3.IntegrityError, match="only ever added"):
        connection.execute(statement)
    connection.close()


def test_releases_of_one_folder_are_siblings(catalog: Catalog) -> None:
    request = JobRequest("landslidectl detect", {}, {}, "/out")
    jobs = [catalog.start_job(request) for _ in range(3)]
    places = ("/out", "/out", "/other")
    for number, (job, place) in enumerate(zip(jobs, places, strict=True), start=1):
        catalog.record_release(ReleaseRecord(job, place, number, 1, f"LSD_{number}", {}, ()), [])
    assert [one.job_id for one in catalog.sibling_releases(jobs[1])] == jobs[:2]
    assert catalog.sibling_releases("unknown") == ()


def test_a_catalog_of_schema_4_keeps_its_data(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    with Catalog(path) as made:
        job_id = made.start_job(JobRequest("landslidectl detect", {}, {}, "/out"))
    connection = sqlite3.connect(path)
    connection.executescript(
        "DROP TABLE reviews;"
        "DELETE FROM _sqlite_migrations WHERE name LIKE '0005%' OR name LIKE '0007%';"
        "PRAGMA user_version=4;"
    )
    connection.close()
    with Catalog(path) as upgraded:
        assert upgraded.job(job_id).command == "landslidectl detect"
        upgraded.add_reviews([REVIEW])
        assert upgraded.list_reviews(["job-1"]) == (REVIEW,)
