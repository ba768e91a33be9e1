"""Names of product folders and files, built and parsed.

``LSD_<event>_<aoi>_S1_<tracks>_<post start>_<processed>_<model>_r<release>_v<version>``: fields are
joined by underscores and contain none; instants are UTC as ``20180911T204157``. *Release* counts
products made with more data, *version* corrections of the same data.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime

from landslidectl.errors import ProductError
from landslidectl.products.contract.files import FILES, FileKind, file_spec

SLUG_LENGTH = 24
STAMP = "%Y%m%dT%H%M%S"
PATTERN = re.compile(
    r"LSD_(?P<event>[A-Za-z0-9-]+)_(?P<aoi>[A-Za-z0-9-]+)_S1_"
    r"(?P<tracks>[AD]\d{3}(?:-[AD]\d{3})*)_(?P<post>\d{8}T\d{6})_(?P<processed>\d{8}T\d{6})_"
    r"(?P<model>[A-Za-z0-9-]+)_r(?P<release>\d+)_v(?P<version>\d+)"
)


@dataclass(frozen=True, slots=True)
class ProductName:
    """The fields of a product name.

    Parameters
    ----------
    event, aoi, model : str
        Slugs: letters, digits and hyphens.
    tracks : tuple of str
        Short track names such as ``D046``.
    post_start, processed : datetime
        Aware, whole seconds; start of the first post-event scene and time of processing.
    release, version : int
        From 1.
    """

    event: str
    aoi: str
    tracks: tuple[str, ...]
    post_start: datetime
    processed: datetime
    model: str
    release: int = 1
    version: int = 1

    @property
    def folder(self) -> str:
        """Return the name of the product folder, which every file name repeats."""
        return "_".join(
            (
                "LSD",
                self.event,
                self.aoi,
                "S1",
                "-".join(self.tracks),
                self.post_start.astimezone(UTC).strftime(STAMP),
                self.processed.astimezone(UTC).strftime(STAMP),
                self.model,
                f"r{self.release}",
                f"v{self.version}",
            )
        )

    def file(self, kind: FileKind) -> str:
        """Return the name of one file; the checksums keep the name that tools look for."""
        suffix = file_spec(kind).suffix
        return suffix if kind is FileKind.CHECKSUMS else f"{self.folder}_{suffix}"


def parse_product_name(text: str) -> ProductName:
    """Return the fields of the name of a product folder or of a file in it.

    Raises
    ------
    ProductError
        If the text is no such name.
    """
    match = PATTERN.match(text)
    if match is None or text[match.end() :][:1] not in {"", "_"}:
        raise _not_a_name(text)
    try:
        post_start, processed = _instant(match["post"]), _instant(match["processed"])
    except ValueError as error:
        raise _not_a_name(text) from error
    return ProductName(
        event=match["event"],
        aoi=match["aoi"],
        tracks=tuple(match["tracks"].split("-")),
        post_start=post_start,
        processed=processed,
        model=match["model"],
        release=int(match["release"]),
        version=int(match["version"]),
    )


def parse_file_name(text: str) -> tuple[ProductName, FileKind]:
    """Return the product that a file belongs to, and which of its files it is.

    Raises
    ------
    ProductError
        If the text is no name of a file in a product.
    """
    name = parse_product_name(text)
    for spec in FILES:
        if text == f"{name.folder}_{spec.suffix}":
            return name, spec.kind
    raise ProductError(
        f"'{text}' is not the name of a file in a landslidectl product",
        f"Known endings are: {', '.join(spec.suffix for spec in FILES)}.",
    )


def slug(text: str, fallback: str) -> str:
    """Return letters, digits and single hyphens that stand for a text in file names.

    Accents are dropped; a text without any Latin letter or digit gives the fallback.
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    words = re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-")
    return words[:SLUG_LENGTH].strip("-") or fallback


def _instant(text: str) -> datetime:
    return datetime.strptime(text, STAMP).replace(tzinfo=UTC)


def _not_a_name(text: str) -> ProductError:
    return ProductError(
        f"'{text}' is not the name of a landslidectl product (expected "
        "LSD_<event>_<aoi>_S1_<tracks>_<post start>_<processed>_<model>_r<n>_v<n>)",
        "Give the folder that landslidectl wrote, under its own name.",
    )
