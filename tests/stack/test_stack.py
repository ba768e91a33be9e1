"""A stack is finished or absent, needs its composites alone, and says what it is made of."""

import json
from dataclasses import replace

import numpy as np
import pytest

from landslidectl.errors import StackError
from landslidectl.events import ArtefactWritten, StepFinished, Warned
from landslidectl.files.rasters import open_raster, read_bands
from landslidectl.stack import quality
from landslidectl.stack.composite import CompositeRequest, build_composite
from landslidectl.stack.contract import StackContract
from landslidectl.stack.record import INCIDENCE_BANDS
from landslidectl.stack.shrink import read_shrunk
from landslidectl.stack.stack import StackRequest, build_stack, open_stack
from landslidectl.terms import BandSet, Pass, Phase, Quality, Track

from .scenes import (
    BOTH,
    EVENT,
    TRACK,
    LevelDem,
    circular_geometry,
    grid_at,
    make_scene,
    write_geocoded,
)

DAYS = (-36.0, -24.0, -12.0, 6.0)
GEOMETRY, CENTRE = circular_geometry(42.0, Pass.DESCENDING)


@pytest.fixture
def grid(monkeypatch):
    """Return a grid that the scenes' geometry sees; the scenes have no files to read it from."""
    monkeypatch.setattr(quality, "read_annotation", lambda scene, polarisation: None)
    monkeypatch.setattr(quality, "scene_geometry", lambda annotation: GEOMETRY)
    return grid_at(*CENTRE, 20, 30)


def land(grid, seed: int = 3) -> list[np.ndarray]:
    """Return speckled land on every date."""
    rng = np.random.default_rng(seed)
    return [rng.gamma(4.4, 0.02, (2, *grid.shape)).astype(np.float32) for _ in DAYS]


def composites(folder, grid, dates, polarisations=BOTH):
    """Composite all dates but the last, and the last; the geocoded scenes are deleted."""
    geocoded = folder / "geocoded"
    geocoded.mkdir()
    scenes = [
        write_geocoded(geocoded, values, day, grid) for values, day in zip(dates, DAYS, strict=True)
    ]
    made = [
        build_composite(
            phase,
            side,
            CompositeRequest(folder / f"{phase}.tif", grid, polarisations, StackContract()),
        )
        for phase, side in ((Phase.PRE, scenes[:3]), (Phase.POST, scenes[3:]))
    ]
    for path in geocoded.iterdir():
        path.unlink()
    geocoded.rmdir()
    return made


def request_in(folder, grid, **changes: object) -> StackRequest:
    dem = LevelDem(grid.buffered(200.0))
    request = StackRequest(folder / "stack", grid, dem, BandSet.VV_VH, EVENT, make_scene())
    return replace(request, **changes)


@pytest.fixture
def case(tmp_path, grid):
    """Three scenes before, one after; a corner is seen before only, another after only."""
    dates = land(grid)
    for values in dates[:3]:
        values[1, -1, -1] = np.nan
    dates[3][:, :2, :2] = np.nan
    return (*composites(tmp_path, grid, dates), request_in(tmp_path, grid), dates)


def test_values_are_post_then_post_minus_pre(case) -> None:
    pre, post, request, dates = case
    events = []
    stack = build_stack(TRACK, pre, post, request, events.append)
    values = read_bands(stack.values_path)
    post_db = 10 * np.log10(dates[3])
    pre_db = 10 * np.log10(np.median(dates[:3], axis=0))
    observed = np.ones(request.grid.shape, bool)
    observed[:2, :2], observed[-1, -1] = False, False
    assert (np.isnan(values) == ~observed).all()
    expected = np.concatenate([post_db, post_db - pre_db])[:, observed]
    np.testing.assert_allclose(values[:, observed], expected, atol=2e-5)
    with open_raster(stack.values_path) as dataset:
        assert dataset.descriptions == ("post_VV", "post_VH", "diff_VV", "diff_VH")
        assert json.loads(dataset.tags()["CONTRACT"]) == StackContract().as_dict()
    assert sum(isinstance(event, StepFinished) for event in events) == 1
    assert [event.kind for event in events if isinstance(event, ArtefactWritten)] == [
        "stack",
        "stack-counts",
        "stack-quality",
        "stack-incidence",
    ]


def test_a_small_copy_is_kept_to_be_shown(case) -> None:
    pre, post, request, _ = case
    stack = build_stack(TRACK, pre, post, request)
    shown = read_shrunk(stack.shown_path, (2, *request.grid.shape))
    assert shown is not None
    np.testing.assert_array_equal(shown, read_bands(stack.values_path)[[0, 2]])


def test_counts_quality_and_angles(case) -> None:
    pre, post, request, _ = case
    stack = build_stack(TRACK, pre, post, replace(request, min_pre=4))
    counts = read_bands(stack.counts_path)
    assert counts[:, 10, 10].tolist() == [3, 1]
    assert counts[:, 0, 0].tolist() == [3, 0]
    assert counts[:, -1, -1].tolist() == [0, 1]
    found = read_bands(stack.quality_path)[0]
    assert found[10, 10] == Quality.TOO_FEW_IMAGES | Quality.TESTED
    assert found[0, 2] == Quality.TOO_FEW_IMAGES | Quality.BORDER | Quality.TESTED
    assert found[0, 0] == Quality.TESTED
    with open_raster(stack.incidence_path) as dataset:
        assert dataset.descriptions == INCIDENCE_BANDS
        local, ellipsoid, slope, _ = dataset.read()
    np.testing.assert_allclose(local, ellipsoid, atol=0.02)
    assert (slope == 0.0).all()


def test_opening_gives_the_same_stack(case) -> None:
    pre, post, request, _ = case
    look = replace(request.look_scene, is_simulated=True)
    request = replace(request, min_post=2, post_window_extended=True, late_post_days=17.5)
    request = replace(request, look_scene=look)
    stack = build_stack(TRACK, pre, post, request)
    assert open_stack(request.folder) == stack
    assert stack.pre_scenes == pre.scene_ids
    assert (stack.post_start, stack.post_stop) == (post.start, post.stop)
    assert (stack.pre_acquisitions, stack.post_acquisitions) == (3, 1)
    assert (stack.min_pre, stack.min_post) == (1, 2)
    assert (stack.pre_composite, stack.post_composite) == ("pre.tif", "post.tif")
    assert stack.pre_offsets == pre.offsets
    assert (stack.post_window_extended, stack.late_post_days) == (True, 17.5)
    assert stack.terrain_corrected
    assert stack.simulated


def test_vv_alone(tmp_path, grid) -> None:
    pre, post = composites(tmp_path, grid, land(grid), BOTH[:1])
    stack = build_stack(TRACK, pre, post, request_in(tmp_path, grid, bands=BandSet.VV))
    with open_raster(stack.values_path) as dataset:
        assert dataset.descriptions == ("post_VV", "diff_VV")
    assert np.isfinite(read_bands(stack.values_path)).all()


def test_without_elevation_model(case) -> None:
    pre, post, request, _ = case
    dem = LevelDem(request.dem.grid, is_flat=True)
    stack = build_stack(TRACK, pre, post, replace(request, dem=dem))
    assert not open_stack(request.folder).terrain_corrected
    assert not (read_bands(stack.quality_path) & Quality.TESTED).any()


def test_threads_change_no_byte(tmp_path, grid) -> None:
    wide = replace(grid, rows=1100, cols=300)
    pre, post = composites(tmp_path, wide, land(wide))
    request = request_in(tmp_path, wide)
    stack = build_stack(TRACK, pre, post, request)
    paths = (
        stack.values_path,
        stack.counts_path,
        stack.quality_path,
        stack.incidence_path,
        stack.record_path,
    )
    before = [path.read_bytes() for path in paths]
    build_stack(TRACK, pre, post, replace(request, threads=3))
    assert [path.read_bytes() for path in paths] == before


@pytest.mark.parametrize("planted_db", [0.0, 1.5])
def test_a_shift_of_all_land_after_the_event_is_measured(tmp_path, grid, planted_db) -> None:
    """One pixel in twenty changes a lot, and water does what it likes."""
    wide = replace(grid, rows=200, cols=300)
    dates = land(wide)
    dates[3] *= np.float32(10 ** (planted_db / 10))
    dates[3][:, :10] *= np.float32(10.0)
    pre, post = composites(tmp_path, wide, dates)
    events = []
    stack = build_stack(TRACK, pre, post, request_in(tmp_path, wide), events.append)
    assert stack.side_offset_db == pytest.approx((planted_db, planted_db), abs=0.25)
    codes = [event.code for event in events if isinstance(event, Warned)]
    assert codes == (["side-offset"] if planted_db else [])


def test_an_interrupted_build_leaves_no_stack(case) -> None:
    pre, post, request, _ = case
    build_stack(TRACK, pre, post, request)

    def interrupt(event) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_stack(TRACK, pre, post, request, interrupt)
    with pytest.raises(StackError, match="no finished stack"):
        open_stack(request.folder)


def test_what_does_not_fit_the_request_is_refused(case) -> None:
    pre, post, request, _ = case
    other = StackContract(noise_floor_db=-30.0)
    for match, sides, wanted in (
        ("side", (post, pre), request),
        ("contract", (pre, post), replace(request, contract=other)),
        ("map grid", (pre, post), replace(request, grid=replace(request.grid, rows=10))),
        ("polarisations", (pre, post), replace(request, bands=BandSet.VV)),
    ):
        with pytest.raises(StackError, match=f"its {match} is"):
            build_stack(TRACK, *sides, wanted)
    with pytest.raises(StackError, match="its track is"):
        build_stack(Track(47, Pass.DESCENDING), pre, post, request)
