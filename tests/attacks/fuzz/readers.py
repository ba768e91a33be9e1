"""The readers that are fed mutated inputs: what to start from, how to mutate, what must hold."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from landslidectl.cli.config import read_config
from landslidectl.cli.resolve import detect_settings
from landslidectl.errors import SceneOutsideGrid
from landslidectl.evaluation.inventory import burn, read_inventory
from landslidectl.files.hashing import bytes_digest
from landslidectl.files.rasters import read_bands
from landslidectl.grid import Window
from landslidectl.inference.choice import choose_model
from landslidectl.inference.interpreter import Scorer
from landslidectl.jobs.area import bbox_area, grid_for, read_aoi
from landslidectl.jobs.choose import footprints_area
from landslidectl.jobs.preflight import fitting_threads
from landslidectl.jobs.stages import window_options
from landslidectl.sentinel1.annotation import read_annotation
from landslidectl.sentinel1.archive import open_archive
from landslidectl.sentinel1.describe import describe_scene
from landslidectl.sentinel1.discover import open_scene
from landslidectl.sentinel1.integrity import check_product
from landslidectl.sentinel1.manifest import read_manifest
from landslidectl.sentinel1.orbit import Orbit
from landslidectl.sentinel1.orbit_file import scene_orbit
from landslidectl.stack.geocode import GeocodeOptions, geocode_scene
from landslidectl.stack.plans import WindowOptions
from landslidectl.stack.selection import select_scenes
from landslidectl.terms import BandSet, EventTime, Polarisation
from landslidectl.terrain.dem import DemOptions, build_dem
from landslidectl.terrain.landcover import find_land_cover
from tests.attacks.fuzz import mutate_binary, mutate_text, seeds, seeds_orbit
from tests.attacks.fuzz.mutate import Mutation, any_bytes
from tests.attacks.fuzz.sandbox import Reader, Sandbox
from tests.attacks.fuzz.stored import STORED

SHOCK = datetime(2023, 9, 6, 17, 25, 45, tzinfo=UTC)
VV = Polarisation.VV


def _member(
    pattern: str,
) -> tuple[Callable[[Sandbox], list[bytes]], Callable[[Sandbox, bytes], None]]:
    def members(box: Sandbox) -> list[bytes]:
        return seeds.scene_parts(box.scene, pattern)

    def read(box: Sandbox, content: bytes) -> None:
        path = sorted(box.scene.glob(pattern))[0]
        box.put(path, content)
        use_scene(box, box.scene)

    return members, read


def use_scene(box: Sandbox, path: Path) -> None:
    """Do with a scene what ``info``, ``verify``, ``plan`` and a job do with it."""
    archive = open_archive(path)
    check_product(archive, read_manifest(archive))
    scene = open_scene(path)
    json.dumps(describe_scene(scene))
    footprints_area([scene])
    select_scenes([scene, *box.others], EventTime(SHOCK, SHOCK), WindowOptions(), area=box.area)
    out = box.folder / "geocoded.tif"
    try:
        geocode_scene(scene, box.dem, box.grid, out, GeocodeOptions())
    except SceneOutsideGrid:
        return
    assert not np.isinf(read_bands(out)).any(), "infinite backscatter"


def _read_measurement(box: Sandbox, content: bytes) -> None:
    box.put(sorted(box.scene.glob("measurement/*vv*"))[0], content)
    use_scene(box, box.scene)


def _read_zip(box: Sandbox, content: bytes) -> None:
    use_scene(box, box.put(box.folder / f"{box.scene.stem}.zip", content))


def _vector_reader(suffix: str) -> Callable[[Sandbox, bytes], None]:
    def read(box: Sandbox, content: bytes) -> None:
        grid_for(read_aoi(box.put(box.folder / f"area{suffix}", content)))

    return read


def _inventory_reader(suffix: str) -> Callable[[Sandbox, bytes], None]:
    def read(box: Sandbox, content: bytes) -> None:
        path = box.put(box.folder / f"slides{suffix}", content)
        burn(read_inventory(path, box.grid.epsg).slides, box.grid)

    return read


def _shapefile(
    suffix: str,
) -> tuple[Callable[[Sandbox], list[bytes]], Callable[[Sandbox, bytes], None]]:
    def parts(box: Sandbox) -> list[bytes]:
        return [seeds.shapefile_parts()[suffix]]

    def read(box: Sandbox, content: bytes) -> None:
        folder = box.folder / "shapes"
        for name, sound in seeds.shapefile_parts().items():
            box.put(folder / f"slides{name}", content if name == suffix else sound)
        read_inventory(folder / "slides.shp", box.grid.epsg)
        grid_for(read_aoi(folder / "slides.shp"))

    return parts, read


def _dem_reader(name: str) -> Callable[[Sandbox, bytes], None]:
    def read(box: Sandbox, content: bytes) -> None:
        box.put(box.folder / "heights" / "part.tif", seeds.elevations()[0])
        path = box.put(box.folder / "heights" / name, content)
        out = box.folder / "dem_out.tif"
        dem = build_dem(path, box.grid.buffered(300.0), out, DemOptions("egm96"))
        assert not np.isinf(read_bands(dem.path)).any(), "infinite heights"

    return read


def _read_land_cover(box: Sandbox, content: bytes) -> None:
    """Use a class map by itself, with its legend named, and in a folder under its maker's name."""
    single = box.put(box.folder / "cover.tif", content)
    folder = box.folder / "covers"
    box.put(folder / "ESA_WorldCover_10m_2021_v200_N06E066_Map.tif", content)
    for source, legend in ((folder, None), (single, "worldcover"), (single, None)):
        with find_land_cover([source], box.grid, legend).open() as reader:
            reader.codes(Window(0, 0, *box.grid.shape))


def _read_orbit(suffix: str) -> Callable[[Sandbox, bytes], None]:
    def read(box: Sandbox, content: bytes) -> None:
        scene = open_scene(box.scene)
        path = box.put(box.folder / "orbits" / f"{seeds_orbit.name_of(scene)}.EOF{suffix}", content)
        for name in (path.name, f"another.EOF{suffix}"):
            path = path.rename(path.with_name(name))
            found, _ = scene_orbit(path.parent, scene, read_annotation(scene, VV).epoch)
            if found is not None:
                start = (scene.start - read_annotation(scene, VV).epoch).total_seconds()
                assert np.isfinite(Orbit.fit(found).position(start)).all(), "no place in space"
        path.unlink()

    return read


def _read_config(box: Sandbox, content: bytes) -> None:
    path = box.put(box.folder / "configs" / "landslidectl.toml", content)
    for command in ("detect", "stack"):
        values = read_config(path, command)
        if not {"scenes", "event", "output"} <= set(values) or not {"dem", "no_dem"} & set(values):
            continue  # the command line has to add what is missing
        settings = detect_settings(values, "landslidectl detect")
        json.dumps(settings.described())
        select_scenes(box.others, settings.event, window_options(settings))
        if settings.bbox is not None:
            grid_for(bbox_area(settings.bbox))
        fitting_threads(box.grid, settings.bands, settings.threads or 2, settings.max_memory_mb)


def _network_seeds(box: Sandbox) -> list[bytes]:
    shipped = Path(__file__).resolve().parents[3] / "models" / "resnet" / "model.tflite"
    return [(box.folder / "models" / "tiny" / "model.tflite").read_bytes(), shipped.read_bytes()]


def _read_network(box: Sandbox, content: bytes) -> None:
    """Use a network whose digest somebody made fit: what a bad import or a stranger brings."""
    folder = box.folder / "strange" / "tiny"
    manifest = json.loads((box.folder / "models" / "tiny" / "model.json").read_text())
    box.put(
        folder / "model.json", json.dumps(manifest | {"sha256": bytes_digest(content)}).encode()
    )
    box.put(folder / "model.tflite", content)
    _score(box.folder / "strange")


def _read_model_json(box: Sandbox, content: bytes) -> None:
    folder = box.folder / "described" / "tiny"
    box.put(folder / "model.tflite", (box.folder / "models/tiny/model.tflite").read_bytes())
    box.put(folder / "model.json", content)
    _score(box.folder / "described")


def _score(models: Path) -> None:
    model = choose_model("tiny", BandSet.VV_VH, models)
    with Scorer(model, threads=1) as scorer:
        scores = scorer.score(np.zeros((2, *model.input_shape), dtype=np.float32))
        assert scores.shape == (2,)


def _both(pair: tuple[Any, Any], mutate: Mutation, share: int = 2) -> Reader:
    return Reader(pair[0], mutate, pair[1], share)


READERS = {
    "manifest": _both(_member("manifest.safe"), mutate_text.xml, 4),
    "annotation": _both(_member("annotation/*vv*.xml"), mutate_text.xml, 6),
    "calibration": _both(_member("annotation/calibration/calibration*vv*.xml"), mutate_text.xml, 4),
    "noise": _both(_member("annotation/calibration/noise*vv*.xml"), mutate_text.xml, 4),
    "zip": Reader(lambda box: seeds.scene_zips(box.scene), mutate_binary.zipped, _read_zip, 4),
    "measurement": Reader(
        lambda box: seeds.measurements(box.scene), mutate_binary.tiff, _read_measurement, 4
    ),
    "area": Reader(lambda box: seeds.geojsons(), mutate_text.tree, _vector_reader(".geojson"), 3),
    "area-kml": Reader(lambda box: seeds.placemarks(), mutate_text.xml, _vector_reader(".kml"), 2),
    "area-kmz": Reader(
        lambda box: seeds.zipped_outlines(), mutate_binary.zipped, _vector_reader(".kmz"), 2
    ),
    "area-gpkg": Reader(
        lambda box: seeds.vectors("GPKG", ".gpkg"), any_bytes, _vector_reader(".gpkg"), 1
    ),
    "inventory": Reader(
        lambda box: seeds.geojsons(), mutate_text.tree, _inventory_reader(".geojson"), 2
    ),
    "inventory-gpkg": Reader(
        lambda box: seeds.vectors("GPKG", ".gpkg"), any_bytes, _inventory_reader(".gpkg"), 1
    ),
    "inventory-kml": Reader(
        lambda box: seeds.placemarks(), mutate_text.xml, _inventory_reader(".kml"), 2
    ),
    "inventory-kmz": Reader(
        lambda box: seeds.zipped_outlines(), mutate_binary.zipped, _inventory_reader(".kmz"), 1
    ),
    "shp": _both(_shapefile(".shp"), any_bytes, 1),
    "shx": _both(_shapefile(".shx"), any_bytes, 1),
    "dbf": _both(_shapefile(".dbf"), any_bytes, 1),
    "prj": _both(_shapefile(".prj"), any_bytes, 1),
    "dem": Reader(lambda box: seeds.elevations(), mutate_binary.tiff, _dem_reader("dem.tif"), 4),
    "dem-vrt": Reader(
        lambda box: seeds.virtual_elevations(), mutate_text.xml, _dem_reader("dem.vrt"), 1
    ),
    "dem-zip": Reader(
        lambda box: seeds.zipped_heights(), mutate_binary.zipped, _dem_reader("dem.zip"), 1
    ),
    "land-cover": Reader(lambda box: seeds.land_cover(), mutate_binary.tiff, _read_land_cover, 2),
    "config": Reader(lambda box: seeds.configurations(), mutate_text.toml, _read_config, 3),
    "network": Reader(_network_seeds, mutate_binary.network, _read_network, 4),
    "model": Reader(
        lambda box: [(box.folder / "models" / "tiny" / "model.json").read_bytes()],
        mutate_text.tree,
        _read_model_json,
        2,
    ),
    "orbit": Reader(
        lambda box: [seeds_orbit.orbit_file(box.scene)], mutate_text.xml, _read_orbit(""), 2
    ),
    "orbit-zip": Reader(
        lambda box: [seeds_orbit.zipped_orbit(box.scene)], mutate_binary.zipped, _read_orbit(".zip")
    ),
    **STORED,
}
