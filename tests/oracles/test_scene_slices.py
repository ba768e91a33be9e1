"""Two slices of one overflight must give the map that the overflight gives in one piece.

ESA cuts a datatake into products whose lines follow each other without gap or overlap, each with
its own times, tables and records.
"""

from dataclasses import dataclass

import numpy as np
import pytest

from landslidectl.files.rasters import read_bands
from landslidectl.sentinel1.discover import find_scenes
from landslidectl.simulation.geometry import cell_axes
from landslidectl.simulation.safe import write_product
from landslidectl.simulation.slicing import cut_slices
from landslidectl.simulation.targets import target_places
from landslidectl.stack.composite import CompositeRequest, build_composite
from landslidectl.stack.geocode import geocode_scene
from landslidectl.stack.geocoded import GeocodedScene
from landslidectl.terms import Pass, Phase
from tests.oracles.conftest import Mapped
from tests.oracles.measure import clear_of_targets, offsets
from tests.oracles.world import Flight, Site, fly

SEAM_TARGET = 2


@dataclass(frozen=True)
class Joined:
    """The map of the whole overflight, those of its slices, and each pixel's line."""

    flight: Flight
    cut: int
    whole: np.ndarray
    slices: list[GeocodedScene]
    lines: np.ndarray

    @property
    def parts(self) -> list[np.ndarray]:
        return [np.asarray(read_bands(part.path)) for part in self.slices]

    @property
    def merged(self) -> np.ndarray:
        first, second = self.parts
        return np.where(np.isnan(first), second, first)

    @property
    def away_from_seam(self) -> np.ndarray:
        return np.abs(self.lines - (self.cut - 0.5)) > 1.0


def map_lines(flight: Flight) -> np.ndarray:
    """Return the line that every pixel of the map sees, from the forward model."""
    x, y = cell_axes(flight.site.aoi, flight.site.grid.pixel_m)
    height = flight.geometry.scaled(flight.site.height(x[None, :], y[:, None]))
    time, slant = (
        parts[0] + height * (parts[1] + height * parts[2])
        for parts in (flight.geometry.time.on_grid(x, y), flight.geometry.slant.on_grid(x, y))
    )
    return flight.frame.line(time, slant)


@pytest.fixture(scope="module", params=[Pass.ASCENDING, Pass.DESCENDING], ids=str)
def joined(request, tmp_path_factory) -> Joined:
    folder = tmp_path_factory.mktemp("slices")
    flight = fly(Site("slices", -77.9, 0.4, 1500.0, True, request.param), folder)
    mapped = Mapped(flight, flight.dem())
    cut = int(target_places(flight.targets, flight.frame)[0][SEAM_TARGET]) + 1
    for acquisition, numbers in cut_slices(flight.acquisition, flight.numbers(), (cut,)):
        write_product(folder / "slices", acquisition, numbers)
    scenes = sorted(find_scenes([folder / "slices"]).scenes, key=lambda scene: scene.start)
    assert len({scene.datatake for scene in scenes}) == 1 and len(scenes) == 2
    slices = [
        geocode_scene(scene, mapped.dem, flight.site.grid, folder / f"slice{number}.tif")
        for number, scene in enumerate(scenes)
    ]
    return Joined(flight, cut, mapped.values(), slices, map_lines(flight))


def test_slices_meet_without_a_gap(joined: Joined) -> None:
    assert all(0.2 < np.isnan(part).mean() < 0.8 for part in joined.parts)
    assert np.isfinite(joined.merged).all()
    assert (~np.isnan(joined.parts)).all(axis=0).mean() < 1e-3


def test_a_composite_takes_the_slices_as_one_observation(joined: Joined, tmp_path) -> None:
    first = joined.slices[0]
    request = CompositeRequest(
        tmp_path / "pre.tif", first.grid, first.polarisations, first.contract
    )
    composite = build_composite(Phase.PRE, joined.slices[::-1], request)
    assert composite.acquisitions == 1
    assert (np.asarray(read_bands(composite.counts_path)) == 1).all()
    floor = 10.0 ** (first.contract.noise_floor_db / 10.0)
    expected = 10.0 * np.log10(np.maximum(joined.merged, floor))
    assert np.allclose(np.asarray(read_bands(composite.path)), expected, atol=1e-3)


def test_away_from_the_seam_slices_equal_the_whole(joined: Joined) -> None:
    for merged, whole in zip(joined.merged, joined.whole, strict=True):
        # Noise removal leaves values near 0, so the scene's level is the least that counts. On the
        # flank of a target 1e-5 line, the rounding of times in the annotation, is 1e-3 of a value.
        scale = np.maximum(np.abs(whole), np.median(whole))
        difference = np.abs(merged - whole) / scale
        assert difference[joined.away_from_seam & clear_of_targets(joined.flight)].max() < 3e-4
        assert difference[joined.away_from_seam].max() < 5e-3


def test_at_the_seam_slices_hold_one_of_the_two_lines(joined: Joined) -> None:
    """Within half a line of the cut the nearer line stands for the blend, never anything else."""
    seam = ~joined.away_from_seam
    assert 0.002 < seam.mean() < 0.02
    for merged, whole in zip(joined.merged, joined.whole, strict=True):
        assert merged[seam].mean() == pytest.approx(whole[seam].mean(), rel=0.1)


def test_a_target_on_the_seam_stays_in_place(joined: Joined) -> None:
    for band in joined.merged:
        assert np.abs(offsets(band, joined.flight.map_places())).max() < 0.1
