"""The product as a STAC item, for the catalogues that agencies search."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landslidectl.detection.geodesy import wrapped_lon
from landslidectl.files.atomic import write_json_atomic
from landslidectl.files.hashing import file_digest
from landslidectl.products.contract.files import FILES, FileKind, file_spec
from landslidectl.products.contract.layers import LayerName
from landslidectl.products.contract.rasters import QUALITY_BITS, RASTERS, RasterSpec
from landslidectl.products.geojson import geojson_geometry
from landslidectl.stack.footprints import continuous

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from landslidectl.products.contents import Contents

STAC_VERSION = "1.1.0"
EXTENSIONS = (
    "https://stac-extensions.github.io/projection/v2.0.0/schema.json",
    "https://stac-extensions.github.io/file/v2.1.0/schema.json",
)
SHA256_MULTIHASH = "1220"
"""Code and length of a SHA-256 in a multihash."""
PREFIX = "landslidectl"
DECIMALS = 7


def write_stac(final: Path, contents: "Contents", files: Mapping[FileKind, Path]) -> None:
    """Write the item of a product whose other ``files`` stand already beside it.

    Source
    ------
    STAC specification 1.1.0, item; extensions projection 2.0.0 and file 2.1.0.
    """
    write_json_atomic(final, stac_item(contents, files))


def stac_item(contents: "Contents", files: Mapping[FileKind, Path]) -> dict[str, Any]:
    """Return the item: the area of interest as its geometry, a file an asset, no link.

    The instant is the start of the first scene after the event, when the ground was seen changed.
    """
    import shapely  # noqa: PLC0415

    area = shapely.union_all(contents.layers[LayerName.AREA].outlines_wgs84())
    kinds = [spec.kind for spec in FILES if spec.kind in files]
    return {
        "type": "Feature",
        "stac_version": STAC_VERSION,
        "stac_extensions": list(EXTENSIONS),
        "id": contents.facts["product"],
        "geometry": geojson_geometry(area),
        "bbox": _bbox(area),
        "properties": _properties(contents),
        "links": [],
        "assets": {kind.value: _asset(kind, files[kind], contents) for kind in kinds},
    }


def _properties(contents: "Contents") -> dict[str, Any]:
    facts = contents.facts
    result, scenes = facts["result"], facts["scenes"]
    post_start = min(track["post_start"] for track in facts["tracks"])
    starts = [post_start, *(scene["start"] for scene in scenes)]
    stops = [track["post_stop"] for track in facts["tracks"]]
    stops += [scene["stop"] for scene in scenes]
    satellites = sorted({scene["platform"].replace("S1", "sentinel-1").lower() for scene in scenes})
    return {
        "title": f"Probable landslides from Sentinel-1: {facts['title']}",
        "description": f"{' '.join(facts['limitations'])} {facts['credit']}.",
        "datetime": post_start,
        "start_datetime": min(starts),
        "end_datetime": max(stops),
        "created": facts["processed"],
        "constellation": "sentinel-1",
        **({"platform": satellites[0]} if len(satellites) == 1 else {}),
        "instruments": ["c-sar"],
        "gsd": facts["grid"]["pixel_m"],
        **_projection(contents),
        f"{PREFIX}:simulated": facts["simulated"],
        f"{PREFIX}:event_first": facts["event"]["first"],
        f"{PREFIX}:event_last": facts["event"]["last"],
        f"{PREFIX}:tracks": [track["name"] for track in facts["tracks"]],
        f"{PREFIX}:models": [model["name"] for model in facts["models"]],
        **{f"{PREFIX}:{name}": value for name, value in result.items()},
        f"{PREFIX}:status": facts["status"],
    }


def _projection(contents: "Contents") -> dict[str, Any]:
    grid = contents.grid
    return {
        "proj:code": f"EPSG:{grid.epsg}",
        "proj:shape": list(grid.shape),
        "proj:transform": list(grid.transform),
        "proj:bbox": list(grid.bounds),
    }


def _asset(kind: FileKind, path: Path, contents: "Contents") -> dict[str, Any]:
    spec = file_spec(kind)
    raster = next((layer for layer in RASTERS if layer.kind is kind), None)
    return {
        "href": f"./{path.name}",
        "title": kind.value,
        "description": spec.purpose,
        "type": spec.media_type,
        "roles": list(spec.roles),
        "file:size": path.stat().st_size,
        "file:checksum": SHA256_MULTIHASH + file_digest(path),
        **({} if raster is None else {"bands": [_band(raster)]}),
        **({} if raster is None else _projection(contents)),
        **({"proj:code": None} if kind is FileKind.MAP else {}),
    }


def _band(spec: RasterSpec) -> dict[str, Any]:
    meanings = "; ".join(f"bit {int(bit)}: {words}" for bit, words, _ in QUALITY_BITS)
    words = f"{spec.description}. {meanings}" if spec.kind is FileKind.QUALITY else spec.description
    nodata = {} if spec.nodata is None else {"nodata": _nodata(spec.nodata)}
    return {
        "name": spec.band,
        "description": words,
        "data_type": spec.dtype,
        "unit": spec.unit,
        **nodata,
    }


def _nodata(value: float) -> float | str:
    """Return the value as STAC writes it: JSON has no NaN."""
    return "nan" if value != value else value  # noqa: PLR0124  (only NaN differs from itself)


def _bbox(area: "BaseGeometry") -> list[float]:
    """Return west, south, east, north; west is above east across the antimeridian (RFC 7946, 5)."""
    west, south, east, north = continuous(area).bounds
    if east > 180.0 or west < -180.0:
        west, east = wrapped_lon(west), wrapped_lon(east)
    return [round(float(value), DECIMALS) for value in (west, south, east, north)]
