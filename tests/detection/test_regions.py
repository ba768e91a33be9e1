from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from landslidectl.detection.describe import DetectOptions
from landslidectl.detection.detections import Detections
from landslidectl.detection.evidence import scene_span
from landslidectl.detection.fuse import FusedScore, fuse_scores
from landslidectl.detection.geodesy import area_scale, projected_area_m2, to_wgs84
from landslidectl.detection.regions import find_detections
from landslidectl.files.rasters import RasterLayout, read_bands, write_raster
from landslidectl.grid import Bounds, Grid, Window
from landslidectl.stack.record import INCIDENCE_BANDS
from landslidectl.terms import BandSet, Quality
from tests.detection.fakes import (
    ASCENDING,
    DESCENDING,
    GRID,
    NAN,
    FakeModel,
    FakeStack,
    make_track,
    two_slides,
)

OPTIONS = DetectOptions(threshold=0.6, models=(FakeModel(),), delineate=False)


def prepare(folder: Path, quality: np.ndarray | None = None) -> tuple[FusedScore, FakeStack]:
    raster, stack = make_track(folder, DESCENDING, two_slides(), quality)
    return fuse_scores([raster], [stack], folder / "fused.tif"), stack


def detect(folder: Path, options: DetectOptions = OPTIONS) -> Detections:
    fused, stack = prepare(folder)
    return find_detections(fused, [stack], options)


def test_two_slides_are_found_and_described(tmp_path: Path) -> None:
    strong, weak = detect(tmp_path).items
    assert strong.score_max == pytest.approx(0.9)
    assert weak.score_mean == pytest.approx(0.7)
    assert strong.polygon.bounds == (560_200.0, 4_739_700.0, 560_500.0, 4_739_900.0)
    assert strong.area_ha == pytest.approx(6.0 * area_scale(GRID), rel=1e-5)
    assert (strong.tracks, strong.orbit_dir, strong.rel_orbit) == ("D046", "descending", "46")
    assert (strong.n_pre, strong.n_post) == (2, 1)
    assert strong.pre_start == datetime(2018, 8, 6, 20, 41, 55, tzinfo=UTC)
    assert strong.pre_end == datetime(2018, 8, 30, 20, 42, 22, tzinfo=UTC)
    assert (strong.model, strong.model_ver, strong.model_sha256) == ("resnet", "1.0.0", "ab" * 32)
    assert (strong.valid_pct, strong.layover_pct, strong.shadow_pct) == (100.0, 0.0, 0.0)
    assert strong.slope_mean is None
    assert strong.inc_angle == pytest.approx(40.0)
    assert (strong.outline, strong.review) == ("window", "unreviewed")
    left, bottom, right, top = strong.polygon_wgs84.bounds
    assert left < strong.centroid_lon < right
    assert bottom < strong.centroid_lat < top


def test_areas_add_up_to_the_grid(tmp_path: Path) -> None:
    found = detect(tmp_path)
    total = found.tested_km2 + found.masked_km2 + found.unobserved_km2
    assert total == pytest.approx(GRID.area_km2 * area_scale(GRID), rel=1e-12)
    assert found.unobserved_km2 == pytest.approx(total * 8 / 128)
    assert found.masked_km2 == 0.0


def test_skipped_ground_counts_as_masked(tmp_path: Path) -> None:
    fused, stack = prepare(tmp_path, np.full(GRID.shape, int(Quality.TESTED), dtype="uint8"))
    before = find_detections(fused, [stack], OPTIONS)
    (score,), (quality,) = read_bands(fused.path), read_bands(fused.quality_path)
    score[80:90, :50] = NAN
    quality[80:90, :50] |= int(Quality.SKIPPED)
    write_raster(fused.path, GRID, [score], RasterLayout(("score",), nodata=NAN))
    write_raster(fused.quality_path, GRID, [quality], RasterLayout(("quality",), "uint8"))
    found = find_detections(fused, [stack], OPTIONS)
    assert found.masked_km2 == pytest.approx(0.05 * area_scale(GRID), rel=1e-9)
    assert found.unobserved_km2 == before.unobserved_km2
    assert found.tested_km2 + found.masked_km2 == pytest.approx(before.tested_km2)


def test_identity_follows_outline_model_and_event(tmp_path: Path) -> None:
    first, again = detect(tmp_path / "a"), detect(tmp_path / "b")
    assert [item.det_id for item in first.items] == [item.det_id for item in again.items]
    other_model = replace(OPTIONS, models=(FakeModel(sha256="cd" * 32),))
    other = detect(tmp_path / "c", other_model)
    names = {item.det_id for item in first.items + other.items}
    assert len(names) == 4
    assert all(len(name) == 15 for name in names)


def test_layover_does_not_shred_but_counts_against(tmp_path: Path) -> None:
    quality = np.full(GRID.shape, int(Quality.TESTED), dtype="uint8")
    quality[10:20, 20:50] |= int(Quality.LAYOVER)
    quality[60:70, 90:100] |= int(Quality.SHADOW)
    fused, stack = prepare(tmp_path, quality)
    found = find_detections(fused, [stack], OPTIONS)
    (item,) = found.items
    assert item.polygon.area == 60_000.0
    assert (item.layover_pct, item.valid_pct) == (50.0, 50.0)
    assert found.masked_km2 == pytest.approx(0.04 * area_scale(GRID), rel=1e-9)


def test_area_of_interest_selects_and_limits_the_areas(tmp_path: Path) -> None:
    bounds = GRID.bounds
    half = Bounds(bounds.left, bounds.bottom, bounds.left + 640.0, bounds.top)
    import shapely

    aoi = to_wgs84(shapely.segmentize(shapely.box(*half), 50.0), GRID.epsg)
    found = detect(tmp_path, replace(OPTIONS, area_of_interest=aoi))
    assert [item.score_max for item in found.items] == [pytest.approx(0.9)]
    expected = projected_area_m2(shapely.box(*half), GRID.epsg) / 1e6
    assert found.tested_km2 == pytest.approx(expected, rel=1e-3)
    assert found.unobserved_km2 == 0.0


def test_nothing_above_the_threshold_is_an_empty_result(tmp_path: Path) -> None:
    found = detect(tmp_path, replace(OPTIONS, threshold=0.95))
    assert found.items == ()
    assert found.tested_km2 > 0


def test_two_tracks_are_named_with_their_own_models(tmp_path: Path) -> None:
    vv = FakeModel(bands=BandSet.VV, sha256="ef" * 32)
    down, down_stack = make_track(tmp_path, DESCENDING, two_slides())
    up, up_stack = make_track(tmp_path, ASCENDING, two_slides())
    up_stack = replace(up_stack, bands=BandSet.VV)
    fused = fuse_scores([down, up], [down_stack, up_stack], tmp_path / "fused.tif")
    options = replace(OPTIONS, models=(FakeModel(), vv))
    item = find_detections(fused, [down_stack, up_stack], options).items[0]
    assert item.tracks == "D046+A068"
    assert (item.n_pre, item.n_post) == (4, 2)
    assert item.model_sha256 == "ab" * 32 + "+" + "ef" * 32


@dataclass(frozen=True, slots=True)
class TiltedDem:
    grid: Grid
    is_flat: bool = False

    def heights(self, window: Window) -> np.ndarray:
        rows = np.arange(window.row, window.row + window.rows, dtype="float32")
        return np.repeat(rows[:, None] * 10.0, window.cols, axis=1)


def test_slope_comes_from_the_height_model(tmp_path: Path) -> None:
    pytest.importorskip("landslidectl.terrain.slope")
    dem = TiltedDem(GRID.buffered(100.0))
    found = detect(tmp_path, replace(OPTIONS, dem=dem))
    assert found.items[0].slope_mean == pytest.approx(45.0, abs=0.1)


def test_score_carried_over_a_gap_still_names_its_track(tmp_path: Path) -> None:
    fused, stack = prepare(tmp_path)
    nothing = np.zeros(GRID.shape, dtype="uint8")
    layout = RasterLayout(("n_pre", "n_post"), "uint8")
    write_raster(stack.counts_path, GRID, [nothing, nothing], layout)
    item = find_detections(fused, [stack], OPTIONS).items[0]
    assert (item.tracks, item.n_pre, item.n_post) == ("D046", 0, 0)


def test_names_without_times_give_no_span() -> None:
    assert scene_span(["renamed"]) == (None, None)


def test_the_incidence_is_the_mean_over_tracks_and_unknown_without_heights(tmp_path: Path) -> None:
    made = [make_track(tmp_path, track, two_slides()) for track in (DESCENDING, ASCENDING)]
    rasters, stacks = [raster for raster, _ in made], [stack for _, stack in made]
    for stack, degrees in zip(stacks, (30.0, 50.0), strict=True):
        angles = np.full((4, *GRID.shape), degrees, dtype="float32")
        write_raster(
            stack.incidence_path, GRID, list(angles), RasterLayout(INCIDENCE_BANDS, nodata=NAN)
        )
    fused = fuse_scores(rasters, stacks, tmp_path / "both.tif")
    options = DetectOptions(threshold=0.6, delineate=False)
    assert find_detections(fused, stacks, options).items[0].inc_angle == pytest.approx(40.0)
    flat = [replace(stack, terrain_corrected=False) for stack in stacks]
    assert find_detections(fused, flat, options).items[0].inc_angle is None
