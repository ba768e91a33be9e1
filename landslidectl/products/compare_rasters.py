"""Hold a raster of one product against that of another: grid, type, words, and every pixel."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from landslidectl.errors import ProductError
from landslidectl.files.rasters import grid_of, open_raster, rasterio_window
from landslidectl.products.contract.rasters import RasterSpec
from landslidectl.products.contract.tolerances import STATISTICS_TAGS, TAGS_THAT_VARY
from landslidectl.products.differences import ABSENT, Difference

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from rasterio.io import DatasetReader

BLOCK_SIDE = 2048


def compare_rasters(spec: RasterSpec, a: Path, b: Path) -> list[Difference]:
    """Return in what two rasters of the same layer differ.

    Pixels are compared only where grid and bands are the same; those of a layer of classes or bits
    must be the same, others may differ by the layer's tolerance. A pixel without a value in one
    alone always differs.

    Raises
    ------
    ProductError
        If one cannot be read.
    """
    from rasterio.errors import RasterioError  # noqa: PLC0415

    at = str(a)
    try:
        with open_raster(a) as left:
            at = str(b)
            with open_raster(b) as right:
                at = f"{a} or {b}"
                return _differences(spec, left, right)
    except RasterioError as error:
        raise ProductError(
            f"{at}: cannot be read: {error}", "Copy the whole product folder again."
        ) from error


def _differences(spec: RasterSpec, a: "DatasetReader", b: "DatasetReader") -> list[Difference]:
    name = spec.kind.value
    left, right = _head(a), _head(b)
    found = [
        Difference(name, what, left.get(what, ABSENT), right.get(what, ABSENT))
        for what in {**left, **right}
        if left.get(what) != right.get(what)
    ]
    if any(item.what in {"coordinate system", "grid", "bands"} for item in found):
        return found
    for band in a.indexes:
        label = f" of {a.descriptions[band - 1]}" if a.count > 1 else ""
        pixels = _Pixels(spec.tolerance)
        for block in grid_of(a).blocks(BLOCK_SIDE):
            window = rasterio_window(block)
            pixels.add(a.read(band, window=window), b.read(band, window=window))
        found += pixels.told(spec, label)
    return found


def _head(dataset: "DatasetReader") -> dict[str, str]:
    """Return all that a file says beside its pixels, but for what may vary."""
    head: dict[str, Any] = {
        "coordinate system": dataset.crs,
        "grid": f"{dataset.shape} {tuple(dataset.transform)[:6]}",
        "bands": dataset.count,
        "types": dataset.dtypes,
        "nodata value": dataset.nodatavals,
        "band names": dataset.descriptions,
        "units": dataset.units,
        "scales": dataset.scales,
        "offsets": dataset.offsets,
    }
    head |= _tags("tag", dataset.tags())
    for band in dataset.indexes:
        head |= _tags(f"band {band} tag", dataset.tags(band))
        head[f"palette of band {band}"] = _palette(dataset, band)
    return {what: str(value) for what, value in head.items()}


def _tags(what: str, tags: Mapping[str, str]) -> dict[str, str]:
    return {
        f"{what} {key}": value
        for key, value in tags.items()
        if key not in TAGS_THAT_VARY and not key.startswith(STATISTICS_TAGS)
    }


def _palette(dataset: "DatasetReader", band: int) -> dict[int, Any]:
    try:
        return dict(dataset.colormap(band))
    except ValueError:  # it has none
        return {}


@dataclass(slots=True)
class _Pixels:
    """What differs in the pixels seen so far."""

    tolerance: float
    holes: int = 0
    beyond: int = 0
    within: int = 0
    largest: float = 0.0

    def add(self, a: "NDArray[Any]", b: "NDArray[Any]") -> None:
        """Count a block of both."""
        empty_a, empty_b = np.isnan(a), np.isnan(b)
        self.holes += int(np.count_nonzero(empty_a != empty_b))
        differ = (a != b) & ~empty_a & ~empty_b
        if not differ.any():
            return
        apart = np.abs(a[differ].astype(np.float64) - b[differ].astype(np.float64))
        over = apart > self.tolerance * (1.0 + 1e-6)
        self.beyond += int(np.count_nonzero(over))
        self.within += int(np.count_nonzero(~over))
        self.largest = max(self.largest, float(apart.max()))

    def told(self, spec: RasterSpec, label: str) -> list[Difference]:
        """Return it in words."""
        name, unit = spec.kind.value, "" if spec.unit in {"1", "class", "bits"} else spec.unit
        found = []
        if self.holes:
            words = f"pixels without a value{label}"
            found.append(Difference(name, words, "in one alone", "", self.holes))
        if self.beyond or self.within:
            words = f"pixels{label}"
            count = self.beyond or self.within
            measured = (count, self.largest, unit, not self.beyond)
            found.append(Difference(name, words, "", "", *measured))
        return found
