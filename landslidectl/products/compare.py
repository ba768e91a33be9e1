"""Whether two products are the same, within the tolerances of the contract."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from landslidectl.files.hashing import file_digest
from landslidectl.products.compare_layers import compare_layers
from landslidectl.products.compare_rasters import compare_rasters
from landslidectl.products.contract.files import FILES, FileKind
from landslidectl.products.contract.rasters import COMPOSITE_LAYER, RASTERS
from landslidectl.products.contract.tolerances import may_vary
from landslidectl.products.differences import Difference, fact_differences
from landslidectl.products.reading import StoredProduct

READ = frozenset(
    {FileKind.GEOPACKAGE, FileKind.METADATA, *(spec.kind for spec in (*RASTERS, COMPOSITE_LAYER))}
)
"""Files whose content is compared. All others are made of these by the same program; of them it is
checked that both products have them and that they still are what was written."""


class FileState(StrEnum):
    """What became of a file of a product since it was written."""

    AS_WRITTEN = "as written"
    CHANGED = "changed since written"
    MISSING = "missing"
    ABSENT = "absent"
    UNKNOWN = "unknown, without its checksum"


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two products have apart.

    Parameters
    ----------
    a, b : StoredProduct
        The products.
    found : tuple of Difference
        All differences, also those that are allowed.
    """

    a: StoredProduct
    b: StoredProduct
    found: tuple[Difference, ...]

    @property
    def differences(self) -> tuple[Difference, ...]:
        """Return what is beyond the tolerances."""
        return tuple(item for item in self.found if not item.is_allowed)

    @property
    def allowed(self) -> tuple[Difference, ...]:
        """Return what differs within them."""
        return tuple(item for item in self.found if item.is_allowed)

    @property
    def is_equal(self) -> bool:
        """Tell whether the products are the same within the tolerances."""
        return not self.differences


def compare_products(a: StoredProduct, b: StoredProduct) -> Comparison:
    """Compare files, rasters, layers and metadata of two products.

    Raises
    ------
    ProductError
        If a file of one cannot be read, or one without which there is nothing to compare is
        missing.
    """
    found = _file_differences(a, b)
    for spec in (*RASTERS, COMPOSITE_LAYER):
        if a.has(spec.kind) and b.has(spec.kind):
            found += compare_rasters(spec, *(side.present(spec.kind) for side in (a, b)))
    found += compare_layers(*(side.present(FileKind.GEOPACKAGE) for side in (a, b)))
    found += [
        Difference("metadata", place, str(left), str(right))
        for place, left, right in fact_differences(a.metadata, b.metadata)
        if not may_vary(place)
    ]
    return Comparison(a, b, tuple(found))


def as_json(comparison: Comparison) -> dict[str, Any]:
    """Return a comparison for programs."""

    def told(item: Difference) -> dict[str, Any]:
        return {
            "part": item.part,
            "what": item.what,
            "a": item.a,
            "b": item.b,
            "count": item.count,
            "largest": item.largest,
            "unit": item.unit,
        }

    return {
        "a": str(comparison.a.folder),
        "b": str(comparison.b.folder),
        "equal": comparison.is_equal,
        "differences": [told(item) for item in comparison.differences],
        "within_tolerance": [told(item) for item in comparison.allowed],
    }


def _file_differences(a: StoredProduct, b: StoredProduct) -> list[Difference]:
    """Return files that one alone has, and files that are not what was written."""
    left, right = _states(a), _states(b)
    found = []
    for kind, state in left.items():
        both = {state, right[kind]}
        if both in ({FileState.ABSENT}, {FileState.AS_WRITTEN}) or FileState.UNKNOWN in both:
            continue
        is_allowed = kind in READ and both <= {FileState.AS_WRITTEN, FileState.CHANGED}
        told = Difference(kind.value, "file", state, right[kind], is_allowed=is_allowed)
        found.append(told)
    return found


def _states(stored: StoredProduct) -> dict[FileKind, FileState]:
    """Return of every file whether it is there and still what its checksum says."""
    given = stored.checksums()
    sums = stored.listed_checksums() if given is None else given
    states = {
        FileKind.CHECKSUMS: FileState.MISSING if given is None else FileState.AS_WRITTEN,
    }
    for spec in FILES:
        if spec.kind is not FileKind.CHECKSUMS:
            name = next((name for name in sums if name.endswith(f"_{spec.suffix}")), None)
            digest = None if name is None else sums[name]
            states[spec.kind] = _state(stored.folder / str(name), digest)
    if given is None:  # what the metadata do not list, they and what is made after them
        unknown = [kind for kind, state in states.items() if state is FileState.ABSENT]
        states |= dict.fromkeys(unknown, FileState.UNKNOWN)
    return states


def _state(path: Path, digest: str | None) -> FileState:
    if digest is None:
        return FileState.ABSENT
    if not path.is_file():
        return FileState.MISSING
    return FileState.AS_WRITTEN if file_digest(path) == digest else FileState.CHANGED
