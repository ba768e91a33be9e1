"""KML is read the same with every GDAL, and whatever is none says so."""

import json
import zipfile
from pathlib import Path

import pytest

from landslidectl.files import kml

BODY = """<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Folder>
<Placemark><name>one</name><Polygon>
 <outerBoundaryIs><LinearRing><coordinates>
  10,45,0 10.1,45,0 10.1, 45.1, 0 10,45.1 10,45</coordinates></LinearRing></outerBoundaryIs>
 <innerBoundaryIs><LinearRing><coordinates>10.02,45.02 10.04,45.02 10.04,45.04
 </coordinates></LinearRing></innerBoundaryIs></Polygon></Placemark>
<Placemark><MultiGeometry>
 <Polygon><outerBoundaryIs><LinearRing><coordinates>11,45 11.1,45 11.1,45.1 11,45</coordinates>
 </LinearRing></outerBoundaryIs></Polygon>
 <Polygon><outerBoundaryIs><LinearRing><coordinates>12,45 12.1,45 12.1,45.1 12,45</coordinates>
 </LinearRing></outerBoundaryIs></Polygon></MultiGeometry></Placemark>
<Placemark><Point><coordinates>9,44</coordinates></Point></Placemark>
</Folder></Document></kml>"""


def features(path: Path) -> list[dict]:
    found = kml.readable(path)
    assert isinstance(found, bytes)
    return json.loads(found)["features"]


def test_polygons_holes_and_placemarks_without_polygons(tmp_path: Path) -> None:
    path = tmp_path / "ä b.kml"
    path.write_text(BODY, encoding="utf-8")
    one, two, point = features(path)
    ((outer, hole),) = one["geometry"]["coordinates"]
    assert outer == [[10, 45], [10.1, 45], [10.1, 45.1], [10, 45.1], [10, 45]]
    assert hole[0] == hole[-1] and len(hole) == 4, "an open ring is closed"
    assert len(two["geometry"]["coordinates"]) == 2
    assert point["geometry"] is None


@pytest.mark.parametrize("space", ["", ' xmlns="http://earth.google.com/kml/2.1"'])
def test_any_or_no_namespace(tmp_path: Path, space: str) -> None:
    path = tmp_path / "a.KML"
    path.write_text(BODY.replace(' xmlns="http://www.opengis.net/kml/2.2"', space))
    assert len(features(path)) == 3


def test_kmz(tmp_path: Path) -> None:
    path = tmp_path / "a.kmz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("files/picture.png", b"")
        archive.writestr("doc.kml", BODY)
    assert len(features(path)) == 3


def test_other_files_are_left_to_the_library(tmp_path: Path) -> None:
    assert kml.readable(tmp_path / "a.gpkg") == tmp_path / "a.gpkg"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.kml", b"no markup", "no well-formed KML"),
        ("a.kml", b'<!DOCTYPE kml [<!ENTITY a "b">]><kml>&a;</kml>', "document type"),
        ("a.kml", BODY.replace("11,45 11.1,45", "11;45 11.1,45").encode(), "no coordinates: '11;4"),
        ("a.kml", BODY.replace("12,45 12.1,45 12.1,45.1", "12,45").encode(), "2 points"),
        ("a.kmz", BODY.encode(), "no readable KMZ"),
        ("a.kml", b"<FeatureCollection/>", "outermost element is 'FeatureCollection'"),
        ("a.kml", b"<kml><NetworkLink/></kml>", "no placemark"),
    ],
)
def test_what_is_no_kml_says_so(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message):
        kml.readable(path)


def test_hostile_and_damaged_archives_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.kmz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../doc.kml", BODY)
    with pytest.raises(ValueError, match="leads out"):
        kml.readable(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("doc.kml", BODY)
    content = bytearray(path.read_bytes())
    content[40:80] = bytes(40)
    path.write_bytes(content)
    with pytest.raises(ValueError, match="no readable KMZ"):
        kml.readable(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("doc.txt", BODY)
    with pytest.raises(ValueError, match=r"no \.kml"):
        kml.readable(path)


def test_an_archive_that_inflates_without_end_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kml, "LARGEST", 1000)
    path = tmp_path / "a.kmz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("doc.kml", b" " * 100_000)
    with pytest.raises(ValueError, match="larger than"):
        kml.readable(path)
