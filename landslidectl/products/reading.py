"""Read a product folder back: its facts, its layers, and whether its files still are its own."""

import json
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landslidectl.errors import DifferenceFound, ProductError
from landslidectl.files.hashing import file_digest
from landslidectl.files.resources import asset
from landslidectl.products.contents import Contents
from landslidectl.products.contract import SCHEMA_VERSION
from landslidectl.products.contract.files import FileKind, file_spec
from landslidectl.products.contract.layers import LAYERS, LayerName
from landslidectl.products.form import misfit
from landslidectl.products.metadata import FILES_KEY
from landslidectl.products.naming import parse_product_name
from landslidectl.products.stored_layers import AGAIN, read_layer, require
from landslidectl.products.texts import plain_values
from landslidectl.products.wording import EDITED_LIMIT

if TYPE_CHECKING:
    pass

NEEDED = {
    LayerName.DETECTIONS: ("det_id", "area_ha", "score_max", "post_start", "post_end"),
    LayerName.AREA: ("aoi_name",),
    LayerName.RUN: ("key", "value"),
}
"""Attributes without which no format can be made."""
LONGEST_NAME = 255
"""Bytes of a file's name, on any file system in use."""
SOURCES = (FileKind.GEOPACKAGE, FileKind.SCORE, FileKind.QUALITY)
"""What other formats are made from, beside the metadata."""


@dataclass(frozen=True, slots=True)
class StoredProduct:
    """A product folder and what its metadata say.

    Parameters
    ----------
    folder : Path
        Where it lies.
    metadata : mapping
        ``metadata.json`` as it stands.
    """

    folder: Path
    metadata: Mapping[str, Any]

    def file(self, kind: FileKind) -> Path:
        """Return where a file of the product is.

        Raises
        ------
        ProductError
            If the product never had it.
        """
        return self.folder / str(self._listed(kind)["name"])

    def has(self, kind: FileKind) -> bool:
        """Tell whether the product was written with a file of a kind."""
        return any(item["kind"] == kind.value for item in self.metadata[FILES_KEY])

    def checksums(self) -> dict[str, str] | None:
        """Return the digests that ``SHA256SUMS`` gives by the names of the files; None without it.

        Raises
        ------
        ProductError
            If it names a file outside the product, or has a line of another form.
        """
        path = self.folder / file_spec(FileKind.CHECKSUMS).suffix
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, ValueError):
            return None
        pairs = [line.split("  ", 1) for line in lines]
        for pair in pairs:
            if len(pair) != 2 or not _is_plain(pair[1]):
                raise ProductError(f"{path}: has a line that is no checksum of a file", AGAIN)
        return {name: digest for digest, name in pairs}

    def listed_checksums(self) -> dict[str, str]:
        """Return the digests that the metadata give; of the metadata and the sums there is none."""
        return {str(item["name"]): str(item["sha256"]) for item in self.metadata[FILES_KEY]}

    def present(self, kind: FileKind) -> Path:
        """Return where a file of the product is.

        Raises
        ------
        ProductError
            If the product never had it, or it is missing.
        """
        path = self.file(kind)
        if not path.is_file():
            raise ProductError(f"{path}: the file is missing from the product", AGAIN)
        return path

    def is_own(self, kind: FileKind) -> bool:
        """Tell whether a file is the very one that the product was written with.

        Raises
        ------
        ProductError
            If it is missing.
        """
        return file_digest(self.present(kind)) == str(self._listed(kind)["sha256"])

    def _listed(self, kind: FileKind) -> Mapping[str, Any]:
        for item in self.metadata[FILES_KEY]:
            if item["kind"] == kind.value:
                return dict(item)
        raise ProductError(f"{self.folder}: the product has no {kind.value}", AGAIN)


def find_product(path: Path) -> Path:
    """Return the product folder at ``path``: itself, or the only one below it.

    Raises
    ------
    ProductError
        If there is none, or there are several to choose from.
    """
    below = _products_at(path)
    if len(below) == 1:
        return below[0]
    names = "\n".join(f"  {item}" for item in below)
    raise ProductError(f"{path}: holds {len(below)} products:\n{names}", "Give one of them.")


def products_in(folder: Path) -> tuple[StoredProduct, ...]:
    """Return the products in a folder whose metadata can be read."""
    if not folder.is_dir():
        return ()
    found = []
    for path in sorted(folder.iterdir()):
        if path.is_dir() and metadata_files(path):
            with suppress(ProductError):
                found.append(open_stored(path))
    return tuple(found)


def newest_product(path: Path) -> Path:
    """Return the product folder at ``path``: itself, or the one of the last release below it.

    Of several versions of that release the last one is taken.

    Raises
    ------
    ProductError
        If there is none.
    """
    return max(_products_at(path), key=_age)


def _products_at(path: Path) -> list[Path]:
    """Return the folder itself where it is a product, else the products in it, of which one is."""
    if not path.is_dir():
        what = "is a file" if path.exists() else "is not there"
        raise ProductError(
            f"{path}: {what}, expected a product folder",
            "Give the folder LSD_... that landslidectl detect wrote.",
        )
    if metadata_files(path):
        return [path]
    below = sorted(item for item in path.iterdir() if item.is_dir() and metadata_files(item))
    if not below:
        raise ProductError(
            f"{path}: holds no product (no file *_{file_spec(FileKind.METADATA).suffix})",
            "Give the folder LSD_... that landslidectl detect wrote.",
        )
    return below


def _age(folder: Path) -> tuple[int, int, datetime]:
    name = parse_product_name(metadata_files(folder)[0].name)
    return name.release, name.version, name.processed


def is_whole(folder: Path) -> bool:
    """Tell whether a product folder holds every file that its sums list, unchanged."""
    try:
        lines = (folder / file_spec(FileKind.CHECKSUMS).suffix).read_text(encoding="utf-8")
        sums = [line.split("  ", 1) for line in lines.splitlines()]
        return bool(sums) and all(file_digest(folder / name) == digest for digest, name in sums)
    except (OSError, ValueError):
        return False


def metadata_files(folder: Path) -> list[Path]:
    """Return the metadata files in a folder; a product has one."""
    return sorted(folder.glob(f"*_{file_spec(FileKind.METADATA).suffix}"))


def open_stored(path: Path) -> StoredProduct:
    """Open a product folder, or the only one below ``path``.

    Raises
    ------
    ProductError
        If there is none, or its metadata cannot be read.
    """
    folder = find_product(path)
    file = metadata_files(folder)[0]
    try:
        metadata = json.loads(file.read_text(encoding="utf-8"))
        version = metadata["schema_version"]
        listed = [(item["kind"], item["name"], item["sha256"]) for item in metadata[FILES_KEY]]
        outside = [name for _, name, _ in listed if not _is_plain(name)]
        schema = _schema()
        missing = [name for name in schema["required"] if name not in metadata]
        wrong = misfit(metadata, schema)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ProductError(f"{file}: cannot be read or is incomplete: {error!r}", AGAIN) from error
    if version != SCHEMA_VERSION:
        raise ProductError(
            f"{file}: its form has version {version}, this program knows {SCHEMA_VERSION}",
            "Use the release of landslidectl that wrote the product.",
        )
    if missing:
        raise ProductError(f"{file}: is incomplete, without {', '.join(missing)}", AGAIN)
    if outside:
        raise ProductError(f"{file}: names a file outside the product: {outside[0]}", AGAIN)
    if wrong:
        raise ProductError(f"{file}: is not as it was written: {wrong}", AGAIN)
    return StoredProduct(folder, metadata)


def _is_plain(name: Any) -> bool:
    """Tell whether a name can be that of a file in the product, and of nothing else."""
    if not isinstance(name, str):
        return False
    is_possible = len(name.encode("utf-8", "surrogatepass")) <= LONGEST_NAME and "\0" not in name
    return is_possible and Path(name).name == name != ".."


def _schema() -> dict[str, Any]:
    """Return the form that every metadata file has."""
    content = asset("schemas", "metadata.schema.json").read_text(encoding="utf-8")
    return dict(json.loads(content))


def read_contents(
    stored: StoredProduct, edited: bool = False, taken_in: Collection[str] = ()
) -> Contents:
    """Return what a stored product says, from its GeoPackage, rasters and metadata.

    Parameters
    ----------
    stored : StoredProduct
        The product.
    edited : bool
        Take the GeoPackage as it is now, changed or not; its limitations then say so.
    taken_in : collection of str
        Digests of edited GeoPackages whose edits are known; such a one may be taken too.

    Raises
    ------
    ProductError
        If a file is missing or cannot be read.
    DifferenceFound
        If a file is no longer the one that the product was written with.
    """
    limits = list(stored.metadata["limitations"])
    for kind in SOURCES:
        if stored.is_own(kind):
            continue
        path = stored.file(kind)
        is_known = kind is FileKind.GEOPACKAGE and bool(taken_in) and file_digest(path) in taken_in
        if is_known:
            continue
        if not (edited and kind is FileKind.GEOPACKAGE):
            raise _changed(kind, path)
        limits.insert(0, EDITED_LIMIT)
    facts = {name: value for name, value in stored.metadata.items() if name != FILES_KEY}
    facts["limitations"] = limits
    path = stored.file(FileKind.GEOPACKAGE)
    layers = (require(path, read_layer(path, spec), NEEDED.get(spec.name, ())) for spec in LAYERS)
    return Contents(
        plain_values(facts),
        {layer.name: layer for layer in layers},
        stored.file(FileKind.SCORE),
        stored.file(FileKind.QUALITY),
    )


def _changed(kind: FileKind, path: Path) -> DifferenceFound:
    message = f"{path}: changed since the product was written: its SHA-256 is another"
    if kind is FileKind.GEOPACKAGE:
        hint = (
            "QGIS changes a GeoPackage as soon as it is opened for editing, even if nothing is "
            "edited. landslidectl review --import takes edits in and keeps them; --edited takes "
            "the file as it is now."
        )
        return DifferenceFound(message, hint)
    return DifferenceFound(message, AGAIN)
