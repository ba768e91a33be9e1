"""What a standalone program is made of: packages, their licences, the bill of materials."""

import hashlib
import json
import re
import shutil
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

LICENCES = "licences"
LICENCE_NAMES = re.compile(r"licen[cs]e|copying|copyright|notice|authors", re.IGNORECASE)
REQUIREMENT = re.compile(r"^\s*([A-Za-z0-9._-]+)[^;]*(;.*)?$")
BOM = "sbom.cdx.json"
PYTHON = "python"
NOT_SHIPPED = frozenset({"pip", "setuptools"})
"""sqlite-utils names pip, which only its command for plugins uses; the program leaves it out."""


@dataclass(frozen=True, slots=True)
class Part:
    """A package inside the program.

    Parameters
    ----------
    name, version : str
    licence : str
        As its metadata word it: an SPDX expression, or the older free text.
    texts : tuple of Path
        Files with its licence and those of what it brings along.
    """

    name: str
    version: str
    licence: str
    texts: tuple[Path, ...]


def parts_of(site: Path, package: str) -> tuple[Part, ...]:
    """Return what a package needs to run, itself not among them, by name.

    Parameters
    ----------
    site : Path
        The ``site-packages`` that it is installed in.
    package : str
        Its extras do not count.
    """
    installed = {_plain(found.metadata["Name"]): found for found in distributions(path=[str(site)])}
    wanted, found = [_plain(package)], {}
    while wanted:
        name = wanted.pop()
        if name in found or name in NOT_SHIPPED or name not in installed:
            continue
        found[name] = installed[name]
        wanted += list(_needs(installed[name]))
    return tuple(_part(found[name]) for name in sorted(found) if name != _plain(package))


def python_part(version: str, stdlib: Path) -> Part:
    """Return Python itself; distributions of it keep its licence in different places."""
    short = ".".join(version.split(".")[:2])
    places = (stdlib / "LICENSE.txt", Path(f"/usr/share/doc/python{short}/copyright"))
    return Part(PYTHON, version, "PSF-2.0", tuple(p for p in places if p.is_file())[:1])


def write_licences(parts: Sequence[Part], folder: Path) -> None:
    """Copy every licence text below a folder, one folder a package, and a list of all.

    Raises
    ------
    ValueError
        If a package brings neither a text nor the name of its licence.
    """
    lines = []
    for part in parts:
        if not part.texts and not part.licence:
            raise ValueError(f"{part.name} {part.version} says nothing of its licence")
        own = folder / part.name
        for text in part.texts:
            own.mkdir(parents=True, exist_ok=True)
            # one package may bring many texts of one name, from folders of what it holds
            kept = "-".join(text.parts[-2:]) if (own / text.name).exists() else text.name
            shutil.copyfile(text, own / kept)
        lines.append(f"{part.name} {part.version}: {part.licence or 'see its folder'}\n")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "LIST.txt").write_text("".join(lines), encoding="utf-8")


def bill_of_materials(parts: Sequence[Part], program: dict[str, str]) -> dict[str, Any]:
    """Return a CycloneDX 1.6 document: the same parts give the same document.

    Parameters
    ----------
    parts : sequence of Part
    program : dict of str
        ``name``, ``version`` and ``commit``.
    """
    components = [_component(part) for part in parts]
    content = json.dumps([components, program], sort_keys=True).encode()
    seed = hashlib.sha256(content).digest()[:16]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.UUID(bytes=seed, version=4)}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "name": program["name"],
                "version": program["version"],
                "properties": [{"name": "commit", "value": program["commit"]}],
            }
        },
        "components": components,
    }


def _component(part: Part) -> dict[str, Any]:
    licence = {"licenses": [{"license": {"name": part.licence}}]} if part.licence else {}
    kind = "generic" if part.name == PYTHON else "pypi"
    purl = f"pkg:{kind}/{part.name}@{part.version}"
    return {
        "type": "library",
        "bom-ref": purl,
        "name": part.name,
        "version": part.version,
        "purl": purl,
        **licence,
    }


def _part(found: Distribution) -> Part:
    meta = found.metadata
    licence = _field(found, "License-Expression") or _name_of(_field(found, "License"))
    if not licence:
        classes = [c for c in meta.get_all("Classifier") or [] if c.startswith("License ::")]
        licence = "; ".join(name.rpartition(" :: ")[2] for name in classes)
    texts = [
        Path(str(found.locate_file(file)))
        for file in found.files or ()
        if LICENCE_NAMES.search(file.name) and file.suffix.lower() not in (".py", ".pyc", ".so")
    ]
    kept = tuple(sorted(path for path in texts if path.is_file()))
    return Part(_plain(meta["Name"]), found.version, licence, kept)


def _field(found: Distribution, name: str) -> str:
    return str(found.metadata[name]) if name in found.metadata else ""


def _name_of(text: str) -> str:
    """Return a licence's name; where a package put the whole text there, nothing."""
    name = text.strip()
    return "" if "\n" in name else name


def _needs(found: Distribution) -> Iterator[str]:
    for line in found.requires or ():
        match = REQUIREMENT.match(line)
        if match and "extra ==" not in (match[2] or ""):
            yield _plain(re.split(r"[\[ ]", match[1])[0])


def _plain(name: str) -> str:
    """Return a package's name as the index compares it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()
