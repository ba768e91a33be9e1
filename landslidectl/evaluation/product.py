"""Read back a product folder that ``detect`` wrote, here or on another machine."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landslidectl.detection.geodesy import from_wgs84
from landslidectl.errors import ProductError
from landslidectl.events import Reporter, Warned, silent
from landslidectl.files.gdal_environment import gdal_session
from landslidectl.files.hashing import file_digest
from landslidectl.files.rasters import grid_of, open_raster
from landslidectl.files.vectors import outlines_of, vector_errors, vector_path
from landslidectl.grid import Grid
from landslidectl.products.contract.files import FileKind
from landslidectl.products.contract.layers import LayerName
from landslidectl.products.reading import find_product, metadata_files
from landslidectl.products.stored_layers import AGAIN
from landslidectl.terms import Decision

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

NOT_REJECTED = f"review IS NULL OR review <> '{Decision.REJECTED.value}'"
NEEDED = (FileKind.SCORE, FileKind.QUALITY, FileKind.GEOPACKAGE)


@dataclass(frozen=True, slots=True)
class MappedProduct:
    """A product as far as it can be judged.

    Parameters
    ----------
    folder : Path
        Where it lies.
    metadata : mapping
        Its ``metadata.json``.
    grid : Grid
        Grid of score and quality.
    files : mapping of FileKind to Path
        Score, quality and GeoPackage.
    digests : mapping of str to str
        SHA-256 of these files by name.
    detections : tuple of shapely geometry
        Outlines in grid units, in the order of the GeoPackage.
    area : shapely geometry
        Area of interest in grid units.
    """

    folder: Path
    metadata: Mapping[str, Any]
    grid: Grid
    files: Mapping[FileKind, Path]
    digests: Mapping[str, str]
    detections: "tuple[BaseGeometry, ...]"
    area: "BaseGeometry"

    @property
    def name(self) -> str:
        """Return the product's name, whatever its folder is called now."""
        return str(self.metadata["product"])

    @property
    def event_name(self) -> str:
        """Return a short name of the event: as the user gave it, else the area, and the day."""
        event, area = self.metadata["event"], self.metadata["area_of_interest"]
        label = event["name"] or event["id"] or area["name"] or "event"
        return f"{label}, {str(event['first'])[:10]}"

    @property
    def threshold(self) -> float:
        """Return the lowest score of a detected pixel."""
        return float(self.metadata["result"]["threshold"])

    @property
    def is_simulated(self) -> bool:
        """Tell whether the scenes behind it were simulated."""
        return bool(self.metadata["simulated"])

    @property
    def has_relief(self) -> bool:
        """Tell whether it was made with an elevation model."""
        return bool(self.metadata["dem"]["sources"])


def open_product(path: Path, reporter: Reporter = silent) -> MappedProduct:
    """Open a product folder and check that its files are the ones it was written with.

    A GeoPackage that was edited since (reviewed in QGIS, say) is taken with a warning; changed
    rasters are not.

    Raises
    ------
    ProductError
        If there is no product, or a file is missing, damaged or exchanged.
    """
    folder = find_product(path)
    metadata = _read_metadata(metadata_files(folder)[0])
    listed = {item["kind"]: item for item in metadata["files"]}
    files, digests = {}, {}
    for kind in NEEDED:
        file = folder / listed[kind.value]["name"]
        if not file.is_file():
            raise ProductError(f"{file}: the file is missing from the product", AGAIN)
        digests[file.name] = file_digest(file)
        if digests[file.name] != listed[kind.value]["sha256"]:
            _changed(kind, file, reporter)
        files[kind] = file
    grid = _grid(files)
    outlines = _read_layer(files[FileKind.GEOPACKAGE], LayerName.DETECTIONS)
    areas = _read_layer(files[FileKind.GEOPACKAGE], LayerName.AREA)
    if len(areas) != 1:
        raise ProductError(
            f"{files[FileKind.GEOPACKAGE]}: layer 'area_of_interest' holds {len(areas)} areas, "
            "expected one",
            AGAIN,
        )
    area = from_wgs84(areas[0], grid.epsg)
    return MappedProduct(folder, metadata, grid, files, digests, tuple(outlines), area)


def _read_metadata(path: Path) -> dict[str, Any]:
    """Read the metadata and touch what is used of it, so that what is missing is told at once."""
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        listed = {item["kind"]: (Path(item["name"]), item["sha256"]) for item in content["files"]}
        used = (
            content["product"],
            content["simulated"],
            float(content["result"]["threshold"]),
            content["event"]["first"],
            content["area_of_interest"]["name"],
            content["dem"]["sources"],
            [(model["name"], model["sha256"]) for model in content["models"]],
            [listed[kind.value] for kind in NEEDED],
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ProductError(f"{path}: cannot be read or is incomplete: {error!r}", AGAIN) from error
    del used
    return content


def _changed(kind: FileKind, file: Path, reporter: Reporter) -> None:
    if kind is not FileKind.GEOPACKAGE:
        raise ProductError(
            f"{file}: damaged or exchanged: its SHA-256 is not that of the product's metadata",
            AGAIN,
        )
    reporter(
        Warned(
            f"{file.name}: changed since the product was written; judged as it is now",
            "geopackage-edited",
        )
    )


def _grid(files: Mapping[FileKind, Path]) -> Grid:
    from rasterio.errors import RasterioError  # noqa: PLC0415

    try:
        grids = []
        for kind in (FileKind.SCORE, FileKind.QUALITY):
            with open_raster(files[kind]) as dataset:
                grids.append(grid_of(dataset))
    except (RasterioError, ValueError) as error:
        raise ProductError(f"{files[kind]}: cannot be read: {error}", AGAIN) from error
    if grids[0] != grids[1]:
        raise ProductError(
            f"{files[FileKind.QUALITY]}: does not lie on the grid of the score "
            f"({grids[1]}, expected {grids[0]})",
            AGAIN,
        )
    return grids[0]


def _read_layer(path: Path, layer: LayerName) -> "list[BaseGeometry]":
    """Return the outlines of a layer without those that a person rejected."""
    with gdal_session():
        import pyogrio  # noqa: PLC0415

        try:
            with vector_path(path) as opened:
                fields = pyogrio.read_info(opened, layer=layer.value)["fields"]
                _, _, geometries, _ = pyogrio.raw.read(
                    opened,
                    layer=layer.value,
                    columns=[],
                    force_2d=True,
                    where=NOT_REJECTED if "review" in fields else None,
                )
                shapes = [] if geometries is None else outlines_of(geometries)
        except vector_errors() as error:
            raise ProductError(f"{path}: layer '{layer}' cannot be read: {error}", AGAIN) from error
        return [shape for shape in shapes if shape is not None and not shape.is_empty]
