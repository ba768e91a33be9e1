"""Hand a product on in other formats, any time after the job that made it, without its work."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from landslidectl.catalog.catalog import Catalog
from landslidectl.catalog.records import JobRecord
from landslidectl.errors import ProductError, UsageError
from landslidectl.jobs.publish import PRODUCT_STEP
from landslidectl.jobs.verdicts import known_reviews, taken_in, verdicts
from landslidectl.products.contents import Contents
from landslidectl.products.contract.files import FileKind, Format
from landslidectl.products.contract.layers import LayerName
from landslidectl.products.export import export_contents
from landslidectl.products.kmz import KmzLimits
from landslidectl.products.reading import (
    StoredProduct,
    newest_product,
    open_stored,
    read_contents,
)
from landslidectl.products.reviewed import recounted, with_verdicts

LAST = "last"
STANDS = ("done", "skipped")
"""States of a step whose product stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportSettings:
    """What is handed on, and how.

    Parameters
    ----------
    job : str
        Product folder, or a folder that holds one; job id or its beginning; or ``last``.
    formats : tuple of Format
        What to write.
    output : Path
        Folder of the files; made when it does not exist.
    kmz_min_area_m2 : float
        Smallest detection in a KMZ.
    edited : bool
        Take the GeoPackage as it is now, though it changed since the product was written, and no
        reviews from the catalog.
    with_rejected : bool
        Hand detections on that a person rejected, in every format.
    overwrite : bool
        Replace files of the same names.
    """

    job: str
    formats: tuple[Format, ...]
    output: Path
    kmz_min_area_m2: float = 0.0
    edited: bool = False
    with_rejected: bool = False
    overwrite: bool = False

    def __post_init__(self) -> None:
        """Refuse to write nothing, and sizes that make no sense."""
        if not self.formats:
            raise UsageError(
                "no format is given", f"Give --format: one of {', '.join(Format)}; or several."
            )
        if self.kmz_min_area_m2 < 0:
            raise UsageError(f"--kmz-min-area must not be negative, found {self.kmz_min_area_m2:g}")


def run_export(settings: ExportSettings, catalog: Path | None) -> Mapping[Format, Path]:
    """Write the formats and return where they are.

    Nothing is computed again: the GeoPackage, the rasters and the metadata say it all, and the
    catalog what people said of it since.

    Parameters
    ----------
    settings : ExportSettings
        What to do.
    catalog : Path or None
        Tells where a job left its product, and which reviews there are; None is the user's own.

    Raises
    ------
    UsageError
        If no such job is known.
    ProductError
        If the job has no product, or a file of it is missing or cannot be read.
    DifferenceFound
        If a file changed since the product was written.
    OutputError
        If a file is there already, or cannot be written.
    """
    stored = open_stored(product_place(settings.job, catalog))
    contents = replace(_reviewed(stored, settings, catalog), with_rejected=settings.with_rejected)
    limits = KmzLimits(min_area_m2=settings.kmz_min_area_m2)
    wanted = tuple(dict.fromkeys(settings.formats))
    return export_contents(contents, wanted, settings.output, limits, settings.overwrite)


def _reviewed(stored: StoredProduct, settings: ExportSettings, catalog: Path | None) -> Contents:
    """Read a product with the reviews of the catalog, or as its edited GeoPackage stands."""
    if settings.edited:
        contents = read_contents(stored, edited=True)
        return recounted(contents, contents.layers[LayerName.DETECTIONS])
    history = known_reviews(catalog, stored)
    contents = read_contents(stored, taken_in=taken_in(history))
    return with_verdicts(contents, tuple(verdicts(history).values()))


def product_place(word: str, catalog: Path | None) -> Path:
    """Return the product folder that a word means.

    The folder itself, the newest product in an output folder, or where a job left its product.

    Raises
    ------
    UsageError
        If it is neither a folder nor a known job.
    ProductError
        If the job made no product, or it is no longer there.
    """
    if word != LAST and Path(word).is_dir():
        return newest_product(Path(word))
    with Catalog(catalog, only_look=True) as opened:
        place = _last_product(opened) if word == LAST else _product_of_word(opened, word)
    if not place.is_dir():
        raise ProductError(
            f"{place}: the product is no longer where its job left it",
            "Give the folder that it was moved to in place of the job, or map the event again.",
        )
    return place


def _product_of_word(catalog: Catalog, word: str) -> Path:
    job = _known_job(catalog, word)
    place = _product_of(catalog, job)
    if place is None:
        raise ProductError(
            f"job {job.job_id} made no product ({job.status.value}: {job.command})",
            "See: landslidectl jobs list",
        )
    return place


def _known_job(catalog: Catalog, word: str) -> JobRecord:
    try:
        return catalog.job(word)
    except UsageError as error:
        raise UsageError(
            f"'{word}' is no folder, and {error.message}",
            "Give a product folder, 'last', or an id of: landslidectl jobs list",
        ) from error


def _last_product(catalog: Catalog) -> Path:
    for job in catalog.list_jobs():
        place = _product_of(catalog, job)
        if place is not None:
            return place
    raise ProductError("no job has made a product yet", "Try: landslidectl demo")


def _product_of(catalog: Catalog, job: JobRecord) -> Path | None:
    """Return the folder of a job's product, also of one that an earlier job had made."""
    for step in reversed(catalog.list_steps(job.job_id)):
        if step.name == PRODUCT_STEP and step.status in STANDS:
            told = Path(step.result["record"]["files"][FileKind.METADATA.value])
            # as the user typed it, which means another place when read from another folder
            return Path(step.workspace) / told.parent.name
    return None
