"""What the scene oracle must be able to see: the size of the error when one correction is left out.

Should one of these errors vanish, then either the correction no longer does anything or the
simulated scenes no longer need it, and the other oracle tests would prove nothing about it.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from landslidectl.sentinel1.annotation import read_annotation
from landslidectl.sentinel1.discover import find_scenes
from landslidectl.sentinel1.radiometry import RadiometryMode, RadiometryOptions
from landslidectl.simulation.acquire import LOOKS
from landslidectl.simulation.frame import LIGHT_M_S, PIXEL_M, delay_shift_s, horner
from landslidectl.simulation.geodesy import ecef, undulation
from landslidectl.simulation.orbit import incidence_deg, zero_doppler
from landslidectl.simulation.safe import write_product
from landslidectl.stack.geocode import GeocodeOptions
from landslidectl.terms import Pass, Polarisation
from tests.oracles.conftest import Mapped
from tests.oracles.measure import decibels, halves, offsets, radar_places, radar_values
from tests.oracles.world import BRIGHT_DB, DARK_DB, Flight, Site, fly

NEAR_DEG, FAR_DEG = 31.5, 44.5


@pytest.fixture(scope="module", params=[NEAR_DEG, FAR_DEG], ids=["near", "far"])
def swath_edge(request, tmp_path_factory) -> Mapped:
    site = Site("edge", -18.4, 64.6, 300.0, False, Pass.ASCENDING, request.param)
    flight = fly(site, tmp_path_factory.mktemp("edge"))
    return Mapped(flight, flight.dem())


@pytest.fixture(scope="module")
def alpine(tmp_path_factory) -> Mapped:
    site = Site("alpine", -18.4, 64.6, 700.0, True, Pass.DESCENDING, 36.6)
    flight = fly(site, tmp_path_factory.mktemp("alpine"))
    return Mapped(flight, flight.dem())


def places(flight: Flight) -> tuple[np.ndarray, np.ndarray]:
    """Return zero-Doppler times and slant ranges of the targets, from the forward model."""
    lon, lat, height = np.array([(t.lon, t.lat, t.height_m) for t in flight.targets]).T
    return zero_doppler(flight.orbit, ecef(lon, lat, height))


def test_without_the_geoid_targets_move_towards_the_sensor(swath_edge: Mapped) -> None:
    """Heights too low by N move an echo by N / tan(incidence): 10 to 17 m for every 10 m."""
    flight = swath_edge.flight
    lon, lat, height = np.array([(t.lon, t.lat, t.height_m) for t in flight.targets]).T
    geoid_m = undulation(lon, lat)
    assert geoid_m.min() > 60.0
    angle = np.radians(incidence_deg(flight.orbit, lon, lat, height))
    shift_px = geoid_m / np.tan(angle) / flight.site.grid.pixel_m
    per_ten_metres = shift_px / (geoid_m / 10.0)
    assert per_ten_metres == pytest.approx(
        1.63 if flight.site.incidence_deg < 38 else 1.02, abs=0.05
    )
    toward = flight.geometry.sight(*flight.stands[:1].T)[:2, 0, 0]
    toward = toward / np.hypot(*toward)
    moved = flight.map_places() + shift_px[:, None] * np.array([-toward[1], toward[0]])
    values = Mapped(flight, flight.dem_without_geoid()).values("without-geoid")
    assert np.abs(offsets(values[0], moved)).max() < 0.1


def with_one_record(flight: Flight) -> Flight:
    """Return the flight with a product that gives every record the middle one's polynomials."""
    frame = flight.frame
    middle = frame.records[len(frame.records) // 2]
    records = tuple(replace(middle, time_s=record.time_s) for record in frame.records)
    acquisition = replace(flight.acquisition, frame=replace(frame, records=records))
    folder = flight.folder / "one-record"
    write_product(folder / "scenes", acquisition, flight.numbers())
    return replace(flight, acquisition=acquisition, folder=folder)


def test_a_single_range_record_displaces_targets(alpine: Mapped) -> None:
    """One polynomial for all lines, instead of blending the two around each line."""
    flight, wrong = alpine.flight, with_one_record(alpine.flight)
    time, slant = places(flight)
    shift_px = wrong.frame.pixel(time, slant) - flight.frame.pixel(time, slant)
    assert np.abs(shift_px).max() > 5.0
    moved = radar_places(wrong) - radar_places(flight)
    assert moved[:, 1] == pytest.approx(shift_px, abs=1e-3)
    assert np.abs(moved[:, 0]).max() < 1e-3
    far_off = flight.map_places()[np.abs(shift_px) > 5.0]
    right, displaced = alpine.values()[0], Mapped(wrong, alpine.dem).values()[0]
    for row, col in np.rint(far_off).astype(int):
        window = slice(row - 2, row + 3), slice(col - 2, col + 3)
        assert right[window].max() > 100.0 * np.median(right)
        assert displaced[window].max() < 0.1 * right[window].max()


def test_records_differ_as_in_real_products(alpine: Mapped, shared_data: Path) -> None:
    """Adjacent records of mountainous scenes are many pixels apart at far range."""
    real_px = []
    for scene in find_scenes([shared_data / "s1" / "products"]).scenes:
        annotation = read_annotation(scene, Polarisation.VV)
        records = annotation.ground_range
        beyond = float(annotation.geolocation.slant_range_times_s.max()) * LIGHT_M_S / 2.0
        ground = [
            np.polyval(row[::-1], beyond - origin)
            for row, origin in zip(records.coefficients, records.origins_m, strict=True)
        ]
        real_px.append(np.abs(np.diff(ground)).max() / annotation.pixel_spacing_m)
    frame = alpine.flight.frame
    beyond = places(alpine.flight)[1].max() - frame.near_range_m
    ground = [float(horner(record.to_ground, beyond)) for record in frame.records]
    simulated_px = np.abs(np.diff(ground)).max() / PIXEL_M
    assert min(real_px) < simulated_px < 3.0 * max(real_px)


def test_without_the_bistatic_residual_lines_shift(swath_edge: Mapped) -> None:
    """Up to 0.18 line at the edges of the swath, one way at the near, the other at the far edge."""
    flight = swath_edge.flight
    _, slant = places(flight)
    residual = delay_shift_s(slant) / flight.frame.line_interval_s
    assert np.abs(residual) == pytest.approx(0.155, abs=0.03)
    found = offsets(radar_values(flight), radar_places(flight, bistatic=False))
    assert found[:, 0] == pytest.approx(-residual, abs=0.03)
    assert np.abs(found[:, 1]).max() < 0.03


def test_without_the_bistatic_residual_the_map_shifts(swath_edge: Mapped) -> None:
    flight = swath_edge.flight
    _, slant = places(flight)
    along_px = np.abs(delay_shift_s(slant)) / flight.frame.line_interval_s
    right = offsets(swath_edge.values()[0], flight.map_places())
    wrong = offsets(
        swath_edge.values("no-bistatic", GeocodeOptions(bistatic=False))[0], flight.map_places()
    )
    assert np.hypot(*(wrong - right).T) == pytest.approx(along_px, rel=0.15)
    assert np.abs(right).max() < 0.1


def noise_level(flight: Flight, index: int, level_db: float) -> float:
    """Return the mean noise-equivalent sigma nought of one polarisation over a patch."""
    here = np.isclose(flight.mean[index, 0], 10.0 ** (level_db / 10.0))
    lut, shape = flight.luts[index], flight.frame.shape
    return float((lut.noise_power(shape) / lut.amplitude(shape) ** 2)[here].mean())


def test_noise_left_in_lifts_dark_patches(alpine: Mapped) -> None:
    flight = alpine.flight
    options = GeocodeOptions(radiometry=RadiometryOptions(remove_noise=False))
    for index, values in enumerate(alpine.values("noisy", options)):
        found = [decibels(mean) for mean in halves(flight, values)]
        levels_db = (BRIGHT_DB[index], DARK_DB[index])
        lifted = [
            decibels(10.0 ** (level / 10.0) + noise_level(flight, index, level))
            for level in levels_db
        ]
        assert found == pytest.approx(lifted, abs=0.1)
    assert found[1] - DARK_DB[1] > 1.5


def test_the_floor_of_earth_engine_lifts_only_dark_patches(alpine: Mapped) -> None:
    """Values that noise removal makes negative become 0, and their mean is no longer balanced."""
    flight = alpine.flight
    options = GeocodeOptions(radiometry=RadiometryOptions(mode=RadiometryMode.GEE))
    lifts = []
    for floored, kept in zip(alpine.values("gee", options), alpine.values(), strict=True):
        assert np.nanmin(floored) >= 0.0
        for one, other in zip(halves(flight, floored), halves(flight, kept), strict=True):
            lifts.append(decibels(one / other))
    assert np.nanmin(alpine.values()[1]) < 0.0
    assert lifts[:3] == pytest.approx([0.0, 0.0, 0.0], abs=0.01)
    signal, noise = 10.0 ** (DARK_DB[1] / 10.0), noise_level(flight, 1, DARK_DB[1])
    speckle = np.random.default_rng(0).gamma(LOOKS, 1.0 / LOOKS, 400_000)
    clipped = np.maximum(speckle * (signal + noise) - noise, 0.0).mean()
    assert lifts[3] == pytest.approx(decibels(clipped / signal), abs=0.02)
    assert lifts[3] > 0.02
