"""Reviews are kept over versions and releases, applied to every export, and never half taken in."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest
import shapely

from landslidectl.catalog.catalog import Catalog
from landslidectl.errors import DifferenceFound, ProductError, UsageError
from landslidectl.events import silent
from landslidectl.jobs.export import ExportSettings, run_export
from landslidectl.jobs.result import JobResult
from landslidectl.jobs.review import Reviewed, ReviewSettings, run_review
from landslidectl.jobs.run import run_detect
from landslidectl.products.contract.files import Format
from landslidectl.terms import Decision
from tests.jobs.world import World
from tests.products import tampering

Review = Callable[..., Reviewed]


@pytest.fixture
def detect(world: World, catalog: Catalog) -> Callable[..., JobResult]:
    return lambda **changes: run_detect(world.settings(**changes), silent, catalog)


@pytest.fixture
def review(catalog: Catalog) -> Review:
    def said(job: str = "last", **values: Any) -> Reviewed:
        return run_review(ReviewSettings(job=job, reviewer="anna", **values), catalog.path)

    return said


def folder_of(result: JobResult) -> Path:
    return Path(result.files["metadata"]).parent


def rows(path: Path) -> list[dict[str, Any]]:
    meta, _, shapes, columns = pyogrio.raw.read(path, layer="detections", datetime_as_string=True)
    names = [*meta["fields"], "shape"]
    shapes = shapely.from_wkb(shapes)
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, shapes, strict=True)]


def exported(job: str, catalog: Catalog, folder: Path, **changes: Any) -> dict[Format, Path]:
    settings = ExportSettings(
        job=job, formats=tuple(Format), output=folder, overwrite=True, **changes
    )
    return dict(run_export(settings, catalog.path))


def features(path: Path) -> list[dict[str, Any]]:
    return [item["properties"] for item in json.loads(path.read_text())["features"]]


def draw(path: Path, shape: shapely.Geometry) -> None:
    crs = pyogrio.read_info(path, layer="detections")["crs"]
    pyogrio.raw.write(
        path,
        np.array([shapely.to_wkb(shapely.MultiPolygon([shape]))], dtype=object),
        [np.array([None], dtype=object)],
        ["det_id"],
        layer="detections",
        driver="GPKG",
        geometry_type="MultiPolygon",
        crs=crs,
        append=True,
    )


def beside(folder: Path) -> shapely.Geometry:
    """Return a square in the south-eastern corner of the map, off the slide."""
    metadata = json.loads(tampering.one(folder, "metadata.json").read_text())
    _, bottom, right, _ = metadata["grid"]["bounds"]
    return shapely.box(right - 400, bottom + 200, right - 200, bottom + 400)


def test_an_accepted_detection_says_so_everywhere(
    detect: Callable[..., JobResult], review: Review, catalog: Catalog, tmp_path: Path
) -> None:
    first = detect()
    (name,) = [item.det_id for item in catalog.list_detections(first.job_id)]
    outcome = review(accept=(name[:6],), note="seen on a photo")
    assert outcome.counts == {
        Decision.UNREVIEWED: 0,
        Decision.ACCEPTED: 1,
        Decision.REJECTED: 0,
    }
    (told,) = features(exported("last", catalog, tmp_path)[Format.GEOJSON])
    assert (told["review"], told["reviewer"], told["rev_note"]) == (
        "accepted",
        "anna",
        "seen on a photo",
    )
    second = detect()
    assert folder_of(second).name.endswith("_r1_v2"), "a correction of the same data"
    (told_again,) = features(Path(second.files["geojson"]))
    assert told_again["reviewed"] == told["reviewed"]
    metadata = json.loads(Path(second.files["metadata"]).read_text())
    assert metadata["result"]["review"] == {"unreviewed": 0, "accepted": 1, "rejected": 0}
    sentence = "Looked at by people: 1 accepted, 0 rejected, 0 not reviewed."
    assert metadata["limitations"][-1] == sentence
    assert "1 accepted, 0 rejected" in Path(second.files["readme"]).read_text()
    assert "1 accepted, 0 rejected" in Path(second.files["report"]).read_text()
    assert "1 accepted, 0 rejected and left out, 0 not reviewed" in second.told()
    assert detect().files == second.files, "nothing new was said"
    for kind, path in exported("last", catalog, tmp_path / "again").items():
        if kind is not Format.SHP:
            assert path.read_bytes() == Path(second.files[_file(kind)]).read_bytes(), kind


def _file(kind: Format) -> str:
    return {Format.GPKG: "geopackage", Format.SHP: "shapefile"}.get(kind, kind.value)


def test_a_rejected_detection_stays_in_the_geopackage_alone(
    world: World,
    detect: Callable[..., JobResult],
    review: Review,
    catalog: Catalog,
    tmp_path: Path,
) -> None:
    detect()
    (name,) = [
        item["det_id"] for item in rows(tampering.one(folder_of(detect()), "detections.gpkg"))
    ]
    assert review(reject=(name,)).counts[Decision.REJECTED] == 1
    written = exported("last", catalog, tmp_path)
    assert features(written[Format.GEOJSON]) == []
    assert [row["review"] for row in rows(written[Format.GPKG])] == ["rejected"]
    assert len(written[Format.CSV].read_text().splitlines()) == 1
    flagged = exported("last", catalog, tmp_path / "all", with_rejected=True)
    assert [item["review"] for item in features(flagged[Format.GEOJSON])] == ["rejected"]

    version = detect()
    assert version.areas is not None
    assert (version.areas.detections, version.areas.rejected) == (0, 1)
    assert [row["review"] for row in rows(Path(version.files["geopackage"]))] == ["rejected"]
    assert features(Path(version.files["geojson"])) == []

    world.add(6.0)
    release = detect()
    assert folder_of(release).name.endswith("_r2_v1")
    (kept,) = rows(Path(release.files["geopackage"]))
    assert (kept["review"], kept["reviewer"]) == ("rejected", "anna"), "in the same place"

    review(reset=(kept["det_id"],))
    back = features(exported("last", catalog, tmp_path / "reset")[Format.GEOJSON])
    assert [item["review"] for item in back] == ["unreviewed"]
    world.add(9.0)
    later = features(Path(detect().files["geojson"]))
    assert [item["review"] for item in later] == ["unreviewed"], "the first word is taken back too"


def test_edits_of_qgis_come_back_and_stay(
    world: World,
    detect: Callable[..., JobResult],
    review: Review,
    catalog: Catalog,
    tmp_path: Path,
) -> None:
    first = folder_of(detect())
    copied = Path(shutil.copytree(first, tmp_path / "stick" / first.name))
    edited = tampering.one(copied, "detections.gpkg")
    tampering.widen(copied, 40.0)
    draw(edited, beside(first))
    outcome = review(edited=edited)
    assert len(outcome.added) == 2
    assert outcome.counts[Decision.ACCEPTED] == 2
    assert review(edited=edited).added == (), "twice is once"

    told = features(exported("last", catalog, tmp_path)[Format.GEOJSON])
    assert {item["outline"] for item in told} == {"reviewer"}
    methods = {item["det_method"] for item in told}
    assert methods == {"Semi-automatic extraction", "Photo-interpretation"}
    drawn = next(item for item in told if item["det_id"].startswith("RV-"))
    assert drawn["area_ha"] == pytest.approx(4.0, abs=0.02)
    assert drawn["score_max"] is None

    version = detect()
    assert folder_of(version).name.endswith("_r1_v2")
    made = {row["det_id"]: row for row in rows(Path(version.files["geopackage"]))}
    assert set(made) == {item["det_id"] for item in told}
    assert made[drawn["det_id"]]["score_max"] < 0.5, "what the networks say of that place"
    assert made[drawn["det_id"]]["valid_pct"] == 100.0
    moved = next(row for name, row in made.items() if not name.startswith("RV-"))
    before = rows(edited)[0]["shape"]
    assert shapely.hausdorff_distance(moved["shape"].boundary, before.boundary) < 1e-3

    world.add(6.0)
    release = detect()
    kept = rows(Path(release.files["geopackage"]))
    assert {row["outline"] for row in kept} == {"reviewer"}
    assert len(kept) == 2


def test_a_redrawn_outline_that_is_taken_back_is_what_it_was(
    detect: Callable[..., JobResult], review: Review, catalog: Catalog, tmp_path: Path
) -> None:
    first = folder_of(detect())
    (before,) = rows(tampering.one(first, "detections.gpkg"))
    copied = Path(shutil.copytree(first, tmp_path / "stick" / first.name))
    tampering.widen(copied, 40.0)
    review(edited=tampering.one(copied, "detections.gpkg"))
    (redrawn,) = rows(Path(detect().files["geopackage"]))
    assert redrawn["outline"] == "reviewer"

    review(reset=(redrawn["det_id"],))
    (back,) = rows(exported("last", catalog, tmp_path / "back")[Format.GPKG])
    shape, again = before.pop("shape"), back.pop("shape")
    assert shapely.hausdorff_distance(shape, again) < 1e-3
    np.testing.assert_equal(back, before)


def test_a_geopackage_edited_in_its_place_is_taken_in_and_handed_on(
    detect: Callable[..., JobResult], review: Review, catalog: Catalog, tmp_path: Path
) -> None:
    folder = folder_of(detect())
    edited = tampering.one(folder, "detections.gpkg")
    draw(edited, beside(folder))
    with pytest.raises(DifferenceFound, match="changed since") as caught:
        exported("last", catalog, tmp_path)
    assert "review --import" in caught.value.hint
    with pytest.raises(DifferenceFound):
        review()
    assert review(edited=edited).counts[Decision.ACCEPTED] == 1
    written = exported("last", catalog, tmp_path)
    told = features(written[Format.GEOJSON])
    assert sorted(item["review"] for item in told) == ["accepted", "unreviewed"]
    assert sum(item["det_id"].startswith("RV-") for item in told) == 1
    drawn = next(item["det_id"] for item in told if item["det_id"].startswith("RV-"))
    review(reject=(drawn,))
    told = features(exported("last", catalog, tmp_path)[Format.GEOJSON])
    assert [item["review"] for item in told] == ["unreviewed"]


def test_nothing_is_taken_in_by_half(
    world: World, detect: Callable[..., JobResult], review: Review, catalog: Catalog, tmp_path: Path
) -> None:
    folder = folder_of(detect())
    name = rows(tampering.one(folder, "detections.gpkg"))[0]["det_id"]
    for values, words in (
        ({"accept": (name, "LS-nobody")}, "no detection has a name that begins with 'LS-nobody'"),
        ({"accept": (name,), "reject": (name,)}, "is given twice"),
        ({"accept": ("",)}, "that begins with ''"),
    ):
        with pytest.raises(UsageError, match=words):
            review(**values)
    with pytest.raises(UsageError, match="together with"):
        review(accept=(name,), edited=tmp_path / "x.gpkg")
    copied = Path(shutil.copytree(folder, tmp_path / folder.name))
    tampering.sql(copied, "UPDATE detections SET review='accepted' WHERE fid=1")
    draw(tampering.one(copied, "detections.gpkg"), shapely.box(0, 0, 10, 10))
    with pytest.raises(ProductError, match="outside the map"):
        review(edited=tampering.one(copied, "detections.gpkg"))
    other = folder_of(detect(output=world.folder / "other", event_id="other"))
    with pytest.raises(ProductError, match="edits of another product"):
        review(job=str(folder), edited=tampering.one(other, "detections.gpkg"))
    assert review(job=str(folder)).history == ()


def test_another_event_in_the_same_folder_takes_no_reviews(
    world: World, detect: Callable[..., JobResult], review: Review
) -> None:
    first = detect()
    name = rows(Path(first.files["geopackage"]))[0]["det_id"]
    review(reject=(name,))
    event = world.settings().event
    later = replace(event, last=event.last.replace(hour=event.last.hour + 1))
    other = detect(event=later, overwrite=True)
    assert [row["review"] for row in rows(Path(other.files["geopackage"]))] == ["unreviewed"]


def test_a_product_that_no_catalog_knows_can_be_reviewed(
    detect: Callable[..., JobResult], tmp_path: Path
) -> None:
    folder = folder_of(detect())
    name = rows(tampering.one(folder, "detections.gpkg"))[0]["det_id"]
    elsewhere = tmp_path / "elsewhere.db"
    outcome = run_review(ReviewSettings(job=str(folder), accept=(name,)), elsewhere)
    assert outcome.counts[Decision.ACCEPTED] == 1
    assert outcome.history[0].reviewer


def test_a_folder_that_was_moved_keeps_its_reviews(
    world: World, detect: Callable[..., JobResult], review: Review, catalog: Catalog, tmp_path: Path
) -> None:
    first = detect()
    name = rows(Path(first.files["geopackage"]))[0]["det_id"]
    review(reject=(name,))
    moved = tmp_path / "moved"
    shutil.move(world.settings().output, moved)
    again = detect(output=moved)
    assert [row["review"] for row in rows(Path(again.files["geopackage"]))] == ["rejected"]
    assert review(job=str(moved), reset=(name,)).counts[Decision.UNREVIEWED] == 1
