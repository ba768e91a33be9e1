"""Orbit files (``.EOF``) that lie on the disk: precise or restituted, never downloaded."""

import io
import re
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from landslidectl.errors import InputError
from landslidectl.files.zips import UNREADABLE, read_table
from landslidectl.sentinel1.annotation import MIN_STATE_VECTORS, StateVectors
from landslidectl.sentinel1.markup import MAX_MARKUP_BYTES, refuse_hostile
from landslidectl.sentinel1.scene import Scene
from landslidectl.terms import utc_instant

EMBEDDED_ORBIT = "annotation"
"""What is recorded where the state vectors of the product itself were used."""

SUFFIX = re.compile(r"\.eof(\.zip)?$", re.IGNORECASE)
NAME = re.compile(
    r"(?P<platform>S\d[A-Z])_OPER_AUX_(?P<kind>POEORB|RESORB)_[A-Z0-9]+_(?P<created>\d{8}T\d{6})"
    r"_V(?P<start>\d{8}T\d{6})_(?P<stop>\d{8}T\d{6})"
)
HEADER_BYTES = 8192
RADII_M = (6.9e6, 7.3e6)
"""Sentinel-1 flies 693 km above the Earth: 7.06e6 to 7.08e6 m from its centre."""
NEEDED = timedelta(seconds=60)
TAKEN = timedelta(seconds=100)
LONGEST_GAP_S = 30.0
SOUND = "NOMINAL"


class OrbitKind(StrEnum):
    """How an orbit was determined."""

    PRECISE = "precise"
    RESTITUTED = "restituted"


KINDS = {"POEORB": OrbitKind.PRECISE, "RESORB": OrbitKind.RESTITUTED}


@dataclass(frozen=True, slots=True)
class OrbitFile:
    """An orbit file that covers a scene.

    Parameters
    ----------
    path : Path
        The ``.EOF`` or its zip.
    name : str
        ESA's name, which names its validity and when it was made.
    kind : OrbitKind
        Precise files come three weeks after, restituted ones within hours.
    platform : str
        Such as ``S1A``.
    created, start, stop : datetime
        When it was made and what it covers, aware UTC.
    """

    path: Path
    name: str
    kind: OrbitKind
    platform: str
    created: datetime
    start: datetime
    stop: datetime

    def __str__(self) -> str:
        """Return what is recorded of the orbit of a scene."""
        return f"{self.kind} {self.name}"


def find_orbit_file(folder: Path, scene: Scene) -> OrbitFile | None:
    """Find the best orbit file for a scene in a folder, searched to any depth.

    A precise orbit is better than a restituted one; of several the newest counts. A file that does
    not carry ESA's name is known by its header; one that is no orbit file is passed over.

    Returns
    -------
    OrbitFile, or None where no file of the platform covers the scene and a minute on both sides
    """
    found = [
        orbit
        for path in sorted(folder.rglob("*"))
        if SUFFIX.search(path.name) and path.is_file()
        for orbit in [_identify(path)]
        if orbit is not None and _covers(orbit, scene)
    ]
    return max(found, key=_rank, default=None)


def read_orbit_file(orbit: OrbitFile, scene: Scene, epoch: datetime) -> StateVectors:
    """Read the state vectors around a scene.

    Parameters
    ----------
    orbit : OrbitFile
        As `find_orbit_file` returns it.
    scene : Scene
        Its sensing time and 100 s on both sides are taken.
    epoch : datetime
        Of the annotation; times are seconds from it, as those of the annotation are.

    Raises
    ------
    InputError
        If the file is damaged, not Earth-fixed, or its sound vectors leave a gap within the scene.

    Source: Sentinel-1 precise orbit format, GMES-GSEG-EOPG-FS-10-0075.
    """
    first, last = scene.start - TAKEN, scene.stop + TAKEN
    rows = []
    try:
        with _checked(orbit.path) as stream:
            for element in _elements(stream, {"OSV", "Ref_Frame"}):
                if element.tag == "Ref_Frame":
                    _require_earth_fixed(orbit.path, element)
                    continue
                time = _instant(element.findtext("UTC", ""))
                if first <= time <= last and element.findtext("Quality", SOUND).strip() == SOUND:
                    values = [_number(element, axis) for axis in ("X", "Y", "Z", "VX", "VY", "VZ")]
                    rows.append([(time - epoch).total_seconds(), *values])
                element.clear()
    except (ET.ParseError, ValueError, LookupError, OSError, *UNREADABLE) as error:
        raise _damaged(orbit.path, f"cannot be read: {error}") from error
    table = np.array(sorted(rows), dtype=np.float64).reshape(-1, 7)
    _require_cover(orbit, scene, epoch, table[:, 0])
    radii_m = np.linalg.norm(table[:, 1:4], axis=1)
    if not ((radii_m > RADII_M[0]) & (radii_m < RADII_M[1])).all():
        raise _damaged(orbit.path, "has places where no Sentinel-1 flies")
    return StateVectors(table[:, 0], table[:, 1:4], table[:, 4:7])


def scene_orbit(
    folder: Path | None, scene: Scene, epoch: datetime
) -> tuple[StateVectors | None, str]:
    """Return the state vectors of the best orbit file, if any, and what to record as their origin.

    Without a folder or a file that covers the scene, the annotation's own vectors are to be used.

    Raises
    ------
    InputError
        If the file that covers the scene cannot be used.
    """
    orbit = find_orbit_file(folder, scene) if folder is not None else None
    if orbit is None:
        return None, EMBEDDED_ORBIT
    return read_orbit_file(orbit, scene, epoch), str(orbit)


def _rank(orbit: OrbitFile) -> tuple[bool, datetime, str]:
    return orbit.kind is OrbitKind.PRECISE, orbit.created, str(orbit.path)


def _covers(orbit: OrbitFile, scene: Scene) -> bool:
    return (
        orbit.platform == scene.platform
        and orbit.start <= scene.start - NEEDED
        and scene.stop + NEEDED <= orbit.stop
    )


def _identify(path: Path) -> OrbitFile | None:
    """Know an orbit file by its name, else by the name and the validity in its header."""
    match = NAME.match(path.name)
    if match:
        return _of_name(path, match)
    try:
        with _opened(path) as stream:
            header = stream.read(HEADER_BYTES).decode("utf-8", "replace")
    except (InputError, OSError, *UNREADABLE):
        return None
    match = re.search(rf"<File_Name>\s*{NAME.pattern}", header)
    return _of_name(path, match) if match else None


def _of_name(path: Path, match: re.Match[str]) -> OrbitFile | None:
    try:
        times = [
            datetime.strptime(match[group], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
            for group in ("created", "start", "stop")
        ]
    except ValueError:
        return None
    name = match[0][match[0].index(match["platform"]) :]
    return OrbitFile(path, name, KINDS[match["kind"]], match["platform"], *times)


@contextmanager
def _checked(path: Path) -> Iterator[IO[bytes]]:
    """Open an orbit file whose XML is sure to do no harm."""
    with _opened(path) as stream:
        content = stream.read(MAX_MARKUP_BYTES + 1)
    refuse_hostile(content)
    yield io.BytesIO(content)


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    """Open an orbit file, or the one inside a zip."""
    if path.suffix.lower() != ".zip":
        with path.open("rb") as stream:
            yield stream
        return
    inner = sorted(info.filename for info in read_table(path) if SUFFIX.search(info.filename))
    with zipfile.ZipFile(path) as zipped:
        if not inner:
            raise _damaged(path, "holds no .EOF file")
        with zipped.open(inner[0]) as member:
            yield member


def _elements(stream: IO[bytes], tags: set[str]) -> Iterator[ET.Element]:
    """Yield elements of some tags, without namespaces, when they are complete."""
    for _, element in ET.iterparse(stream):
        element.tag = element.tag.rpartition("}")[2]
        if element.tag in tags:
            yield element


def _instant(text: str) -> datetime:
    """Read a time such as ``UTC=2021-01-19T03:15:42.000000``."""
    return utc_instant(text.strip().rpartition("=")[2])


def _number(element: ET.Element, tag: str) -> float:
    value = float(element.findtext(tag, ""))
    if not np.isfinite(value):
        raise ValueError(f"{tag} is not finite")
    return value


def _require_earth_fixed(path: Path, element: ET.Element) -> None:
    frame = (element.text or "").strip()
    if frame != "EARTH_FIXED":
        raise _damaged(path, f"its vectors are given in {frame or 'no frame'}, not EARTH_FIXED")


def _require_cover(
    orbit: OrbitFile, scene: Scene, epoch: datetime, times_s: NDArray[np.float64]
) -> None:
    start = (scene.start - NEEDED / 2 - epoch).total_seconds()
    stop = (scene.stop + NEEDED / 2 - epoch).total_seconds()
    steps = np.diff(times_s)
    if (
        len(times_s) < MIN_STATE_VECTORS
        or times_s[0] > start
        or times_s[-1] < stop
        or steps.max() > LONGEST_GAP_S
        or steps.min() <= 0.0
    ):
        raise _damaged(
            orbit.path, f"has {len(times_s)} sound state vectors around {scene.scene_id}, with gaps"
        )


def _damaged(path: Path, problem: str) -> InputError:
    return InputError(
        f"{path}: the orbit file {problem}",
        "Copy it again, or leave it out: the orbit inside the scene is then used.",
    )
