"""Product requests built from the stand-ins of the detection tests."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from landslidectl.detection.describe import DetectOptions
from landslidectl.detection.fuse import fuse_scores
from landslidectl.detection.geodesy import to_wgs84
from landslidectl.detection.regions import find_detections
from landslidectl.files.rasters import RasterLayout, write_raster
from landslidectl.grid import Grid, Window
from landslidectl.products.contents import Contents, contents_of
from landslidectl.products.metadata import describe_product
from landslidectl.products.request import (
    ProductRequest,
    Provenance,
    RefusedScene,
    SceneRecord,
)
from landslidectl.terms import Phase, Quality
from tests.detection.fakes import (
    DESCENDING,
    EVENT,
    GRID,
    NAN,
    FakeModel,
    FakeStack,
    make_track,
    two_slides,
)

PROCESSED = datetime(2018, 9, 12, 3, 4, 5, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class FakeDem:
    path: Path
    grid: Grid
    vertical_datum: str = "egm2008"
    sources: tuple[str, ...] = ("Copernicus_DSM_COG_10_N42_00_E141_00_DEM.tif",)
    is_flat: bool = False

    def heights(self, window: Window) -> np.ndarray:
        from landslidectl.files.rasters import read_bands

        return read_bands(self.path, window)[0]


def make_dem(folder: Path, grid: Grid) -> FakeDem:
    """Write ridges with a margin around the grid."""
    wide = grid.buffered(200.0)
    row, col = np.indices(wide.shape)
    heights = 300.0 + 120.0 * np.sin(row / 9.0) * np.cos(col / 13.0)
    path = folder / "dem.tif"
    write_raster(path, wide, [heights], RasterLayout(("height",), nodata=NAN))
    return FakeDem(path, wide)


def scene_records(stack: Any) -> tuple[SceneRecord, ...]:
    records = []
    for phase, names in ((Phase.PRE, stack.pre_scenes), (Phase.POST, stack.post_scenes)):
        for name in names:
            start, stop = (
                datetime.strptime(name.split("_")[i], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
                for i in (4, 5)
            )
            footprint = ((140.5, 41.5), (143.5, 42.0), (143.2, 43.6), (140.1, 43.2))
            records.append(
                SceneRecord(name, "S1A", phase, stack.track, start, stop, footprint, 812_345_678)
            )
    return tuple(records)


def make_request(folder: Path, **changes: Any) -> ProductRequest:
    """Return a request over the small grid; ``threshold``, ``dem`` and the like can be changed."""
    threshold = changes.pop("threshold", 0.6)
    quality = np.full(GRID.shape, int(Quality.TESTED), dtype="uint8")
    quality[70:80, 20:60] |= int(Quality.LAYOVER)
    raster, stack = make_track(folder / "work", DESCENDING, two_slides(), quality)
    fused = fuse_scores([raster], [stack], folder / "work" / "fused.tif")
    area = to_wgs84(shapely.box(*GRID.bounds).buffer(-50.0), GRID.epsg)
    models = (FakeModel(),)
    high = max(threshold, 0.8)
    options = DetectOptions(threshold, models=models, area_of_interest=area, threshold_high=high)
    values: dict[str, Any] = {
        "folder": folder / "out",
        "detections": find_detections(fused, [stack], options),
        "fused": fused,
        "stacks": (stack,),
        "models": models,
        "provenance": make_provenance(stack, area),
    }
    return ProductRequest(**(values | changes))


def make_contents(request: ProductRequest) -> Contents:
    return contents_of(
        request, describe_product(request), request.fused.path, request.fused.quality_path
    )


def make_provenance(stack: FakeStack, area: Any) -> Provenance:
    return Provenance(
        job_id="20180912T030405-7f3a",
        command="landslidectl detect scenes/ --model resnet --event 2018-09-05T18:07:59Z -o out/",
        processed=PROCESSED,
        event=EVENT,
        event_id="EQ-2018-000139-JPN",
        event_name="Hokkaido Eastern Iburi earthquake",
        aoi_name="Atsuma",
        area_of_interest=area,
        scenes=scene_records(stack),
        refused=(RefusedScene("S1A_IW_SLC__1SDV_20180830.zip", "SLC, expected GRD"),),
        settings={"threshold": 0.6, "scenes": (Path("scenes"),), "land_cover": ()},
        software={"landslidectl": "0.1.0", "gdal": "3.10.3"},
        warnings=("1 scene was refused.",),
    )
