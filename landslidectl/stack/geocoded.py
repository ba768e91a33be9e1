"""A geocoded scene: one raster on the job's grid that carries what it is in its tags."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from landslidectl.errors import StackError
from landslidectl.files.rasters import grid_of, open_raster
from landslidectl.grid import Grid
from landslidectl.stack.contract import StackContract
from landslidectl.terms import Pass, Polarisation, Track, utc_instant

if TYPE_CHECKING:
    from landslidectl.sentinel1.scene import Scene


@dataclass(frozen=True, slots=True)
class GeocodedScene:
    """A scene on a map grid.

    Parameters
    ----------
    path : Path
        float32 GeoTIFF, one band a polarisation: linear sigma nought, NaN = not observed.
    scene_id, datatake : str
        Slices of one datatake are one observation.
    grid : Grid
    polarisations : tuple of Polarisation
        In band order.
    track : Track
    start, stop : datetime
        Sensing time, aware UTC.
    contract : StackContract
        What it was made under.
    orbit : str
        Where the orbit came from: ``annotation``, or the kind and name of an orbit file.
    pixels_crc32 : str
        Checksums of the digital numbers that were read, by polarisation.
    """

    path: Path
    scene_id: str
    grid: Grid
    polarisations: tuple[Polarisation, ...]
    track: Track
    start: datetime
    stop: datetime
    datatake: str
    contract: StackContract
    orbit: str = ""
    pixels_crc32: str = ""

    @property
    def acquisition(self) -> tuple[str, str]:
        """Return what slices of one overflight share: platform and datatake."""
        return self.scene_id[:3], self.datatake


def tags_of(scene: "Scene", contract: StackContract) -> dict[str, str]:
    """Return the dataset tags from which `open_geocoded` rebuilds the record."""
    return {
        "SCENE_ID": scene.scene_id,
        "DATATAKE": scene.datatake,
        "RELATIVE_ORBIT": str(scene.track.relative_orbit),
        "PASS": str(scene.track.direction),
        "MODE": scene.track.mode,
        "START": scene.start.isoformat(),
        "STOP": scene.stop.isoformat(),
        "CONTRACT": json.dumps(contract.as_dict()),
    }


def open_geocoded(path: Path) -> GeocodedScene:
    """Rebuild the record of a geocoded scene from its file.

    Raises
    ------
    StackError
        If the file is unreadable or not a geocoded scene.
    """
    import rasterio  # noqa: PLC0415

    try:
        with open_raster(path) as dataset:
            return _record(path, grid_of(dataset), dataset.descriptions, dataset.tags())
    except rasterio.errors.RasterioIOError as error:
        raise StackError(f"{path}: the geocoded scene cannot be read: {error}") from error
    except (KeyError, ValueError, TypeError) as error:
        raise StackError(
            f"{path}: not a geocoded scene of this program: {error!r}",
            "Delete the file and run the same command again.",
        ) from error


def _record(
    path: Path, grid: Grid, bands: tuple[str, ...], tags: Mapping[str, str]
) -> GeocodedScene:
    return GeocodedScene(
        path=path,
        scene_id=tags["SCENE_ID"],
        grid=grid,
        polarisations=tuple(Polarisation(band) for band in bands),
        track=Track(int(tags["RELATIVE_ORBIT"]), Pass(tags["PASS"]), tags["MODE"]),
        start=utc_instant(tags["START"]),
        stop=utc_instant(tags["STOP"]),
        datatake=tags["DATATAKE"],
        contract=StackContract.from_dict(json.loads(tags["CONTRACT"])),
        orbit=tags["ORBIT"],
        pixels_crc32=tags["PIXELS_CRC32"],
    )
