"""The floor under geocoding one scene: bytes that must be read, inflated and written, timed raw.

Run by `preprocessing.py` in a process of its own: ``python floor.py JSON``.
"""

import ctypes
import json
import os
import struct
import sys
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

CHUNK = 1 << 20
INFLATERS = {"zlib": "zlib", "isal": "isal.isal_zlib", "zlib-ng": "zlib_ng.zlib_ng"}
# Per source pixel and polarisation: square, two table factors, difference, product, and two
# interpolations of them. Per map pixel: three heights' quadratics for time and range (8), ground
# range polynomial (18), rounding (4). Per map pixel and polarisation: bilinear (6).
OPERATIONS_SOURCE, OPERATIONS_MAP, OPERATIONS_SAMPLE = 7, 30, 6


def spent(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return the CPU seconds of the quickest of three runs, and what it returned."""
    best = np.inf
    for _ in range(3):
        began = time.process_time()
        result = work()
        best = min(best, time.process_time() - began)
    return best, result


def read_rows(path: Path, window: dict[str, Any]) -> int:
    """Read the samples of the window, row by row as they lie, from the page cache."""
    header = path.stat().st_size - 2 * window["width"] * window["height"]
    row = bytearray(2 * window["samples"])
    with path.open("rb", buffering=0) as handle:
        for line in range(window["line"], window["line"] + window["lines"]):
            os.preadv(
                handle.fileno(), [row], header + 2 * (line * window["width"] + window["sample"])
            )
    return int(len(row) * window["lines"])


def inflate(path: Path, member: str, needed: int, library: Any) -> int:
    """Inflate a member from its front until the needed bytes are there, keeping nothing."""
    with zipfile.ZipFile(path) as archive:
        info = next(one for one in archive.infolist() if one.filename.endswith(member))
    with path.open("rb") as handle:
        handle.seek(info.header_offset + 26)
        name, extra = struct.unpack("<HH", handle.read(4))
        handle.seek(info.header_offset + 30 + name + extra)
        inflater = library.decompressobj(wbits=-zlib.MAX_WBITS)
        total = 0
        while total < needed:
            total += len(inflater.decompress(handle.read(CHUNK)))
    return total


def write_output(source: Path, out: Path, threads: int) -> int:
    """Write the same arrays with the same layout, without computing anything."""
    import rasterio

    with rasterio.open(source) as dataset:
        profile, values = dataset.profile, dataset.read()
    profile |= {"compress": "ZSTD", "zstd_level": 1, "predictor": 3}
    began = time.process_time()
    with rasterio.open(out, "w", num_threads=threads, **profile) as dataset:
        dataset.write(values)
    return round((time.process_time() - began) * 1e6)


def copied(megabytes: float) -> None:
    """Move as many bytes once through memory, in pieces that do not stay in the cache."""
    piece = np.ones(16 << 20, dtype=np.uint8)
    other = np.empty_like(piece)
    for _ in range(int(megabytes * 1e6 / piece.size)):
        ctypes.memmove(other.ctypes.data, piece.ctypes.data, piece.size)


def main() -> None:
    given = json.loads(sys.argv[1])
    window = given["window"]
    members = window["members"].values()
    safe, archive, out = Path(given["safe"]), Path(given["zip"]), Path(given["out"])
    bands = len(window["members"])
    pixels = given["rows"] * given["cols"]
    source_pixels = window["lines"] * window["samples"]
    rows: list[list[Any]] = []

    seconds, count = spent(lambda: sum(read_rows(safe / name, window) for name in members))
    rows.append(["read the window, folder, warm", count / 1e6, seconds])
    if archive.exists():
        needed = 2 * window["width"] * (window["line"] + window["lines"])
        for name, module in INFLATERS.items():
            try:
                library = __import__(module, fromlist=["decompressobj"])
            except ImportError:
                continue
            began = time.process_time()
            total = sum(inflate(archive, member, needed, library) for member in members)
            seconds = time.process_time() - began
            rows.append([f"inflate to the last line, {name}", total / 1e6, seconds])
    output_mb = pixels * bands * 4 / 1e6
    scratch = out.with_name("floor.tif")
    write_s = min(write_output(out, scratch, 1) for _ in range(3)) / 1e6
    rows.append(["write ZSTD tiles", output_mb, write_s])
    scratch.unlink()
    moved_mb = source_pixels * bands * 6 / 1e6 + pixels * 4 / 1e6 + output_mb
    moving_s, _ = spent(lambda: copied(moved_mb))
    rows.append(["move source, heights and output once", moved_mb, moving_s])
    operations = source_pixels * bands * OPERATIONS_SOURCE + pixels * (
        OPERATIONS_MAP + bands * OPERATIONS_SAMPLE
    )
    values = np.ones(1 << 18, dtype=np.float32)
    repeats = 400

    def arithmetic() -> None:
        for _ in range(repeats):
            np.multiply(values, np.float32(1.0), out=values)

    rate = values.size * repeats / spent(arithmetic)[0]
    rows.append([f"{operations / 1e6:,.0f} M float32 operations in numpy", 0.0, operations / rate])
    print(json.dumps({"rows": rows}))


if __name__ == "__main__":
    main()
