"""Scenes of a known world: analytic relief, patches of known sigma nought, point targets.

Everything comes from the forward model, which shares no code with the stages that are tested: it
writes a product and elevation tiles as an agency has them, and says where each target must appear
and what each patch must measure.
"""

import shutil
import zlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from landslidectl.grid import Bounds, Grid, utm_epsg
from landslidectl.sentinel1.discover import find_scenes
from landslidectl.sentinel1.scene import Scene
from landslidectl.simulation.acquire import Extras, acquire, calm
from landslidectl.simulation.dem import write_tiles
from landslidectl.simulation.frame import Frame
from landslidectl.simulation.framing import Place, build_frame
from landslidectl.simulation.geodesy import degrees_to_map, map_to_degrees, undulation
from landslidectl.simulation.geometry import Box, MapGeometry, cell_axes
from landslidectl.simulation.identity import Acquisition
from landslidectl.simulation.luts import Luts, build_luts
from landslidectl.simulation.orbit import Orbit, place_orbit
from landslidectl.simulation.radar import GROUPS
from landslidectl.simulation.raster import ellipsoid_fields
from landslidectl.simulation.safe import write_product
from landslidectl.simulation.spec import PointTarget
from landslidectl.simulation.targets import plant_targets
from landslidectl.simulation.terrain import COARSE_M, FACET_M, Terrain
from landslidectl.terms import Pass, Track
from landslidectl.terrain.dem import DEM_MARGIN_M, Dem, DemOptions, build_dem

Array = NDArray[np.float64]

SIZE_M = 3000.0
BRIGHT_DB = (-8.0, -15.0)
DARK_DB = (-14.0, -22.0)
NESZ_DB = (-23.2, -24.0)
EDGE_FACTOR = 1.15
SECTION_M2 = 2.0e5
RAMP, FLANK, RIDGES_M = 0.4, 0.3, 1000.0
# east and north of the centre: the middles of flanks that face west and east in turn
STANDS_M = ((-1247.0, -1104.0), (-251.0, 603.0), (246.0, -498.0), (754.0, 1202.0), (1252.0, 97.0))
# a whole number of microseconds, so that slices start exactly on their lines
LINE_INTERVAL_S = 1.497e-3


@dataclass(frozen=True)
class Site:
    """A place on the Earth, its lowest height and how it is seen."""

    name: str
    lon: float
    lat: float
    base_m: float
    mountainous: bool
    direction: Pass
    incidence_deg: float = 38.0

    def __str__(self) -> str:
        relief = "mountains" if self.mountainous else "flat"
        return f"{self.name}-{relief}-{self.direction}"

    @property
    def epsg(self) -> int:
        return utm_epsg(self.lon, self.lat)

    @property
    def aoi(self) -> Box:
        x, y = degrees_to_map(self.epsg, np.array(self.lon), np.array(self.lat))
        left = round(float(x) / COARSE_M) * COARSE_M - SIZE_M / 2
        bottom = round(float(y) / COARSE_M) * COARSE_M - SIZE_M / 2
        return Box(left, bottom, left + SIZE_M, bottom + SIZE_M)

    @property
    def grid(self) -> Grid:
        area = self.aoi
        return Grid.covering(self.epsg, Bounds(area.left, area.bottom, area.right, area.top))

    def height(self, x: Array, y: Array) -> Array:
        """Orthometric heights: a ramp to the north, and ridges with even flanks across it."""
        if not self.mountainous:
            return np.full(np.broadcast(x, y).shape, self.base_m)
        area = self.aoi
        ramp = RAMP * np.clip(y - area.bottom, 0.0, SIZE_M)
        phase = (x - (area.left + area.right) / 2.0) / RIDGES_M
        return self.base_m + ramp + FLANK * RIDGES_M * np.abs(phase - np.rint(phase))


@dataclass(frozen=True)
class Flight:
    """One overflight of a site: the forward model, and what it wrote."""

    site: Site
    orbit: Orbit
    geometry: MapGeometry
    acquisition: Acquisition
    mean: NDArray[np.float32]
    targets: tuple[PointTarget, ...]
    stands: Array
    folder: Path
    date: int = 0

    @property
    def frame(self) -> Frame:
        return self.acquisition.frame

    @property
    def luts(self) -> tuple[Luts, Luts]:
        return self.acquisition.luts

    def numbers(self) -> NDArray[np.uint16]:
        """Return the digital numbers, shape (VV and VH, line, sample); speckle is the date's."""
        rng = np.random.default_rng([self.date, zlib.crc32(str(self.site).encode())])
        echoes = plant_targets(self.targets, self.frame, self.acquisition.fields)
        vv, vh = (lut.levels(self.frame.shape) for lut in self.luts)
        return acquire(rng, self.mean, (vv, vh), calm(), Extras(self.frame.border, echoes))

    def on_date(self, date: int) -> "Flight":
        """Return the same pass some repeat cycles later: other speckle, else the same."""
        epoch = self.acquisition.epoch + timedelta(days=12 * date)
        acquisition = replace(self.acquisition, epoch=epoch)
        folder = self.folder / f"date{date}"
        return replace(self, acquisition=acquisition, folder=folder, date=date)

    def scene(self) -> Scene:
        """Return the overflight as one product."""
        folder = self.folder / "scenes"
        if not folder.exists():
            write_product(folder, self.acquisition, self.numbers())
        (scene,) = find_scenes([folder]).scenes
        return scene

    def dem(self) -> Dem:
        """Return the elevation model that the program makes of the tiles."""
        return self._dem("tiles", None)

    def dem_without_geoid(self) -> Dem:
        """Return it made of tiles whose names say nothing and whose user says the wrong datum."""
        nameless = self.folder / "nameless"
        nameless.mkdir(exist_ok=True)
        for number, tile in enumerate(sorted((self.folder / "tiles").iterdir())):
            shutil.copyfile(tile, nameless / f"survey{number}.tif")
        return self._dem("nameless", "ellipsoid")

    def _dem(self, tiles: str, vertical: str | None) -> Dem:
        out = self.folder / f"dem-{tiles}.tif"
        grid = self.site.grid.buffered(DEM_MARGIN_M)
        return build_dem(self.folder / tiles, grid, out, DemOptions(vertical=vertical))

    def map_places(self) -> Array:
        """Return (row, column) of the targets in the site's grid; whole numbers are centres."""
        grid = self.site.grid
        x, y = self.stands.T
        row, col = (grid.top - y) / grid.pixel_m - 0.5, (x - grid.left) / grid.pixel_m - 0.5
        return np.stack([row, col], axis=1)


def fly(site: Site, folder: Path, stands_m: tuple[tuple[float, float], ...] = STANDS_M) -> Flight:
    """Simulate one overflight of a site and the elevation tiles of its surroundings."""
    place = _place(site)
    orbit = place_orbit(site.lon, site.lat, site.incidence_deg, site.direction)
    heights = (float(place.terrain.coarse.min()) - 30.0, float(place.terrain.coarse.max()) + 30.0)
    geometry = MapGeometry.fit(orbit, site.epsg, place.terrain.box, heights)
    rng = np.random.default_rng(8)
    frame = build_frame(rng, orbit, geometry, place)
    frame = replace(frame, line_interval_s=LINE_INTERVAL_S)
    fields = ellipsoid_fields(frame)
    luts = tuple(
        _with_noise(lut, frame, nesz)
        for lut, nesz in zip(build_luts(rng, frame, fields), NESZ_DB, strict=True)
    )
    centre = np.array([place.aoi.left, place.aoi.bottom]) + SIZE_M / 2
    stands = np.array(stands_m) + centre
    targets = _targets(site, stands)
    acquisition = Acquisition(
        platform="S1A",
        epoch=datetime(2024, 5, 6, 17, 8, 9, tzinfo=UTC),
        track=Track(44, site.direction),
        absolute_orbit=53746,
        datatake=0x684AB,
        cycle=321,
        frame=frame,
        fields=fields,
        luts=luts,
    )
    write_tiles(
        place.terrain.coarse, place.terrain.coarse_box, place.aoi, site.epsg, folder / "tiles"
    )
    mean = patches(site, geometry, frame)
    return Flight(site, orbit, geometry, acquisition, mean, targets, stands, folder)


def patches(site: Site, geometry: MapGeometry, frame: Frame) -> NDArray[np.float32]:
    """Return the mean scene: the western half of the area bright, the eastern half dark.

    Sigma nought of each half is one number in the radar's raster, whatever the slope, because that
    is what a calibrated scene holds.
    """
    area = site.aoi.grown(400.0)
    x, y = cell_axes(area, FACET_M)
    height = geometry.scaled(site.height(x[None, :], y[:, None]))
    time, slant = (
        parts[0] + height * (parts[1] + height * parts[2])
        for parts in (geometry.time.on_grid(x, y), geometry.slant.on_grid(x, y))
    )
    line = np.rint(frame.line(time, slant)).astype(int)
    pixel = np.rint(frame.pixel(time, slant)).astype(int)
    inside = (line >= 0) & (line < frame.lines) & (pixel >= 0) & (pixel < frame.samples)
    side = np.where(x > (area.left + area.right) / 2.0, 1.0, -1.0)
    share = np.bincount(
        (line * frame.samples + pixel)[inside],
        np.broadcast_to(side, line.shape)[inside],
        frame.lines * frame.samples,
    ).reshape(frame.shape)
    result = np.zeros((2, GROUPS, *frame.shape), np.float32)
    for index, (bright, dark) in enumerate(zip(BRIGHT_DB, DARK_DB, strict=True)):
        result[index, 0] = 10.0 ** (np.where(share > 0.0, dark, bright) / 10.0)
    return result


def _place(site: Site) -> Place:
    area = site.aoi
    box, wide = area.grown(1500.0), area.grown(8000.0)
    count = round((wide.right - wide.left) / COARSE_M) + 1
    x = wide.left + COARSE_M * np.arange(count)
    y = wide.top - COARSE_M * np.arange(count)
    coarse = site.height(x[None, :], y[:, None]).astype(np.float32)
    unused = np.zeros((3, 3), np.float32)
    return Place(site.epsg, area, Terrain(wide, coarse, box, unused, unused))


def _targets(site: Site, stands: Array) -> tuple[PointTarget, ...]:
    lon, lat = map_to_degrees(site.epsg, *stands.T)
    height = site.height(*stands.T) + undulation(lon, lat)
    return tuple(
        PointTarget(float(one), float(two), float(three), SECTION_M2)
        for one, two, three in zip(lon, lat, height, strict=True)
    )


def _with_noise(lut: Luts, frame: Frame, nesz_db: float) -> Luts:
    """Return the tables with the noise scaled to a noise-equivalent sigma nought at the centre.

    Its azimuth factors are those of a burst's edge, so that they cannot be left out unnoticed.
    """
    blocks = tuple(replace(block, factors=EDGE_FACTOR * block.factors) for block in lut.blocks)
    lut = replace(lut, blocks=blocks)
    line, pixel = frame.lines // 2, frame.samples // 2
    power = lut.noise_power(frame.shape)[line, pixel] / lut.amplitude(frame.shape)[line, pixel] ** 2
    return replace(lut, noise=lut.noise * (10.0 ** (nesz_db / 10.0) / float(power)))
