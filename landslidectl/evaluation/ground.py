"""What is known of every pixel: seen or not, mapped as a slide or not, outlined or not."""

from dataclasses import dataclass
from enum import IntFlag
from typing import TYPE_CHECKING

import numpy as np

from landslidectl.detection.fuse import MASKED, was_seen
from landslidectl.detection.geodesy import area_scale
from landslidectl.errors import ProductError
from landslidectl.evaluation.inventory import Burner, Inventory
from landslidectl.evaluation.product import MappedProduct
from landslidectl.files.rasters import open_raster, rasterio_window
from landslidectl.grid import Grid, Window
from landslidectl.products.contract.files import FileKind

if TYPE_CHECKING:
    from numpy.typing import NDArray

BLOCK_SIDE = 2048
BIT_SUMS = 32


class Bit(IntFlag):
    """Bits of a pixel."""

    AREA = 1
    OBSERVED = 2
    MASKED = 4
    SLIDE = 8
    DETECTED = 16


@dataclass(frozen=True, slots=True)
class Ground:
    """The bits of a product's grid, one byte a pixel.

    Parameters
    ----------
    grid : Grid
    bits : uint8 array, (row, col)
        Sums of `Bit`.
    """

    grid: Grid
    bits: "NDArray[np.uint8]"

    def judged(self, window: Window) -> "NDArray[np.bool_]":
        """Return which pixels of a window lie in the area and were seen unmasked."""
        return is_judged(self.bits[window.slices])

    def areas_km2(self) -> dict[str, float]:
        """Return what was judged, masked and not observed inside the area, on the ellipsoid."""
        counts = np.zeros(BIT_SUMS, dtype=np.int64)
        for block in self.grid.blocks(
            BLOCK_SIDE
        ):  # of all at once, numpy makes integers of 64 bits
            counts += np.bincount(self.bits[block.slices].ravel(), minlength=BIT_SUMS)
        codes = np.arange(BIT_SUMS, dtype=np.uint8)
        pixel_km2 = area_scale(self.grid) * self.grid.pixel_m**2 / 1e6
        inside, seen = (codes & Bit.AREA) != 0, (codes & Bit.OBSERVED) != 0
        kinds = {
            "judged_km2": is_judged(codes),
            "masked_km2": inside & seen & ((codes & Bit.MASKED) != 0),
            "not_observed_km2": inside & ~seen,
        }
        return {name: float(counts[kind].sum() * pixel_km2) for name, kind in kinds.items()}


def is_judged(bits: "NDArray[np.uint8]") -> "NDArray[np.bool_]":
    """Return where bits say: in the area, observed, not masked."""
    asked = np.uint8(Bit.AREA | Bit.OBSERVED | Bit.MASKED)
    return np.asarray((bits & asked) == np.uint8(Bit.AREA | Bit.OBSERVED))


def survey_ground(product: MappedProduct, inventory: Inventory) -> Ground:
    """Put product and inventory on one grid, block by block.

    Raises
    ------
    ProductError
        If the inventory has slides and none lies in the area of the product.
    """
    grid = product.grid
    bits = np.zeros(grid.shape, dtype=np.uint8)
    burners = (
        (Bit.AREA, Burner([product.area], grid)),
        (Bit.SLIDE, Burner(inventory.slides, grid)),
        (Bit.DETECTED, Burner(product.detections, grid)),
    )
    _require_overlap(product, inventory)
    with (
        open_raster(product.files[FileKind.SCORE]) as scores,
        open_raster(product.files[FileKind.QUALITY]) as quality,
    ):
        for block in grid.blocks(BLOCK_SIDE):
            window, part = rasterio_window(block), bits[block.slices]
            score, bits_of = scores.read(1, window=window), quality.read(1, window=window)
            part[was_seen(score, bits_of)] |= np.uint8(Bit.OBSERVED)
            part[(bits_of & np.uint8(MASKED)) != 0] |= np.uint8(Bit.MASKED)
            for bit, burner in burners:
                part[burner.window(block)] |= np.uint8(bit)
    return Ground(grid, bits)


def _require_overlap(product: MappedProduct, inventory: Inventory) -> None:
    import shapely  # noqa: PLC0415

    if not inventory.slides:
        return
    reach = product.area.intersection(shapely.box(*product.grid.bounds))
    if not shapely.intersects(np.array(inventory.slides, dtype=object), reach).any():
        raise ProductError(
            f"{inventory.path}: none of its {len(inventory.slides)} slides lies in the area of "
            f"{product.name}",
            "Check that inventory and product are of the same event, and that the coordinate "
            "system of the inventory is right. An inventory without any slide says that nothing "
            "slid.",
        )
