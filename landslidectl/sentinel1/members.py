"""Which members belong to which polarisation, decided by content before names.

Products reach users in several layouts: with ESA's long names, as ``annotation/iw-vv.xml``, or
with ``-cog`` measurements. Folder and role are common to all; the polarisation is in the header of
the metadata and in every name.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from landslidectl.sentinel1.archive import SceneArchive
from landslidectl.sentinel1.manifest import Manifest, ManifestFile
from landslidectl.sentinel1.scene import SceneMembers
from landslidectl.terms import Polarisation

ROLES = {
    "annotation": re.compile(r"annotation/[^/]+\.xml"),
    "calibration": re.compile(r"annotation/calibration/calibration-[^/]+\.xml"),
    "noise": re.compile(r"annotation/calibration/noise-[^/]+\.xml"),
    "measurement": re.compile(r"measurement/[^/]+\.tiff?"),
}
NAMED_KINDS = ("calibration", "noise", "rfi")
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
    listed = _listed_files(manifest)
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


def match_listed(
    archive: SceneArchive, manifest: Manifest
) -> tuple[tuple[ManifestFile, str | None], ...]:
    """Return each file that the manifest lists with the member that it is, None where missing.

    Where no member has its name, one with the same folder, kind and polarisation is taken.
    """
    names = archive.members()
    alike = {
        _likeness(name): name for name in sorted(names, reverse=True) if _name_polarisation(name)
    }
    return tuple(
        (file, file.name if file.name in names else alike.get(_likeness(file.name)))
        for file in manifest.files
    )


def _likeness(name: str) -> tuple[str, str, Polarisation | None]:
    """Return what a file and its renamed copy have in common."""
    folder, _, base = name.lower().rpartition("/")
    kind = base.partition("-")[0]
    return folder, kind if kind in NAMED_KINDS else "", _name_polarisation(name)


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


def _listed_files(manifest: Manifest) -> dict[Slot, ManifestFile]:
    listed: dict[Slot, ManifestFile] = {}
    for file in manifest.files:
        role, polarisation = _role(file.name), _name_polarisation(file.name)
        if role is not None and polarisation is not None and file.size >= 0:
            listed.setdefault((role, polarisation), file)
    return listed


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
    archive: SceneArchive, slot: Slot, name: str | None, listed: Mapping[Slot, ManifestFile]
) -> str:
    """Say what is wrong with the size of a member; empty where nothing is.

    Pixels under another name than the manifest's were converted, such as to COG, by whoever
    renamed them: their size says nothing.
    """
    what = f"{slot[0]} of {slot[1]}"
    if name is None:
        return f"{what} is missing"
    size, file = archive.members()[name], listed.get(slot)
    is_converted = slot[0] == "measurement" and file is not None and file.name != name
    if file is not None and size != file.size and not is_converted:
        return f"{what} has {size} bytes, the manifest says {file.size}"
    return f"{what} has 0 bytes" if size == 0 else ""
