"""A composite on disk: its files, its record, and how it is opened and checked."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from landslidectl.errors import StackError
from landslidectl.files.atomic import write_json_atomic
from landslidectl.grid import Grid
from landslidectl.stack.contract import StackContract
from landslidectl.stack.geocoded import GeocodedScene
from landslidectl.stack.offsets import AcquisitionOffset
from landslidectl.stack.records import check_kind, check_raster, read_record, track_of
from landslidectl.terms import Phase, Polarisation, Track, utc_instant

KIND = "landslidectl-composite"
FORMAT = 1
REBUILD = "Delete it and run the same command again."


@dataclass(frozen=True, slots=True)
class Composite:
    """The median of one track's acquisitions on one side of an event.

    Parameters
    ----------
    path : Path
        float32 GeoTIFF, dB, one band a polarisation, NaN = not observed.
    phase : Phase
    track : Track
    grid : Grid
    polarisations : tuple of Polarisation
        In band order.
    contract : StackContract
    scene_ids : tuple of str
        Scenes composited, in order of time.
    acquisitions : int
        Overflights composited; slices of one count once.
    start, stop : datetime
        Sensing times that the scenes span, aware UTC.
    offsets : tuple of AcquisitionOffset
        How each acquisition differs from the others as a whole, in order of time.
    """

    path: Path
    phase: Phase
    track: Track
    grid: Grid
    polarisations: tuple[Polarisation, ...]
    contract: StackContract
    scene_ids: tuple[str, ...]
    acquisitions: int
    start: datetime
    stop: datetime
    offsets: tuple[AcquisitionOffset, ...]

    @property
    def counts_path(self) -> Path:
        """Return the raster of observation counts, uint8."""
        return self.path.with_name(f"{self.path.stem}_counts.tif")

    @property
    def record_path(self) -> Path:
        """Return the record; a composite without it is unfinished."""
        return self.path.with_suffix(".json")

    @property
    def paths(self) -> tuple[Path, Path, Path]:
        """Return all files."""
        return self.path, self.counts_path, self.record_path


def composite_tags(
    phase: Phase, scenes: Sequence[GeocodedScene], contract: StackContract
) -> dict[str, str]:
    """Return the dataset tags of a composite's rasters."""
    return {
        "CONTRACT": json.dumps(contract.as_dict()),
        "TRACK": str(scenes[0].track),
        "PHASE": phase.value,
        "SCENES": " ".join(sorted(scene.scene_id for scene in scenes)),
    }


def write_composite_record(composite: Composite) -> None:
    """Write ``<stem>.json``, which declares the composite finished."""
    write_json_atomic(
        composite.record_path,
        {
            "kind": KIND,
            "format": FORMAT,
            "phase": composite.phase.value,
            "track": asdict(composite.track),
            "grid": asdict(composite.grid),
            "polarisations": [str(name) for name in composite.polarisations],
            "contract": composite.contract.as_dict(),
            "scenes": list(composite.scene_ids),
            "acquisitions": composite.acquisitions,
            "start": composite.start.isoformat(),
            "stop": composite.stop.isoformat(),
            "offsets": [offset.as_dict() for offset in composite.offsets],
        },
    )


def open_composite(path: Path) -> Composite:
    """Open a finished composite and check that its files agree with its record.

    Parameters
    ----------
    path : Path
        The GeoTIFF of medians.

    Raises
    ------
    StackError
        If the composite is unfinished, damaged, or of another format.
    """
    record_path = path.with_suffix(".json")
    record = read_record(record_path, "composite", REBUILD)
    check_kind(record_path, record, (KIND, FORMAT), REBUILD)
    try:
        composite = _from_record(path, record)
    except (KeyError, TypeError, ValueError) as error:
        raise StackError(
            f"{record_path}: the record is incomplete or wrong: {error!r}", REBUILD
        ) from error
    names = tuple(str(name) for name in composite.polarisations)
    expected = {"map grid": composite.grid, "contract": composite.contract.as_dict()}
    check_raster(path, {**expected, "bands": names}, record_path, REBUILD)
    check_raster(composite.counts_path, {**expected, "bands": ("count",)}, record_path, REBUILD)
    return composite


def _from_record(path: Path, record: Mapping[str, Any]) -> Composite:
    return Composite(
        path=path,
        phase=Phase(record["phase"]),
        track=track_of(record["track"]),
        grid=Grid(**record["grid"]),
        polarisations=tuple(Polarisation(name) for name in record["polarisations"]),
        contract=StackContract.from_dict(record["contract"]),
        scene_ids=tuple(record["scenes"]),
        acquisitions=int(record["acquisitions"]),
        start=utc_instant(record["start"]),
        stop=utc_instant(record["stop"]),
        offsets=tuple(AcquisitionOffset.from_dict(item) for item in record["offsets"]),
    )
