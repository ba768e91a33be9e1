"""What event is to be simulated: everything that a seed does not decide."""

import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np

from landslidectl.errors import InputError
from landslidectl.simulation.character import Character
from landslidectl.simulation.slides import SlideOptions
from landslidectl.simulation.snow import WetSnow
from landslidectl.simulation.terrain import Relief
from landslidectl.terms import Pass

WEST_EAST = (-165, 165)
SOUTH_NORTH = (-44, 58)
FIRST_DAY = datetime(2022, 3, 1, tzinfo=UTC)
DAYS = 900
OF_THE_PLACE = ("centre", "relief", "terrain", "cover")


@dataclass(frozen=True, slots=True)
class TrackSpec:
    """One track; what is None is drawn from the event's seed.

    Parameters
    ----------
    incidence_deg : float, optional
        Incidence angle at the centre of the area, on the ellipsoid, 30 to 45.
    relative_orbit : int, optional
        1..175.
    """

    direction: Pass
    incidence_deg: float | None = None
    relative_orbit: int | None = None


@dataclass(frozen=True, slots=True)
class PointTarget:
    """A corner reflector: a steady echo from one exactly known point.

    Parameters
    ----------
    lon, lat : float
        WGS 84 degrees.
    height_m : float
        Above the ellipsoid.
    section_m2 : float
        Radar cross section, the same in VV and VH.
    """

    lon: float
    lat: float
    height_m: float
    section_m2: float = 2.0e5


@dataclass(frozen=True, slots=True)
class EventSpec:
    """An event to simulate; the same spec gives the same bytes.

    Parameters
    ----------
    seed : int
        Decides whatever is left None here.
    size_km : float
        Side of the square area of interest.
    slides : bool
        False leaves the slides out and everything else, speckle included, as it was.
    tracks : int or tuple of TrackSpec
        1: one descending track; 2: an ascending one too.
    n_pre, n_post : int
        Scenes of each track before and after the event.
    repeat_days : int
        12, or 6 with two satellites in turn.
    lon, lat : float, optional
        Centre of the area, WGS 84 degrees.
    event : datetime, optional
        Instant of the earthquake, aware.
    relief, slide_options, character
        Shape of the landscape, number of slides, and how it scatters and changes.
    targets : tuple of PointTarget
        Point targets planted in every scene.
    place : int, optional
        Seed of where the event is, of its relief and of what covers the ground; by default that of
        all the rest.
    zip_every : int
        Every how manieth scene is written as a zip; 0: none.
    snow : WetSnow, optional
        Lies on all post-event scenes.
    """

    seed: int
    size_km: float = 8.0
    slides: bool = True
    tracks: int | tuple[TrackSpec, ...] = 1
    n_pre: int = 5
    n_post: int = 1
    repeat_days: int = 12
    lon: float | None = None
    lat: float | None = None
    event: datetime | None = None
    relief: Relief | None = None
    slide_options: SlideOptions = field(default_factory=SlideOptions)
    character: Character = field(default_factory=Character)
    targets: tuple[PointTarget, ...] = ()
    zip_every: int = 3
    place: int | None = None
    snow: WetSnow | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be simulated.

        Raises
        ------
        InputError
            If a number is out of range.
        """
        if not 0.5 <= self.size_km <= 40.0:
            raise InputError(
                f"the side of the area is {self.size_km} km; 0.5 to 40 km can be simulated"
            )
        if self.n_pre < 1 or self.n_post < 1:
            raise InputError("at least one scene before and one after the event are needed")
        if self.repeat_days not in (6, 12):
            raise InputError(f"scenes repeat after 6 or 12 days, not {self.repeat_days}")
        if self.event is not None and self.event.utcoffset() is None:
            raise InputError("the event's instant needs a time zone")

    def rng(self, *purpose: str | int) -> np.random.Generator:
        """Return the generator of one purpose; purposes do not disturb each other."""
        words = [zlib.crc32(str(word).encode()) for word in purpose]
        seed = self.seed
        if self.place is not None and purpose[0] in OF_THE_PLACE:
            seed = self.place
        return np.random.default_rng([seed, *words])

    @property
    def centre(self) -> tuple[float, float]:
        """Return longitude and latitude; drawn ones lie well inside a one-degree cell."""
        rng = self.rng("centre")
        lon = int(rng.integers(*WEST_EAST)) + rng.uniform(0.4, 0.6)
        lat = int(rng.integers(*SOUTH_NORTH)) + rng.uniform(0.4, 0.6)
        return (
            lon if self.lon is None else self.lon,
            lat if self.lat is None else self.lat,
        )

    @property
    def instant(self) -> datetime:
        """Return the event's instant in UTC, whole seconds."""
        if self.event is not None:
            return self.event.astimezone(UTC).replace(microsecond=0)
        seconds = int(self.rng("instant").integers(0, DAYS * 86_400))
        return FIRST_DAY + timedelta(seconds=seconds)

    @property
    def passes(self) -> tuple[TrackSpec, ...]:
        """Return the tracks with nothing left open."""
        given = self.tracks
        if isinstance(given, int):
            given = (TrackSpec(Pass.DESCENDING), TrackSpec(Pass.ASCENDING))[:given]
        rng = self.rng("tracks")
        orbits = rng.permutation(175) + 1
        complete = []
        for track, orbit in zip(given, orbits, strict=False):
            angle = float(rng.uniform(31.0, 45.0))
            complete.append(
                TrackSpec(
                    track.direction,
                    track.incidence_deg or angle,
                    track.relative_orbit or int(orbit),
                )
            )
        return tuple(complete)
