"""How far apart two products may be and still be the same; what rasters and attributes allow.

Tolerances of values stand with the rasters and attributes themselves: those of a raster in
`RasterSpec.tolerance`, those of an attribute in `FieldSpec.tolerance`.
"""

from fnmatch import fnmatchcase

OUTLINE_TOLERANCE_M = 0.01
OUTLINE_TOLERANCE_DEG = 1e-7
FACT_TOLERANCE = 0.001
"""Of a number in the metadata or the table ``run``, in its unit: they are rounded to this."""

TAGS_THAT_VARY = frozenset({"PRODUCT", "JOB_ID", "TIFFTAG_DATETIME"})
"""Tags of rasters that name the job and its time."""
STATISTICS_TAGS = "STATISTICS_"
"""Beginning of tags that follow from the values, which are compared themselves."""
RUN_KEYS_THAT_VARY = frozenset({"product", "job_id", "command", "processed"})
"""Keys of the table ``run`` that name the job and its time."""

FACTS_THAT_VARY: tuple[tuple[str, str], ...] = (
    ("product", "name with the time of processing; its other parts are compared"),
    ("job_id", "job"),
    ("command", "command line, which holds paths"),
    ("processed", "time of processing"),
    ("settings.scenes[[]*", "path"),
    ("settings.output", "path"),
    ("settings.aoi", "path"),
    ("settings.dem", "path"),
    ("settings.orbits", "path"),
    ("settings.land_cover[[]*", "path"),
    ("settings.land_cover_legend", "path"),
    ("settings.threads", "machine"),
    ("settings.max_memory_mb", "machine"),
    ("settings.overwrite", "what was there before"),
    ("settings.device", "machine"),
    ("scoring[[]*].device", "machine"),
    ("scoring[[]*].why", "machine"),
    ("scoring[[]*].adapter", "machine"),
    ("scoring[[]*].driver", "machine"),
    ("scoring[[]*].way", "machine"),
    ("software.*", "machine; the version of landslidectl is compared"),
    ("files[[]*].name", "name with the time of processing"),
    ("files[[]*].size_bytes", "files hold the time of processing"),
    ("files[[]*].sha256", "files hold the time of processing"),
)
"""Places in the metadata that may differ, as patterns of the shell, and why."""
FACTS_ALWAYS_COMPARED = frozenset({"software.landslidectl"})


def may_vary(place: str) -> bool:
    """Tell whether a place in the metadata may differ between two products that are the same."""
    if place in FACTS_ALWAYS_COMPARED:
        return False
    return any(fnmatchcase(place, pattern) for pattern, _ in FACTS_THAT_VARY)
