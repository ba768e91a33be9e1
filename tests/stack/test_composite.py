"""Composites: medians, counts, what they are made of, and that nothing unfit is mixed."""

import json
import math
import threading
import time
from dataclasses import replace

import numpy as np
import pytest

from landslidectl.errors import StackError
from landslidectl.events import ArtefactWritten, StepAdvanced, StepFinished, Warned
from landslidectl.files.rasters import RasterLayout, read_bands, write_raster
from landslidectl.grid import Grid, Window
from landslidectl.stack import composite, composite_block
from landslidectl.stack.composite import (
    CompositeRequest,
    build_composite,
    open_composite,
)
from landslidectl.stack.contract import StackContract
from landslidectl.stack.speckle import SpeckleFilter
from landslidectl.terms import Pass, Phase, Polarisation, Track

from .scenes import write_geocoded

GRID = Grid(32633, 300_000.0, 4_650_000.0, 10.0, 6, 5)
WIDE = replace(GRID, rows=300, cols=620)
BOTH = (Polarisation.VV, Polarisation.VH)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "geocoded").mkdir()
    return tmp_path / "geocoded"


def request_in(folder, grid: Grid = GRID, **changes: object) -> CompositeRequest:
    request = CompositeRequest(folder.parent / "pre.tif", grid, BOTH, StackContract())
    return replace(request, **changes)


def composited(scenes, request: CompositeRequest) -> tuple[np.ndarray, np.ndarray]:
    composite = build_composite(Phase.PRE, scenes, request)
    return read_bands(composite.path), read_bands(composite.counts_path)[0]


def speckled(folder, grid: Grid = WIDE, days=(-36.0, -24.0, -12.0), factors=(1.0, 1.0, 1.0)):
    rng = np.random.default_rng(5)
    ground = 0.08 * np.exp(rng.normal(0.0, 0.3, (2, *grid.shape)))
    scenes = []
    for day, factor in zip(days, factors, strict=True):
        values = (factor * ground * rng.gamma(4.4, 1 / 4.4, ground.shape)).astype(np.float32)
        scenes.append(write_geocoded(folder, values, day, grid))
    return scenes


def test_the_composite_is_the_median_of_all_dates(folder) -> None:
    scenes = speckled(folder)
    median, counts = composited(scenes, request_in(folder, WIDE))
    expected = 10 * np.log10(np.median([read_bands(scene.path) for scene in scenes], axis=0))
    np.testing.assert_allclose(median, expected, atol=2e-5)
    assert (counts == 3).all()


def test_slices_of_one_overflight_count_once(folder) -> None:
    north, south = np.full((2, 6, 5), np.nan), np.full((2, 6, 5), np.nan)
    north[:, :4], south[:, 3:] = 0.1, 0.2
    other = np.full((2, 6, 5), 0.4)
    scenes = [
        write_geocoded(folder, north.astype(np.float32), -12.0, GRID),
        write_geocoded(folder, south.astype(np.float32), -12.0, GRID),
        write_geocoded(folder, other.astype(np.float32), -24.0, GRID),
    ]
    scenes[1] = replace(scenes[1], scene_id=scenes[1].scene_id + "_NEXT")
    composite = build_composite(Phase.PRE, scenes, request_in(folder))
    assert composite.acquisitions == len(composite.offsets) == 2
    assert len(composite.scene_ids) == 3
    median, counts = read_bands(composite.path), read_bands(composite.counts_path)
    assert (counts == 2).all()
    expected = [10 * math.log10(math.sqrt(x * 0.4)) for x in (0.1, 0.2)]
    np.testing.assert_allclose(median[:, :4], expected[0], atol=1e-5)
    np.testing.assert_allclose(median[:, 4:], expected[1], atol=1e-5)


def test_unobserved_pixels_and_counts(folder) -> None:
    one, two = np.full((2, 6, 5), 0.1, np.float32), np.full((2, 6, 5), 0.1, np.float32)
    one[:, 0], two[:, :2] = np.nan, np.nan
    two[1, 5] = np.nan
    scenes = [write_geocoded(folder, v, d, GRID) for v, d in ((one, -12.0), (two, -24.0))]
    median, counts = composited(scenes, request_in(folder))
    assert counts[:, 0].tolist() == [0, 1, 2, 2, 2, 1]
    assert np.isnan(median[:, 0]).all()
    np.testing.assert_allclose(median[:, 1:], -10.0, atol=1e-5)


def test_a_polarisation_that_one_scene_lacks_is_refused(folder) -> None:
    both = write_geocoded(folder, np.full((2, 6, 5), 0.1, np.float32), -12.0, GRID)
    single = write_geocoded(folder, np.full((1, 6, 5), 0.1, np.float32), -24.0, GRID)
    with pytest.raises(StackError, match="has no VH"):
        composited([both, single], request_in(folder))
    request = request_in(folder, polarisations=(Polarisation.VV,))
    median, _ = composited([both, single], request)
    np.testing.assert_allclose(median, np.full((1, 6, 5), -10.0), atol=1e-5)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"track": Track(46, Pass.ASCENDING)}, "track"),
        ({"grid": replace(GRID, left=0.0)}, "map grid"),
        ({"contract": StackContract(noise_floor_db=-30.0)}, "contract"),
    ],
)
def test_what_does_not_belong_together_is_refused(folder, change, word) -> None:
    values = np.full((2, 6, 5), 0.1, np.float32)
    scenes = [
        write_geocoded(folder, values, -12.0, GRID),
        replace(write_geocoded(folder, values, -24.0, GRID), **change),
    ]
    with pytest.raises(StackError, match=f"its {word} is"):
        composited(scenes, request_in(folder))
    with pytest.raises(StackError, match="no pre-event scene reaches"):
        composited([], request_in(folder))
    with pytest.raises(StackError, match="the composite asks for"):
        composited(scenes[:1], request_in(folder, grid=replace(GRID, rows=4)))


def test_opening_gives_the_same_composite_without_the_scenes(folder) -> None:
    events = []
    composite = build_composite(
        Phase.PRE, speckled(folder), request_in(folder, WIDE), events.append
    )
    for path in folder.iterdir():
        path.unlink()
    assert open_composite(composite.path) == composite
    assert composite.scene_ids == tuple(sorted(composite.scene_ids))
    assert all(path.is_file() for path in composite.paths)
    assert sum(isinstance(event, StepFinished) for event in events) == 1
    assert [event.kind for event in events if isinstance(event, ArtefactWritten)] == ["composite"]
    assert not any(isinstance(event, Warned) for event in events)


def test_neither_threads_nor_blocks_nor_order_change_a_byte(folder, monkeypatch) -> None:
    scenes = speckled(folder)
    composite = build_composite(Phase.PRE, scenes, request_in(folder, WIDE))
    before = [path.read_bytes() for path in composite.paths]
    again = build_composite(Phase.PRE, scenes[::-1], request_in(folder, WIDE, threads=3))
    assert again == composite
    assert [path.read_bytes() for path in composite.paths] == before
    values = read_bands(composite.path)
    monkeypatch.setattr(composite_block, "BUFFER_BYTES", 1)
    small = build_composite(Phase.PRE, scenes, request_in(folder, WIDE, threads=2))
    np.testing.assert_array_equal(read_bands(small.path), values)
    assert small.offsets[0].offset_db == pytest.approx(composite.offsets[0].offset_db, abs=1e-3)


def test_an_interrupted_composite_is_none(folder) -> None:
    scenes, request = speckled(folder, GRID), request_in(folder)
    build_composite(Phase.PRE, scenes, request)

    def interrupt(event) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_composite(Phase.PRE, scenes, request, interrupt)
    with pytest.raises(StackError, match="no finished composite"):
        open_composite(request.path)


def test_damage_is_found_on_opening(folder) -> None:
    composite = build_composite(Phase.PRE, speckled(folder, GRID), request_in(folder))
    text = composite.record_path.read_text()

    def opened_with(content: str, match: str) -> None:
        composite.record_path.write_text(content)
        with pytest.raises(StackError, match=match):
            open_composite(composite.path)

    opened_with("{", "cannot be read")
    opened_with("[]", "no record")
    opened_with(text.replace('"format": 1', '"format": 9'), "format 9")
    opened_with(text.replace('"scenes"', '"images"'), "scenes")
    opened_with(text.replace('"rows": 6', '"rows": 7'), "map grid")
    opened_with(text.replace('"VH"', '"HH"'), "bands")
    composite.counts_path.unlink()
    opened_with(text, "pre_counts.tif: missing or unreadable")


def test_a_factor_is_applied_to_the_linear_median(folder, tmp_path) -> None:
    scenes = speckled(folder)
    plain, _ = composited(scenes, request_in(folder, WIDE))
    factor = np.random.default_rng(2).uniform(0.5, 2.0, WIDE.shape).astype(np.float32)
    factor[:9] = np.nan
    path = tmp_path / "factor.tif"
    write_raster(path, WIDE, [factor], RasterLayout(("factor",), nodata=float("nan")))
    flattened, counts = composited(scenes, request_in(folder, WIDE, factor_path=path))
    assert np.isnan(flattened[:, :9]).all()
    np.testing.assert_allclose(
        flattened[:, 9:], plain[:, 9:] + 10 * np.log10(factor[9:]), atol=2e-5
    )
    assert (counts == 3).all()
    write_raster(path, GRID, [np.ones(GRID.shape)], RasterLayout(("factor",)))
    with pytest.raises(StackError, match=r"factor\.tif: its map grid"):
        composited(scenes, request_in(folder, WIDE, factor_path=path))


@pytest.mark.parametrize("kind", ["lee", "quegan"])
def test_a_speckle_filter_sees_its_halo(folder, monkeypatch, kind) -> None:
    contract = StackContract(speckle_filter=kind)
    scenes = [replace(scene, contract=contract) for scene in speckled(folder)]
    speckle = SpeckleFilter(kind)
    request = request_in(folder, WIDE, contract=contract, speckle=speckle)
    smooth = speckle.apply(np.stack([read_bands(scene.path) for scene in scenes]))
    for buffer_bytes in (composite_block.BUFFER_BYTES, 1):
        monkeypatch.setattr(composite_block, "BUFFER_BYTES", buffer_bytes)
        median, _ = composited(scenes, request)
        np.testing.assert_allclose(median, 10 * np.log10(np.median(smooth, axis=0)), atol=1e-3)
    with pytest.raises(StackError, match=f"speckle filter {kind}, none is given"):
        composited(scenes, replace(request, speckle=None))


def test_a_bright_date_is_named(folder) -> None:
    """Heavy rain on one date of four: 2 dB in both polarisations."""
    days, factors = (-48.0, -36.0, -24.0, -12.0), (1.0, 1.0, 10**0.2, 1.0)
    events = []
    composite = build_composite(
        Phase.PRE, speckled(folder, WIDE, days, factors), request_in(folder, WIDE), events.append
    )
    (warning,) = [event for event in events if isinstance(event, Warned)]
    assert warning.code == "date-offset"
    assert "2018-08-12" in warning.message
    assert "2.0 dB brighter in VV and 2.0 dB brighter in VH" in warning.message
    assert json.loads(composite.record_path.read_text())["offsets"][2]["offset_db"] == (
        pytest.approx([2.0, 2.0], abs=0.1)
    )


def test_a_stop_lets_threads_end_before_their_files_are_closed(folder, monkeypatch) -> None:
    """Reading a file that is being closed ends the process, not the job."""
    began, ended, both = [], [], threading.Event()

    def slow(readers: composite_block.Readers, window: Window, *given: object) -> object:
        began.append(window)
        if len(began) > 1:
            both.set()
        assert both.wait(300), "the second thread never began"
        block = composite_block.composited(readers, window, *given)
        time.sleep(0.05)
        readers.acquisitions.read(window)
        ended.append(window)
        return block

    def stop(event: object) -> None:
        if isinstance(event, StepAdvanced):
            raise KeyboardInterrupt

    monkeypatch.setattr(composite, "composited", slow)
    monkeypatch.setattr(composite, "windows_of", lambda *_: WIDE.blocks(64))
    with pytest.raises(KeyboardInterrupt) as kept:
        build_composite(Phase.PRE, speckled(folder), request_in(folder, WIDE, threads=2), stop)
    assert kept.tb is not None, "the traceback still holds the frames"
    assert len(began) > 1
    assert set(ended) == set(began)
    assert [thread.name for thread in threading.enumerate() if "Pool" in thread.name] == []
