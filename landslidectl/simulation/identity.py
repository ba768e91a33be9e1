"""What a simulated product is called and says about itself."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from landslidectl.simulation.frame import Frame
from landslidectl.simulation.luts import Luts
from landslidectl.simulation.markup import after
from landslidectl.simulation.raster import EllipsoidFields
from landslidectl.terms import Polarisation, Track

SOFTWARE = "003.71"
POLARISATIONS = (Polarisation.VV, Polarisation.VH)
ORBITS_PER_CYCLE = 175
PLATFORM_ORBIT_OFFSET = 73


@dataclass(frozen=True, slots=True)
class Acquisition:
    """One pass over the scene.

    Parameters
    ----------
    platform : str
        ``S1A`` or another letter.
    epoch : datetime
        UTC of the orbit clock's 0.
    track : Track
        Relative orbit and direction.
    absolute_orbit, datatake, cycle : int
        Counters; ``datatake`` is what names show in hexadecimal.
    slice_number, slices : int
        Which slice of the datatake this is, from 1, and how many there are.
    """

    platform: str
    epoch: datetime
    track: Track
    absolute_orbit: int
    datatake: int
    cycle: int
    frame: Frame
    fields: EllipsoidFields
    luts: tuple[Luts, Luts]
    slice_number: int = 1
    slices: int = 1

    @property
    def start(self) -> datetime:
        """Return the UTC of the first line."""
        return after(self.epoch, self.frame.first_line_s)

    @property
    def stop(self) -> datetime:
        """Return the UTC of the last line."""
        span = (self.frame.lines - 1) * self.frame.line_interval_s
        return after(self.epoch, self.frame.first_line_s + span)

    @property
    def name(self) -> str:
        """Return the product name without suffix."""
        form = "%Y%m%dT%H%M%S"
        facts = (
            f"{self.platform}_IW_GRDH_1SDV_{self.start.strftime(form)}_{self.stop.strftime(form)}"
            f"_{self.absolute_orbit:06d}_{self.datatake:06X}"
        )
        check = hashlib.md5(f"{facts}{self.start.isoformat()}".encode(), usedforsecurity=False)
        return f"{facts}_{check.hexdigest()[:4].upper()}"

    def stem(self, polarisation: Polarisation) -> str:
        """Return the file stem of one polarisation's members."""
        form = "%Y%m%dt%H%M%S"
        number = POLARISATIONS.index(polarisation) + 1
        return (
            f"{self.platform.lower()}-iw-grd-{polarisation.lower()}-{self.start.strftime(form)}-"
            f"{self.stop.strftime(form)}-{self.absolute_orbit:06d}-{self.datatake:06x}-{number:03d}"
        )


def absolute_orbit(relative_orbit: int, cycle: int) -> int:
    """Return the orbit count of a relative orbit in a repeat cycle of this platform."""
    return (cycle - 1) * ORBITS_PER_CYCLE + relative_orbit - 1 + PLATFORM_ORBIT_OFFSET
