import os
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyogrio
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from landslidectl.errors import OutputError
from landslidectl.products import shapefile
from landslidectl.products.contract.attributes import DETECTION_FIELDS, FieldSpec, FieldType
from landslidectl.products.contract.short_names import SHAPEFILE_NAMES, shapefile_names
from landslidectl.products.shapefile import PARTS, write_shapefile
from tests.products.samples import make_contents, make_request


def read(path: Path) -> tuple[list[dict[str, object]], list[shapely.Geometry]]:
    meta, _, shapes, columns = pyogrio.raw.read(path)
    rows = [dict(zip(meta["fields"], row, strict=True)) for row in zip(*columns, strict=True)]
    return rows, list(shapely.from_wkb(shapes))


def test_zip_holds_one_shapefile_that_gdal_opens(tmp_path: Path) -> None:
    request = make_request(tmp_path)
    final = tmp_path / "x_detections.shp.zip"
    write_shapefile(final, make_contents(request))
    with zipfile.ZipFile(final) as archive:
        assert archive.namelist() == [f"x_detections{suffix}" for suffix in PARTS]
        assert archive.read("x_detections.cpg") == b"UTF-8"
        assert b"WGS_1984_UTM_Zone_54N" in archive.read("x_detections.prj")
        dbf = archive.read("x_detections.dbf")
    assert tuple(dbf[1:4]) == (118, 9, 12), "the day in the file is that of processing"
    rows, shapes = read(final)
    assert list(rows[0]) == list(shapefile_names(DETECTION_FIELDS).values())
    assert rows[0]["post_start"] == "2018-09-11T20:41:57Z"
    assert rows[0]["model_sha"] == "ab" * 32
    assert shapes[0].equals(request.detections.items[0].polygon)
    assert pyogrio.read_info(final)["crs"] == "EPSG:32654"


def test_texts_keep_their_letters_and_fit(tmp_path: Path) -> None:
    request = make_request(tmp_path)
    facts = replace(request.provenance, aoi_name="厚真" * 60, event_id="São José\x00\x1b[2J")
    final = tmp_path / "x_detections.shp.zip"
    write_shapefile(final, make_contents(replace(request, provenance=facts)))
    row = read(final)[0][0]
    assert row["event_id"] == "São José  [2J"
    assert row["aoi_name"] == ("厚真" * 60)[:84]


@pytest.mark.parametrize("suffix", [".shp", ".shx", ".dbf"])
def test_a_shapefile_that_gdal_did_not_finish_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    """On a full disk GDAL writes what finds room, and says nothing."""
    whole = shapefile.write_table

    def cut(path: Path, *words: Any) -> None:
        whole(path, *words)
        part = path.with_suffix(suffix)
        os.truncate(part, part.stat().st_size - 10)

    monkeypatch.setattr(shapefile, "write_table", cut)
    contents = make_contents(make_request(tmp_path))
    with pytest.raises(OutputError, match="is not complete"):
        write_shapefile(tmp_path / "handed" / "x_detections.shp.zip", contents)
    assert list((tmp_path / "handed").iterdir()) == []


def test_no_detection_gives_an_empty_shapefile(tmp_path: Path) -> None:
    final = tmp_path / "x_detections.shp.zip"
    write_shapefile(final, make_contents(make_request(tmp_path, threshold=0.99)))
    info = pyogrio.read_info(final)
    assert (info["features"], info["crs"]) == (0, "EPSG:32654")
    assert len(info["fields"]) == len(DETECTION_FIELDS)


def test_the_mapping_names_only_what_is_there_and_too_long() -> None:
    long = {field.name for field in DETECTION_FIELDS if len(field.name) > 10}
    assert set(SHAPEFILE_NAMES) >= long, "name these for shapefiles"
    assert set(SHAPEFILE_NAMES) <= {field.name for field in DETECTION_FIELDS}


@given(st.lists(st.text("ab_", min_size=1, max_size=14), unique=True, max_size=40))
def test_names_are_short_and_never_twice(names: list[str]) -> None:
    short = shapefile_names(FieldSpec(name, FieldType.TEXT, "", "") for name in names)
    assert list(short) == names
    assert len(set(short.values())) == len(names)
    assert all(1 <= len(name) <= 10 for name in short.values())


@pytest.mark.parametrize("name", ["score_max", "det_id"])
def test_short_names_stay(name: str) -> None:
    assert shapefile_names(DETECTION_FIELDS)[name] == name
