"""Masks of shapes whose layover and shadow can be worked out by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from landslidectl.terms import Quality
from landslidectl.terrain.incidence import Look
from landslidectl.terrain.visibility import layover_shadow

from .elevation import local_incidence_deg

PIXEL_M = 10.0
SIDE = 401
INCIDENCE_DEG = 35.0
SINE, COSINE = np.sin(np.radians(INCIDENCE_DEG)), np.cos(np.radians(INCIDENCE_DEG))
TANGENT = SINE / COSINE
AZIMUTHS = (0.0, 35.0, 45.0, 80.0, 100.0, 135.0, 190.0, 225.0, 259.0, 281.0, 315.0, 350.0)


def axes(azimuth_deg: float, side: int = SIDE) -> tuple[NDArray, NDArray]:
    """Return metres away from the sensor and metres across, from the central pixel."""
    east = (np.arange(side) - side // 2)[None, :] * PIXEL_M
    north = -(np.arange(side) - side // 2)[:, None] * PIXEL_M
    sine, cosine = np.sin(np.radians(azimuth_deg)), np.cos(np.radians(azimuth_deg))
    return -(east * sine + north * cosine), east * cosine - north * sine


def along_centre(mask: NDArray, away: NDArray, across: NDArray) -> tuple[NDArray, NDArray]:
    """Return distance away and mask values of the pixels on the line through the centre."""
    on_line = np.abs(across) <= PIXEL_M / 2
    order = np.argsort(away[on_line])
    return away[on_line][order], mask[on_line][order]


def extent(away: NDArray, mask: NDArray, bit: Quality) -> tuple[float, float]:
    marked = away[(mask & bit) > 0]
    return float(marked.min()), float(marked.max())


def test_flat_ground_is_tested_and_clear() -> None:
    for azimuth in AZIMUTHS:
        mask = layover_shadow(np.zeros((50, 70)), PIXEL_M, Look.from_angles(azimuth, 35.0))
        assert mask.dtype == np.uint8
        assert np.all(mask == Quality.TESTED)


@pytest.mark.parametrize("azimuth", AZIMUTHS)
def test_steep_cone(azimuth: float) -> None:
    """Radius 500 m, flanks of 60 degrees, incidence 35: layover before, shadow behind."""
    away, across = axes(azimuth)
    radius, rise = 500.0, np.tan(np.radians(60.0))
    height = radius * rise
    heights = np.maximum(height - rise * np.hypot(away, across), 0.0)
    mask = layover_shadow(heights, PIXEL_M, Look.from_angles(azimuth, INCIDENCE_DEG))
    line, values = along_centre(mask, away, across)
    nearest, farthest = extent(line, values, Quality.LAYOVER)
    # The summit has the range of ground at -height / tan(theta) in front of it; the near foot
    # that of a point on the far flank.
    back = (height * COSINE - radius * SINE) / (SINE + rise * COSINE)
    assert nearest == pytest.approx(-height / TANGENT, abs=2 * PIXEL_M)
    assert farthest == pytest.approx(back, abs=2 * PIXEL_M)
    first, last = extent(line, values, Quality.SHADOW)
    assert first == pytest.approx(0.0, abs=2 * PIXEL_M)
    assert last == pytest.approx(height * TANGENT, abs=2 * PIXEL_M)
    facing = (line > -radius + 20) & (line < -20)
    assert np.all(values[facing] & Quality.LAYOVER)
    assert not np.any(values[facing] & Quality.SHADOW)


@pytest.mark.parametrize("azimuth", AZIMUTHS)
def test_shadow_of_a_ridge(azimuth: float) -> None:
    """A ridge 300 m high that rises gently and breaks off: shadow of h tan(theta), no layover."""
    away, _ = axes(azimuth)
    steep_deg, height, rise = 65.0, 300.0, np.tan(np.radians(75.0))
    heights = np.where(away < 0, height + 0.2 * away, height - rise * away).clip(0.0)
    mask = layover_shadow(heights, PIXEL_M, Look.from_angles(azimuth, steep_deg))
    inner = (slice(100, 301), slice(100, 301))
    line, values = along_centre(mask[inner], away[inner], axes(azimuth)[1][inner])
    assert not np.any(values & Quality.LAYOVER)
    first, last = extent(line, values, Quality.SHADOW)
    assert first == pytest.approx(0.0, abs=2 * PIXEL_M)
    assert last == pytest.approx(height * np.tan(np.radians(steep_deg)), abs=2 * PIXEL_M)
    behind = (line > 2 * PIXEL_M) & (line < last - 2 * PIXEL_M)
    assert np.all(values[behind] & Quality.SHADOW)


@pytest.mark.parametrize("azimuth", AZIMUTHS)
def test_layover_of_a_ridge(azimuth: float) -> None:
    """A roof of 50 degrees, 200 m high: layover from the level before it to the flank behind it.

    With u from the crest, range counts u sin - z cos: the crest's own is met again at
    -h / tan on the level (passive), the near foot's on the far flank (passive), and the near
    flank between them rises faster than the wave front (active). The far flank falls less
    steeply than the rays, so nothing is in shadow.
    """
    away, across = axes(azimuth)
    height, rise = 200.0, np.tan(np.radians(50.0))
    heights = (height - rise * np.abs(away)).clip(0.0)
    mask = layover_shadow(heights, PIXEL_M, Look.from_angles(azimuth, INCIDENCE_DEG))
    inner = (slice(80, 321), slice(80, 321))
    line, values = along_centre(mask[inner], away[inner], across[inner])
    foot = height / rise
    back = (height * COSINE - foot * SINE) / (SINE + rise * COSINE)
    first, last = extent(line, values, Quality.LAYOVER)
    assert first == pytest.approx(-height / TANGENT, abs=2 * PIXEL_M)
    assert last == pytest.approx(back, abs=2 * PIXEL_M)
    within = (line > first + 2 * PIXEL_M) & (line < last - 2 * PIXEL_M)
    assert np.all(values[within] & Quality.LAYOVER), "active and passive are one stretch"
    assert np.any(line[within] < -foot), "level ground before the ridge suffers"
    assert np.any(line[within] > 0.0), "so does the flank behind it"
    assert not np.any(values & Quality.SHADOW)


@pytest.mark.parametrize("azimuth", AZIMUTHS)
def test_active_and_passive_shadow_of_a_ridge(azimuth: float) -> None:
    """The far flank turned away by more than 90 degrees is active, the level beyond it passive."""
    away, across = axes(azimuth)
    steep_deg, height, drop = 60.0, 200.0, np.tan(np.radians(55.0))
    heights = np.where(away < 0, height + 0.25 * away, height - drop * away).clip(0.0)
    look = Look.from_angles(azimuth, steep_deg)
    inner = (slice(100, 301), slice(100, 301))
    mask, local = (
        layover_shadow(heights, PIXEL_M, look),
        local_incidence_deg(heights, PIXEL_M, look),
    )
    line, values = along_centre(mask[inner], away[inner], across[inner])
    _, angles = along_centre(local[inner], away[inner], across[inner])
    foot, tip = height / drop, height * np.tan(np.radians(steep_deg))
    flank = (line > 2 * PIXEL_M) & (line < foot - 2 * PIXEL_M)
    assert angles[flank] == pytest.approx(steep_deg + 55.0, abs=0.1)
    beyond = (line > foot + 2 * PIXEL_M) & (line < tip - 2 * PIXEL_M)
    assert angles[beyond] == pytest.approx(steep_deg, abs=0.1)
    assert np.all(values[flank | beyond] & Quality.SHADOW)
    clear = (line > tip + 2 * PIXEL_M) | (line < -2 * PIXEL_M)
    assert not np.any(values[clear] & Quality.SHADOW)
    assert not np.any(values & Quality.LAYOVER)


@pytest.mark.parametrize("azimuth", [0.0, 27.0, 80.0, 135.0, 280.0])
def test_turning_scene_and_look_turns_the_mask(azimuth: float) -> None:
    """Quarter turns and mirrors are exact; the same hill seen from any side covers as much."""
    rng = np.random.default_rng(3)
    heights = _rough(rng, 120)
    look = Look.from_angles(azimuth, 33.0)
    mask = layover_shadow(heights, PIXEL_M, look)
    turned = layover_shadow(np.rot90(heights), PIXEL_M, Look.from_angles(azimuth - 90.0, 33.0))
    mirrored = layover_shadow(heights[:, ::-1], PIXEL_M, Look.from_angles(-azimuth, 33.0))
    assert np.mean(np.rot90(mask) != turned) < 0.002
    assert np.mean(mask[:, ::-1] != mirrored) < 0.002
    assert np.any(mask & Quality.LAYOVER)


def test_area_does_not_depend_on_the_direction() -> None:
    areas = []
    for azimuth in AZIMUTHS:
        away, across = axes(azimuth)
        heights = np.maximum(600.0 - 1.5 * np.hypot(away, across), 0.0)
        mask = layover_shadow(heights, PIXEL_M, Look.from_angles(azimuth, INCIDENCE_DEG))
        areas.append(np.count_nonzero(mask & Quality.LAYOVER))
    assert np.ptp(areas) < 0.03 * np.mean(areas)


def _rough(rng: np.random.Generator, side: int) -> NDArray:
    x = np.arange(side) * PIXEL_M
    heights = np.zeros((side, side))
    for wavelength in (900.0, 400.0, 230.0):
        a, b, c = rng.uniform(0.0, 2.0 * np.pi, 3)
        across = np.cos(a) * x[None, :] + np.sin(a) * x[:, None]
        along = -np.sin(a) * x[None, :] + np.cos(a) * x[:, None]
        wave = np.sin(2 * np.pi * across / wavelength + b)
        heights += 0.2 * wavelength * wave * np.cos(np.pi * along / wavelength + c)
    return heights


@settings(max_examples=40, deadline=None)
@given(st.floats(0, 360), st.floats(25, 50), st.integers(0, 9999))
def test_mild_terrain_is_clear(azimuth: float, incidence: float, seed: int) -> None:
    """Slopes below the incidence angle and below its complement neither fold nor hide."""
    heights = 0.08 * _rough(np.random.default_rng(seed), 60)  # steepest: 0.45
    mask = layover_shadow(heights, PIXEL_M, Look.from_angles(azimuth, incidence))
    assert np.all(mask == Quality.TESTED)


@pytest.mark.parametrize("azimuth", [12.0, 80.0, 281.0])
def test_own_layover_and_own_shadow_are_inside_the_mask(azimuth: float) -> None:
    """Slopes steeper than the incidence angle, or turned away, are marked by any other count."""
    heights = _rough(np.random.default_rng(8), 300)
    look = Look.from_angles(azimuth, 40.0)
    mask = layover_shadow(heights, PIXEL_M, look)
    local = local_incidence_deg(heights, PIXEL_M, look)
    assert np.mean((mask[local > 93.0] & Quality.SHADOW) > 0) > 0.97
    away = np.array([-np.sin(np.radians(azimuth)), np.cos(np.radians(azimuth))])
    rise = np.gradient(heights, PIXEL_M)
    steep = rise[1] * away[0] + rise[0] * away[1] > 1.1 * np.tan(np.radians(40.0))
    assert np.mean((mask[steep] & Quality.LAYOVER) > 0) > 0.97


def test_void_neither_hides_nor_is_hidden() -> None:
    away, across = axes(280.0)
    heights = np.maximum(600.0 - 1.5 * np.hypot(away, across), 0.0)
    look = Look.from_angles(280.0, INCIDENCE_DEG)
    whole = layover_shadow(heights, PIXEL_M, look)
    holed = heights.copy()
    holed[:20, :] = np.nan
    holed[200, 150] = np.nan
    mask = layover_shadow(holed, PIXEL_M, look)
    void = np.isnan(holed)
    assert np.all(mask[void] == Quality.NOT_TESTED)
    assert np.mean(mask[~void] != whole[~void]) < 1e-3


def test_look_that_varies_smoothly_matches_its_parts() -> None:
    """Incidence from 30 to 45 degrees across: a cone in each half gets its own shadow length."""
    rows, cols = 201, 800
    east = np.arange(cols)[None, :] * PIXEL_M
    north = -(np.arange(rows) - rows // 2)[:, None] * PIXEL_M
    incidence = np.radians(60.0 + 10.0 * east / east.max())
    look = Look(-np.sin(incidence), np.zeros_like(incidence), np.cos(incidence))
    heights = np.zeros((rows, cols))
    for centre in (1500.0, 5500.0):
        heights = np.maximum(heights, 300.0 - 3.0 * np.hypot(east - centre, north))
    mask = layover_shadow(heights, PIXEL_M, look)[rows // 2]
    for centre in (1500.0, 5500.0):
        behind = (mask & Quality.SHADOW > 0) & (abs(east[0] - centre - 600.0) < 620.0)
        length = np.tan(np.radians(60.0 + 10.0 * (centre + 600.0) / east.max())) * 300.0
        assert east[0][behind].max() - centre == pytest.approx(length, rel=0.05)


def test_high_mountains_agree_with_the_round_earth() -> None:
    """Ranges and off-nadir angles counted exactly from a satellite 700 km over a sphere."""
    earth_m, orbit_m = 6_371_000.0, 7_071_000.0
    heights = 5000.0 + 2.0 * _rough(np.random.default_rng(11), 400)
    foot = np.radians(38.0) - np.arcsin(earth_m / orbit_m * np.sin(np.radians(38.0)))
    arc = foot + np.arange(400) * PIXEL_M / earth_m

    def seen(height: NDArray | float) -> tuple[NDArray, NDArray]:
        across, down = (earth_m + height) * np.sin(arc), orbit_m - (earth_m + height) * np.cos(arc)
        return np.hypot(across, down), np.arctan2(across, down)

    distance, off_nadir = seen(heights)
    far_side = np.minimum.accumulate(distance[:, ::-1], axis=1)[:, ::-1]
    layover = (distance < np.maximum.accumulate(distance, axis=1)) | (distance > far_side)
    shadow = off_nadir < np.maximum.accumulate(off_nadir, axis=1)
    incidence = (arc + seen(0.0)[1])[None, :]
    look = Look(-np.sin(incidence), np.zeros((1, 1)), np.cos(incidence))
    mask = layover_shadow(heights, PIXEL_M, look)
    assert 0.05 < layover.mean() < 0.95
    assert shadow.mean() > 0.01
    assert np.mean(layover != ((mask & Quality.LAYOVER) > 0)) < 5e-4
    assert np.mean(shadow != ((mask & Quality.SHADOW) > 0)) < 2e-3


def test_turning_look_is_followed_piecewise() -> None:
    """With 4 degrees of turn the pieces agree with a single direction wherever they meet it."""
    heights = _rough(np.random.default_rng(4), 300) * 0.8
    azimuth = np.linspace(278.0, 282.0, 300)[None, :]
    level, up = np.sin(np.radians(36.0)), np.cos(np.radians(36.0))
    look = Look(
        level * np.sin(np.radians(azimuth)), level * np.cos(np.radians(azimuth)), np.array(up)
    )
    mask = layover_shadow(heights, PIXEL_M, look)
    single = layover_shadow(heights, PIXEL_M, Look.from_angles(280.0, 36.0))
    assert np.mean(mask[:, 130:170] != single[:, 130:170]) < 0.02
    assert np.mean(mask != single) < 0.05
    assert np.any(single & Quality.LAYOVER)
