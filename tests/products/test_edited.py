"""What a person changed in QGIS is found; broken and foreign files are refused whole."""

import shutil
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely

from landslidectl.errors import ProductError
from landslidectl.products.edited import Edit, read_edits
from landslidectl.products.edited import known_of as known_detections
from landslidectl.products.reading import open_stored, read_contents
from landslidectl.products.write import write_product
from landslidectl.products.written import written_detections
from landslidectl.terms import Decision
from tests.products import tampering
from tests.products.samples import make_request

SQUARE = shapely.box(560_100, 4_739_100, 560_200, 4_739_200)
BOW = shapely.Polygon(
    [(560_100, 4_739_100), (560_200, 4_739_200), (560_200, 4_739_100), (560_100, 4_739_200)]
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_product(make_request(tmp_path_factory.mktemp("made"))).folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / made.name))


def append(
    folder: Path, shape: shapely.Geometry, det_id: str | None = None, review: str | None = None
) -> None:
    pyogrio.raw.write(
        tampering.one(folder, "detections.gpkg"),
        np.array([shapely.to_wkb(shapely.MultiPolygon([shape]))], dtype=object),
        [np.array([det_id], dtype=object), np.array([review], dtype=object)],
        ["det_id", "review"],
        layer="detections",
        driver="GPKG",
        geometry_type="MultiPolygon",
        crs="EPSG:32654",
        append=True,
    )


def edits(made: Path, folder: Path) -> list[Edit]:
    stored = open_stored(made)
    known = known_detections(written_detections(stored))
    grid = read_contents(stored).grid
    return read_edits(tampering.one(folder, "detections.gpkg"), made.name, known, grid)


def names(made: Path) -> list[str]:
    return [row["det_id"] for row in written_detections(open_stored(made)).rows]


def without_name(path: Path, crs: str | None) -> None:
    """Write a layer of detections that lacks the attribute of their names."""
    pyogrio.raw.write(
        path,
        np.array([shapely.to_wkb(SQUARE)], dtype=object),
        [np.array(["accepted"], dtype=object)],
        ["review"],
        layer="detections",
        driver="GPKG",
        geometry_type="Polygon",
        crs=crs,
    )


@pytest.mark.filterwarnings("ignore:'crs' was not provided")
@pytest.mark.parametrize(
    ("crs", "told"),
    [
        ("EPSG:32654", "has no attribute det_id"),
        (None, "no coordinate system"),
        ("+proj=tmerc +lon_0=141 +datum=WGS84", r"without an EPSG code: .{60}\.\.\."),
    ],
)
def test_a_file_of_another_make_is_refused_with_what_it_lacks(
    made: Path, tmp_path: Path, crs: str | None, told: str
) -> None:
    path = tmp_path / "drawn.gpkg"
    without_name(path, crs)
    stored = open_stored(made)
    known = known_detections(written_detections(stored))
    with pytest.raises(ProductError, match=told) as caught:
        read_edits(path, made.name, known, read_contents(stored).grid)
    assert caught.value.hint.startswith("Give the GeoPackage of the product")


def test_an_untouched_copy_holds_no_edit(made: Path, folder: Path) -> None:
    assert edits(made, folder) == []
    tampering.vertex(folder, 0.01)
    assert edits(made, folder) == [], "no person moves a corner by a centimetre"


@pytest.mark.parametrize(("table", "column"), [("detections", "det_id"), ("run", "value")])
def test_a_column_that_was_renamed_is_missed(
    made: Path, folder: Path, table: str, column: str
) -> None:
    tampering.sql(folder, f"ALTER TABLE {table} RENAME COLUMN {column} TO other")
    with pytest.raises(ProductError, match=f"has no attribute {column}"):
        edits(made, folder)


def test_words_outlines_additions_and_deletions_are_found(made: Path, folder: Path) -> None:
    first, second = names(made)
    tampering.sql(folder, "UPDATE detections SET review=' Rejected' WHERE fid=1")
    append(folder, SQUARE)
    rejected, drawn = edits(made, folder)
    assert (rejected.det_id, rejected.decision, rejected.outline) == (
        first,
        Decision.REJECTED,
        None,
    )
    assert (drawn.decision, drawn.is_drawn) == (Decision.ACCEPTED, True)
    assert drawn.det_id.startswith("RV-")
    tampering.sql(folder, "UPDATE detections SET review='accepted' WHERE fid=1")
    tampering.vertex(folder, 30.0)
    tampering.sql(folder, "DELETE FROM detections WHERE fid>1")
    moved, deleted = edits(made, folder)
    assert (moved.det_id, moved.decision) == (first, Decision.ACCEPTED)
    assert moved.outline is not None and moved.outline.area != moved.seen.area
    assert (deleted.det_id, deleted.decision) == (second, Decision.REJECTED)
    assert deleted.is_deleted


def test_who_says_so_and_why_can_be_written_in_the_file(made: Path, folder: Path) -> None:
    words = "reviewer='Bea', rev_note='a field'"
    tampering.sql(folder, f"UPDATE detections SET {words} WHERE fid=1")
    assert edits(made, folder) == [], "of itself it says nothing"
    tampering.sql(folder, "UPDATE detections SET review='rejected'")
    signed, unsigned = edits(made, folder)
    assert (signed.reviewer, signed.note) == ("Bea", "a field")
    assert (unsigned.reviewer, unsigned.note) == ("", "")


def test_who_redraws_an_outline_takes_it_for_a_landslide(made: Path, folder: Path) -> None:
    tampering.vertex(folder, 30.0)
    (edit,) = edits(made, folder)
    assert edit.decision is Decision.ACCEPTED
    tampering.sql(folder, "UPDATE detections SET review='rejected' WHERE fid=1")
    (edit,) = edits(made, folder)
    assert edit.decision is Decision.REJECTED


def test_parts_of_one_that_was_cut_up_are_taken_together(made: Path, folder: Path) -> None:
    first, _ = names(made)
    append(folder, SQUARE, first, "rejected")
    tampering.sql(folder, "UPDATE detections SET review='accepted' WHERE fid=1")
    (edit,) = edits(made, folder)
    assert (edit.det_id, edit.decision, edit.outline) == (first, Decision.ACCEPTED, None)
    append(folder, SQUARE, first, "accepted")
    (edit,) = edits(made, folder)
    assert edit.outline is not None and edit.outline.area > edit.seen.area


def test_a_drawing_marked_as_rejected_is_nothing(made: Path, folder: Path) -> None:
    append(folder, SQUARE, review="rejected")
    assert edits(made, folder) == []


@pytest.mark.parametrize(
    ("tamper", "words"),
    [
        (lambda f: append(f, BOW), "an outline is broken or missing: row 3 without a name"),
        (
            lambda f: tampering.sql(f, "UPDATE detections SET geom=NULL WHERE fid=1"),
            "an outline is broken or missing: LS-",
        ),
        (lambda f: append(f, SQUARE, "LS-unknown"), "does not have: LS-unknown"),
        (
            lambda f: append(f, shapely.box(0, 0, 1000, 1000)),
            "lies outside the map or is smaller than a pixel",
        ),
        (
            lambda f: append(f, shapely.box(560_101, 4_739_101, 560_102, 4_739_102)),
            "lies outside the map or is smaller than a pixel",
        ),
        (
            lambda f: tampering.sql(f, "UPDATE detections SET review='perhaps' WHERE fid=1"),
            "is 'perhaps', expected one of unreviewed, accepted, rejected",
        ),
        (
            lambda f: tampering.sql(f, "UPDATE run SET value='LSD_other' WHERE key='product'"),
            "edits of another product: expected LSD_.*, found LSD_other",
        ),
        (
            lambda f: tampering.one(f, "detections.gpkg").write_bytes(b"an error page"),
            "cannot be read",
        ),
        (lambda f: tampering.one(f, "detections.gpkg").write_bytes(b""), "cannot be read"),
    ],
)
def test_broken_and_foreign_files_are_refused(made: Path, folder: Path, tamper, words: str) -> None:
    tampering.sql(folder, "UPDATE detections SET review='accepted' WHERE fid=2")
    tamper(folder)
    with pytest.raises(ProductError, match=words):
        edits(made, folder)


def test_a_file_without_detections_is_refused(made: Path, folder: Path, tmp_path: Path) -> None:
    stored = open_stored(made)
    grid = read_contents(stored).grid
    with pytest.raises(ProductError, match="is not there"):
        read_edits(tmp_path / "nowhere.gpkg", made.name, {}, grid)
    other = tmp_path / "other.gpkg"
    pyogrio.raw.write(
        other, np.array([shapely.to_wkb(SQUARE)], dtype=object), [], [], layer="fields",
        geometry_type="Polygon", crs="EPSG:32654",
    )  # fmt: skip
    with pytest.raises(ProductError, match="has no layer 'detections'"):
        read_edits(other, made.name, {}, grid)


def test_what_was_written_is_known_from_the_geojson_where_the_geopackage_was_edited(
    made: Path, folder: Path
) -> None:
    before = known_detections(written_detections(open_stored(folder)))
    tampering.sql(folder, "DELETE FROM detections")
    after = known_detections(written_detections(open_stored(folder)))
    assert set(after) == set(before)
    for name, known in after.items():
        assert shapely.hausdorff_distance(known.outline, before[name].outline) < 1e-6
    tampering.one(folder, "detections.geojson").write_text("{}")
    with pytest.raises(ProductError, match="nothing says what was edited"):
        written_detections(open_stored(folder))
