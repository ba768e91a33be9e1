"""A stack is finished or absent, and says what it is made of."""

import json
from dataclasses import replace

import numpy as np
import pytest

from landslidectl.errors import StackError
from landslidectl.events import ArtefactWritten, StepFinished
from landslidectl.files.rasters import open_raster, read_bands
from landslidectl.grid import Grid
from landslidectl.stack.contract import StackContract
from landslidectl.stack.selection import select_scenes
from landslidectl.stack.stack import StackRequest, build_stack, open_stack
from landslidectl.terms import BandSet, Quality

from .scenes import EVENT, LevelDem, make_scene, write_geocoded

GRID = Grid(32633, 300_000.0, 4_650_000.0, 10.0, 20, 30)


@pytest.fixture
def case(tmp_path):
    """Three scenes before, one after; a corner is seen before only, another after only."""
    (tmp_path / "geocoded").mkdir()
    rng = np.random.default_rng(3)
    days = (-36.0, -24.0, -12.0, 6.0)
    geocoded = []
    for day in days:
        values = rng.gamma(4.4, 0.02, (2, *GRID.shape)).astype(np.float32)
        if day > 0:
            values[:, :2, :2] = np.nan
        else:
            values[1, -1, -1] = np.nan
        geocoded.append(write_geocoded(tmp_path / "geocoded", values, day, GRID))
    (plan,) = select_scenes([make_scene(day) for day in days], EVENT).tracks
    dem = LevelDem(GRID, is_flat=True)
    request = StackRequest(tmp_path / "stack", GRID, dem, BandSet.VV_VH, EVENT)
    return plan, geocoded[:3], geocoded[3:], request


def test_values_are_post_then_post_minus_pre(case) -> None:
    plan, pre, post, request = case
    events = []
    stack = build_stack(plan, pre, post, request, events.append)
    values = read_bands(stack.values_path)
    post_db = 10 * np.log10(read_bands(post[0].path))
    pre_db = 10 * np.log10(np.median([read_bands(scene.path) for scene in pre], axis=0))
    observed = np.ones(GRID.shape, bool)
    observed[:2, :2], observed[-1, -1] = False, False
    assert (np.isnan(values) == ~observed).all()
    expected = np.concatenate([post_db, post_db - pre_db])[:, observed]
    np.testing.assert_allclose(values[:, observed], expected, atol=2e-5)
    with open_raster(stack.values_path) as dataset:
        assert dataset.descriptions == ("post_VV", "post_VH", "diff_VV", "diff_VH")
        assert json.loads(dataset.tags()["CONTRACT"]) == StackContract().as_dict()
    assert sum(isinstance(event, StepFinished) for event in events) == 2
    assert sum(isinstance(event, ArtefactWritten) for event in events) == 3


def test_counts_and_quality(case) -> None:
    plan, pre, post, request = case
    stack = build_stack(plan, pre, post, replace(request, min_pre=4))
    counts = read_bands(stack.counts_path)
    assert counts[:, 10, 10].tolist() == [3, 1]
    assert counts[:, 0, 0].tolist() == [3, 0]
    assert counts[:, -1, -1].tolist() == [0, 1]
    quality = read_bands(stack.quality_path)[0]
    assert quality[10, 10] == Quality.TOO_FEW_IMAGES
    assert quality[0, 2] == Quality.TOO_FEW_IMAGES | Quality.BORDER
    assert quality[0, 0] == 0


def test_opening_gives_the_same_stack(case) -> None:
    plan, pre, post, request = case
    stack = build_stack(plan, pre, post, request)
    assert open_stack(request.folder) == stack
    assert stack.pre_scenes == tuple(scene.scene_id for scene in plan.pre)
    assert (stack.post_start, stack.post_stop) == (plan.post[0].start, plan.post[0].stop)
    assert (stack.pre_acquisitions, stack.post_acquisitions) == (3, 1)
    assert not stack.terrain_corrected


def test_vv_alone_takes_scenes_with_both(case) -> None:
    plan, pre, post, request = case
    stack = build_stack(plan, pre, post, replace(request, bands=BandSet.VV))
    with open_raster(stack.values_path) as dataset:
        assert dataset.descriptions == ("post_VV", "diff_VV")
    assert np.isfinite(read_bands(stack.values_path)[:, -1, -1]).all()


def test_rebuilding_is_byte_identical(case) -> None:
    plan, pre, post, request = case
    stack = build_stack(plan, pre, post, request)
    paths = (stack.values_path, stack.counts_path, stack.quality_path, stack.record_path)
    before = [path.read_bytes() for path in paths]
    build_stack(plan, pre[::-1], post, request)
    assert [path.read_bytes() for path in paths] == before


def test_an_interrupted_build_leaves_no_stack(case) -> None:
    plan, pre, post, request = case
    build_stack(plan, pre, post, request)

    def interrupt(event) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_stack(plan, pre, post, request, interrupt)
    with pytest.raises(StackError, match="no finished stack"):
        open_stack(request.folder)


def test_damage_is_found_on_opening(case) -> None:
    plan, pre, post, request = case
    stack = build_stack(plan, pre, post, request)
    text = stack.record_path.read_text()

    def opened_with(content: str, match: str) -> None:
        stack.record_path.write_text(content)
        with pytest.raises(StackError, match=match):
            open_stack(request.folder)

    opened_with("{", "cannot be read")
    opened_with("[]", "no record")
    opened_with(text.replace('"format": 1', '"format": 9'), "format 9")
    opened_with(text.replace('"pre_scenes"', '"scenes"'), "pre_scenes")
    opened_with(text.replace('"rows": 20', '"rows": 21'), "map grid")
    opened_with(text.replace('"bands": "vv_vh"', '"bands": "vv"'), "bands")
    opened_with(text.replace("-48.5", "-40.0"), "contract")
    opened_with(text.replace("descending", "sideways"), "sideways")
    stack.quality_path.unlink()
    opened_with(text, "quality.tif: missing or unreadable")


def test_what_does_not_fit_the_request_is_refused(case) -> None:
    plan, pre, post, request = case
    with pytest.raises(StackError, match="no post-event scene reaches"):
        build_stack(plan, pre, [], request)
    with pytest.raises(StackError, match="contract"):
        other = StackContract(noise_floor_db=-30.0)
        build_stack(plan, pre, post, replace(request, contract=other))
    with pytest.raises(StackError, match="map grid"):
        build_stack(plan, pre, post, replace(request, grid=replace(GRID, rows=10)))
