"""Is the program whole: its libraries, the projections of both of them, the models."""

import io
import json
import math
import platform
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import numpy as np

from landslidectl import __version__
from landslidectl.errors import LandslidectlError
from landslidectl.files.gdal_environment import drop_foreign_variables, gdal_session
from landslidectl.inference.choice import networks
from landslidectl.inference.manifest import verify_model
from landslidectl.inference.naming import model_places
from landslidectl.jobs.checks import Check, Installation, Level

PLACE = 141.9, 42.7
ZONE = 32654
SAME_M = 0.001
GDAL_FILE, PROJ_FILE = "gdalvrt.xsd", "proj.db"
RASTER_DRIVERS = ("GTiff", "COG", "VRT")
VECTOR_DRIVERS = ("GPKG", "GeoJSON", "ESRI Shapefile")
METRES_A_DEGREE = 111_320.0
REINSTALL = "Install landslidectl again."


def check_libraries(installation: Installation) -> Iterator[Check]:
    """Load the libraries that a job needs and tell their versions."""
    del installation
    frozen = "standalone program, " if getattr(sys, "frozen", False) else ""
    yield Check(
        "landslidectl",
        f"{__version__}, {frozen}Python {platform.python_version()}, {platform.platform()}",
        facts={"version": __version__, "python": platform.python_version()},
    )
    drop_foreign_variables()
    import numpy as np  # noqa: PLC0415
    import pyogrio  # noqa: PLC0415
    import rasterio  # noqa: PLC0415

    yield Check("numpy", np.__version__, facts={"version": np.__version__})
    for name, version, gdal in (
        ("rasterio", rasterio.__version__, rasterio.__gdal_version__),
        ("pyogrio", pyogrio.__version__, pyogrio.__gdal_version_string__),
    ):
        yield Check(name, f"{version} with GDAL {gdal}", facts={"version": version, "gdal": gdal})
    runtime = metadata.version("ai-edge-litert")
    yield Check("LiteRT", runtime, facts={"version": runtime})


def check_data(installation: Installation) -> Iterator[Check]:
    """Tell which GDAL and PROJ data and which drivers each library really finds."""
    del installation
    import pyogrio  # noqa: PLC0415
    import rasterio  # noqa: PLC0415
    from rasterio.env import GDALDataFinder, PROJDataFinder  # noqa: PLC0415

    with gdal_session(), rasterio.env.Env() as session:
        raster_drivers = set(session.drivers())
        folders = GDALDataFinder().search(), PROJDataFinder().search()
    yield _data("rasterio data", *folders, rasterio.__proj_version__)
    beside = Path(pyogrio.__file__).parent / "proj_data"
    proj = str(beside) if beside.is_dir() else None
    yield _data("pyogrio data", pyogrio.get_gdal_data_path(), proj, "")
    missing = [
        *(f"{name} (raster)" for name in RASTER_DRIVERS if name not in raster_drivers),
        *(f"{name} (vector)" for name in VECTOR_DRIVERS if name not in pyogrio.list_drivers()),
    ]
    names = ", ".join((*RASTER_DRIVERS, *VECTOR_DRIVERS))
    if missing:
        yield Check("drivers", f"missing: {', '.join(missing)}", Level.FAILED, REINSTALL)
    else:
        yield Check("drivers", f"all there: {names}")


def _data(name: str, gdal: str | None, proj: str | None, version: str) -> Check:
    """Tell of two folders of data, and whether what matters in them is there.

    Without a folder of its own a library takes the system's, and `check_projections` is the proof.
    """
    facts = {"gdal_data": gdal, "proj_data": proj}
    absent = [
        what
        for what, folder, file in (("GDAL", gdal, GDAL_FILE), ("PROJ", proj, PROJ_FILE))
        if folder is not None and not (Path(folder) / file).is_file()
    ]
    folders = f"{gdal or 'those of the system'} and {proj or 'those of the system'}"
    told = folders + (f", PROJ {version}" if version else "")
    if absent:
        detail = f"data of {' and '.join(absent)} are missing: {told}"
        return Check(name, detail, Level.FAILED, REINSTALL, facts)
    return Check(name, told, facts=facts)


def check_projections(installation: Installation) -> Iterator[Check]:
    """Put one place on a map grid with the PROJ of each library: both must say the same."""
    del installation
    east, north = _by_rasterio()
    longitude, latitude = _by_pyogrio(east, north)
    shrunk = math.cos(math.radians(PLACE[1]))
    apart = METRES_A_DEGREE * math.hypot((longitude - PLACE[0]) * shrunk, latitude - PLACE[1])
    place = f"{PLACE[0]:g} E {PLACE[1]:g} N"
    facts = {"east_m": east, "north_m": north, "apart_m": apart}
    if apart <= SAME_M:
        yield Check(
            "projections",
            f"rasterio puts {place} at {east:.3f} m E, {north:.3f} m N (UTM 54N), pyogrio back",
            facts=facts,
        )
        return
    yield Check(
        "projections",
        f"rasterio puts {place} at {east:.3f} m E, {north:.3f} m N (EPSG:{ZONE}), which pyogrio "
        f"puts at {longitude:.6f} E {latitude:.6f} N",
        Level.FAILED,
        REINSTALL,
        facts,
    )


def check_models(installation: Installation) -> Iterator[Check]:
    """Compare every file of every model with the digest in its manifest."""
    models = networks(installation.models_dir)
    if not models:
        yield Check(
            "models",
            f"none in {' or '.join(map(str, model_places(installation.models_dir)))}",
            Level.FAILED,
            "Name a --models-dir.",
        )
    for model in models:
        name, facts = f"model {model.folder.name}", {"folder": str(model.folder)}
        try:
            verify_model(model)
        except LandslidectlError as error:
            yield Check(name, error.message, Level.FAILED, error.hint, facts)
        else:
            yield Check(name, f"version {model.version}, all files as they should be", facts=facts)


def _by_rasterio() -> tuple[float, float]:
    from rasterio.warp import transform  # noqa: PLC0415

    with gdal_session():
        (east,), (north,) = transform("EPSG:4326", f"EPSG:{ZONE}", [PLACE[0]], [PLACE[1]])
    return float(east), float(north)


def _by_pyogrio(east: float, north: float) -> tuple[float, float]:
    """Return where pyogrio's GDAL puts a point of the zone, in longitude and latitude.

    GeoJSON is written in longitude and latitude (RFC 7946, section 4), so the library carries it.
    """
    import pyogrio.raw  # noqa: PLC0415
    import shapely  # noqa: PLC0415

    written = io.BytesIO()
    pyogrio.raw.write(
        written,
        geometry=np.array([shapely.to_wkb(shapely.Point(east, north))], dtype=object),
        field_data=[],
        fields=[],
        crs=f"EPSG:{ZONE}",
        geometry_type="Point",
        driver="GeoJSON",
        layer_options={"RFC7946": "YES", "COORDINATE_PRECISION": "12"},
    )
    (feature,) = json.loads(written.getvalue())["features"]
    longitude, latitude = feature["geometry"]["coordinates"]
    return float(longitude), float(latitude)
