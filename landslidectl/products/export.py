"""The formats a product can be handed on in, each made of the same contents."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from landslidectl.errors import OutputError, ProductError
from landslidectl.files.staged import scratch_folder
from landslidectl.products.contract.files import FORMAT_FILES, FileKind, Format
from landslidectl.products.geojson import write_geojson
from landslidectl.products.kmz import KmzLimits, write_kmz
from landslidectl.products.shapefile import write_shapefile
from landslidectl.products.spreadsheet import write_csv
from landslidectl.products.stored_layers import AGAIN
from landslidectl.products.vectors import write_geopackage

if TYPE_CHECKING:
    from landslidectl.products.contents import Contents

WRITERS: Mapping[FileKind, "Callable[[Path, Contents], None]"] = {
    FileKind.GEOPACKAGE: write_geopackage,
    FileKind.GEOJSON: write_geojson,
    FileKind.CSV: write_csv,
    FileKind.KMZ: write_kmz,
    FileKind.SHAPEFILE: write_shapefile,
}
"""Every vector format; `products.write` and `export_contents` know no other list."""


def export_contents(
    contents: "Contents",
    formats: Sequence[Format],
    folder: Path,
    limits: KmzLimits | None = None,
    overwrite: bool = False,
) -> dict[Format, Path]:
    """Write a product in some formats into a folder, under the names they have in a product.

    All of them appear, or none.

    Raises
    ------
    OutputError
        If a file is there already and may not be replaced, or cannot be written.
    ResourceError
        If the disk is full.
    ProductError
        If a raster of the product cannot be read.
    """
    from rasterio.errors import RasterioError  # noqa: PLC0415

    finals = {kind: folder / contents.name.file(FORMAT_FILES[kind]) for kind in formats}
    for final in finals.values():
        if final.exists() and not overwrite:
            raise OutputError(
                f"{final}: is there already",
                "Give --overwrite to replace it, or choose another folder with --output.",
            )
    # all formats are written before the first gets its place: what failed can be done again, and
    # nothing of it is in the way
    with scratch_folder(folder) as staging:
        for wanted, final in finals.items():
            write = WRITERS[FORMAT_FILES[wanted]]
            if wanted is Format.KMZ:
                write = partial(write_kmz, limits=limits)
            try:
                write(staging / final.name, contents)
            except RasterioError as error:
                raise ProductError(
                    f"{contents.score} or {contents.quality}: cannot be read: {error}", AGAIN
                ) from error
        for final in finals.values():
            (staging / final.name).replace(final)
    return finals
