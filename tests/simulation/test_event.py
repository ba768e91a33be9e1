import itertools
import json
import tomllib
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest
import rasterio
import shapely

from landslidectl.errors import InputError
from landslidectl.grid import Grid
from landslidectl.simulation.event import simulate_event
from landslidectl.simulation.slides import SlideOptions
from landslidectl.simulation.spec import EventSpec
from landslidectl.simulation.targets import target_places
from landslidectl.simulation.truth import truth_mask
from landslidectl.simulation.view import build_landscape, view_track
from landslidectl.terms import Pass, Phase
from tests.simulation.test_safe import members


def files(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_same_spec_gives_the_same_bytes(small_spec, small_event, tmp_path):
    simulate_event(small_spec, tmp_path)
    assert files(tmp_path) == files(small_event.scenes.parent)


def test_dates_surround_the_event_at_one_solar_time(small_event):
    event = small_event.event.first
    starts = {}
    for product in small_event.products:
        words = product.stem.split("_")
        start = datetime.strptime(words[4] + "+0000", "%Y%m%dT%H%M%S%z")
        starts.setdefault((int(words[6]) - 73) % 175 + 1, []).append(start)
    assert set(starts) == {view.track.relative_orbit for view in small_event.tracks}
    for times in starts.values():
        assert [time < event for time in times] == [True, True, False]
        assert event - times[0] < timedelta(days=60)
        assert times[-1] - event < timedelta(days=12)
        for one, two in itertools.pairwise(times):
            assert abs((two - one) - timedelta(days=12)) < timedelta(seconds=4)


def test_slides_off_changes_nothing_else():
    spec = EventSpec(seed=5, size_km=1.6, lon=13.5, lat=42.5, slide_options=SlideOptions(3.0, 1.5))
    with_slides, without = build_landscape(spec), build_landscape(replace(spec, slides=False))
    assert with_slides.slides and not without.slides
    assert np.array_equal(with_slides.before.vv_db, without.before.vv_db)
    track = spec.passes[0]
    on, off = view_track(spec, with_slides, track), view_track(spec, without, track)
    assert np.array_equal(on.phases[Phase.PRE].projected, off.phases[Phase.PRE].projected)
    one, two = (view.phases[Phase.POST] for view in (on, off))
    assert one.frame == two.frame
    differ = one.projected.sum(axis=1)[0] != two.projected.sum(axis=1)[0]
    assert 0.0 < differ.mean() < 0.2
    box = with_slides.place.terrain.box
    reached = np.zeros(one.frame.shape, bool)
    for slide in with_slides.slides:
        ring = slide.outline
        for height in (
            float(with_slides.place.terrain.coarse.min()),
            float(with_slides.place.terrain.coarse.max()),
        ):
            time, slant = on.geometry.at(ring[:, 0], ring[:, 1], np.full(len(ring), height))
            line, pixel = one.frame.line(time, slant), one.frame.pixel(time, slant)
            rows = slice(max(int(line.min()) - 3, 0), int(line.max()) + 4)
            reached[rows] = True
            assert pixel.max() > 0
    assert not (differ & ~reached).any()
    assert box == without.place.terrain.box


def test_truth_is_valid_and_inside_the_area(small_event):
    truth = json.loads(small_event.truth.read_text())
    area = json.loads(small_event.aoi.read_text())
    outline = shapely.geometry.shape(area["features"][0]["geometry"])
    assert len(truth["features"]) == len(small_event.slides)
    for feature in truth["features"]:
        polygon = shapely.geometry.shape(feature["geometry"])
        assert polygon.is_valid and outline.buffer(1e-6).contains(polygon)
        facts = feature["properties"]
        assert facts["area_m2"] > 0 and facts["mean_slope_deg"] > 5
        shares = [value for key, value in facts.items() if key.startswith(("layover_", "shadow_"))]
        assert len(shares) == 4 and all(0.0 <= share <= 1.0 for share in shares)
        assert isinstance(facts["visible"], bool)


def test_truth_mask_counts_the_area(small_event):
    area = small_event.area
    grid = Grid(small_event.epsg, area.left, area.top, 10.0, 160, 160)
    slides = [truth.slide for truth in small_event.slides]
    expected = sum(slide.area_m2 for slide in slides)
    assert truth_mask(slides, grid).sum() * 100.0 == pytest.approx(expected, rel=0.1, abs=1000.0)


def test_elevation_tiles_are_glo30_like(small_event):
    from landslidectl.simulation.geodesy import map_to_degrees

    tiles = sorted(small_event.dem.glob("*.tif"))
    assert [tile.name for tile in tiles] == ["Copernicus_DSM_COG_10_N42_00_E013_00_DEM.tif"]
    with rasterio.open(tiles[0]) as dataset:
        assert dataset.crs.to_epsg() == 4326 and dataset.dtypes == ("float32",)
        x, y = dataset.xy(0, 0)
        assert (x * 3600) == pytest.approx(round(x * 3600), abs=1e-4)
        assert (y * 3600) == pytest.approx(round(y * 3600), abs=1e-4)
        west, south, east, north = dataset.bounds
        heights = dataset.read(1)
    area = small_event.area.grown(6000.0)
    lon, lat = map_to_degrees(
        small_event.epsg, np.array([area.left, area.right]), np.array([area.bottom, area.top])
    )
    assert west < lon[0] and east > lon[1] and south < lat[0] and north > lat[1]
    assert np.isfinite(heights).all() and np.ptp(heights) > 100.0


def test_tiles_of_every_touched_cell_are_written(tmp_path):
    from landslidectl.simulation.dem import write_dem

    spec = EventSpec(seed=2, size_km=1.0, lon=-70.001, lat=-0.002)
    place = build_landscape(spec).place
    paths = write_dem(spec.rng("dem"), place.terrain, place.aoi, place.epsg, tmp_path)
    assert sorted(path.name[22:33] for path in paths) == [
        "N00_00_W070",
        "N00_00_W071",
        "S01_00_W070",
        "S01_00_W071",
    ]
    edges = []
    for path in paths:
        with rasterio.open(path) as dataset:
            edges.append(dataset.bounds)
    lefts = sorted(
        {round(edge.left * 7200) for edge in edges} | {round(edge.right * 7200) for edge in edges}
    )
    assert -70 * 7200 - 1 in lefts and len(lefts) == 3


def test_config_lets_detect_find_everything(small_event):
    config = tomllib.loads(small_event.config.read_text())
    assert config["event"] == "2023-05-06T07:08:09Z"
    base = small_event.config.parent
    assert (base / config["aoi"]).resolve() == small_event.aoi.resolve()
    assert (base / config["dem"]).resolve() == small_event.dem.resolve()
    junk = [p for p in base.iterdir() if p not in small_event.products and p != small_event.config]
    assert junk


def test_point_targets_lie_where_the_model_says(small_spec, small_event):
    """The centroid of a target's echo is within a twentieth of a pixel of its exact place."""
    view = small_event.tracks[0]
    frame = view.phases[Phase.PRE].frame
    lines, pixels = target_places(small_spec.targets, frame)
    product = small_event.products[0]
    found = members(product)
    name = next(name for name in sorted(found) if name.endswith("001.tiff"))
    with rasterio.MemoryFile(found[name]) as memory, memory.open() as dataset:
        power = dataset.read(1).astype(float) ** 2
    for line, pixel in zip(lines, pixels, strict=True):
        row, col = round(line), round(pixel)
        block = power[row - 3 : row + 4, col - 3 : col + 4]
        ring = np.concatenate([block[0], block[-1], block[:, 0], block[:, -1]])
        block = block - ring.mean()
        rows, cols = np.mgrid[row - 3 : row + 4, col - 3 : col + 4]
        assert abs((block * rows).sum() / block.sum() - line) < 0.05
        assert abs((block * cols).sum() / block.sum() - pixel) < 0.05


def test_specs_that_cannot_be_simulated_are_refused():
    for wrong in (
        {"size_km": 0.1},
        {"n_post": 0},
        {"repeat_days": 7},
        {"event": datetime(2020, 1, 1)},
    ):
        with pytest.raises(InputError):
            EventSpec(seed=1, **wrong)


def test_drawn_places_keep_away_from_cell_edges():
    for seed in range(40):
        lon, lat = EventSpec(seed).centre
        assert 0.39 < lon % 1.0 < 0.61 and 0.39 < lat % 1.0 < 0.61
        passes = EventSpec(seed, tracks=2).passes
        assert [track.direction for track in passes] == [Pass.DESCENDING, Pass.ASCENDING]
        assert passes[0].relative_orbit != passes[1].relative_orbit
        assert EventSpec(seed).passes[0] == passes[0]
