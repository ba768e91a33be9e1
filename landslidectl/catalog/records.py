"""Rows of the catalog as values; instants are ISO 8601 UTC texts, as they are stored."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from landslidectl.errors import CatalogError
from landslidectl.terms import JobStatus


def utc_text(instant: datetime | None = None) -> str:
    """Return an instant, or now, as ``2018-09-05T18:07:59.000Z``; texts sort as the instants do."""
    moment = (instant or datetime.now(UTC)).astimezone(UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def foreign_row(what: str, error: Exception) -> CatalogError:
    """Return the error for a row of the catalog that somebody changed."""
    return CatalogError(
        f"the catalog holds a {what} that no landslidectl wrote: {error}",
        "Put the last copy of 'landslidectl catalog backup' in its place.",
    )


def as_json(record: Any) -> dict[str, Any]:
    """Return a record as a dict that JSON can hold."""
    return {item.name: getattr(record, item.name) for item in dataclasses.fields(record)}


@dataclass(frozen=True, slots=True)
class SceneRecord:
    """One product file or folder that was met, usable or refused.

    Parameters
    ----------
    path : str
        Absolute; the identity of the record, since one scene may lie in two places.
    scene_id : str
        Product name, or the file's name where it could not be read.
    status : str
        ``usable`` or ``refused``.
    reason : str
        Why it was refused.
    """

    path: str
    scene_id: str
    status: str = "usable"
    reason: str = ""
    platform: str | None = None
    product_type: str | None = None
    polarisations: str | None = None
    mode: str | None = None
    direction: str | None = None
    relative_orbit: int | None = None
    absolute_orbit: int | None = None
    start: str | None = None
    stop: str | None = None
    ipf: str | None = None
    bytes: int | None = None
    footprint: str | None = None
    seen: str = field(default_factory=utc_text)


@dataclass(frozen=True, slots=True)
class ModelRecord:
    """A model that a job used; ``manifest`` is its whole ``model.json`` as text."""

    sha256: str
    name: str
    version: str
    bands: str
    path: str
    manifest: str
    seen: str = field(default_factory=utc_text)


@dataclass(frozen=True, slots=True)
class JobRequest:
    """What is known of a job when it starts.

    Parameters
    ----------
    birth : str
        Tells its process from a later one with the same number; empty where the system does not.
    """

    command: str
    settings: Mapping[str, Any]
    versions: Mapping[str, str]
    output: str
    birth: str = ""


@dataclass(frozen=True, slots=True)
class JobRecord:
    """One run of a command."""

    job_id: str
    command: str
    settings: dict[str, Any]
    status: JobStatus
    exit_code: int | None
    message: str
    versions: dict[str, str]
    output: str
    host: str
    pid: int
    started: str
    finished: str | None
    birth: str = ""


@dataclass(frozen=True, slots=True)
class OutputRecord:
    """A file that a step wrote."""

    path: str
    kind: str
    sha256: str
    bytes: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class StepRecord:
    """One step of one job.

    Parameters
    ----------
    key : str
        Hash of inputs, parameters, model and code version.
    workspace : str
        The folder the step wrote in; the same key in two folders are two pieces of work.
    status : str
        ``running``, ``done``, ``skipped``, ``failed`` or ``interrupted``.
    result : dict
        What the step handed on, so that a later run can take it up without the work.
    """

    step_id: int
    job_id: str
    key: str
    workspace: str
    name: str
    status: str
    started: str
    finished: str | None
    seconds: float | None
    detail: str
    result: dict[str, Any]


@dataclass(frozen=True, slots=True)
class StepOutcome:
    """How a step ended."""

    status: str
    seconds: float
    detail: str = ""
    result: Mapping[str, Any] = field(default_factory=dict)
    outputs: tuple[OutputRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class DetectionRecord:
    """The summary of one detected region."""

    det_id: str
    centroid_lon: float
    centroid_lat: float
    area_ha: float
    score_max: float
    score_mean: float
    tracks: str
    confidence: str = ""
    status: str = ""


@dataclass(frozen=True, slots=True)
class ReleaseRecord:
    """A product of one output folder, as later runs remember it.

    Parameters
    ----------
    job_id : str
        The job that made it.
    workspace : str
        The output folder.
    release, version : int
        Counters of the product's name; with the folder they name the record.
    product : str
        Name of the product folder.
    identity : mapping
        The settings that decide what the product looks like, JSON-ready.
    scenes : tuple of str
        Identifiers of the scenes that went in, sorted.
    """

    job_id: str
    workspace: str
    release: int
    version: int
    product: str
    identity: Mapping[str, Any]
    scenes: tuple[str, ...]
    recorded: str = field(default_factory=utc_text)


@dataclass(frozen=True, slots=True)
class ReviewRecord:
    """One thing that a person said of one detection; a later one replaces it, none is deleted.

    Parameters
    ----------
    job_id, product : str
        The job that made the reviewed product, which another catalog may hold, and its name.
    det_id : str
        The detection, or the name that a drawn outline got.
    decision : str
        ``accepted``, ``rejected``, or ``unreviewed``: whatever was said before is taken back.
    seen : bytes
        The outline that was judged; WKB, longitude and latitude.
    seen_facts : mapping
        The attributes that follow that outline, as the product had them.
    outline : bytes or None
        The outline that the person drew in its place, likewise.
    is_drawn : bool
        Whether the person drew it where the program had detected nothing.
    reviewer, note : str
        Who, and why.
    source, source_sha256 : str
        File that it came from, and its digest; empty for a command.
    """

    job_id: str
    product: str
    det_id: str
    decision: str
    seen: bytes
    outline: bytes | None = None
    is_drawn: bool = False
    reviewer: str = ""
    note: str = ""
    source: str = ""
    source_sha256: str = ""
    seen_facts: Mapping[str, Any] = field(default_factory=dict)
    recorded: str = field(default_factory=utc_text)


@dataclass(frozen=True, slots=True)
class SightingRecord:
    """A detection of a release, or one of the release before that it dropped.

    Parameters
    ----------
    status : str
        ``first``, ``provisional``, ``confirmed`` or ``dropped``.
    first_seen, post_end : str
        Instants.
    releases : str
        Such as ``r1+r3``.
    acquisitions : tuple of (str, str)
        Track and overflight of each post-event acquisition that observes it.
    seen_by : tuple of str
        Tracks whose own score reaches the threshold.
    outline : bytes
        WKB, longitude and latitude.
    """

    det_id: str
    status: str
    first_seen: str
    releases: str
    post_end: str
    acquisitions: tuple[tuple[str, str], ...]
    seen_by: tuple[str, ...]
    outline: bytes
