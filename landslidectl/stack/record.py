"""A stack on disk: its files, its record, and how it is opened and checked."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from landslidectl.errors import StackError
from landslidectl.files.atomic import write_json_atomic
from landslidectl.grid import Grid
from landslidectl.stack.contract import StackContract
from landslidectl.stack.offsets import AcquisitionOffset, optional_floats
from landslidectl.stack.records import check_kind, check_raster, read_record, track_of
from landslidectl.terms import BandSet, EventTime, Track, utc_instant

KIND = "landslidectl-stack"
FORMAT = 2
COUNT_BANDS = ("n_pre", "n_post")
QUALITY_BANDS = ("quality",)
INCIDENCE_BANDS = ("local_incidence_deg", "ellipsoid_incidence_deg", "slope_deg", "aspect_deg")
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
    min_pre, min_post : int
        Where fewer observe, the quality layer says TOO_FEW_IMAGES.
    pre_composite, post_composite : str
        File names of the composites it was made of.
    pre_offsets, post_offsets : tuple of AcquisitionOffset
        How single acquisitions differ from the others of their side as a whole.
    side_offset_db : tuple of float or None
        Median of post minus pre on stable land, one a polarisation; None where too little of it.
    post_window_extended : bool
        Whether later scenes than usual were taken, since the usual window held none.
    late_post_days : float
        Days after the last shock at which the latest such scene was taken, 0 if there is none.
    simulated : bool
        Whether a program made the scenes.
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
    min_pre: int
    min_post: int
    pre_composite: str
    post_composite: str
    pre_offsets: tuple[AcquisitionOffset, ...]
    post_offsets: tuple[AcquisitionOffset, ...]
    side_offset_db: tuple[float | None, ...]
    post_window_extended: bool = False
    late_post_days: float = 0.0
    simulated: bool = False

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
    def incidence_path(self) -> Path:
        """Return the raster of angles, float32 degrees, in the order of `INCIDENCE_BANDS`."""
        return self.folder / "incidence.tif"

    @property
    def shown_path(self) -> Path:
        """Return the averages to be shown (`Shrinker`): VV after the event, and its change."""
        return self.folder / "shown.npy"

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
            "min_pre": stack.min_pre,
            "min_post": stack.min_post,
            "pre_composite": stack.pre_composite,
            "post_composite": stack.post_composite,
            "pre_offsets": [offset.as_dict() for offset in stack.pre_offsets],
            "post_offsets": [offset.as_dict() for offset in stack.post_offsets],
            "side_offset_db": list(stack.side_offset_db),
            "post_window_extended": stack.post_window_extended,
            "late_post_days": stack.late_post_days,
            "simulated": stack.simulated,
            "incidence": stack.incidence_path.name,
        },
    )


def open_stack(folder: Path) -> Stack:
    """Open a finished stack and check that its files agree with its record.

    Raises
    ------
    StackError
        If the stack is unfinished, damaged, or of another format.
    """
    path = folder / "stack.json"
    record = read_record(path, "stack", REBUILD)
    check_kind(path, record, (KIND, FORMAT), REBUILD)
    try:
        stack = _from_record(folder, record)
    except (KeyError, TypeError, ValueError) as error:
        raise StackError(
            f"{path}: the record is incomplete or wrong: {error!r}", REBUILD
        ) from error
    expected = {"map grid": stack.grid, "contract": stack.contract.as_dict()}
    for raster, names in (
        (stack.values_path, stack.bands.band_names),
        (stack.counts_path, COUNT_BANDS),
        (stack.quality_path, QUALITY_BANDS),
        (stack.incidence_path, INCIDENCE_BANDS),
    ):
        check_raster(raster, {**expected, "bands": names}, path, REBUILD)
    return stack


def _from_record(folder: Path, record: Mapping[str, Any]) -> Stack:
    event = record["event"]
    return Stack(
        folder=folder,
        grid=Grid(**record["grid"]),
        track=track_of(record["track"]),
        bands=BandSet(record["bands"]),
        contract=StackContract.from_dict(record["contract"]),
        event=EventTime(utc_instant(event["first"]), utc_instant(event["last"])),
        pre_scenes=tuple(record["pre_scenes"]),
        post_scenes=tuple(record["post_scenes"]),
        post_start=utc_instant(record["post_start"]),
        post_stop=utc_instant(record["post_stop"]),
        terrain_corrected=bool(record["terrain_corrected"]),
        pre_acquisitions=int(record["pre_acquisitions"]),
        post_acquisitions=int(record["post_acquisitions"]),
        min_pre=int(record["min_pre"]),
        min_post=int(record["min_post"]),
        pre_composite=str(record["pre_composite"]),
        post_composite=str(record["post_composite"]),
        pre_offsets=tuple(AcquisitionOffset.from_dict(item) for item in record["pre_offsets"]),
        post_offsets=tuple(AcquisitionOffset.from_dict(item) for item in record["post_offsets"]),
        side_offset_db=optional_floats(record["side_offset_db"]),
        post_window_extended=bool(record["post_window_extended"]),
        late_post_days=float(record["late_post_days"]),
        simulated=bool(record.get("simulated", False)),
    )
