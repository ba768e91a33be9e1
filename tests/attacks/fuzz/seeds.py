"""Sound inputs to start from, taken from the small job or made here."""

import io
import json
import shutil
import tempfile
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import shapely
from rasterio.transform import from_origin

RING = [[68.480, 6.415], [68.493, 6.415], [68.493, 6.428], [68.480, 6.428], [68.480, 6.415]]
EAST, NORTH = 68.47, 6.44
STEP_DEG = 1 / 3600
PROFILES: dict[str, dict[str, Any]] = {
    "plain": {"tiled": False, "compress": None, "blockysize": 1},
    "tiled": {"tiled": True, "blockxsize": 64, "blockysize": 64, "compress": "deflate"},
    "lzw": {"tiled": True, "blockxsize": 64, "blockysize": 64, "compress": "lzw", "predictor": 2},
}


def geotiff(values: np.ndarray, form: str, **profile: Any) -> bytes:
    """Return a GeoTIFF in degrees around the small job's area."""
    with rasterio.MemoryFile() as memory:
        with memory.open(
            driver="GTiff",
            height=values.shape[0],
            width=values.shape[1],
            count=1,
            dtype=values.dtype,
            **(
                {"crs": "EPSG:4326", "transform": from_origin(EAST, NORTH, STEP_DEG, STEP_DEG)}
                | profile
            ),
            **PROFILES[form],
        ) as dataset:
            dataset.write(values, 1)
        return bytes(memory.read())


def elevations() -> list[bytes]:
    """Return small DEMs as GeoTIFFs of several builds."""
    rows, cols = np.mgrid[0:150, 0:150]
    heights = (500 + 3 * rows + 2 * cols + 40 * np.sin(cols / 9)).astype(np.float32)
    return [
        geotiff(heights, "plain"),
        geotiff(heights, "tiled", nodata=-9999.0),
        geotiff(heights.astype(np.int16), "lzw"),
    ]


def virtual_elevations() -> list[bytes]:
    """Return VRTs over ``part.tif``, which lies beside."""
    from rasterio.shutil import copy

    with tempfile.TemporaryDirectory() as name:
        part = Path(name) / "part.tif"
        part.write_bytes(elevations()[0])
        copy(part, Path(name) / "x.vrt", driver="VRT")
        text = (Path(name) / "x.vrt").read_text(encoding="utf-8")
    return [text.encode()]


def zipped_heights() -> list[bytes]:
    """Return a zip with an SRTM tile of three arc seconds, and one with a GeoTIFF."""
    slope = np.arange(1201, dtype=">i2")
    tile = np.broadcast_to(slope[:, None], (1201, 1201)).tobytes()
    return [_zip({"N06E068.hgt": tile}), _zip({"dem.tif": elevations()[1]})]


def land_cover() -> list[bytes]:
    """Return class maps with and without nodata."""
    codes = np.full((120, 120), 10, dtype=np.uint8)
    codes[30:60] = 80
    codes[:, 90:] = 95
    return [geotiff(codes, "tiled", nodata=0), geotiff(codes, "plain")]


def geojsons() -> list[bytes]:
    """Return polygons as GeoJSON of several shapes."""
    polygon = {"type": "Polygon", "coordinates": [RING]}
    hole = [[x + (68.4865 - x) * 0.5, y + (6.4215 - y) * 0.5] for x, y in RING[::-1]]
    feature = {"type": "Feature", "properties": {"name": "slide", "n": 1}, "geometry": polygon}
    many = {"type": "MultiPolygon", "coordinates": [[RING, hole]]}
    features = [feature, feature | {"geometry": many, "properties": {"name": None, "n": 2.5}}]
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4326"}}
    collection = {"type": "FeatureCollection", "name": "aoi", "crs": crs, "features": features}
    mixed = {
        "type": "GeometryCollection",
        "geometries": [polygon, {"type": "Point", "coordinates": [1, 2]}],
    }
    return [json.dumps(one).encode() for one in (polygon, feature, collection, mixed)]


def vectors(driver: str, suffix: str) -> list[bytes]:
    """Return the polygons in another format."""
    import pyogrio

    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / f"slides{suffix}"
        pyogrio.raw.write(path, *_slides(), crs="EPSG:4326", driver=driver, geometry_type="Polygon")
        return [path.read_bytes()]


def placemarks() -> list[bytes]:
    """Return the polygons as GDAL writes KML, and as Google Earth does, with a hole and folders."""
    points, hole = (
        " ".join(f"{x},{y},0" for x, y in ring)
        for ring in (RING, [[x + (68.4865 - x) / 2, y + (6.4215 - y) / 2] for x, y in RING])
    )
    outer, inner = (
        f"<{side}><LinearRing><coordinates>{ring}</coordinates></LinearRing></{side}>"
        for side, ring in (("outerBoundaryIs", points), ("innerBoundaryIs", hole))
    )
    polygon = f"<Polygon><tessellate>1</tessellate>{outer}{inner}</Polygon>"
    earth = (
        '<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2" '
        'xmlns:gx="http://www.google.com/kml/ext/2.2"><Document><Style id="s"/><Folder><Placemark>'
        f"<name>one</name><styleUrl>#s</styleUrl>{polygon}</Placemark><Placemark><MultiGeometry>"
        f"{polygon}<Point><coordinates>68.5,6.4,0</coordinates></Point></MultiGeometry>"
        "</Placemark></Folder></Document></kml>"
    )
    return [*vectors("KML", ".kml"), earth.encode()]


def zipped_outlines() -> list[bytes]:
    """Return KMZ files, one with a picture beside the outlines."""
    return [
        _zip({"doc.kml": placemarks()[1], "files/overlay.png": b"\x89PNG\r\n\x1a\n" + b"x" * 200}),
        _zip({"slides.kml": placemarks()[0]}, zipfile.ZIP_STORED),
    ]


@cache
def shapefile_parts() -> dict[str, bytes]:
    """Return the files of the polygons as a shapefile, by suffix."""
    import pyogrio

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "slides.shp"
        pyogrio.raw.write(path, *_slides(), crs="EPSG:4326", geometry_type="Polygon")
        return {part.suffix: part.read_bytes() for part in sorted(path.parent.iterdir())}


def scene_parts(scene: Path, pattern: str) -> list[bytes]:
    """Return members of a SAFE folder."""
    return [path.read_bytes() for path in sorted(scene.glob(pattern))[:1]]


def scene_zips(scene: Path) -> list[bytes]:
    """Return a SAFE folder as a zip, stored and deflated."""
    members = {
        path.relative_to(scene.parent).as_posix(): path.read_bytes()
        for path in sorted(scene.rglob("*"))
        if path.is_file()
    }
    return [_zip(members), _zip(members, zipfile.ZIP_STORED)]


def measurements(scene: Path) -> list[bytes]:
    """Return the pixels of a scene as ESA writes them, and tiled as distributors do."""
    plain = sorted(scene.glob("measurement/*vv*.tiff"))[0]
    with rasterio.open(plain) as dataset:
        values = dataset.read(1)
    nowhere = {"crs": None, "transform": None}
    return [
        plain.read_bytes(),
        geotiff(values, "tiled", **nowhere),
        geotiff(values, "lzw", **nowhere),
    ]


def configurations() -> list[bytes]:
    """Return configuration files that together hold every setting."""
    one = """
event = "2023-09-06T17:25:45Z"
aoi = "aoi.geojson"
dem = "dem"
output = "out"
scenes = ["scenes"]
event_name = "Test"
event_id = "us1000"
glide = "EQ-2018-000139-JPN"
model = "tiny"
device = "cpu"
polarisations = "vv_vh"
radiometry = "sigma0"
speckle = "none"
pre_days = 60
post_days = 12.5
extend_post = 6
min_pre = 1
min_post = 1
threads = 2
max_memory = "4GB"
format = ["kmz"]
composites = true
overwrite = false
"""
    two = """
event = ["2023-09-06T17:25:45Z", "2023-09-08T17:25:45Z"]
bbox = [68.47, 6.41, 68.50, 6.43]
no_dem = true
output = "out"
scenes = "scenes"
threshold = 0.5
high_threshold = 0.9
stride = 16
min_area = 2000.0
min_slope = 5
max_slope = 80
min_steepness = 10
land_cover = ["cover.tif"]
land_cover_legend = "worldcover"
dem_vertical = "egm96"
models_dir = "models"
orbits = "orbits"
max_memory = 4000
catalog = "catalog.db"
[detect]
threads = 1
[stack]
pre_days = 30
"""
    return [one.encode(), two.encode()]


def copy_planted(planted: Path, sandbox: Path) -> None:
    """Give a worker files of its own."""
    shutil.rmtree(sandbox, ignore_errors=True)
    shutil.copytree(planted, sandbox)


def _slides() -> tuple[Any, list[Any], Any]:
    shapes = shapely.to_wkb(np.array([shapely.Polygon(RING), shapely.Polygon(RING).buffer(0.01)]))
    return shapes, [np.array(["one", "two"], dtype=object)], np.array(["name"], dtype=object)


def _zip(members: "dict[str, bytes]", method: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as target:
        for name, content in members.items():
            target.writestr(zipfile.ZipInfo(name), content, method)
    return made.getvalue()
