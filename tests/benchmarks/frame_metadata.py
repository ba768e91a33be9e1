"""Real metadata for simulated frames: the same track again, some days later.

Base is the zip of a real IW GRDH product whose measurements are absent. Every instant in it is
moved by whole repeat cycles, identifiers and orbit numbers follow, and the state vectors slide
a few tens of metres along the track, so that no two scenes have the same geometry.
"""

import hashlib
import re
import zipfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath

INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}")
COMPACT = re.compile(r"\d{8}[tT]\d{6}")
ORBIT = re.compile(r"(<orbit>\s*<time>)([^<]+)(</time>)")
OBJECT = re.compile(
    r'(<byteStream [^>]*size=")\d+("[^>]*>\s*<fileLocation [^>]*href="\./)([^"]+)'
    r'("/>\s*<checksum checksumName="MD5">)[0-9a-f]+'
)
ORBITS_A_CYCLE = 175
CYCLE_DAYS = 12


@dataclass(frozen=True)
class Base:
    """Members of a real product, by their names without the folder, and what is read from them."""

    name: str
    members: dict[str, bytes]

    def number(self, tag: str) -> int:
        """Return a whole number of the first annotation."""
        match = re.search(rf"<{tag}>(\d+)</{tag}>", self.annotation("vv"))
        if match is None:
            raise SystemExit(f"{self.name}: no {tag} in the annotation")
        return int(match[1])

    def annotation(self, polarisation: str) -> str:
        """Return the annotation of a polarisation."""
        return next(
            content.decode()
            for name, content in self.members.items()
            if PurePosixPath(name).parent.name == "annotation" and f"-{polarisation}-" in name
        )


@dataclass(frozen=True)
class Repeat:
    """How one scene differs from the base."""

    index: int
    days: int
    along_track_s: float


def read_base(path: Path) -> Base:
    """Read the members of a zipped product, without its empty ones and the processing report."""
    members: dict[str, bytes] = {}
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            folder, _, name = info.filename.partition("/")
            if name and not info.is_dir() and "report" not in name:
                members[name] = archive.read(info)
    return Base(folder.removesuffix(".SAFE"), members)


def retimed(base: Base, repeat: Repeat) -> Base:
    """Return the base as it would look after whole days; the manifest still has the old sums."""
    delta = timedelta(days=repeat.days)
    orbit = base.number("absoluteOrbitNumber")
    datatake = base.number("missionDataTakeId")
    new_orbit = orbit + round(ORBITS_A_CYCLE * repeat.days / CYCLE_DAYS)
    new_datatake = datatake + 17 * repeat.index
    unique = hashlib.sha256(f"{base.name}{repeat.index}".encode()).hexdigest()[:4].upper()

    def moved(text: str) -> str:
        text = INSTANT.sub(lambda match: _later(match[0], delta), text)
        text = COMPACT.sub(lambda match: _later_compact(match[0], delta), text)
        for case in (str.lower, str.upper):
            text = text.replace(case(f"{datatake:06x}"), case(f"{new_datatake:06x}"))
        text = re.sub(rf"\b0*{orbit}\b", lambda m: f"{new_orbit:0{len(m[0])}d}", text)
        return re.sub(rf">{datatake}<", f">{new_datatake}<", text)

    def name_moved(name: str) -> str:
        return moved(name.replace("_", " ")).replace(" ", "_")

    name = name_moved(base.name)[:-4] + unique
    members = {}
    for member, content in base.members.items():
        if member.endswith((".xml", ".safe", ".kml", ".html")):
            members[name_moved(member)] = _slid(
                moved(content.decode()), repeat.along_track_s
            ).encode()
        else:
            members[name_moved(member)] = content
    return Base(name, members)


def _slid(text: str, seconds: float) -> str:
    """Move the instants of the state vectors, which slides the satellite along its track."""
    step = timedelta(seconds=seconds)
    return ORBIT.sub(lambda match: match[1] + _later(match[2], step) + match[3], text)


def _later(text: str, delta: timedelta) -> str:
    return (datetime.fromisoformat(text) + delta).isoformat(timespec="microseconds")


def _later_compact(text: str, delta: timedelta) -> str:
    instant = datetime.strptime(text.upper(), "%Y%m%dT%H%M%S") + delta
    later = instant.strftime("%Y%m%dT%H%M%S")
    return later.lower() if "t" in text else later


def measurement_name(base: Base, polarisation: str) -> str:
    """Return the member that the manifest lists as the measurement of a polarisation."""
    manifest = base.members["manifest.safe"].decode()
    match = re.search(rf'href="\./(measurement/[^"]*-{polarisation}-[^"]*)"', manifest)
    if match is None:
        raise SystemExit(f"{base.name}: the manifest lists no measurement of {polarisation}")
    return match[1]


def manifest_with(base: Base, measured: dict[str, tuple[int, str]]) -> bytes:
    """Return the manifest with the sizes and MD5 sums of the members as they are now."""
    sums = measured | {
        name: (len(content), hashlib.md5(content, usedforsecurity=False).hexdigest())
        for name, content in base.members.items()
        if name != "manifest.safe"
    }

    def replaced(match: re.Match[str]) -> str:
        size, digest = sums[match[3]]
        return f"{match[1]}{size}{match[2]}{match[3]}{match[4]}{digest}"

    return OBJECT.sub(replaced, base.members["manifest.safe"].decode()).encode()
