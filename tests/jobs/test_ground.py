"""Which ground a job judges: told in the product, refused early, and redone when it changes."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from landslidectl.catalog.catalog import Catalog
from landslidectl.detection.masks import GroundLimits
from landslidectl.errors import InputError, UsageError
from landslidectl.events import ProgressEvent, Warned, silent
from landslidectl.files.rasters import RasterLayout, write_raster
from landslidectl.jobs.area import bbox_area, grid_for
from landslidectl.jobs.ground import Ground, suited
from landslidectl.jobs.result import JobResult
from landslidectl.jobs.run import run_detect
from tests.detection.fakes import GRID
from tests.detection.test_masks import track
from tests.jobs.world import BBOX, World

BUILT_UP, TREES = 50, 10


def land_cover(world: World, code: int) -> Path:
    """Write a WorldCover map of one class around the world's area."""
    folder = world.folder / "cover"
    folder.mkdir(exist_ok=True)
    grid = grid_for(bbox_area(BBOX), 10.0).buffered(100.0)
    path = folder / "ESA_WorldCover_10m_2020_v100_N42E141_Map.tif"
    classes = np.full(grid.shape, code, "uint8")
    write_raster(path, grid, [classes], RasterLayout(("class",), "uint8"))
    return folder


def metadata(result: JobResult) -> dict[str, Any]:
    return dict(json.loads(Path(result.files["metadata"]).read_text()))


def test_without_heights_the_product_says_that_no_slope_was_masked(
    world: World, catalog: Catalog
) -> None:
    result = run_detect(world.settings(), silent, catalog)
    facts = metadata(result)
    assert facts["ground"]["slope"] == "not applied: no elevation model"
    assert facts["ground"]["land_cover"] is None
    assert facts["result"]["flags"] == {"gentle": 0, "river_bed": 0}
    assert result.areas is not None
    assert (result.areas.detections, result.areas.left_out, result.areas.flagged) == (1, 0, 0)
    assert "any slope, as none is known" in Path(result.files["readme"]).read_text()


def test_a_slide_in_a_town_is_masked_and_forest_is_judged(world: World, catalog: Catalog) -> None:
    cover = (land_cover(world, TREES),)
    forest = run_detect(world.settings(land_cover=cover), silent, catalog)
    land_cover(world, BUILT_UP)
    town = run_detect(world.settings(land_cover=cover, overwrite=True), silent, catalog)
    assert forest.areas is not None and town.areas is not None
    assert forest.areas.detections == 1 and forest.areas.masked_km2 == 0.0
    assert town.areas.detections == 0 and town.areas.tested_km2 == 0.0
    assert town.areas.masked_km2 == pytest.approx(forest.areas.tested_km2)
    steps = [step.name for step in catalog.list_steps(town.job_id) if step.status == "done"]
    assert steps == ["score", "fuse", "product"], "what is masked is not scored; stacks stay"
    told = metadata(town)["ground"]["land_cover"]
    assert (told["title"], told["excluded"]) == ("ESA WorldCover", ["Built-up"])
    assert "CC BY 4.0" in Path(town.files["readme"]).read_text()


def test_what_cannot_be_meant_is_refused_before_any_work(world: World, catalog: Catalog) -> None:
    with pytest.raises(InputError, match="nowhere: there is no such"):
        run_detect(world.settings(land_cover=(Path("nowhere"),)), silent, catalog)
    with pytest.raises(UsageError, match="land-cover legend 'corine' is unknown"):
        legend = {"land_cover": (land_cover(world, TREES),), "land_cover_legend": "corine"}
        run_detect(world.settings(**legend), silent, catalog)
    (far := world.folder / "far").mkdir()
    grid = grid_for(bbox_area((100.0, 10.0, 100.01, 10.01)), 10.0)
    classes = np.full(grid.shape, TREES, "uint8")
    write_raster(far / "ESA_WorldCover_Map.tif", grid, [classes], RasterLayout(("class",), "uint8"))
    with pytest.raises(InputError, match="covers the area"):
        run_detect(world.settings(land_cover=(far,)), silent, catalog)
    assert world.geocoded == []
    for wrong in (
        {"min_slope_deg": -1.0},
        {"min_slope_deg": 40.0, "max_slope_deg": 30.0},
        {"max_slope_deg": 91.0},
        {"min_slope_deg": float("nan")},
        {"min_steepness_deg": 95.0},
        {"min_area_m2": -1.0},
        {"land_cover_legend": "worldcover"},
    ):
        with pytest.raises(UsageError):
            world.settings(**wrong)


def test_on_a_plain_no_limit_of_slope_is_applied_and_that_is_told(tmp_path: Path) -> None:
    told: list[ProgressEvent] = []
    plain = np.full(GRID.shape, 1.0, "float32")
    _, stack = track(tmp_path, np.zeros(GRID.shape, "float32"), plain)
    asked = Ground(GroundLimits(), 10.0, {"min_slope_deg": 5.0}, {"min_slope_deg": 5.0})
    lifted = suited(asked, stack, told.append)
    assert (lifted.limits.min_slope_deg, lifted.min_steepness_deg) == (0.0, 0.0)
    assert lifted.identity["min_slope_deg"] == 0.0, "steps depend on what is applied"
    assert "hardly any" in lifted.told["slope"]
    assert isinstance(told[0], Warned) and told[0].code == "flat-area"


def test_a_hundredth_of_slopes_keeps_the_limits(tmp_path: Path) -> None:
    slope = np.full(GRID.shape, 1.0, "float32")
    slope[: GRID.rows // 20] = 20.0
    _, stack = track(tmp_path, np.zeros(GRID.shape, "float32"), slope)
    asked = Ground(GroundLimits(), 10.0)
    assert suited(asked, stack, silent) is asked
