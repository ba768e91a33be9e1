"""The words of the field, as enumerations and small values that every room shares."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum, IntFlag, StrEnum

SIMULATION_FACILITY = "landslidectl simulation"
"""What the manifest of a simulated product names as its processing facility."""

SATELLITE_YEARS = range(1970, 2200)
"""In which an instant can lie."""


class Polarisation(StrEnum):
    """Transmitted and received polarisation, in ESA's spelling."""

    VV = "VV"
    VH = "VH"
    HH = "HH"
    HV = "HV"


class BandSet(StrEnum):
    """Which polarisations a model takes: both, or VV alone."""

    VV_VH = "vv_vh"
    VV = "vv"

    @property
    def polarisations(self) -> tuple[Polarisation, ...]:
        """Return the polarisations in band order."""
        if self is BandSet.VV:
            return (Polarisation.VV,)
        return (Polarisation.VV, Polarisation.VH)

    @property
    def band_names(self) -> tuple[str, ...]:
        """Return the bands of a stack in order: post-event first, then post minus pre."""
        names = [str(polarisation) for polarisation in self.polarisations]
        return tuple([f"post_{name}" for name in names] + [f"diff_{name}" for name in names])


class Radiometry(StrEnum):
    """What the numbers of a stack stand for.

    ``sigma0`` is sigma nought on the ellipsoid with the thermal noise taken out and negatives kept;
    ``gee`` the same as Google Earth Engine makes it (floored before calibration); ``gamma0`` and
    ``gamma0_terrain`` are normalised by the area seen from the radar, that of the ellipsoid or that
    of the terrain.
    """

    SIGMA0 = "sigma0"
    GEE = "gee"
    GAMMA0 = "gamma0"
    GAMMA0_TERRAIN = "gamma0_terrain"


class Speckle(StrEnum):
    """How speckle is smoothed before the medians."""

    NONE = "none"
    LEE = "lee"
    QUEGAN = "quegan"


class Pass(StrEnum):
    """Direction of flight; ascending looks about east, descending about west."""

    ASCENDING = "ascending"
    DESCENDING = "descending"


class Phase(StrEnum):
    """Side of the event a scene belongs to."""

    PRE = "pre"
    POST = "post"


class Device(StrEnum):
    """Where a model runs."""

    AUTO = "auto"
    CPU = "cpu"
    GPU = "gpu"


class JobStatus(StrEnum):
    """How a job stands or ended; an empty result is a success."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    SUCCEEDED_EMPTY = "succeeded_empty"
    PARTIAL = "partial"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


class Confidence(StrEnum):
    """How strong the highest score of a detection is, by the two thresholds."""

    LOW = "low"
    HIGH = "high"


class Standing(StrEnum):
    """How often a detection was seen as new acquisitions came in."""

    FIRST = "first"
    PROVISIONAL = "provisional"
    CONFIRMED = "confirmed"


class Decision(StrEnum):
    """What a person said of a detection, in its attribute ``review``."""

    UNREVIEWED = "unreviewed"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class Quality(IntFlag):
    """Bits of the quality layer; 1, 4 and 16 are those of HyP3's layover-shadow map.

    ``SKIPPED`` is set where scores of tracks are fused: no window was scored there, since none
    holds enough ground that can be judged.
    """

    NOT_TESTED = 0
    TESTED = 1
    EXCLUDED = 2
    LAYOVER = 4
    SKIPPED = 8
    SHADOW = 16
    WATER = 32
    BORDER = 64
    TOO_FEW_IMAGES = 128


class Flag(StrEnum):
    """What speaks against a detection, in its attribute ``flag``."""

    GENTLE = "gentle"
    RIVER_BED = "river_bed"


class PixelClass(IntEnum):
    """Values of the class raster."""

    NONE = 0
    LOW = 1
    HIGH = 2
    MASKED = 254
    UNOBSERVED = 255


@dataclass(frozen=True, slots=True, order=True)
class Track:
    """What must agree before two scenes may share a composite.

    Parameters
    ----------
    relative_orbit : int
        1..175, as the manifest gives it (never computed from the absolute orbit).
    direction : Pass
        Direction of flight.
    mode : str
        Acquisition mode, ``IW``.
    """

    relative_orbit: int
    direction: Pass
    mode: str = "IW"

    @property
    def name(self) -> str:
        """Return a short name for files, such as ``D046``."""
        return f"{self.direction.value[0].upper()}{self.relative_orbit:03d}"

    def __str__(self) -> str:
        """Return the track in words, such as ``orbit 46 descending``."""
        return f"orbit {self.relative_orbit} {self.direction.value}"


def utc_instant(text: str) -> datetime:
    """Return the instant of an ISO 8601 text, aware UTC; without a time zone it is UTC already.

    Raises
    ------
    ValueError
        If it is none, or in no year of `SATELLITE_YEARS`: beyond them sums with days overflow.
    """
    value = datetime.fromisoformat(text)
    if value.year not in SATELLITE_YEARS:
        raise ValueError(f"the year {value.year} is before or after all radar satellites")
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class EventTime:
    """The instants of the first and the last shock, in UTC.

    Pre-event scenes end before ``first``; post-event scenes start after ``last``.
    """

    first: datetime
    last: datetime

    def __post_init__(self) -> None:
        """Refuse naive or reversed instants, which only a programming error can bring here."""
        if self.first.utcoffset() is None or self.last.utcoffset() is None:
            raise ValueError("event instants need a time zone")
        if self.last < self.first:
            raise ValueError("the last shock is before the first")
        object.__setattr__(self, "first", self.first.astimezone(UTC))
        object.__setattr__(self, "last", self.last.astimezone(UTC))
