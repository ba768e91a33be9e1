import hashlib
import zipfile
from xml.etree import ElementTree

import numpy as np
import rasterio
from rasterio.transform import from_gcps

from landslidectl.sentinel1.discover import open_scene
from landslidectl.simulation.event import simulate_event
from landslidectl.simulation.geodesy import ecef
from landslidectl.simulation.orbit import zero_doppler
from landslidectl.simulation.spec import EventSpec
from landslidectl.terms import Phase


def members(product):
    if product.suffix == ".zip":
        with zipfile.ZipFile(product) as archive:
            return {name.split("/", 1)[1]: archive.read(name) for name in archive.namelist()}
    return {
        str(path.relative_to(product)): path.read_bytes()
        for path in sorted(product.rglob("*"))
        if path.is_file()
    }


def part(product, start):
    found = members(product)
    return next(found[name] for name in sorted(found) if name.startswith(start))


def local(root, tag):
    return [node for node in root.iter() if node.tag.rsplit("}", 1)[-1] == tag]


def test_folders_and_zips_with_real_looking_names(small_event):
    kinds = {product.suffix for product in small_event.products}
    assert kinds == {".SAFE", ".zip"}
    for product in small_event.products:
        words = product.stem.split("_")
        assert words[:4] == ["S1A", "IW", "GRDH", "1SDV"]
        assert [len(word) for word in words[4:]] == [15, 15, 6, 6, 4]


def test_manifest_lists_every_member_with_size_and_digest(small_event):
    for product in small_event.products:
        found = members(product)
        root = ElementTree.fromstring(found.pop("manifest.safe"))
        listed = {}
        for stream in local(root, "byteStream"):
            href = local(stream, "fileLocation")[0].get("href").removeprefix("./")
            listed[href] = (int(stream.get("size")), local(stream, "checksum")[0].text)
        expected = {
            name: (len(data), hashlib.md5(data, usedforsecurity=False).hexdigest())
            for name, data in found.items()
        }
        assert listed == expected
        assert len(expected) == 8


def test_manifest_says_what_a_reader_asks(small_event):
    for product in small_event.products:
        root = ElementTree.fromstring(part(product, "manifest"))
        texts = {
            tag: [node.text for node in local(root, tag)]
            for tag in (
                "mode",
                "pass",
                "productType",
                "transmitterReceiverPolarisation",
                "number",
                "relativeOrbitNumber",
                "missionDataTakeID",
                "productTimelinessCategory",
            )
        }
        assert texts["mode"] == ["IW"] and texts["productType"] == ["GRD"]
        assert texts["transmitterReceiverPolarisation"] == ["VV", "VH"]
        assert texts["pass"][0] in ("ASCENDING", "DESCENDING")
        assert len(texts["relativeOrbitNumber"]) == 2
        software = local(root, "software")[0]
        assert software.get("name") == "Sentinel-1 IPF" and software.get("version") == "003.71"
        corners = local(root, "coordinates")[0].text.split()
        for corner in corners:
            lat, lon = (float(value) for value in corner.split(","))
            assert abs(lat - 42.5) < 0.1 and abs(lon - 13.5) < 0.1


def test_annotation_and_tables_are_complete(small_event):
    for product in small_event.products[:2]:
        root = ElementTree.fromstring(part(product, "annotation/s1a"))
        assert (
            root.findtext("imageAnnotation/processingInformation/thermalNoiseCorrectionPerformed")
            == "false"
        )
        assert len(root.findall("generalAnnotation/orbitList/orbit")) >= 16
        assert len(root.findall(".//coordinateConversion/srgrCoefficients")) >= 3
        assert len(root.findall(".//geolocationGridPoint")) >= 25
        assert root.findall(".//swathMerge/swathBoundsList/swathBounds")
        calibration = ElementTree.fromstring(part(product, "annotation/calibration/calibration"))
        for vector in calibration.iter("calibrationVector"):
            lengths = {
                len(vector.findtext(tag).split())
                for tag in ("pixel", "sigmaNought", "betaNought", "gamma", "dn")
            }
            assert len(lengths) == 1
        noise = ElementTree.fromstring(part(product, "annotation/calibration/noise"))
        assert len(noise.findall(".//noiseRangeVector")) >= 2
        assert noise.findall(".//noiseAzimuthVector/noiseAzimuthLut")
        for node in root.iter():
            if "count" in node.attrib:
                size = len(list(node)) or len((node.text or "").split())
                assert size == int(node.get("count")), node.tag


def seconds(text, epoch):
    return (
        (np.datetime64(text) - np.datetime64(epoch.replace(tzinfo=None)))
        / np.timedelta64(1, "ns")
        / 1e9
    )


def test_geolocation_grid_agrees_with_the_state_vectors(small_event):
    """Times and ranges of the grid follow from the written orbit, and lines from the times."""
    product = small_event.products[0]
    root = ElementTree.fromstring(part(product, "annotation/s1a"))
    epoch = small_event.event.first
    orbit = root.findall("generalAnnotation/orbitList/orbit")
    time = np.array([seconds(node.findtext("time"), epoch) for node in orbit])
    place = np.array(
        [[float(node.findtext(f"position/{axis}")) for axis in "xyz"] for node in orbit]
    )
    speed = np.array(
        [[float(node.findtext(f"velocity/{axis}")) for axis in "xyz"] for node in orbit]
    )
    middle = time.mean()
    fits = [np.polynomial.Polynomial.fit(time - middle, place[:, k], 7) for k in range(3)]
    slope = np.stack([fit.deriv()(time - middle) for fit in fits], axis=-1)
    assert np.abs(slope - speed)[2:-2].max() < 1e-4
    first = seconds(root.findtext(".//productFirstLineUtcTime"), epoch)
    step = float(root.findtext(".//azimuthTimeInterval"))
    offsets, delays = [], []
    for point in root.iter("geolocationGridPoint"):
        at = seconds(point.findtext("azimuthTime"), epoch)
        delay = float(point.findtext("slantRangeTime"))
        values = (float(point.findtext(tag)) for tag in ("longitude", "latitude", "height"))
        target = ecef(*(np.array(value) for value in values))
        sensor = np.array([fit(at - middle) for fit in fits])
        velocity = np.array([fit.deriv()(at - middle) for fit in fits])
        sight = target - sensor
        assert abs(np.linalg.norm(sight) - delay * 299792458.0 / 2) < 0.02
        assert abs(sight @ velocity) / (velocity @ velocity) < 2e-6
        offsets.append(at - first - int(point.findtext("line")) * step)
        delays.append(delay)
    gradient, constant = np.polyfit(delays, offsets, 1)
    assert abs(gradient - 0.5) < 0.02
    assert abs(-constant / gradient - 5.866e-3) < 2e-5


def test_measurements_are_striped_uint16_with_control_points(small_event):
    product = next(p for p in small_event.products if p.suffix == ".SAFE")
    frame = small_event.tracks[0].phases[Phase.PRE].frame
    for path in sorted((product / "measurement").iterdir()):
        with rasterio.open(path) as dataset:
            assert dataset.dtypes == ("uint16",)
            assert dataset.shape == frame.shape
            assert dataset.block_shapes == [(1, frame.samples)]
            points, _ = dataset.gcps
            assert len(points) == 25
            from_gcps(points)
            lon, lat = points[12].x, points[12].y
    target = ecef(np.array(lon), np.array(lat), np.array(points[12].z))
    time, slant = zero_doppler(frame.orbit, target)
    assert abs(float(frame.line(time, slant)) - points[12].row) < 1e-3
    assert abs(float(frame.pixel(time, slant)) - points[12].col) < 1e-3


def test_a_simulated_scene_says_so(tmp_path):
    event = simulate_event(EventSpec(seed=3, size_km=1.0, n_pre=1, zip_every=2), tmp_path)
    assert {open_scene(path).is_simulated for path in event.products} == {True}
