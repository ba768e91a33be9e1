"""Which members belong to which polarisation, decided by content before names.

Products reach users in several layouts: with ESA's long names, as ``annotation/iw-vv.xml``, or
with ``-cog`` measurements. Folder and role are common to all; the polarisation is in the header of
the metadata and in every name.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from landslidectl.sentinel1.archive import SceneArchive
from landslidectl.sentinel1.manifest import Manifest
from landslidectl.sentinel1.scene import SceneMembers
from landslidectl.terms import Polarisation

ROLES = {
    "annotation": re.compile(r"annotation/[^/]+\.xml"),
    "calibration": re.compile(r"annotation/calibration/calibration-[^/]+\.xml"),
    "noise": re.compile(r"annotation/calibration/noise-[^/]+\.xml"),
    "measurement": re.compile(r"measurement/[^/]+\.tiff?"),
}
METADATA_ROLES = ("annotation", "calibration", "noise")
NAME_TOKEN = re.compile(r"(?<![a-z0-9])(vv|vh|hh|hv)(?![a-z0-9])")
HEADER_TOKEN = re.compile(rb"<polarisation>\s*(VV|VH|HH|HV)\s*</polarisation>")
HEADER_BYTES = 4096

Slot = tuple[str, Polarisation]


@dataclass(frozen=True, slots=True)
class Inventory:
    """What of a product is really there.

    Parameters
    ----------
    members : mapping
        Polarisations whose metadata is complete, VV first.
    pixel_faults : mapping
        Why the pixels of a polarisation cannot be used.
    problems : tuple of str
        All that is missing or differs in size from the manifest.
    """

    members: Mapping[Polarisation, SceneMembers]
    pixel_faults: Mapping[Polarisation, str] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


def take_inventory(archive: SceneArchive, manifest: Manifest) -> Inventory:
    """Match the members of a product with the polarisations and with the manifest's sizes."""
    found = _found_slots(archive)
    listed = _listed_sizes(manifest)
    recorded = {polarisation for _, polarisation in found} | set(recorded_in(manifest))
    members: dict[Polarisation, SceneMembers] = {}
    pixel_faults: dict[Polarisation, str] = {}
    problems: list[str] = []
    for polarisation in [one for one in Polarisation if one in recorded]:
        names = {role: found.get((role, polarisation)) for role in ROLES}
        missing = [role for role in METADATA_ROLES if names[role] is None]
        if missing:
            problems += [f"{role} of {polarisation} is missing" for role in missing]
            continue
        faults = {
            role: _size_fault(archive, (role, polarisation), names[role], listed) for role in ROLES
        }
        problems += [fault for fault in faults.values() if fault]
        if faults["measurement"]:
            pixel_faults[polarisation] = faults["measurement"]
        members[polarisation] = SceneMembers(
            names["measurement"],
            str(names["annotation"]),
            str(names["calibration"]),
            str(names["noise"]),
        )
    return Inventory(members, pixel_faults, tuple(problems))


def recorded_in(manifest: Manifest) -> tuple[Polarisation, ...]:
    """Return the polarisations that the manifest says were recorded, VV first."""
    return tuple(one for one in Polarisation if one.value in manifest.polarisations)


def _found_slots(archive: SceneArchive) -> dict[Slot, str]:
    found: dict[Slot, str] = {}
    for name in archive.members():
        role = _role(name)
        if role is None:
            continue
        polarisation = _header_polarisation(archive, name) if role != "measurement" else None
        polarisation = polarisation or _name_polarisation(name)
        if polarisation is not None:
            found.setdefault((role, polarisation), name)
    return found


def _listed_sizes(manifest: Manifest) -> dict[Slot, int]:
    sizes: dict[Slot, int] = {}
    for file in manifest.files:
        role, polarisation = _role(file.name), _name_polarisation(file.name)
        if role is not None and polarisation is not None and file.size >= 0:
            sizes.setdefault((role, polarisation), file.size)
    return sizes


def _role(name: str) -> str | None:
    lower = name.lower()
    return next((role for role, pattern in ROLES.items() if pattern.fullmatch(lower)), None)


def _header_polarisation(archive: SceneArchive, name: str) -> Polarisation | None:
    """Read the polarisation in the first bytes; no need to parse the whole."""
    match = HEADER_TOKEN.search(archive.read(name, HEADER_BYTES))
    return Polarisation(match[1].decode("ascii")) if match else None


def _name_polarisation(name: str) -> Polarisation | None:
    tokens = NAME_TOKEN.findall(name.lower().rpartition("/")[2])
    return Polarisation(tokens[0].upper()) if tokens else None


def _size_fault(
    archive: SceneArchive, slot: Slot, name: str | None, listed: Mapping[Slot, int]
) -> str:
    """Say what is wrong with the size of a member; empty where nothing is."""
    what = f"{slot[0]} of {slot[1]}"
    if name is None:
        return f"{what} is missing"
    size, expected = archive.members()[name], listed.get(slot)
    if expected is not None and size != expected:
        return f"{what} has {size} bytes, the manifest says {expected}"
    return f"{what} has 0 bytes" if size == 0 else ""
