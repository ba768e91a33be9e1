"""The map that a job works on: its grid, and the elevation model on it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landslidectl.events import Reporter
from landslidectl.grid import Grid
from landslidectl.jobs.job import Job
from landslidectl.jobs.stack_settings import IngestSettings
from landslidectl.jobs.steps import Done, Made, Step, file_identity
from landslidectl.stack.contract import StackContract
from landslidectl.terrain.coverage import tiles_for
from landslidectl.terrain.dem import (
    DEM_MARGIN_M,
    SPARE_MARGIN_M,
    Dem,
    DemOptions,
    build_dem,
    flat_dem,
    open_dem,
)

if TYPE_CHECKING:
    from landslidectl.terrain.tile import Tile

VSIZIP = "/vsizip/"


@dataclass(frozen=True, slots=True)
class MapFrame:
    """What every scene is brought onto, and with how many threads."""

    grid: Grid
    dem: Done[Dem]
    contract: StackContract
    threads: int


def prepare_dem(job: Job[Any], grid: Grid) -> Done[Dem]:
    """Bring the elevation model onto the grid, with the margin that layover needs."""
    settings: IngestSettings = job.settings
    wide, out = grid.buffered(DEM_MARGIN_M), job.workspace.dem
    options = DemOptions(settings.dem_vertical, SPARE_MARGIN_M)
    source = settings.dem

    def work(reporter: Reporter) -> Made[Dem]:
        if source is None:
            dem = flat_dem(wide, out)
        else:
            dem = build_dem(source, wide, out, options, reporter)
        files = [(out, "dem")] + ([(dem.water_path, "water")] if dem.water_path else [])
        return Made(dem, {}, files, ", ".join(dem.sources[:3]))

    tiles = () if source is None else tiles_for(source, wide, SPARE_MARGIN_M)
    sources = None if source is None else dem_identity(source, tiles)
    depends_on = {"grid": asdict(wide), "sources": sources, "options": asdict(options)}
    title = "Elevation model" if source else "Sea level in place of an elevation model"
    return job.run(Step("dem", title, depends_on, work, lambda _: open_dem(out)))


def dem_identity(source: Path, tiles: "Sequence[Tile]") -> list[Any]:
    """Return the state of the tiles that are used; others in the folder may come and go."""
    identity = []
    for tile in tiles:
        file = _file_behind(tile.location)
        state = file_identity(file) if file else file_identity(source)
        water = dem_identity(source, [tile.water]) if tile.water else []
        identity.append([tile.name, tile.member, state, *water])
    return identity


def _file_behind(location: str) -> Path | None:
    """Return the file on disk that GDAL opens for a location, a zip for what lies in it."""
    path = Path(location.removeprefix(VSIZIP))
    return next((item for item in (path, *path.parents) if item.is_file()), None)
