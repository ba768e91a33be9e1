"""Scenes of a simulated event become stacks by the very steps that real scenes go through."""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from landslidectl.errors import SceneError, SceneOutsideGrid
from landslidectl.files.gdal_environment import gdal_session
from landslidectl.grid import Bounds, Grid, utm_epsg
from landslidectl.sentinel1.archive import open_archive
from landslidectl.sentinel1.discover import find_scenes
from landslidectl.stack.composite import Composite, CompositeRequest, build_composite
from landslidectl.stack.contract import StackContract
from landslidectl.stack.geocode import GeocodeOptions, geocode_scene
from landslidectl.stack.selection import TrackPlan, WindowOptions, select_scenes
from landslidectl.stack.stack import StackRequest, build_stack
from landslidectl.terms import EventTime, Phase
from landslidectl.terrain.dem import DEM_MARGIN_M, Dem, build_dem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from landslidectl.sentinel1.scene import Scene
    from landslidectl.stack.geocoded import GeocodedScene
    from landslidectl.stack.record import Stack


@dataclass(slots=True)
class Chain:
    """The processing of one place, for the event and for its twin without slides.

    Parameters
    ----------
    work : Path
        Folder for everything that is written.
    event : EventTime
    contract : StackContract
        What the stacks are made under.
    windows : WindowOptions
        How far from the event scenes may lie.
    """

    work: Path
    event: EventTime
    contract: StackContract = field(default_factory=StackContract)
    windows: WindowOptions = field(default_factory=WindowOptions)
    _dem: Dem | None = None
    _geocoded: "dict[str, GeocodedScene | None]" = field(default_factory=dict)

    def stacks(self, scenes: Path, dem: Path, aoi: Path, name: str) -> "tuple[Stack, ...]":
        """Build the stack of every track.

        Scenes whose content was seen before, as the pre-event scenes of a twin are, are not
        geocoded again; the elevation model is that of the first call.

        Parameters
        ----------
        scenes, dem : Path
            Folders of products and of elevation tiles.
        aoi : Path
            GeoJSON of the area.
        name : str
            Folder of these stacks inside ``work``.

        Raises
        ------
        SceneError
            If a simulated product is refused.
        """
        discovery = find_scenes([scenes])
        if discovery.refused:
            refusal = discovery.refused[0]
            raise SceneError(refusal.path, f"a simulated product is refused: {refusal.reason}")
        grid = area_grid(aoi)
        if self._dem is None:
            self._dem = build_dem(dem, grid.buffered(DEM_MARGIN_M), self.work / "dem.tif")
        plans = select_scenes(discovery.scenes, self.event, self.windows).tracks
        return tuple(self._stack(plan, grid, self.work / name, self._dem) for plan in plans)

    @property
    def dem(self) -> Dem:
        """Return the elevation model, once there are stacks.

        Raises
        ------
        ValueError
            Before.
        """
        if self._dem is None:
            raise ValueError("no stack was built yet")
        return self._dem

    def _stack(self, plan: TrackPlan, grid: Grid, folder: Path, dem: Dem) -> "Stack":
        pre = self._composite(plan, Phase.PRE, folder, (grid, dem))
        post = self._composite(plan, Phase.POST, folder, (grid, dem))
        request = StackRequest(
            folder / plan.track.name,
            grid,
            dem,
            plan.bands,
            self.event,
            look_scene=plan.post[0],
            contract=self.contract,
        )
        return build_stack(plan.track, pre, post, request)

    def _composite(
        self, plan: TrackPlan, phase: Phase, folder: Path, ground: tuple[Grid, Dem]
    ) -> Composite:
        scenes = self._place(plan.pre if phase is Phase.PRE else plan.post, *ground)
        path = folder / "composites" / f"{plan.track.name}_{phase.value}.tif"
        request = CompositeRequest(path, ground[0], plan.bands.polarisations, self.contract)
        return build_composite(phase, scenes, request)

    def _place(self, scenes: "Sequence[Scene]", grid: Grid, dem: Dem) -> "list[GeocodedScene]":
        placed = [self._geocode(scene, grid, dem) for scene in scenes]
        return [scene for scene in placed if scene is not None]

    def _geocode(self, scene: "Scene", grid: Grid, dem: Dem) -> "GeocodedScene | None":
        key = content_key(scene)
        if key not in self._geocoded:
            out = self.work / "geocoded" / f"{key}.tif"
            try:
                options = GeocodeOptions(contract=self.contract)
                self._geocoded[key] = geocode_scene(scene, dem, grid, out, options)
            except SceneOutsideGrid:
                self._geocoded[key] = None
        return self._geocoded[key]


def content_key(scene: "Scene") -> str:
    """Return a digest of a scene's identity, pixels and metadata."""
    digest = hashlib.sha256(scene.scene_id.encode())
    archive = open_archive(scene.path)
    for member in sorted(archive.members()):
        if member.startswith(("annotation/", "measurement/")):
            digest.update(member.encode())
            digest.update(archive.read(member))
    return digest.hexdigest()[:20]


def area_grid(aoi: Path) -> Grid:
    """Return the 10 m UTM grid that covers the corners of a GeoJSON area."""
    points = np.array(list(_corners(json.loads(aoi.read_text(encoding="utf-8")))))
    lon, lat = points.T
    middle = (float(lon.min() + lon.max()) / 2, float(lat.min() + lat.max()) / 2)
    epsg = utm_epsg(*middle)
    with gdal_session():
        from rasterio.warp import transform  # noqa: PLC0415

        xs, ys = transform("EPSG:4326", f"EPSG:{epsg}", lon.tolist(), lat.tolist())
    return Grid.covering(epsg, Bounds(min(xs), min(ys), max(xs), max(ys)))


def _corners(value: object) -> "list[tuple[float, float]]":
    """Collect the positions of every geometry in a GeoJSON value."""
    if isinstance(value, dict):
        keys = ("features", "geometry", "geometries", "coordinates")
        return [point for key in keys for point in _corners(value.get(key))]
    if not isinstance(value, list):
        return []
    if len(value) >= 2 and all(isinstance(part, int | float) for part in value):
        return [(float(value[0]), float(value[1]))]
    return [point for part in value for point in _corners(part)]
