"""What a worker may spoil, and what a reader is to the campaign."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from landslidectl.grid import Grid, Window
from landslidectl.jobs.area import grid_for, read_aoi
from landslidectl.sentinel1.discover import open_scene
from landslidectl.sentinel1.scene import Scene
from landslidectl.terrain.dem import Dem, flat_dem
from tests.attacks.fuzz.mutate import Mutation

NAMED_CODES = (4, 5, 6)


class Sandbox:
    """Files that one worker may spoil, and what the readers need beside the input.

    Parameters
    ----------
    folder : Path
        A copy of the small job.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.scene = sorted((folder / "scenes").glob("*.SAFE"))[0]

    @cached_property
    def others(self) -> list[Scene]:
        """Return the sound scenes beside the one that is spoilt."""
        paths = sorted((self.folder / "scenes").glob("S1*"))
        return [open_scene(path) for path in paths if path != self.scene]

    @cached_property
    def area(self) -> Any:
        return read_aoi(self.folder / "aoi.geojson")

    @cached_property
    def grid(self) -> Grid:
        return grid_for(self.area).subgrid(Window(40, 40, 48, 48))

    @cached_property
    def dem(self) -> Dem:
        return flat_dem(self.grid.buffered(200.0), self.folder / "flat.tif")

    def put(self, path: Path, content: bytes) -> Path:
        """Write an input; what other runs left of it goes first."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path


@dataclass(frozen=True)
class Reader:
    """One reader.

    Parameters
    ----------
    seeds : callable
        Sound inputs.
    mutate : callable
    read : callable
        Puts an input where it belongs and uses it as a job does; an assertion that fails says
        that the result is not one.
    share : int
        Of the cases of a campaign, in parts.
    codes : tuple of int
        Exit codes of the errors that may refuse an input.
    """

    seeds: Callable[[Sandbox], list[bytes]]
    mutate: Mutation
    read: Callable[[Sandbox, bytes], object]
    share: int = 2
    codes: tuple[int, ...] = NAMED_CODES
