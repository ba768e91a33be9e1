"""A scene that the method takes: an IW GRDH product with VV, alone or beside VH."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from landslidectl.errors import DamagedScene, UnsupportedScene
from landslidectl.sentinel1.archive import COPY_AGAIN
from landslidectl.terms import Polarisation, Track


@dataclass(frozen=True, slots=True)
class SceneMembers:
    """The members of one polarisation, by their names in the archive.

    Parameters
    ----------
    measurement : str or None
        The pixels; None where the product came without them.
    annotation, calibration, noise : str
        The metadata.
    """

    measurement: str | None
    annotation: str
    calibration: str
    noise: str


@dataclass(frozen=True, slots=True)
class Scene:
    """Identity and members of one scene.

    Parameters
    ----------
    scene_id : str
        Product name without ``.SAFE`` or ``.zip``.
    path : Path
        Folder or zip.
    platform : str
        Such as ``S1A``.
    product_type : str
        With the resolution class: ``GRDH``.
    polarisations : tuple of Polarisation
        Those whose annotation, calibration and noise are there, VV first.
    track : Track
        Relative orbit, pass and mode, from the manifest.
    absolute_orbit : int
        At the start of the scene.
    datatake : str
        Six hexadecimal digits.
    start, stop : datetime
        Sensing time, aware UTC.
    ipf : str
        Version of ESA's processor, such as ``3.40``.
    timeliness : str
        Such as ``NRT-3h``.
    footprint : tuple of (lon, lat)
        Ring in degrees, not closed, as in the manifest.
    members : mapping
        Names of the members by polarisation.
    recorded : tuple of Polarisation
        Those that the manifest says were recorded, whether or not their files are there.
    pixel_faults : mapping
        For each polarisation whose pixels cannot be used, the reason.
    problems : tuple of str
        Everything that is missing or has not the size that the manifest gives.
    is_simulated : bool
        Made by this program's simulator, as its manifest says; never to pass for a real scene.
    """

    scene_id: str
    path: Path
    platform: str
    product_type: str
    polarisations: tuple[Polarisation, ...]
    track: Track
    absolute_orbit: int
    datatake: str
    start: datetime
    stop: datetime
    ipf: str
    timeliness: str
    footprint: tuple[tuple[float, float], ...]
    members: Mapping[Polarisation, SceneMembers] = field(hash=False)
    recorded: tuple[Polarisation, ...] = ()
    pixel_faults: Mapping[Polarisation, str] = field(hash=False, default_factory=dict)
    problems: tuple[str, ...] = ()
    is_simulated: bool = False

    def require_pixels(self, polarisations: Iterable[Polarisation]) -> None:
        """Make sure that the pixels of all these polarisations can be used.

        Raises
        ------
        UnsupportedScene
            If one of them was never recorded.
        DamagedScene
            If one of them was recorded, but is missing or incomplete.
        """
        for wanted in polarisations:
            self.require_members(wanted)
            if wanted in self.pixel_faults:
                raise DamagedScene(self.path, self.pixel_faults[wanted], COPY_AGAIN)

    def require_members(self, wanted: Polarisation) -> None:
        """Make sure that a polarisation has its metadata and a measurement, whatever its size.

        Raises
        ------
        UnsupportedScene
            If it was never recorded.
        DamagedScene
            If it was recorded, but is missing.
        """
        if wanted in self.polarisations:
            if self.members[wanted].measurement is None:
                raise DamagedScene(self.path, f"measurement of {wanted} is missing", COPY_AGAIN)
        elif wanted in self.recorded:
            raise DamagedScene(self.path, f"metadata of {wanted} is missing", COPY_AGAIN)
        else:
            recorded = " and ".join(self.recorded or self.polarisations)
            raise UnsupportedScene(
                self.path,
                f"{wanted} is needed, but only {recorded} was recorded",
                "Use a model for VV alone, or another scene.",
            )
