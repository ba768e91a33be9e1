"""Names of attributes in a shapefile, which allows ten characters."""

from collections.abc import Iterable

from landslidectl.products.contract.attributes import FieldSpec

SHAPEFILE_NAMES: dict[str, str] = {
    "centroid_lon": "cent_lon",
    "centroid_lat": "cent_lat",
    "model_sha256": "model_sha",
    "layover_pct": "layov_pct",
}
"""Names for shapefiles, which allow ten characters; other names are kept, or cut there."""

SHAPEFILE_NAME_LENGTH = 10


def shapefile_names(fields: Iterable[FieldSpec]) -> dict[str, str]:
    """Return the name of every attribute in a shapefile: ten characters at most, none twice."""
    names: dict[str, str] = {}
    for spec in fields:
        stem = SHAPEFILE_NAMES.get(spec.name, spec.name)[:SHAPEFILE_NAME_LENGTH]
        name, count = stem, 0
        while name in names.values():
            count += 1
            name = f"{stem[: SHAPEFILE_NAME_LENGTH - 1 - len(str(count))]}_{count}"
        names[spec.name] = name
    return names
