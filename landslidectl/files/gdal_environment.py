"""The one place that sets GDAL and PROJ up.

rasterio and pyogrio each bring their own GDAL, PROJ and data files. A PROJ_LIB or GDAL_DATA left
behind by QGIS, PostGIS or conda makes them read a foreign, often older, proj.db and fail with
"EPSG code is unknown"; taking the variables away lets each wheel find its own.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

FOREIGN_VARIABLES = (
    *("PROJ_LIB", "PROJ_DATA", "PROJ_AUX_DB", "PROJ_USER_WRITABLE_DIRECTORY"),
    *("PROJ_DEBUG", "GDAL_DATA", "GDAL_DRIVER_PATH", "GDAL_PYTHON_DRIVER_PATH", "GDAL_SKIP"),
    *("GDAL_VRT_ENABLE_PYTHON", "OGR_SKIP", "OGR_DRIVER_PATH", "CPL_DEBUG", "CPL_LOG"),
    *("OSR_DEFAULT_AXIS_MAPPING_STRATEGY", "OGR_CT_FORCE_TRADITIONAL_GIS_ORDER", "GEOTIFF_CSV"),
)
"""They lead to foreign data, drivers and code, hide drivers, or change what coordinates mean."""
CONFIG_FILE = "GDAL_CONFIG_FILE"
NO_FILE = os.devnull
NOWHERE = "none://landslidectl-opens-no-socket"
"""A proxy of no kind that the HTTP library knows: it gives up before it opens a socket."""
SHUT = {
    "GDAL_HTTP_PROXY": NOWHERE,
    "GDAL_HTTPS_PROXY": NOWHERE,
    "CPL_VSIL_CURL_ALLOWED_FILENAME": "none",
    "PROJ_NETWORK": "OFF",
}
BYPASSES = ("no_proxy", "NO_PROXY")


def shut_network() -> None:
    """Keep GDAL and PROJ from the network, whatever a file says where its content lies.

    Files of many formats may name a server: virtual rasters, map services, schemas. Some formats
    are told by content, whatever the suffix. Variables reach the libraries of both wheels.
    """
    os.environ.update(SHUT)
    for name in BYPASSES:
        os.environ.pop(name, None)


def drop_foreign_variables() -> dict[str, str]:
    """Take variables that point GDAL or PROJ at foreign data out of the environment.

    GDAL would also follow the configuration file ``~/.gdal/gdalrc``, unless it is named another.
    The network is shut as well, see `shut_network`.

    Returns
    -------
    dict
        What was dropped, so that ``-v`` and the doctor can report it.
    """
    shut_network()
    dropped = {name: os.environ.pop(name) for name in FOREIGN_VARIABLES if name in os.environ}
    named = os.environ.get(CONFIG_FILE, NO_FILE)
    if named != NO_FILE:
        dropped[CONFIG_FILE] = named
    os.environ[CONFIG_FILE] = NO_FILE
    return dropped


@contextmanager
def gdal_session(threads: int = 1, cache_mb: int = 128) -> Iterator[None]:
    """Open a rasterio environment for a stretch of raster work.

    Parameters
    ----------
    threads : int
        GDAL's own threads for warping and compression.
    cache_mb : int
        Ceiling of GDAL's block cache; its default, 5 % of memory, is too much beside a model.

    Notes
    -----
    Network drivers are shut (``GDAL_DISABLE_READDIR_ON_OPEN`` keeps GDAL from listing folders of
    thousands of files, PROJ_NETWORK keeps it from downloading grids).
    """
    drop_foreign_variables()
    import rasterio  # noqa: PLC0415  (loaded only where rasters are touched: fast --help)

    with rasterio.Env(
        GDAL_CACHEMAX=cache_mb << 20,
        GDAL_NUM_THREADS=str(threads),
        GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR",
        GDAL_PAM_ENABLED="NO",
        PROJ_NETWORK="OFF",
        CPL_VSIL_CURL_ALLOWED_EXTENSIONS=".none",
    ):
        yield


@contextmanager
def stamped_vectors(instant: datetime) -> Iterator[None]:
    """Make GDAL stamp vector layers with a given instant: the same request gives the same bytes.

    Parameters
    ----------
    instant : datetime
        Aware; written instead of the clock's time.
    """
    drop_foreign_variables()
    import pyogrio  # noqa: PLC0415

    stamp = instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": stamp})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
