"""The class of a pixel, and how it agrees with areas and detections."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from landslidectl.detection.classes import class_block, confidence_of, write_classes
from landslidectl.detection.describe import DetectOptions
from landslidectl.detection.fuse import MASKED, fuse_scores
from landslidectl.detection.geodesy import area_scale
from landslidectl.detection.ground import ground_of
from landslidectl.detection.regions import find_detections
from landslidectl.files.rasters import open_raster
from landslidectl.terms import Confidence, PixelClass, Quality
from tests.detection.fakes import DESCENDING, GRID, NAN, make_track, two_slides

NONE, LOW, HIGH, MASK, UNSEEN = PixelClass


def test_every_pixel_is_judged_or_masked_or_not_observed():
    score = np.array([[0.9, 0.9, NAN, NAN]], dtype="float32")
    for bit in Quality:
        quality = np.array([[0, bit, 0, bit]], dtype="uint8")
        ground = ground_of(score, quality)
        total = sum(kind.astype(int) for kind in (ground.judged, ground.masked, ground.unobserved))
        np.testing.assert_array_equal(total, 1)
        assert ground.masked[0, 1] == bool(bit & MASKED)
        assert ground.judged[0, 0] and ground.unobserved[0, 2]


def test_classes_follow_both_thresholds_and_the_mask():
    score = np.array([[0.1, 0.6, 0.8, 0.79999, 0.95, NAN]], dtype="float32")
    quality = np.array([[1, 1, 1, 1, 1 | Quality.WATER, 0]], dtype="uint8")
    assert class_block(score, quality, 0.6, 0.8).tolist() == [[NONE, LOW, HIGH, LOW, MASK, UNSEEN]]
    assert class_block(score, quality, 0.6, None).tolist() == [[NONE, LOW, LOW, LOW, MASK, UNSEEN]]


def test_confidence_compares_as_pixels_do():
    as_pixel = float(np.float32(0.9))
    assert as_pixel < 0.9
    assert confidence_of(as_pixel, 0.9) is Confidence.HIGH
    assert confidence_of(0.89, 0.9) is Confidence.LOW
    assert confidence_of(1.0, None) is Confidence.LOW


def test_raster_areas_and_detections_say_the_same(tmp_path: Path):
    quality = np.full(GRID.shape, int(Quality.TESTED), dtype="uint8")
    quality[10:20, 20:50] |= int(Quality.LAYOVER)
    raster, stack = make_track(tmp_path, DESCENDING, two_slides(), quality)
    fused = fuse_scores([raster], [stack], tmp_path / "fused.tif")
    options = DetectOptions(threshold=0.6, threshold_high=0.8, delineate=False)
    found = find_detections(fused, [stack], options)
    write_classes(fused, tmp_path / "class.tif", 0.6, 0.8)
    with open_raster(tmp_path / "class.tif") as dataset:
        classes = dataset.read(1)
        assert (dataset.dtypes, dataset.nodata) == (("uint8",), 255.0)
    pixel_km2 = area_scale(GRID) * 1e-4
    counts = {kind: np.count_nonzero(classes == kind) * pixel_km2 for kind in PixelClass}
    assert counts[NONE] + counts[LOW] + counts[HIGH] == pytest.approx(found.tested_km2)
    assert counts[MASK] == pytest.approx(found.masked_km2)
    assert counts[UNSEEN] == pytest.approx(found.unobserved_km2)
    assert counts[HIGH] > 0.0
    assert [item.confidence for item in found.items] == ["high", "low"]
    assert (found.count(Confidence.HIGH), found.count(Confidence.LOW)) == (1, 1)
    without = find_detections(fused, [stack], replace(options, threshold_high=None))
    assert without.count(Confidence.HIGH) == 0


def test_a_strong_pixel_under_a_mask_gives_no_confidence(tmp_path: Path):
    score = np.full(GRID.shape, 0.1, dtype="float32")
    score[10:30, 20:50] = 0.7
    score[12, 25] = 0.95
    quality = np.full(GRID.shape, int(Quality.TESTED), dtype="uint8")
    quality[12, 25] |= int(Quality.SHADOW)
    raster, stack = make_track(tmp_path, DESCENDING, score, quality)
    fused = fuse_scores([raster], [stack], tmp_path / "fused.tif")
    options = DetectOptions(threshold=0.6, threshold_high=0.8, delineate=False)
    (item,) = find_detections(fused, [stack], options).items
    assert item.confidence == "low"
