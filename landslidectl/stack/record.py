"""A stack on disk: its files, its record, and how it is opened and checked."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from landslidectl.errors import StackError
from landslidectl.files.atomic import write_json_atomic
from landslidectl.files.rasters import grid_of, open_raster
from landslidectl.grid import Grid
from landslidectl.stack.contract import StackContract
from landslidectl.terms import BandSet, EventTime, Pass, Track

KIND = "landslidectl-stack"
FORMAT = 1
REBUILD = "Delete the folder and run the same command again."


@dataclass(frozen=True, slots=True)
class Stack:
    """The change on one track, before to after an event.

    Parameters
    ----------
    folder : Path
        Holds the files below.
    grid : Grid
    track : Track
    bands : BandSet
    contract : StackContract
    event : EventTime
    pre_scenes, post_scenes : tuple of str
        Identifiers of the scenes composited, in order of time.
    post_start, post_stop : datetime
        Sensing times that the post-event scenes span, aware UTC.
    terrain_corrected : bool
        False when no elevation model was given.
    pre_acquisitions, post_acquisitions : int
        Overflights composited; slices of one count once.
    """

    folder: Path
    grid: Grid
    track: Track
    bands: BandSet
    contract: StackContract
    event: EventTime
    pre_scenes: tuple[str, ...]
    post_scenes: tuple[str, ...]
    post_start: datetime
    post_stop: datetime
    terrain_corrected: bool
    pre_acquisitions: int
    post_acquisitions: int

    @property
    def values_path(self) -> Path:
        """Return the raster of dB bands, float32, in the order of ``bands.band_names``."""
        return self.folder / "stack.tif"

    @property
    def counts_path(self) -> Path:
        """Return the raster of observation counts, uint8: pre-event, post-event."""
        return self.folder / "counts.tif"

    @property
    def quality_path(self) -> Path:
        """Return the raster of `Quality` bits, uint8."""
        return self.folder / "quality.tif"

    @property
    def record_path(self) -> Path:
        """Return the record; a stack without it is unfinished."""
        return self.folder / "stack.json"


def write_record(stack: Stack) -> None:
    """Write ``stack.json``, which declares the stack finished."""
    write_json_atomic(
        stack.record_path,
        {
            "kind": KIND,
            "format": FORMAT,
            "grid": asdict(stack.grid),
            "track": asdict(stack.track),
            "bands": str(stack.bands),
            "band_names": list(stack.bands.band_names),
            "contract": stack.contract.as_dict(),
            "event": {
                "first": stack.event.first.isoformat(),
                "last": stack.event.last.isoformat(),
            },
            "pre_scenes": list(stack.pre_scenes),
            "post_scenes": list(stack.post_scenes),
            "post_start": stack.post_start.isoformat(),
            "post_stop": stack.post_stop.isoformat(),
            "terrain_corrected": stack.terrain_corrected,
            "pre_acquisitions": stack.pre_acquisitions,
            "post_acquisitions": stack.post_acquisitions,
        },
    )


def open_stack(folder: Path) -> Stack:
    """Open a finished stack and check that its files agree with its record.

    Raises
    ------
    StackError
        If the stack is unfinished, damaged, or of another format.
    """
    record = _read_json(folder / "stack.json")
    if record.get("kind") != KIND or record.get("format") != FORMAT:
        raise StackError(
            f"{folder / 'stack.json'}: expected {KIND} of format {FORMAT}, "
            f"found {record.get('kind')} of format {record.get('format')}",
            REBUILD,
        )
    try:
        stack = _from_record(folder, record)
    except (KeyError, TypeError, ValueError) as error:
        raise StackError(
            f"{folder / 'stack.json'}: the record is incomplete or wrong: {error!r}", REBUILD
        ) from error
    _check_raster(stack, stack.values_path, stack.bands.band_names)
    _check_raster(stack, stack.counts_path, ("n_pre", "n_post"))
    _check_raster(stack, stack.quality_path, ("quality",))
    return stack


def _read_json(path: Path) -> Mapping[str, Any]:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise StackError(
            f"{path.parent}: no finished stack here, stack.json is missing",
            "Run the command that builds it again; it resumes.",
        ) from error
    except (OSError, ValueError) as error:
        raise StackError(f"{path}: cannot be read: {error}", REBUILD) from error
    if not isinstance(record, dict):
        raise StackError(f"{path}: holds no record of a stack", REBUILD)
    return record


def _from_record(folder: Path, record: Mapping[str, Any]) -> Stack:
    track, event = record["track"], record["event"]
    return Stack(
        folder=folder,
        grid=Grid(**record["grid"]),
        track=Track(int(track["relative_orbit"]), Pass(track["direction"]), str(track["mode"])),
        bands=BandSet(record["bands"]),
        contract=StackContract.from_dict(record["contract"]),
        event=EventTime(_instant(event["first"]), _instant(event["last"])),
        pre_scenes=tuple(record["pre_scenes"]),
        post_scenes=tuple(record["post_scenes"]),
        post_start=_instant(record["post_start"]),
        post_stop=_instant(record["post_stop"]),
        terrain_corrected=bool(record["terrain_corrected"]),
        pre_acquisitions=int(record["pre_acquisitions"]),
        post_acquisitions=int(record["post_acquisitions"]),
    )


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _check_raster(stack: Stack, path: Path, band_names: tuple[str, ...]) -> None:
    import rasterio  # noqa: PLC0415

    try:
        with open_raster(path) as dataset:
            grid, names = grid_of(dataset), tuple(dataset.descriptions)
            contract = json.loads(dataset.tags().get("CONTRACT", "null"))
    except (rasterio.errors.RasterioIOError, AttributeError, ValueError) as error:
        raise StackError(f"{path}: missing or unreadable: {error}", REBUILD) from error
    found = {"map grid": grid, "bands": names, "contract": contract}
    expected = {
        "map grid": stack.grid,
        "bands": band_names,
        "contract": stack.contract.as_dict(),
    }
    for name, value in expected.items():
        if found[name] != value:
            raise StackError(
                f"{path}: its {name} is {found[name]}, stack.json says {value}", REBUILD
            )
