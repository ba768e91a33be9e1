"""The KMZ: valid KML, small, honest about what it leaves out, the same bytes again."""

import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pyogrio
import pytest
import shapely
from lxml import etree
from PIL import Image

from landslidectl.files.rasters import RasterLayout, write_raster
from landslidectl.grid import Grid
from landslidectl.products.contents import Contents, Layer
from landslidectl.products.contract.attributes import RUN_WIDE
from landslidectl.products.contract.colours import MASKED_RGB, SCORE_RAMP
from landslidectl.products.contract.layers import LayerName
from landslidectl.products.contract.rasters import CONFIDENCE_RGB
from landslidectl.products.kml_markup import NAMESPACE, kml_colour, kml_geometry
from landslidectl.products.kmz import KmzLimits, write_kmz
from landslidectl.products.overlay import score_overlays, unobserved_outlines
from tests.detection.fakes import GRID, NAN
from tests.products.samples import make_contents, make_request

KML = f"{{{NAMESPACE}}}"


@pytest.fixture(scope="module")
def schema() -> etree.XMLSchema:
    """The OGC's own schema of KML 2.2, as fastkml ships it."""
    spec = find_spec("fastkml")
    assert spec is not None and spec.origin is not None
    return etree.XMLSchema(etree.parse(Path(spec.origin).parent / "schema" / "ogckml22.xsd"))


@pytest.fixture
def contents(tmp_path: Path) -> Contents:
    return make_contents(make_request(tmp_path))


def written(folder: Path, contents: Contents, limits: KmzLimits | None = None) -> dict[str, bytes]:
    final = folder / "detections.kmz"
    write_kmz(final, contents, limits)
    with zipfile.ZipFile(final) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def document(members: dict[str, bytes]) -> ElementTree.Element:
    found = ElementTree.fromstring(members["doc.kml"]).find(f"{KML}Document")
    assert found is not None
    return found


def placemarks(root: ElementTree.Element, folder: str) -> Iterator[ElementTree.Element]:
    for item in root.iterfind(f"{KML}Folder"):
        if item.findtext(f"{KML}name") == folder:
            yield from item.iterfind(f"{KML}Placemark")


def many(contents: Contents, count: int) -> Contents:
    """Return contents with many small detections: the highest scores come last."""
    row = contents.detections.rows[0]
    rows, shapes = [], []
    for index in range(count):
        x, y = GRID.left + 5.0 * (index % 100), GRID.top - 5.0 * (index // 100)
        values = {"det_id": f"LS-{index:05d}", "score_max": 0.6 + 0.4 * index / count}
        rows.append({**row, **values, "area_ha": 0.1 + index / 1000})
        shapes.append(shapely.box(x, y, x + 4, y + 4))
    layer = replace(contents.detections, rows=tuple(rows), geometries=tuple(shapes))
    return replace(contents, layers={**contents.layers, LayerName.DETECTIONS: layer})


def test_document_is_valid_kml(tmp_path: Path, contents: Contents, schema: etree.XMLSchema) -> None:
    empty = make_contents(make_request(tmp_path / "empty", threshold=0.99))
    for number, one in enumerate((contents, empty, many(contents, 30))):
        members = written(tmp_path / str(number), one)
        assert schema.validate(etree.fromstring(members["doc.kml"])), schema.error_log
        assert next(iter(members)) == "doc.kml", "programs open the first KML"
        named = {item.text for item in document(members).iter(f"{KML}href")}
        assert named == set(members) - {"doc.kml"}


def test_detections_have_balloon_time_and_colour(tmp_path: Path, contents: Contents) -> None:
    root = document(written(tmp_path, contents))
    first, second = placemarks(root, "Detections")
    row = contents.detections.rows[0]
    assert first.findtext(f"{KML}name") == f"{row['det_id']} (score 0.90)"
    balloon = first.findtext(f"{KML}description") or ""
    assert "<tr><td>area_ha</td><td>0.30 ha</td></tr>" in balloon
    assert not [name for name in RUN_WIDE if f"<td>{name}</td>" in balloon]
    assert first.findtext(f"{KML}TimeSpan/{KML}begin") == "2018-09-11T20:41:57Z"
    assert first.findtext(f"{KML}TimeSpan/{KML}end") == "2018-09-11T20:42:22Z"
    styles = {style.get("id"): style for style in root.iterfind(f"{KML}Style")}
    colours = []
    for placemark in (first, second):
        style = styles[(placemark.findtext(f"{KML}styleUrl") or "")[1:]]
        colours.append(style.findtext(f"{KML}PolyStyle/{KML}color"))
    assert colours[0] is not None and colours[1] is not None
    blue, green, red = (int(colours[1][start : start + 2], 16) for start in (2, 4, 6))
    assert red > green > blue, "orange: KML counts alpha, blue, green, red"
    assert int(colours[0][4:6], 16) < green, "redder with the score"


def test_colours_are_those_of_the_confidence(tmp_path: Path, contents: Contents) -> None:
    layer = contents.detections
    rows = (
        {**layer.rows[0], "confidence": "high"},
        {**layer.rows[1], "confidence": "low", "review": "rejected"},
        {**layer.rows[1], "confidence": "low", "review": "accepted"},
    )
    shapes = (*(layer.geometries or ()), (layer.geometries or ())[1])
    changed = replace(
        contents,
        layers={
            **contents.layers,
            LayerName.DETECTIONS: replace(layer, rows=rows, geometries=shapes),
        },
    )
    styles = {
        str(style.get("id")): style.findtext(f"{KML}PolyStyle/{KML}color")
        for style in document(written(tmp_path, changed)).iterfind(f"{KML}Style")
    }
    for confidence, colour in CONFIDENCE_RGB.items():
        assert str(styles[confidence])[2:] == kml_colour(colour)[2:]

    def shown(these: Contents) -> list[tuple[str, str]]:
        marks = placemarks(document(written(tmp_path, these)), "Detections")
        return [
            (str(mark.findtext(f"{KML}styleUrl")), str(mark.findtext(f"{KML}name"))[-8:])
            for mark in marks
        ]

    assert [style for style, _ in shown(changed)] == ["#high", "#low"]
    assert shown(changed)[1][1] == "accepted"
    flagged = shown(replace(changed, with_rejected=True))
    assert ("#rejected", "rejected") in flagged


def test_colours_count_from_alpha_to_red() -> None:
    assert kml_colour((255, 128, 1), 16) == "100180ff"
    assert kml_colour(SCORE_RAMP[-1][1]) == "ff260096"


def test_gdal_opens_it(tmp_path: Path, contents: Contents) -> None:
    members = written(tmp_path, contents)
    final = tmp_path / "detections.kmz"
    assert "Detections" in {name for name, _ in pyogrio.list_layers(final)}
    info = pyogrio.read_info(final, layer="Detections")
    assert (info["features"], info["driver"]) == (2, "LIBKML")
    _, _, shapes, _ = pyogrio.raw.read(final, layer="Detections")
    for shape, outline in zip(shapes, contents.detections.outlines_wgs84(), strict=True):
        assert shapely.hausdorff_distance(shapely.from_wkb(shape), outline) < 2e-6
    alone = tmp_path / "doc.kml"
    alone.write_bytes(members["doc.kml"])
    meta, _, _, columns = pyogrio.raw.read(alone, layer="Detections")
    values = dict(zip(meta["fields"], columns, strict=True))
    assert list(values["score_max"]) == [0.9, 0.7]
    assert list(values["n_pre"]) == [2, 2]


def test_what_was_not_observed_is_grey(tmp_path: Path, contents: Contents) -> None:
    root = document(written(tmp_path, contents))
    (hole,) = placemarks(root, "Not observed")
    style = next(s for s in root.iterfind(f"{KML}Style") if s.get("id") == "hole")
    colour = style.findtext(f"{KML}PolyStyle/{KML}color") or ""
    assert colour[2:4] == colour[4:6] == colour[6:8]
    assert hole.findtext(f"{KML}styleUrl") == "#hole"
    area = contents.layers[LayerName.AREA].outlines_wgs84()[0]
    (outline,) = unobserved_outlines(contents, area)
    share = outline.area / area.area
    assert share == pytest.approx(3 * 86 / (86 * 118), rel=0.01), "8 columns, 5 of them outside"


def test_picture_is_clear_where_the_score_is_low_and_coloured_where_it_is_high(
    contents: Contents,
) -> None:
    (overlay,) = score_overlays(contents, 512)
    pixels = np.asarray(Image.open(io.BytesIO(overlay.png)).convert("RGBA"))
    rows, cols = pixels.shape[:2]
    assert abs(cols / rows - 128 / 96) < 0.05, "degrees are squeezed like metres"
    assert pixels[rows // 5, int(cols * 0.27), 3] > 150, "inside the first slide"
    assert pixels[rows // 2, cols // 2, 3] == 0
    masked = pixels[int(rows * 0.78), int(cols * 0.3)]  # rows 70 to 80, columns 20 to 60
    assert tuple(masked[:3]) == MASKED_RGB
    assert 0 < masked[3] < 150, "what is under it can be seen"
    assert (pixels[pixels[:, :, 3] == 0] == 0).all()
    middle = contents.layers[LayerName.AREA].outlines_wgs84()[0].centroid
    assert overlay.west < middle.x < overlay.east
    assert overlay.south < middle.y < overlay.north


def test_picture_lies_where_the_slides_lie(contents: Contents) -> None:
    (overlay,) = score_overlays(contents, 512)
    alpha = np.asarray(Image.open(io.BytesIO(overlay.png)))[:, :, 3]
    rows, cols = np.nonzero(alpha > 150)
    high, wide = alpha.shape
    lon = overlay.west + (cols + 0.5) / wide * (overlay.east - overlay.west)
    lat = overlay.north - (rows + 0.5) / high * (overlay.north - overlay.south)
    first = lon < (lon.min() + lon.max()) / 2
    slide = shapely.box(
        GRID.left + 200, GRID.top - 300, GRID.left + 500, GRID.top - 100
    )  # rows 10 to 30, columns 20 to 50
    layer = Layer(LayerName.DETECTIONS, (), (), (slide,), GRID.epsg)
    centre = layer.outlines_wgs84()[0].centroid
    assert lon[first].mean() == pytest.approx(centre.x, abs=1.5e-4)
    assert lat[first].mean() == pytest.approx(centre.y, abs=1.5e-4)


def test_picture_across_the_antimeridian_is_two(tmp_path: Path, contents: Contents) -> None:
    grid = Grid(32701, 178_200.0, 8_150_000.0, 10.0, 40, 400)
    score = np.full(grid.shape, 0.9, dtype="float32")
    path = tmp_path / "score.tif"
    write_raster(path, grid, [score], RasterLayout(("score",), nodata=NAN))
    bits = tmp_path / "quality.tif"
    write_raster(bits, grid, [np.ones(grid.shape)], RasterLayout(("quality",), "uint8"))
    facts = {
        **contents.facts,
        "grid": {
            "epsg": grid.epsg,
            "pixel_m": grid.pixel_m,
            "rows": grid.rows,
            "cols": grid.cols,
            "bounds": list(grid.bounds),
        },
    }
    overlays = score_overlays(replace(contents, facts=facts, score=path, quality=bits), 400)
    west, east = overlays
    assert (west.east, east.west) == (180.0, -180.0)
    assert 179.9 < west.west < 180
    assert -180 < east.east < -179.9
    for overlay in overlays:
        alpha = np.asarray(Image.open(io.BytesIO(overlay.png)))[:, :, 3]
        assert np.mean(alpha > 0) > 0.8, "the grid is turned a little"


def test_outlines_across_the_antimeridian_are_cut() -> None:
    text = kml_geometry(shapely.box(179.5, -17, 180.5, -16))
    rings = ElementTree.fromstring(text).iter("coordinates")
    lons = [[float(p.split(",")[0]) for p in str(ring.text).split()] for ring in rings]
    assert sorted((min(ring), max(ring)) for ring in lons) == [(-180.0, -179.5), (179.5, 180.0)]


def test_holes_stay_holes() -> None:
    ring = shapely.box(10, 40, 13, 43).difference(shapely.box(11, 41, 12, 42))
    root = ElementTree.fromstring(kml_geometry(ring.reverse()))
    turns = []
    for boundary in root:
        points = str(next(boundary.iter("coordinates")).text).split()
        xy = [tuple(map(float, point.split(","))) for point in points]
        turns.append((boundary.tag, shapely.LinearRing(xy).is_ccw))
    assert turns == [("outerBoundaryIs", True), ("innerBoundaryIs", False)]


def test_too_many_detections_are_cut_by_score_and_it_says_so(
    tmp_path: Path, contents: Contents
) -> None:
    root = document(written(tmp_path, many(contents, 60), KmzLimits(features=20)))
    names = [item.findtext(f"{KML}name") or "" for item in placemarks(root, "Detections")]
    assert len(names) == 20
    assert names[0].startswith("LS-00059")
    assert names[-1].startswith("LS-00040")
    words = "Shown are the 20 with the highest scores of 60; the GeoPackage has all."
    assert words in (root.findtext(f"{KML}description") or "")


def test_small_detections_are_left_out_when_asked(tmp_path: Path, contents: Contents) -> None:
    limits = KmzLimits(min_area_m2=1500.0)
    root = document(written(tmp_path, many(contents, 60), limits))
    names = [item.findtext(f"{KML}name") or "" for item in placemarks(root, "Detections")]
    assert len(names) == 10
    assert "of at least 1,500 m2 of 60" in (root.findtext(f"{KML}description") or "")


def test_file_stays_below_its_size(tmp_path: Path, contents: Contents) -> None:
    free = sum(len(item) for item in written(tmp_path / "a", many(contents, 400)).values())
    bare = written(tmp_path / "b", many(contents, 1))
    fixed = sum(len(item) for name, item in bare.items() if name != "doc.kml")
    most = fixed + 12_000
    root = document(written(tmp_path / "c", many(contents, 400), KmzLimits(size_bytes=most)))
    shown = len(list(placemarks(root, "Detections")))
    assert 10 < shown < 400
    assert (tmp_path / "c" / "detections.kmz").stat().st_size <= most < free


def test_a_reviewers_drawing_without_attributes_is_shown(
    tmp_path: Path, contents: Contents, schema: etree.XMLSchema
) -> None:
    layer = contents.detections
    bare = dict.fromkeys(layer.rows[0])
    layer = replace(layer, rows=(bare, *layer.rows[1:]))
    members = written(
        tmp_path, replace(contents, layers={**contents.layers, LayerName.DETECTIONS: layer})
    )
    assert schema.validate(etree.fromstring(members["doc.kml"])), schema.error_log
    first, _ = placemarks(document(members), "Detections")
    assert first.findtext(f"{KML}name") == "drawn by a reviewer"
    assert first.findtext(f"{KML}styleUrl") == "#drawn"


def test_markup_in_texts_stays_text(tmp_path: Path, schema: etree.XMLSchema) -> None:
    request = make_request(tmp_path)
    evil = "<script>alert(1)</script>]]>&\x00\x1b[31m"
    facts = replace(request.provenance, event_name=evil, aoi_name=evil)
    members = written(tmp_path, make_contents(replace(request, provenance=facts)))
    assert schema.validate(etree.fromstring(members["doc.kml"])), schema.error_log
    text = members["doc.kml"].decode()
    assert "<script" not in text
    root = document(members)
    told = root.findtext(f"{KML}name") or ""
    assert "<script>alert(1)</script>]]>&" in told, "a name is text, not HTML"
    for item in root.iter(f"{KML}description"):
        assert "<script" not in (item.text or ""), "a description is HTML"


def test_nothing_tells_when_it_was_zipped(tmp_path: Path, contents: Contents) -> None:
    write_kmz(tmp_path / "a.kmz", contents)
    write_kmz(tmp_path / "b.kmz", contents)
    assert (tmp_path / "a.kmz").read_bytes() == (tmp_path / "b.kmz").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.kmz") as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
