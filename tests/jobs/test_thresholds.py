"""Which two thresholds a job works with."""

from dataclasses import replace
from pathlib import Path

import pytest

from landslidectl.catalog.catalog import Catalog
from landslidectl.errors import UsageError
from landslidectl.events import silent
from landslidectl.inference.manifest import MANIFEST_NAME, read_manifest
from landslidectl.jobs.result import Areas
from landslidectl.jobs.run import run_detect
from landslidectl.jobs.thresholds import thresholds
from tests.inference.tiny import Head, write_model
from tests.jobs.world import World


def test_flags_win_over_the_model(world: World, tmp_path: Path) -> None:
    settings = world.settings()
    model = read_manifest(write_model(tmp_path, Head()) / MANIFEST_NAME)
    measured = replace(model, threshold_high=0.9)
    assert thresholds(settings, model) == (0.5, None)
    assert thresholds(settings, measured) == (0.5, 0.9)
    assert thresholds(world.settings(threshold=0.95), measured) == (0.95, 0.95)
    assert thresholds(world.settings(threshold=0.3), measured) == (0.3, 0.9)
    assert thresholds(world.settings(high_threshold=0.7), model) == (0.5, 0.7)


def test_a_high_threshold_below_that_of_the_model_is_told_before_any_work(
    world: World, catalog: Catalog
) -> None:
    with pytest.raises(UsageError, match=r"below the threshold 0\.5"):
        run_detect(world.settings(high_threshold=0.4), silent, catalog)
    assert world.geocoded == []


def test_the_summary_counts_both_kinds_of_confidence(world: World, catalog: Catalog) -> None:
    low = run_detect(world.settings(), silent, catalog)
    assert isinstance(low.areas, Areas)
    assert (low.areas.high, low.as_json()["low_confidence"]) == (0, 1)
    high = run_detect(world.settings(high_threshold=0.6, overwrite=True), silent, catalog)
    assert high.as_json()["high_confidence"] == 1
    assert "1 of high confidence, 0 of low" in high.told()
    assert [item.confidence for item in catalog.list_detections(high.job_id)] == ["high"]
