"""The two containers of a frame's pixels: a TIFF as ESA writes it, and a zip of deflated pieces."""

import re
import struct
import zlib
from collections.abc import Iterable
from typing import BinaryIO

import numpy as np
from frame_pixels import Piece

DOS_DATE = 0x5233
GEOGRAPHIC_KEYS = (1, 1, 0, 3, 1024, 0, 1, 2, 1025, 0, 1, 1, 2048, 0, 1, 4326)
POINT_TAGS = ("pixel", "line", "longitude", "latitude", "height")
END_OF_DEFLATE = b"\x03\x00"


def tiff_head(lines: int, samples: int, annotation: str) -> bytes:
    """Return what stands before the pixels: directory first, one row a strip, no compression.

    Parameters
    ----------
    lines, samples : int
        Size of the frame.
    annotation : str
        Annotation whose geolocation grid becomes the tie points.
    """
    points = _tie_points(annotation)
    keys = np.array(GEOGRAPHIC_KEYS, "<u2")
    tags = [
        (256, 4, 1, struct.pack("<I", samples)),
        (257, 4, 1, struct.pack("<I", lines)),
        (258, 3, 1, struct.pack("<HH", 16, 0)),
        (259, 3, 1, struct.pack("<HH", 1, 0)),
        (262, 3, 1, struct.pack("<HH", 1, 0)),
        (273, 4, lines, bytes(4 * lines)),
        (277, 3, 1, struct.pack("<HH", 1, 0)),
        (278, 4, 1, struct.pack("<I", 1)),
        (279, 4, lines, np.full(lines, 2 * samples, "<u4").tobytes()),
        (339, 3, 1, struct.pack("<HH", 1, 0)),
        (33922, 12, points.size, points.astype("<f8").tobytes()),
        (34735, 3, keys.size, keys.tobytes()),
    ]
    place = 8 + 2 + 12 * len(tags) + 4
    pixels_at = place + sum(len(value) for *_, value in tags if len(value) > 4)
    offsets = (pixels_at + 2 * samples * np.arange(lines)).astype("<u4").tobytes()
    head, tail = struct.pack("<2sHIH", b"II", 42, 8, len(tags)), b""
    for tag, kind, count, given in tags:
        value = offsets if tag == 273 else given
        head += struct.pack("<HHI", tag, kind, count)
        if len(value) <= 4:
            head += value.ljust(4, b"\0")
        else:
            head += struct.pack("<I", place + len(tail))
            tail += value
    return head + struct.pack("<I", 0) + tail


def _tie_points(annotation: str) -> np.ndarray:
    """Return (pixel, line, 0, longitude, latitude, height) of the annotation's grid."""
    grid = annotation[annotation.index("<geolocationGridPoint>") :]
    pixel, line, lon, lat, height = (
        np.array(re.findall(rf"<{tag}>([^<]+)</{tag}>", grid), dtype=np.float64)
        for tag in POINT_TAGS
    )
    return np.stack([pixel, line, np.zeros_like(line), lon, lat, height], axis=1)


class ZipWriter:
    """A zip whose members may be given as pieces that are deflated already.

    Parameters
    ----------
    handle : binary file
        Where to write.
    prefix : str
        Folder in which all members lie.
    """

    def __init__(self, handle: BinaryIO, prefix: str) -> None:
        self._handle = handle
        self._prefix = prefix
        self._entries: list[tuple[bytes, bytes, int]] = []

    def add(self, name: str, content: bytes) -> None:
        """Deflate and write a small member."""
        deflater = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
        deflated = deflater.compress(content) + deflater.flush()
        self._write(name, [deflated], zlib.crc32(content), len(content))

    def add_pieces(self, name: str, head: bytes, pieces: Iterable[Piece]) -> None:
        """Write a member that begins with `head` and goes on with the pieces."""
        deflater = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
        deflated = [deflater.compress(head) + deflater.flush(zlib.Z_FULL_FLUSH)]
        crc, size = zlib.crc32(head), len(head)
        for piece in pieces:
            deflated.append(piece.deflated)
            crc, size = zlib.crc32(piece.raw, crc), size + len(piece.raw)
        self._write(name, [*deflated, END_OF_DEFLATE], crc, size)

    def close(self) -> None:
        """Write the central directory."""
        start = self._handle.tell()
        for path, fixed, offset in self._entries:
            tail = struct.pack("<HHHII", 0, 0, 0, 0, offset)
            self._handle.write(b"PK\x01\x02" + struct.pack("<H", 20) + fixed + tail + path)
        size, count = self._handle.tell() - start, len(self._entries)
        self._handle.write(b"PK\x05\x06")
        self._handle.write(struct.pack("<HHHHIIH", 0, 0, count, count, size, start, 0))

    def _write(self, name: str, deflated: list[bytes], crc: int, size: int) -> None:
        path = f"{self._prefix}/{name}".encode()
        packed = sum(len(part) for part in deflated)
        fixed = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, DOS_DATE, crc, packed, size, len(path), 0)
        self._entries.append((path, fixed, self._handle.tell()))
        self._handle.write(b"PK\x03\x04" + fixed + path)
        for part in deflated:
            self._handle.write(part)
