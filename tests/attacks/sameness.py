"""Whether two products say the same: all of them but names of jobs, instants and places on disk."""

import hashlib
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import rasterio

from landslidectl.files.atomic import PARTIAL_MARK
from landslidectl.files.vectors import vector_path

JOB_ID = re.compile(r"\b\d{8}T\d{6}Z-[0-9a-f]{6}\b")
INSTANTS = (
    re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:\.\d+)?(?:Z|\+00:00)?"),
    re.compile(r"(?<![0-9A-Za-z])\d{8}T\d{6}(?![0-9A-Za-z])"),
)
SIMULATED_YEAR = "2023"
OWN_SUMS = re.compile(r"\b(1220)?[0-9a-f]{64}\b")
RASTERS = (".tif",)
VECTORS = (".gpkg",)
TEXTS = (".json", ".geojson", ".csv", ".txt", ".html", ".xml")


def only_product(out: Path) -> Path:
    """Return the one product folder of an output folder."""
    (found,) = [path for path in out.iterdir() if path.is_dir() and not path.name.startswith(".")]
    return found


def essence(product: Path) -> dict[str, Any]:
    """Return what a product says, by kind of file.

    Pixels with their place and tags, features with all their fields, texts without instants, job
    ids and sums (which cover instants); pictures by their size alone, as they show the instant.
    """
    found: dict[str, Any] = {}
    for path in sorted(product.iterdir()):
        kind = _masked(path.name, product)
        if path.suffix in RASTERS:
            found[kind] = _raster(path, product)
        elif path.suffix in VECTORS:
            found[kind] = _vector(path, product)
        elif path.suffix == ".kmz":
            found[kind] = _zipped(path, product)
        elif path.suffix in TEXTS:
            found[kind] = _masked(path.read_text(encoding="utf-8"), product)
        else:
            found[kind] = path.stat().st_size > 0
    return found


def sums_hold(product: Path) -> bool:
    """Tell whether every file of a product has the sum that the product lists, and no other is."""
    lines = (product / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    listed = {line[66:]: line[:64] for line in lines}
    there = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in product.iterdir()
        if path.name != "SHA256SUMS"
    }
    return listed == there


def leftovers(out: Path) -> list[str]:
    """Return what was left half-written below an output folder."""
    return sorted(str(path.relative_to(out)) for path in out.rglob(f"*{PARTIAL_MARK}*"))


def pixels(path: Path) -> str:
    """Return a digest of the numbers and the place of a raster."""
    with rasterio.open(path) as dataset:
        place = [dataset.crs.to_string(), *dataset.transform, str(dataset.nodata)]
        content = np.ascontiguousarray(dataset.read())
        return hashlib.sha256(json.dumps(place).encode() + content.tobytes()).hexdigest()


def _raster(path: Path, product: Path) -> list[Any]:
    with rasterio.open(path) as dataset:
        tags = {name: _masked(text, product) for name, text in dataset.tags().items()}
        return [pixels(path), dataset.descriptions, {**tags, "TIFFTAG_DATETIME": ""}]


def _vector(path: Path, product: Path) -> list[Any]:
    layers = []
    with vector_path(path) as opened:
        for name, kind in pyogrio.list_layers(opened):
            meta, _, shapes, columns = pyogrio.raw.read(opened, layer=name)
            rows = [[_masked(str(value), product) for value in column] for column in columns]
            forms = [None if one is None else bytes(one).hex() for one in _given(shapes)]
            layers.append(
                [_masked(str(name), product), str(kind), list(meta["fields"]), rows, forms]
            )
    return layers


def _masked(text: str, product: Path) -> str:
    """Return a text without name and place of the product and the instants and ids of the run."""
    place = str(product.parent.parent)
    return without_run(text.replace(product.name, "PRODUCT").replace(place, "PLACE"))


def without_run(text: str) -> str:
    """Return a text without the instants, ids and sums of a run."""
    text = JOB_ID.sub("JOB", text)
    for instant in INSTANTS:
        text = instant.sub(_masked_instant, text)
    return OWN_SUMS.sub("SUM", re.sub(r'"(file:size|size_bytes)": \d+', r'"size": 0', text))


def _masked_instant(match: re.Match[str]) -> str:
    """Mask an instant of the run; those of the scenes and of the event stay."""
    return match[0] if match[0].startswith(SIMULATED_YEAR) else "INSTANT"


def _zipped(path: Path, product: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as zipped:
        return {
            _masked(name, product): _masked(zipped.read(name).decode("latin-1"), product)
            for name in zipped.namelist()
        }


def _given(shapes: Any) -> Any:
    return () if shapes is None else shapes
