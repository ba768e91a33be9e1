"""A small world without radar geometry: scenes are text files, geocoding draws the ground.

What runs on it is real: selection, elevation grid, stacks, scoring, detection, product, catalog.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from landslidectl.errors import DamagedScene, SceneOutsideGrid
from landslidectl.files.rasters import RasterLayout, write_raster
from landslidectl.grid import Grid
from landslidectl.jobs import geocoding, inputs
from landslidectl.jobs.settings import DetectSettings
from landslidectl.jobs.steps import file_identity
from landslidectl.sentinel1.discover import Discovery, Refusal
from landslidectl.sentinel1.geometry import SceneGeometry
from landslidectl.sentinel1.noise import NoiseState
from landslidectl.sentinel1.scene import Scene, SceneMembers
from landslidectl.stack import quality
from landslidectl.stack.geocode import GeocodeOptions
from landslidectl.stack.geocoded import GeocodedScene, open_geocoded, tags_of
from landslidectl.terms import Pass, Polarisation, Track
from landslidectl.terrain.dem import Dem
from tests.inference.tiny import Head, write_model
from tests.stack.scenes import BOTH, EVENT, circular_geometry, make_scene

WEST, SOUTH = 141.9, 42.70
BBOX = (WEST, SOUTH, WEST + 0.02, SOUTH + 0.015)
LEVELS_DB = np.array([-9.0, -15.0])
SLIDE = (slice(60, 110), slice(60, 110))
GOOD, DAMAGED, ELSEWHERE, BROKEN = "good", "damaged", "elsewhere", "broken"
NOISY, CALM = "noisy", "calm"

# far below the threshold on undisturbed ground, far above it where VV rose by 6 dB
HEAD = Head(weights=(0.0, 0.0, 4.0, 0.0), bias=-4.0)


class World:
    """A folder of scenes, a model that sees a rise of VV, and the settings of a job."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.scenes = folder / "scenes"
        self.scenes.mkdir(parents=True)
        self.models = folder / "models"
        write_model(self.models, HEAD)
        self.geocoded: list[str] = []

    def add(self, days: float, content: str = GOOD, orbit: int = 46) -> Path:
        """Put a scene into the folder."""
        path = self.scenes / f"{make_scene(days).scene_id}_{orbit:03d}.zip"
        path.write_text(f"{days} {orbit} {content}")
        return path

    def populate(self) -> None:
        """Put three scenes before and one after the event into the folder."""
        for days in (-36.0, -24.0, -12.0, 3.0):
            self.add(days)

    def settings(self, **changes: object) -> DetectSettings:
        """Return the settings of a whole job."""
        base = DetectSettings(
            scenes=(self.scenes,),
            output=self.folder / "out",
            bbox=BBOX,
            no_dem=True,
            event=EVENT,
            model="tiny",
            models_dir=self.models,
            threads=1,
            command="landslidectl detect scenes",
        )
        return replace(base, **changes)

    def find_scenes(self, paths: tuple[Path, ...]) -> Discovery:
        """Read the text files."""
        scenes, refused = [], []
        for path in sorted(path for folder in paths for path in folder.glob("*.zip")):
            days, orbit, content = path.read_text().split()
            if content == BROKEN:
                refused.append(Refusal(path, "the zip is truncated"))
            else:
                scenes.append(_scene(path, float(days), int(orbit)))
        return Discovery(tuple(scenes), tuple(refused))

    def noise_state(self, scene: Scene, polarisation: Polarisation) -> NoiseState:
        """Return what a scene's text says."""
        del polarisation
        is_noisy = scene.path.read_text().split()[2] == NOISY
        return NoiseState.UNKNOWN if is_noisy else NoiseState.REMOVED

    def geocode(
        self, scene: Scene, dem: Dem, grid: Grid, out: Path, options: GeocodeOptions
    ) -> GeocodedScene:
        """Draw speckled ground, and after the event a slide on it, unless all is calm."""
        content = scene.path.read_text().split()[2]
        if content == DAMAGED:
            raise DamagedScene(scene.path, "the measurement is truncated")
        if content == ELSEWHERE:
            raise SceneOutsideGrid("elsewhere")
        self.geocoded.append(scene.scene_id)
        rng = np.random.default_rng(int(scene.datatake, 16))
        level_db = np.broadcast_to(LEVELS_DB[:, None, None], (2, *grid.shape)).copy()
        if scene.start > EVENT.last and content != CALM:
            level_db[0][SLIDE] += 6.0
        linear = 10.0 ** (level_db / 10.0) * rng.gamma(50.0, 1 / 50.0, level_db.shape)
        layout = RasterLayout(
            tuple(str(name) for name in options.polarisations),
            nodata=float("nan"),
            tags=tags_of(scene, options.contract) | {"ORBIT": "annotation", "PIXELS_CRC32": "VV:1"},
        )
        write_raster(out, grid, list(linear.astype(np.float32)), layout)
        return open_geocoded(out)


def make_world(folder: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """Return a populated world that takes the place of discovery and geocoding."""
    made = World(folder)
    made.populate()
    monkeypatch.setattr(inputs, "find_scenes", made.find_scenes)
    monkeypatch.setattr(geocoding, "geocode_scene", made.geocode)
    monkeypatch.setattr(geocoding, "scene_identity", lambda scene: file_identity(scene.path))
    monkeypatch.setattr(geocoding, "noise_state", made.noise_state)
    monkeypatch.setattr(quality, "read_annotation", lambda scene, polarisation: None)
    monkeypatch.setattr(quality, "scene_geometry", lambda annotation: above())
    return made


def above() -> SceneGeometry:
    """Return a geometry whose orbit is turned around the Earth until it sees the world."""
    geometry, (lon, _) = circular_geometry(SOUTH, Pass.DESCENDING)
    turn = np.radians(WEST - lon)
    about_axis = np.array(
        [[np.cos(turn), -np.sin(turn), 0.0], [np.sin(turn), np.cos(turn), 0.0], [0.0, 0.0, 1.0]]
    )
    turned = geometry.orbit.coefficients @ about_axis.T
    return replace(geometry, orbit=replace(geometry.orbit, coefficients=turned))


def _scene(path: Path, days: float, orbit: int) -> Scene:
    members = {name: SceneMembers("m", "a", "c", "n") for name in BOTH}
    scene = make_scene(days, path=path, members=members, track=Track(orbit, Pass.DESCENDING))
    return replace(scene, scene_id=path.stem)
