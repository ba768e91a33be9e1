"""Writing a product: a ``.SAFE`` folder, or a zip that holds one."""

import io
import struct
import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from landslidectl.files.atomic import atomic_path
from landslidectl.simulation.annotation import annotation_xml
from landslidectl.simulation.geodesy import geodetic
from landslidectl.simulation.identity import POLARISATIONS, Acquisition
from landslidectl.simulation.safe_manifest import manifest_xml
from landslidectl.simulation.tables import calibration_xml, noise_xml

ZIP_DATE = (2020, 1, 1, 0, 0, 0)
ZIP_LEVEL = 1


def write_product(
    folder: Path, acquisition: Acquisition, numbers: NDArray[np.uint16], zipped: bool = False
) -> Path:
    """Write one product into a folder.

    Parameters
    ----------
    numbers : ndarray uint16, shape (VV and VH, line, sample)
        Digital numbers.
    zipped : bool
        Write ``NAME.zip`` with the folder inside, instead of the folder ``NAME.SAFE``.

    Returns
    -------
    Path
        The folder or the zip.
    """
    members = product_members(acquisition, numbers)
    if zipped:
        final = folder / f"{acquisition.name}.zip"
        with atomic_path(final) as temporary:
            temporary.write_bytes(_zip(f"{acquisition.name}.SAFE", members))
        return final
    final = folder / f"{acquisition.name}.SAFE"
    for name in sorted(members, key=lambda member: (member == "manifest.safe", member)):
        with atomic_path(final / name) as temporary:
            temporary.write_bytes(members[name])
    return final


def product_members(acquisition: Acquisition, numbers: NDArray[np.uint16]) -> dict[str, bytes]:
    """Return the files of a product by their names relative to it, the manifest last."""
    members: dict[str, bytes] = {}
    for polarisation, raster in zip(POLARISATIONS, numbers, strict=True):
        stem = acquisition.stem(polarisation)
        members[f"annotation/{stem}.xml"] = annotation_xml(acquisition, polarisation).encode()
        tables = "annotation/calibration"
        members[f"{tables}/calibration-{stem}.xml"] = calibration_xml(
            acquisition, polarisation
        ).encode()
        members[f"{tables}/noise-{stem}.xml"] = noise_xml(acquisition, polarisation).encode()
        members[f"measurement/{stem}.tiff"] = measurement_tiff(acquisition, raster)
    members["manifest.safe"] = manifest_xml(acquisition, members).encode()
    return members


def measurement_tiff(acquisition: Acquisition, raster: NDArray[np.uint16]) -> bytes:
    """Return an uncompressed TIFF with one row a strip and ground control points, as ESA's are."""
    lines, samples = raster.shape
    data = np.ascontiguousarray(raster, dtype="<u2").tobytes()
    offsets = 8 + 2 * samples * np.arange(lines, dtype="<u4")
    keys = np.array([1, 1, 0, 3, 1024, 0, 1, 2, 1025, 0, 1, 1, 2048, 0, 1, 4326], "<u2")
    entries = [
        (256, 4, 1, struct.pack("<I", samples)),
        (257, 4, 1, struct.pack("<I", lines)),
        (258, 3, 1, struct.pack("<HH", 16, 0)),
        (259, 3, 1, struct.pack("<HH", 1, 0)),
        (262, 3, 1, struct.pack("<HH", 1, 0)),
        (273, 4, lines, offsets.tobytes()),
        (277, 3, 1, struct.pack("<HH", 1, 0)),
        (278, 4, 1, struct.pack("<I", 1)),
        (279, 4, lines, np.full(lines, 2 * samples, "<u4").tobytes()),
        (339, 3, 1, struct.pack("<HH", 1, 0)),
        (33922, 12, 0, _tie_points(acquisition).astype("<f8").tobytes()),
        (34735, 3, len(keys), keys.tobytes()),
    ]
    start = 8 + len(data) + len(data) % 2
    body = struct.pack("<2sHI", b"II", 42, start) + data + b"\0" * (len(data) % 2)
    return body + _directory(entries, start)


def _directory(entries: list[tuple[int, int, int, bytes]], start: int) -> bytes:
    """Return a TIFF directory at ``start`` with the longer values behind it."""
    place = start + 2 + 12 * len(entries) + 4
    head, tail = struct.pack("<H", len(entries)), b""
    for tag, kind, count, value in entries:
        number = count or len(value) // 8
        head += struct.pack("<HHI", tag, kind, number)
        if len(value) <= 4:
            head += value.ljust(4, b"\0")
        else:
            head += struct.pack("<I", place + len(tail))
            tail += value
    return head + struct.pack("<I", 0) + tail


def _tie_points(acquisition: Acquisition) -> NDArray[np.float64]:
    """Return (pixel, line, 0, longitude, latitude, height) of a 5 x 5 grid."""
    frame = acquisition.frame
    line, pixel = np.meshgrid(
        np.linspace(0, frame.lines - 1, 5).round(),
        np.linspace(0, frame.samples - 1, 5).round(),
        indexing="ij",
    )
    lon, lat, height = geodetic(frame.ground(line, pixel))
    return np.stack([pixel, line, np.zeros_like(line), lon, lat, height], axis=-1)


def _zip(prefix: str, members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=ZIP_LEVEL) as archive:
        for name, content in sorted(members.items()):
            info = zipfile.ZipInfo(f"{prefix}/{name}", ZIP_DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, content, compresslevel=ZIP_LEVEL)
    return buffer.getvalue()
