"""Numbers come out the same from folders, zips and whatever GDAL reads; zips are read once."""

import struct
import threading
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from landslidectl.errors import DamagedScene
from landslidectl.grid import Window
from landslidectl.sentinel1 import inflate
from landslidectl.sentinel1 import measurement as measurement_module
from landslidectl.sentinel1.annotation import read_annotation
from landslidectl.sentinel1.discover import open_scene
from landslidectl.sentinel1.measurement import Measurement, open_measurement
from landslidectl.sentinel1.tiff import STRIP_BYTES, STRIP_OFFSETS, plain_layout
from landslidectl.terms import Polarisation

from .builders import NAME, Product, product_files, stem, write_folder, write_zip

LINES, SAMPLES = 400, 96
NUMBERS = np.random.default_rng(2).gamma(4.4, 30.0, (LINES, SAMPLES)).astype(np.uint16)
MEASUREMENT = f"measurement/{stem('VV')}.tiff"


def files_with(scratch: Path, **profile: object) -> dict[str, bytes]:
    product = Product(lines=LINES, samples=SAMPLES, numbers=NUMBERS, polarisations=("VV",))
    files = product_files(product, scratch)
    if profile:
        files[MEASUREMENT] = tiff_of(scratch / "again.tiff", **profile)
        files["manifest.safe"] = files["manifest.safe"].replace(b'size="', b'size="-')
    return files


def tiff_of(path: Path, **profile: object) -> bytes:
    import rasterio

    base = {"driver": "GTiff", "width": SAMPLES, "height": LINES, "count": 1, "dtype": "uint16"}
    with rasterio.open(path, "w", **base, **profile) as dataset:
        dataset.write(NUMBERS, 1)
    return path.read_bytes()


def scattered_tiff() -> bytes:
    """Return the numbers as strips of a line each, the last line first in the file."""
    head, line_bytes = 8, 2 * SAMPLES
    tables = head + LINES * line_bytes
    offsets = head + line_bytes * np.arange(LINES, dtype="<u4")[::-1]
    sizes = np.full(LINES, line_bytes, dtype="<u4")
    directory = tables + offsets.nbytes + sizes.nbytes
    fields = [(256, 1, SAMPLES), (257, 1, LINES), (258, 1, 16), (259, 1, 1), (262, 1, 1)]
    fields += [(273, LINES, tables), (277, 1, 1), (278, 1, 1)]
    fields += [(279, LINES, tables + offsets.nbytes), (339, 1, 1)]
    entries = b"".join(struct.pack("<HHII", tag, 4, *value) for tag, *value in fields)
    return b"".join(
        (
            struct.pack("<2sHI", b"II", 42, directory),
            NUMBERS[::-1].astype("<u2").tobytes(),
            offsets.tobytes(),
            sizes.tobytes(),
            struct.pack("<H", len(fields)) + entries + bytes(4),
        )
    )


def read_all(path: Path, windows: list[Window]) -> list[np.ndarray]:
    scene = open_scene(path)
    annotation = read_annotation(scene, Polarisation.VV)
    with open_measurement(scene, Polarisation.VV, annotation) as measurement:
        assert measurement.shape == (LINES, SAMPLES)
        return [measurement.read(window) for window in windows]


FORWARD = [
    Window(0, 0, 1, SAMPLES),
    Window(3, 5, 120, 60),
    Window(90, 0, 60, SAMPLES),
    Window(300, 40, 100, 7),
]
BACK = [Window(200, 0, 50, SAMPLES), Window(10, 3, 20, 30), Window(0, 0, LINES, SAMPLES)]


@pytest.mark.filterwarnings("ignore:Dataset has no geotransform")
@pytest.mark.parametrize("is_zip", [False, True], ids=["folder", "zip"])
@pytest.mark.parametrize(
    "profile",
    [
        {},
        {"blockysize": 1},
        {"BIGTIFF": "YES"},
        {"ENDIANNESS": "BIG"},
        {"tiled": True, "blockxsize": 64, "blockysize": 64, "compress": "deflate"},
        {"tiled": True, "blockxsize": 16, "blockysize": 16},
        {"compress": "deflate", "blockysize": 16},
    ],
    ids=["plain", "line strips", "big", "big endian", "cog", "plain tiles", "compressed strips"],
)
def test_every_layout_gives_the_same_numbers(tmp_path, profile, is_zip) -> None:
    files = files_with(tmp_path, **profile)
    if is_zip:
        path = write_zip(files, tmp_path / f"{NAME}.zip")
    else:
        path = write_folder(files, tmp_path / f"{NAME}.SAFE")
    windows = FORWARD + BACK
    for window, found in zip(windows, read_all(path, windows), strict=True):
        assert found.dtype == np.uint16
        np.testing.assert_array_equal(found, NUMBERS[window.slices])


@pytest.mark.filterwarnings("ignore:Dataset has no geotransform")
@pytest.mark.parametrize("is_zip", [False, True], ids=["folder", "zip"])
def test_strips_may_lie_in_any_order(tmp_path, is_zip) -> None:
    files = files_with(tmp_path) | {MEASUREMENT: scattered_tiff()}
    files["manifest.safe"] = files["manifest.safe"].replace(b'size="', b'size="-')
    if is_zip:
        path = write_zip(files, tmp_path / f"{NAME}.zip")
    else:
        path = write_folder(files, tmp_path / f"{NAME}.SAFE")
    for window, found in zip(FORWARD, read_all(path, FORWARD), strict=True):
        np.testing.assert_array_equal(found, NUMBERS[window.slices])


def test_ground_control_points_move_no_pixel(tmp_path) -> None:
    """Those of real products are coarse and made for the mean height; here they are upside down."""
    from rasterio.control import GroundControlPoint

    places = [(0, 0), (0, SAMPLES), (LINES, 0), (LINES, SAMPLES)]
    points = [GroundControlPoint(row, col, 12.0 + col, -40.0 + row) for row, col in places]
    tiles = {"tiled": True, "blockxsize": 64, "blockysize": 64}
    files = files_with(tmp_path, gcps=points, crs="EPSG:4326", **tiles)
    path = write_folder(files, tmp_path / f"{NAME}.SAFE")
    (found,) = read_all(path, [Window(0, 0, LINES, SAMPLES)])
    np.testing.assert_array_equal(found, NUMBERS)


def test_a_zip_is_inflated_once_while_windows_go_forward(tmp_path, monkeypatch) -> None:
    path = write_zip(files_with(tmp_path), tmp_path / f"{NAME}.zip")
    rewinds = []
    monkeypatch.setattr(
        inflate.MemberStream, "rewind", lambda self: rewinds.append(self) or self._begin()
    )
    steps_back = [Window(100, 0, 50, 9), Window(90, 0, 80, 9), Window(110, 0, 61, 9)]
    read_all(path, FORWARD[:3] + steps_back[1:])
    assert not rewinds
    read_all(path, [Window(200, 0, 50, 9), Window(10, 0, 5, 9)])
    assert len(rewinds) == 1


@pytest.mark.parametrize("trailing", [0, 100_000])
def test_a_wrong_checksum_shows_at_the_end_of_the_member(tmp_path, monkeypatch, trailing) -> None:
    """One flipped bit of a stored member: only the checksum can tell, behind what may follow."""
    monkeypatch.setattr(measurement_module, "HEADER_BYTES", 1 << 14)
    files = files_with(tmp_path)
    files[MEASUREMENT] += bytes(trailing)
    files["manifest.safe"] = files["manifest.safe"].replace(b'size="', b'size="-')
    path = tmp_path / f"{NAME}.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as zipped:
        for name, content in files.items():
            zipped.writestr(f"{NAME}.SAFE/{name}", content)
        offset = zipped.getinfo(f"{NAME}.SAFE/{MEASUREMENT}").header_offset
    content = bytearray(path.read_bytes())
    content[offset + 60_000] ^= 4
    path.write_bytes(content)
    with pytest.raises(DamagedScene, match=r"CRC-32"):
        read_all(path, [Window(0, 0, LINES, SAMPLES)])


def test_a_truncated_file_is_refused_by_the_lines_that_miss(tmp_path) -> None:
    folder = write_folder(files_with(tmp_path), tmp_path / f"{NAME}.SAFE")
    scene = open_scene(folder)
    annotation = read_annotation(scene, Polarisation.VV)
    with (folder / MEASUREMENT).open("r+b") as handle:
        handle.truncate(200 * SAMPLES * 2)
    with open_measurement(scene, Polarisation.VV, annotation) as measurement:
        measurement.read(Window(0, 0, 100, SAMPLES))
        with pytest.raises(DamagedScene, match="lines 150 to 349"):
            measurement.read(Window(150, 0, 200, SAMPLES))


def test_damaged_deflate_is_refused(tmp_path) -> None:
    path = write_zip(files_with(tmp_path), tmp_path / f"{NAME}.zip")
    with zipfile.ZipFile(path) as zipped:
        offset = zipped.getinfo(f"{NAME}.SAFE/{MEASUREMENT}").header_offset
    content = bytearray(path.read_bytes())
    content[offset + 3000 : offset + 3100] = b"\xff" * 100
    path.write_bytes(content)
    with pytest.raises(DamagedScene, match="cannot be"):
        read_all(path, [Window(0, 0, LINES, SAMPLES)])


@pytest.mark.filterwarnings("ignore:Dataset has no geotransform")
@pytest.mark.parametrize("is_zip", [False, True], ids=["tiled folder", "zip"])
def test_a_damaged_measurement_is_named_once_with_what_is_wrong(tmp_path, is_zip) -> None:
    if is_zip:
        path = write_zip(files_with(tmp_path), tmp_path / f"{NAME}.zip")
        damaged = path
    else:
        tiles = {"tiled": True, "blockxsize": 64, "blockysize": 64, "compress": "deflate"}
        path = write_folder(files_with(tmp_path, **tiles), tmp_path / f"{NAME}.SAFE")
        damaged = path / MEASUREMENT
    content = bytearray(damaged.read_bytes())
    middle = content.find(b"measurement/", 1) + 9000 if is_zip else len(content) // 2
    content[middle : middle + 100] = b"\xff" * 100
    damaged.write_bytes(content)
    with pytest.raises(DamagedScene) as caught:
        read_all(path, [Window(0, 0, LINES, SAMPLES)])
    reason = caught.value.reason
    assert reason.count(Path(MEASUREMENT).name) == 1
    assert "previous exception" not in reason


def test_the_checksum_tells_what_was_read(tmp_path) -> None:
    files = files_with(tmp_path)
    paths = [
        write_zip(files, tmp_path / f"{NAME}.zip"),
        write_folder(files, tmp_path / f"{NAME}.SAFE"),
    ]
    sums = []
    for path in paths:
        scene = open_scene(path)
        annotation = read_annotation(scene, Polarisation.VV)
        with open_measurement(scene, Polarisation.VV, annotation) as measurement:
            for window in FORWARD:
                measurement.read(window)
            sums.append(measurement.checksum)
    assert sums[0] == sums[1] != 0


class OneHand:
    """A reader that, like a raster of GDAL, must not be used by two threads at once."""

    shape = LINES, SAMPLES

    def __init__(self) -> None:
        self.lock = threading.Lock()

    def read(self, window: Window) -> np.ndarray:
        """Read slowly."""
        assert self.lock.acquire(blocking=False), "two threads in one reader"
        time.sleep(1e-3)
        self.lock.release()
        return NUMBERS[window.slices]


def test_threads_take_turns(tmp_path) -> None:
    scene = open_scene(write_folder(files_with(tmp_path), tmp_path / f"{NAME}.SAFE"))
    measurement = Measurement(scene, OneHand())
    windows = [Window(line, 0, 20, SAMPLES) for line in range(0, LINES, 20)]
    with ThreadPoolExecutor(4) as pool:
        parts = list(pool.map(measurement.read, windows))
    np.testing.assert_array_equal(np.concatenate(parts), NUMBERS)


def test_a_field_without_measure_is_not_read_into_memory(tmp_path):
    """Its count says 4 GB; a reader that believes it runs out of memory."""
    files = product_files(Product(), tmp_path)
    name = next(name for name in files if name.startswith("measurement/") and "vv" in name)
    for tag in (STRIP_OFFSETS, STRIP_BYTES):
        content = bytearray(files[name])
        place = content.find(struct.pack("<H", tag), struct.unpack_from("<I", content, 4)[0])
        struct.pack_into("<I", content, place + 4, 0xFFFFFFF0)
        asked = []

        def read(offset, count, content=content, asked=asked):
            asked.append(count)
            return bytes(content[offset : offset + count])

        assert plain_layout(read) is None
        assert max(asked) < 1 << 20


@pytest.mark.parametrize("tag", [STRIP_OFFSETS, STRIP_BYTES])
def test_a_field_without_numbers_is_no_plain_file(tmp_path, tag):
    files = product_files(Product(), tmp_path)
    name = next(name for name in files if name.startswith("measurement/") and "vv" in name)
    content = bytearray(files[name])
    place = content.find(struct.pack("<H", tag), struct.unpack_from("<I", content, 4)[0])
    struct.pack_into("<I", content, place + 4, 0)
    assert plain_layout(lambda offset, count: bytes(content[offset : offset + count])) is None
