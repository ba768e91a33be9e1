from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from landslidectl.detection.change import change_of
from landslidectl.detection.delineate import (
    DelineateOptions,
    Delineator,
    Place,
    slides_inside,
    territory,
)
from landslidectl.detection.describe import DetectOptions
from landslidectl.detection.fuse import fuse_scores
from landslidectl.detection.polygons import outline_regions, pixels_inside
from landslidectl.detection.regions import find_detections
from landslidectl.files.rasters import RasterLayout, write_raster
from landslidectl.terms import BandSet, Quality
from tests.detection.fakes import DESCENDING, FakeModel, FakeStack, make_track
from tests.detection.planted import GRID, overlap, slide, speckle, windows

CLEAR = np.full(GRID.shape, int(Quality.TESTED), dtype=np.uint8)
NOBODY = np.zeros(GRID.shape, dtype=bool)


def drawn(bands: np.ndarray, region: np.ndarray, others: np.ndarray = NOBODY) -> np.ndarray:
    change = change_of([bands], [CLEAR], region | others)
    found = slides_inside(change, Place(GRID, region, others), DelineateOptions())
    return NOBODY if found is None else pixels_inside(found, GRID)


def planted(change_db: np.ndarray, seed: int = 1) -> np.ndarray:
    return (speckle(seed) + change_db * slide()).astype(np.float32)


@pytest.mark.parametrize("change_db", [-4.0, 4.0])
def test_a_slide_is_drawn_whether_it_brightens_or_darkens(change_db: float) -> None:
    found = drawn(planted(np.full(GRID.shape, change_db)), windows())
    assert overlap(found, slide()) > 0.7
    assert overlap(windows(), slide()) < 0.15


def test_a_slide_that_brightens_above_and_darkens_below_is_one_part() -> None:
    change = np.where(np.indices(GRID.shape)[0] < 90, 4.0, -4.0)
    found = drawn(planted(change), windows())
    assert overlap(found, slide()) > 0.7
    assert len(outline_regions(found, GRID, 0.0)) == 1


@pytest.mark.parametrize("seed", range(5))
def test_noise_alone_gives_no_slide(seed: int) -> None:
    assert not drawn(speckle(seed), windows()).any()


def test_two_slides_in_one_region_are_two_parts() -> None:
    left, right = slide(90, 95), slide(90, 130)
    bands = (speckle() + 5.0 * (left | right)).astype(np.float32)
    found = drawn(bands, windows(half=40))
    assert len(outline_regions(found, GRID, 0.0)) == 2
    assert overlap(found, left | right) > 0.7


def test_change_beyond_reach_of_the_region_is_not_its_slide() -> None:
    bands = planted(np.full(GRID.shape, 5.0))
    assert not drawn(bands, windows(row=160, half=20)).any()


def test_a_region_elsewhere_on_the_crop_keeps_its_ground() -> None:
    left, right = windows(col=80, half=30), windows(col=140, half=30)
    bands = planted(np.full(GRID.shape, 5.0))
    first, second = drawn(bands, left, right), drawn(bands, right, left)
    assert not (first & second).any()
    assert overlap(first | second, slide()) > 0.7


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 12))
def test_territories_hold_their_region_and_never_overlap(seed: int, reach: int) -> None:
    labels = np.random.default_rng(seed).choice(3, size=(17, 23), p=(0.9, 0.05, 0.05))
    first, second = labels == 1, labels == 2
    mine, theirs = territory(first, second, reach), territory(second, first, reach)
    assert mine[first].all()
    assert not (mine & theirs).any()


@dataclass(frozen=True, slots=True)
class Planted:
    """A folder with one track, a slide in its change bands and a score that found it."""

    folder: Path
    bands: np.ndarray = field(default_factory=lambda: planted(np.full(GRID.shape, 5.0)))

    def prepare(self) -> tuple[object, FakeStack]:
        score = np.where(windows(), 0.9, 0.1).astype(np.float32)
        raster, stack = make_track(self.folder, DESCENDING, score, grid=GRID)
        self.write(stack)
        return fuse_scores([raster], [stack], self.folder / "fused.tif"), stack

    def write(self, stack: FakeStack) -> None:
        layers = [*speckle(9) - 11.0, *self.bands]
        names = BandSet.VV_VH.band_names
        write_raster(stack.values_path, GRID, layers, RasterLayout(names, nodata=float("nan")))


OPTIONS = DetectOptions(threshold=0.6, models=(FakeModel(),))


def test_a_detection_says_that_it_was_delineated_and_keeps_its_name(tmp_path: Path) -> None:
    fused, stack = Planted(tmp_path).prepare()
    (item,) = find_detections(fused, [stack], OPTIONS).items
    (window,) = find_detections(fused, [stack], replace(OPTIONS, delineate=False)).items
    assert (item.outline, window.outline) == ("delineated", "window")
    assert item.det_id == window.det_id
    assert (item.score_max, item.score_mean) == (window.score_max, window.score_mean)
    assert item.area_ha == pytest.approx(slide().sum() / 100.0, rel=0.25)
    assert window.area_ha == pytest.approx(windows().sum() / 100.0, rel=0.01)
    assert overlap(pixels_inside(item.polygon, GRID), slide()) > 0.7
    assert item.polygon.is_valid


def test_no_part_is_smaller_than_a_detection_may_be(tmp_path: Path) -> None:
    fused, stack = Planted(tmp_path).prepare()
    more = 1.5 * slide().sum() * GRID.pixel_m**2
    (item,) = find_detections(fused, [stack], replace(OPTIONS, min_area_m2=more)).items
    assert item.outline == "window"
    assert item.area_ha * 1e4 >= more


def test_without_convincing_change_the_window_outline_stays(tmp_path: Path) -> None:
    fused, stack = Planted(tmp_path, bands=speckle(3)).prepare()
    (item,) = find_detections(fused, [stack], OPTIONS).items
    assert item.outline == "window"
    assert np.array_equal(pixels_inside(item.polygon, GRID), windows())


def test_runs_are_alike_and_the_layout_of_the_files_does_not_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first_fused, first = Planted(tmp_path / "a").prepare()
    (usual,) = find_detections(first_fused, [first], OPTIONS).items
    monkeypatch.setattr("landslidectl.detection.regions.BLOCK_SIDE", 37)
    monkeypatch.setattr("landslidectl.detection.fuse.BLOCK_SIDE", 53)
    second_fused, second = Planted(tmp_path / "b").prepare()
    (again,) = find_detections(second_fused, [second], OPTIONS).items
    assert again.polygon.wkb == usual.polygon.wkb


def test_slides_that_are_far_away_do_not_change_an_outline(tmp_path: Path) -> None:
    _, stack = Planted(tmp_path).prepare()
    region = shapely.box(*outline_regions(windows(), GRID, 0.0)[0].bounds)
    with Delineator([stack], GRID, windows()) as delineator:
        alone = delineator.of(region)
    far = windows() | windows(row=200, col=220, half=10)
    with Delineator([stack], GRID, far) as delineator:
        beside = delineator.of(region)
    assert alone is not None
    assert alone.equals(beside)


def test_two_tracks_draw_what_each_of_them_sees_faintly() -> None:
    faint = np.full(GRID.shape, 2.0)
    region = windows()
    both = change_of([planted(faint, 1), planted(faint, 5)], [CLEAR, CLEAR], region)
    found = slides_inside(both, Place(GRID, region, NOBODY), DelineateOptions())
    assert found is not None
    together = overlap(pixels_inside(found, GRID), slide())
    alone = [overlap(drawn(planted(faint, seed), region), slide()) for seed in (1, 5)]
    assert together > max(0.7, float(np.mean(alone)))
