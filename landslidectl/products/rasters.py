"""The raster layers of a product as Cloud-Optimized GeoTIFFs, and the names of their classes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landslidectl.detection.classes import write_classes
from landslidectl.detection.pool import rule_in_words
from landslidectl.files.atomic import atomic_path, write_text_atomic
from landslidectl.files.gdal_environment import gdal_session
from landslidectl.files.rasters import (
    RasterLayout,
    create_raster,
    grid_of,
    open_raster,
    require_whole,
)
from landslidectl.files.rasters import rasterio_window as to_rasterio
from landslidectl.products.contract import SCHEMA_VERSION
from landslidectl.products.contract.rasters import CLASS_LAYER, CLASSES, RasterSpec
from landslidectl.products.texts import plain_text
from landslidectl.products.wording import credit, dem_in_words, high_in_words, iso, limitations
from landslidectl.terms import Phase

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from landslidectl.grid import Grid, Window
    from landslidectl.products.request import ProductRequest

COG_BLOCK_SIDE = 512
COPY_BLOCK_SIDE = 2048
OPAQUE = 255
COLUMNS = (("Value", 0, 5), ("Class", 2, 2), ("Red", 0, 6), ("Green", 0, 7), ("Blue", 0, 8))
"""Name, GDALRATFieldType and GDALRATFieldUsage of the columns of an attribute table."""


@dataclass(frozen=True, slots=True)
class Band:
    """A band to write: its description, and what reads a window of its values."""

    name: str
    read: "Callable[[Window], NDArray[Any]]"


def write_cog(final: Path, source: Path, spec: RasterSpec, tags: Mapping[str, str]) -> None:
    """Write the first band of a raster as the layer that ``spec`` describes; see `write_bands`."""
    with open_raster(source) as values:
        band = Band(spec.band, lambda window: values.read(1, window=to_rasterio(window)))
        write_bands(final, grid_of(values), spec, [band], tags)


def write_bands(
    final: Path, grid: "Grid", spec: RasterSpec, bands: Sequence[Band], tags: Mapping[str, str]
) -> None:
    """Write bands as a Cloud-Optimized GeoTIFF with overviews, statistics and palette.

    DEFLATE rather than a denser codec, since every GIS of the last twenty years reads it.

    Parameters
    ----------
    final : Path
        The file.
    grid : Grid
        Where the pixels lie.
    spec : RasterSpec
        Type, nodata, unit, palette and meaning.
    bands : sequence of Band
        What is written.
    tags : mapping
        Provenance, written as dataset tags.
    """
    tagged = final.with_name(f".{final.stem}.tagged.tif")
    try:
        _write_tagged(tagged, grid, spec, bands, tags)
        with atomic_path(final) as temporary, gdal_session():
            _copy_as_cog(tagged, temporary, spec.overview_resampling)
            require_whole(temporary)
    finally:
        tagged.unlink(missing_ok=True)


def _copy_as_cog(source: Path, target: Path, overview_resampling: str) -> None:
    """Copy a raster; what GDAL cannot write, or read back of what it wrote, is an ``OSError``."""
    from rasterio._err import CPLE_BaseError  # noqa: PLC0415
    from rasterio.shutil import copy  # noqa: PLC0415

    try:
        copy(
            str(source),
            str(target),
            driver="COG",
            COMPRESS="DEFLATE",
            PREDICTOR="YES",
            BLOCKSIZE=str(COG_BLOCK_SIDE),
            OVERVIEWS="IGNORE_EXISTING",
            OVERVIEW_RESAMPLING=overview_resampling,
            STATISTICS="YES",
            BIGTIFF="IF_SAFER",
        )
    except CPLE_BaseError as error:
        raise OSError(str(error)) from error


def write_class_cog(final: Path, request: "ProductRequest", tags: Mapping[str, str]) -> None:
    """Write the class of every pixel as a Cloud-Optimized GeoTIFF with a palette."""
    found, source = request.detections, final.with_name(f".{final.stem}.classes.tif")
    try:
        write_classes(request.fused, source, found.threshold, found.threshold_high)
        write_cog(final, source, CLASS_LAYER, tags)
    finally:
        source.unlink(missing_ok=True)


def write_class_names(final: Path) -> None:
    """Write what GDAL and all that use it read beside the class raster: names and a table.

    A TIFF holds a palette but no names of its values; they go into the sidecar of GDAL's persistent
    auxiliary metadata.
    """
    names = {int(item.value): item.name for item in CLASSES}
    categories = [f"      <Category>{names.get(value, '')}</Category>" for value in range(256)]
    columns = [
        f'      <FieldDefn index="{index}"><Name>{name}</Name><Type>{kind}</Type>'
        f"<Usage>{usage}</Usage></FieldDefn>"
        for index, (name, kind, usage) in enumerate(COLUMNS)
    ]
    rows = []
    for index, item in enumerate(CLASSES):
        cells = "".join(f"<F>{cell}</F>" for cell in (int(item.value), item.name, *item.rgb))
        rows.append(f'      <Row index="{index}">{cells}</Row>')
    lines = [
        "<PAMDataset>",
        '  <PAMRasterBand band="1">',
        "    <CategoryNames>",
        *categories,
        "    </CategoryNames>",
        '    <GDALRasterAttributeTable tableType="thematic">',
        *columns,
        *rows,
        "    </GDALRasterAttributeTable>",
        "  </PAMRasterBand>",
        "</PAMDataset>",
    ]
    write_text_atomic(final, "\n".join(lines) + "\n")


def provenance_tags(request: "ProductRequest") -> dict[str, str]:
    """Return the tags that every raster of a product carries."""
    facts = request.provenance
    scenes = {
        phase: " ".join(sorted(s.scene_id for s in facts.scenes if s.phase is phase))
        for phase in Phase
    }
    values = {
        "PRODUCT": request.name.folder,
        "SCHEMA_VERSION": SCHEMA_VERSION,
        "JOB_ID": facts.job_id,
        "EVENT_FIRST": iso(facts.event.first),
        "EVENT_LAST": iso(facts.event.last),
        "TRACKS": " ".join(request.name.tracks),
        "FUSION": rule_in_words(len(request.stacks)),
        "PRE_SCENES": scenes[Phase.PRE],
        "POST_SCENES": scenes[Phase.POST],
        "MODEL": " ".join(sorted({model.name for model in request.models})),
        "MODEL_VERSION": " ".join(sorted({model.version for model in request.models})),
        "MODEL_SHA256": " ".join(sorted({model.sha256 for model in request.models})),
        "THRESHOLD": f"{request.detections.threshold:.3f}",
        "THRESHOLD_HIGH": high_in_words(request),
        "DEM": dem_in_words(request),
        "LIMITATIONS": " ".join(limitations(request)),
        "TIFFTAG_SOFTWARE": request.software_name,
        "TIFFTAG_DATETIME": facts.processed.strftime("%Y:%m:%d %H:%M:%S"),
        "TIFFTAG_COPYRIGHT": credit(request),
    }
    return {name: plain_text(value) for name, value in values.items()}


def _write_tagged(
    tagged: Path, grid: "Grid", spec: RasterSpec, bands: Sequence[Band], tags: Mapping[str, str]
) -> None:
    """Write the bands block by block under the names, type and tags of the contract."""
    described = {**tags, "TIFFTAG_IMAGEDESCRIPTION": spec.description}
    names = tuple(band.name for band in bands)
    layout = RasterLayout(names, spec.dtype, spec.nodata, described)
    with create_raster(tagged, grid, layout) as target:
        target.units = (spec.unit,) * len(bands)
        for index, band in enumerate(bands, start=1):
            target.update_tags(index, DESCRIPTION=spec.description, **_class_tags(spec))
            for block in grid.blocks(COPY_BLOCK_SIDE):
                target.write(band.read(block), index, window=to_rasterio(block))
        if spec.palette:
            target.write_colormap(1, dict(spec.palette))


def _class_tags(spec: RasterSpec) -> dict[str, str]:
    return {f"CLASS_{int(item.value)}": f"{item.name}: {item.meaning}" for item in spec.classes}
