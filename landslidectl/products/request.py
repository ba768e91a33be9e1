"""What a product is made from: results of the stages, and where they came from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landslidectl.products.contract.files import DEFAULT_FILES, FILES, FileKind
from landslidectl.products.naming import ProductName, slug
from landslidectl.terms import EventTime, JobStatus, Phase, Track

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from landslidectl.detection.detections import Detections
    from landslidectl.detection.fuse import FusedScore
    from landslidectl.inference.manifest import Model
    from landslidectl.stack.stack import Stack
    from landslidectl.terrain.dem import Dem


@dataclass(frozen=True, slots=True)
class SceneRecord:
    """A scene that was used.

    Parameters
    ----------
    scene_id, platform : str
        Product name and satellite.
    phase : Phase
        Side of the event.
    track : Track
        Its track.
    start, stop : datetime
        Acquisition, UTC.
    footprint : tuple of (lon, lat)
        Ring, as in the manifest.
    size_bytes : int, optional
        Of the product on disk.
    sha256 : str, optional
        Digest of its manifest, which holds the digests of all its files.
    is_simulated : bool
        Made by the simulator, not by a satellite.
    facts : mapping
        JSON-ready: which orbit was used, what became of the noise, checksums of what was read.
    """

    scene_id: str
    platform: str
    phase: Phase
    track: Track
    start: datetime
    stop: datetime
    footprint: tuple[tuple[float, float], ...] = ()
    size_bytes: int | None = None
    sha256: str | None = None
    is_simulated: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RefusedScene:
    """An input that was not used, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class DroppedDetection:
    """A detection of the last release that nothing in this one overlaps.

    Parameters
    ----------
    det_id : str
        Its name in that release.
    status : str
        What it was there.
    releases : str
        Releases that showed it, such as ``r1+r2``.
    lon, lat : float
        Degrees; a point inside its outline.
    """

    det_id: str
    status: str
    releases: str
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a result came from.

    Parameters
    ----------
    job_id, command : str
        Job and the command line that repeats it.
    processed : datetime
        The time that names and metadata carry; nothing below reads a clock.
    event : EventTime
        First and last shock.
    event_id, event_name, glide_no, aoi_name : str
        As the user gave them; empty when not given.
    area_of_interest : shapely geometry, optional
        Longitude and latitude; None means the whole grid.
    pre_days, post_days : float
        Windows in which scenes were taken.
    status : JobStatus
        How the job ended. A success without detections is told as such.
    scenes, refused : tuple
        What was used and what was not.
    ground : mapping
        Which ground was judged, JSON-ready.
    settings : mapping
        Effective configuration, JSON-ready.
    software : mapping
        Versions; ``landslidectl`` among them.
    warnings : tuple of str
        What the user should know.
    scoring : tuple of mapping
        JSON-ready, one a track: on which device its scores were made and why, with which network
        file, in which way and of how many windows.
    """

    job_id: str
    command: str
    processed: datetime
    event: EventTime
    event_id: str = ""
    event_name: str = ""
    glide_no: str = ""
    aoi_name: str = ""
    area_of_interest: "BaseGeometry | None" = None
    pre_days: float = 60.0
    post_days: float = 12.0
    status: JobStatus = JobStatus.SUCCEEDED
    scenes: tuple[SceneRecord, ...] = ()
    refused: tuple[RefusedScene, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    software: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    scoring: tuple[Mapping[str, Any], ...] = ()
    ground: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_simulated(self) -> bool:
        """Tell whether any scene came from the simulator; then the result is no real map."""
        return any(scene.is_simulated for scene in self.scenes)


@dataclass(frozen=True, slots=True)
class ProductRequest:
    """Everything `write_product` needs.

    Parameters
    ----------
    folder : Path
        Output folder; the product becomes a folder in it.
    detections, fused, stacks, models
        Results of the stages and the models behind them.
    provenance : Provenance
        Where they came from.
    dem : Dem, optional
        Height model of the terrain correction; gives the hillshade of the map.
    release, version : int
        Counters of the product name.
    overwrite : bool
        Replace a complete product of the same name.
    dropped : tuple of DroppedDetection
        What the last release showed and this one does not.
    extra : tuple of FileKind
        Files that are made on request only.
    """

    folder: Path
    detections: "Detections"
    fused: "FusedScore"
    stacks: "tuple[Stack, ...]"
    models: "tuple[Model, ...]"
    provenance: Provenance
    dem: "Dem | None" = None
    release: int = 1
    version: int = 1
    overwrite: bool = False
    dropped: tuple[DroppedDetection, ...] = ()
    extra: tuple[FileKind, ...] = ()

    @property
    def kinds(self) -> tuple[FileKind, ...]:
        """Return the files that the product gets, in the order to open them."""
        wanted = {*DEFAULT_FILES, *self.extra}
        return tuple(spec.kind for spec in FILES if spec.kind in wanted)

    @property
    def name(self) -> ProductName:
        """Return the fields of the product's name."""
        facts = self.provenance
        event = facts.event_id or facts.event_name
        return ProductName(
            event=slug(event, facts.event.first.strftime("%Y%m%dT%H%M")),
            aoi=slug(facts.aoi_name, "aoi"),
            tracks=tuple(track.name for track in sorted(self.fused.tracks)),
            post_start=self.post_start.replace(microsecond=0),
            processed=facts.processed.astimezone(UTC).replace(microsecond=0),
            model=slug("-".join(sorted({model.name for model in self.models})), "model"),
            release=self.release,
            version=self.version,
        )

    @property
    def post_start(self) -> datetime:
        """Return the start of the first post-event scene, UTC."""
        return min(stack.post_start for stack in self.stacks).astimezone(UTC)

    @property
    def has_relief(self) -> bool:
        """Tell whether a real height model was used."""
        return self.dem is not None and not self.dem.is_flat

    @property
    def status(self) -> JobStatus:
        """Return how the job ended, an empty success told apart."""
        stated = self.provenance.status
        if stated is JobStatus.SUCCEEDED and not self.detections.items:
            return JobStatus.SUCCEEDED_EMPTY
        return stated

    @property
    def software_name(self) -> str:
        """Return program and version, such as ``landslidectl 0.1.0``."""
        return f"landslidectl {self.provenance.software.get('landslidectl', '')}".strip()


@dataclass(frozen=True, slots=True)
class Product:
    """A product that stands complete in its folder."""

    folder: Path
    files: Mapping[FileKind, Path]
