"""Compare two products, each named by its folder, by the folder that holds it, or by its job."""

from dataclasses import dataclass
from pathlib import Path

from landslidectl.jobs.export import product_place
from landslidectl.products.changes import Changes, changes_between
from landslidectl.products.compare import Comparison, compare_products
from landslidectl.products.reading import StoredProduct, open_stored


@dataclass(frozen=True, slots=True)
class Pair:
    """Two products to compare."""

    a: StoredProduct
    b: StoredProduct

    @property
    def is_one_event(self) -> bool:
        """Tell whether both are of the same event."""
        first, second = (side.metadata["event"] for side in (self.a, self.b))
        return bool((first["first"], first["last"]) == (second["first"], second["last"]))


def open_pair(a: str, b: str, catalog: Path | None) -> Pair:
    """Open the two products that are meant.

    Raises
    ------
    UsageError
        If a word is neither a folder nor a known job.
    ProductError
        If there is no product, or its metadata cannot be read.
    """
    return Pair(*(open_stored(product_place(word, catalog)) for word in (a, b)))


def compare_pair(pair: Pair) -> Comparison:
    """Tell whether the two are the same within the tolerances of the contract."""
    return compare_products(pair.a, pair.b)


def follow_pair(pair: Pair) -> Changes:
    """Tell what became of the detections of the first in the second.

    Raises
    ------
    ProductError
        If they are of different events.
    """
    return changes_between(pair.a, pair.b)
