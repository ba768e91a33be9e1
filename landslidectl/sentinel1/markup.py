"""Reading values out of XML so that whatever is missing or wrong is named in the error."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from xml.parsers import expat

import numpy as np
from numpy.typing import NDArray

from landslidectl.errors import DamagedScene
from landslidectl.sentinel1.archive import COPY_AGAIN, SceneArchive
from landslidectl.terms import utc_instant

MAX_MARKUP_BYTES = 16 << 20
"""The largest metadata of GRD products, noise tables, have some 5 MB."""
"""Beyond them a time is damaged, and reckoning with it may leave what Python can hold."""


@dataclass(frozen=True, slots=True)
class Node:
    """An XML element that knows the scene and the member it comes from.

    Namespaces are dropped: Level-0, -1 and -2 manifests spell the same elements in different ones.
    """

    element: ET.Element
    scene: Path
    member: str

    def fault(self, name: str, problem: str) -> DamagedScene:
        """Return the error that says what is wrong with the element ``name``."""
        return DamagedScene(self.scene, f"{self.member}: element {name} {problem}", COPY_AGAIN)

    def child(self, name: str) -> "Node":
        """Return the first element at the path ``name``."""
        element = self.element.find(name)
        if element is None:
            raise self.fault(name, "is missing")
        return Node(element, self.scene, self.member)

    def children(self, name: str) -> "tuple[Node, ...]":
        """Return all elements at the path ``name``, perhaps none."""
        return tuple(Node(found, self.scene, self.member) for found in self.element.findall(name))

    def some(self, name: str) -> "tuple[Node, ...]":
        """Return all elements at the path ``name``, at least one."""
        found = self.children(name)
        if not found:
            raise self.fault(name, "is missing")
        return found

    def anywhere(self, name: str) -> "Iterator[Node]":
        """Yield all elements of that tag at any depth, in document order."""
        for element in self.element.iter(name):
            yield Node(element, self.scene, self.member)

    def optional_text(self, name: str, default: str = "") -> str:
        """Return the text at the path ``name``, or the default where it is absent or empty."""
        return (self.element.findtext(name) or "").strip() or default

    def text(self, name: str) -> str:
        """Return the text at the path ``name``."""
        value = self.optional_text(name)
        if not value:
            raise self.fault(name, "is missing or empty")
        return value

    def number(self, name: str) -> float:
        """Return the finite number at the path ``name``."""
        text = self.text(name)
        try:
            value = float(text)
        except ValueError as error:
            raise self.fault(name, f"is no number: '{text[:40]}'") from error
        if not np.isfinite(value):
            raise self.fault(name, f"is not finite: '{text[:40]}'")
        return value

    def integer(self, name: str) -> int:
        """Return the whole number at the path ``name``."""
        text = self.text(name)
        try:
            return int(text)
        except ValueError as error:
            raise self.fault(name, f"is no whole number: '{text[:40]}'") from error

    def flag(self, name: str) -> bool:
        """Return the truth value at the path ``name``."""
        text = self.text(name).lower()
        if text not in {"true", "false"}:
            raise self.fault(name, f"is neither true nor false: '{text[:40]}'")
        return text == "true"

    def instant(self, name: str) -> datetime:
        """Return the UTC instant at the path ``name``."""
        text = self.text(name)
        try:
            return utc_instant(text)
        except ValueError as error:
            raise self.fault(name, f"is no time of a radar satellite: '{text[:40]}'") from error

    def seconds(self, name: str, epoch: datetime) -> float:
        """Return the instant at the path ``name`` in seconds from ``epoch``."""
        return (self.instant(name) - epoch).total_seconds()

    def numbers(self, name: str) -> NDArray[np.float64]:
        """Return the white-space separated finite numbers at the path ``name``, 1-D float64."""
        try:
            values = np.array(self.text(name).split(), dtype=np.float64)
        except ValueError as error:
            raise self.fault(name, f"holds something that is no number ({error})") from error
        if not np.isfinite(values).all():
            raise self.fault(name, "holds values that are not finite")
        return values


class _RootReached(Exception):
    """The document's first element begins; no declaration can follow."""


def refuse_hostile(content: bytes) -> None:
    """Refuse XML that declares a document type, or is larger than any that belongs to a product.

    No file of a product declares a type. Entities, which a few lines can grow to any size and which
    can name other files, can only be declared there.

    Raises
    ------
    ValueError
        With what is wrong. XML that is not well-formed is left to the parser.
    """
    if len(content) > MAX_MARKUP_BYTES:
        raise ValueError(f"it has more than {MAX_MARKUP_BYTES >> 20} MB")

    def declared(*_: object) -> None:
        raise ValueError("it declares a document type")

    def reached(*_: object) -> None:
        raise _RootReached

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = declared
    parser.StartElementHandler = reached
    with suppress(_RootReached, expat.ExpatError):
        parser.Parse(content, True)


def read_markup(archive: SceneArchive, member: str) -> Node:
    """Parse a member and return its root.

    Raises
    ------
    DamagedScene
        If the member is missing or not well-formed.
    """
    content = archive.read(member, MAX_MARKUP_BYTES + 1)
    try:
        refuse_hostile(content)
        root = ET.fromstring(content)
    except (ET.ParseError, LookupError, ValueError) as error:
        raise DamagedScene(
            archive.path, f"{member} is not well-formed XML: {error}", COPY_AGAIN
        ) from error
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return Node(root, archive.path, member)
