import numpy as np
import pytest

from landslidectl.simulation.acquire import acquire, calm
from landslidectl.simulation.fields import decibel
from landslidectl.simulation.geometry import Box, MapGeometry
from landslidectl.simulation.landcover import uniform_ground
from landslidectl.simulation.orbit import place_orbit
from landslidectl.simulation.radar import Look, project
from landslidectl.simulation.raster import Raster
from landslidectl.simulation.sight import look_over
from landslidectl.simulation.terrain import Terrain, flat_terrain
from landslidectl.terms import Pass, Phase
from tests.simulation.conftest import EPSG, GAMMA_DB, LAT, LON


def inner(image, margin=40):
    return image[..., margin:-margin, margin:-margin]


def test_uniform_flat_ground_has_its_sigma_nought(flat_view):
    part = flat_view.phases[Phase.PRE]
    angle = part.fields.incidence.on_grid(
        np.arange(part.frame.samples), np.arange(part.frame.lines)
    )
    for index, gamma_db in enumerate(GAMMA_DB):
        sigma = inner(part.projected[index].sum(axis=0))
        expected = inner(float(decibel(gamma_db)) * np.cos(np.radians(angle)))
        error = 10.0 * np.log10(sigma / expected)
        assert abs(error.mean()) < 0.01
        assert np.abs(error).max() < 0.1


def test_digital_numbers_give_sigma_nought_back_through_the_tables(flat_view):
    part = flat_view.phases[Phase.PRE]
    numbers = acquire(
        np.random.default_rng(0), part.projected, part.levels(), calm(), part.extras
    ).astype(float)
    shape = part.frame.shape
    for index, gamma_db in enumerate(GAMMA_DB):
        lut = part.luts[index]
        sigma = (numbers[index] ** 2 - lut.noise_power(shape)) / lut.amplitude(shape) ** 2
        angle = part.fields.incidence.on_grid(np.arange(shape[1]), np.arange(shape[0]))
        gamma = inner(sigma / np.cos(np.radians(angle)))
        assert abs(10.0 * np.log10(gamma.mean()) - gamma_db) < 0.1
        assert 1.0 / np.var(gamma / gamma.mean()) == pytest.approx(4.4, rel=0.15)


def test_zero_only_in_the_border_columns(flat_view):
    part = flat_view.phases[Phase.POST]
    numbers = acquire(np.random.default_rng(1), part.projected, part.levels(), calm(), part.extras)
    left, right = part.frame.border
    assert left > 0 and right > 0
    assert not numbers[:, :, :left].any() and not numbers[:, :, -right:].any()
    assert numbers[:, :, left:-right].all()


def tilted(box, rise):
    """Terrain around 700 m that rises to the east by a tangent."""
    flat = flat_terrain(box, box.grown(2000.0), 0.0)
    nodes = 700.0 + 5.0 * rise * (np.arange(flat.fine.shape[1]) - 100.0)
    return Terrain(
        flat.coarse_box,
        flat.coarse,
        box,
        np.broadcast_to(nodes.astype(np.float32), flat.fine.shape).copy(),
        flat.valley,
    )


@pytest.mark.parametrize("rise", [-0.3, 0.2, 0.5])
def test_energy_is_conserved_on_slopes(flat_view, rise):
    """The summed echo is what the surface's area seen by the beam sends back."""
    part = flat_view.phases[Phase.PRE]
    orbit, frame = flat_view.orbit, part.frame
    centre = Box(376300.0, 4706300.0, 377300.0, 4707300.0)
    terrain = tilted(centre, rise)
    heights = (400.0, 1000.0)
    geometry = MapGeometry.fit(orbit, EPSG, centre, heights)
    scenery = uniform_ground(terrain, (0.0, -3.0)).scenery
    look = Look(centre, geometry, look_over(terrain, geometry))
    (image,) = project(look, (scenery, Raster.of(frame)))
    area = part.fields.area.on_grid(np.arange(frame.samples), np.arange(frame.lines))
    reached = image[0].sum(axis=0)
    reached[np.isclose(reached, 0.13)] = 0.0
    sight = geometry.sight(np.array([376800.0]), np.array([4706800.0]))[:, 0, 0]
    expected = (sight[2] - rise * sight[0]) * 1000.0**2
    assert float((reached * area).sum()) == pytest.approx(float(expected), rel=0.01)


def test_a_wall_casts_shadow_of_the_right_length_and_lays_over():
    box = Box(376000.0, 4706000.0, 379000.0, 4708000.0)
    flat = flat_terrain(box, box.grown(2000.0), 100.0)
    fine = flat.fine.copy()
    fine[:, 300:304] += 200.0
    wall = Terrain(flat.coarse_box, flat.coarse, box, fine, flat.valley)
    orbit = place_orbit(LON, LAT, 38.0, Pass.ASCENDING)
    geometry = MapGeometry.fit(orbit, EPSG, box, (100.0, 300.0))
    sight = look_over(wall, geometry)
    row = sight.shadow[100]
    look = geometry.sight(np.array([377500.0]), np.array([4707000.0]))[:, 0, 0]
    length = 200.0 * abs(look[0]) / look[2]
    assert row[152 : 152 + int(length / 10) - 2].all()
    assert not row[152 + int(length / 10) + 3 :].any() and not row[:148].any()
    toward = sight.layover[100]
    reach = 200.0 * look[2] / abs(look[0])
    assert toward[150 - int(reach / 10) + 3 : 150].all()
    assert not toward[: 150 - int(reach / 10) - 4].any()
    assert not look_over(flat, geometry).layover.any()
    assert not look_over(flat, geometry).shadow.any()
