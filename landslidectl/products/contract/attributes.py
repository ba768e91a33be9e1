"""The attributes of the vector layers: name, type, unit and meaning."""

from dataclasses import dataclass
from enum import StrEnum

from landslidectl.terms import Flag

FLAGS: tuple[tuple[Flag, str], ...] = (
    (Flag.GENTLE, "ground that is steep nowhere: less than a tenth of it above 10 degrees"),
    (Flag.RIVER_BED, "lies like a river bed: low, and level along its length"),
)


class FieldType(StrEnum):
    """Type of an attribute."""

    TEXT = "text"
    REAL = "real"
    INTEGER = "integer"
    INSTANT = "instant"


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One attribute: name, type, unit, meaning, and the decimals worth giving."""

    name: str
    type: FieldType
    unit: str
    description: str
    decimals: int = 0

    @property
    def tolerance(self) -> float:
        """Return the largest difference between two products that are the same.

        One unit of the last decimal for numbers, which roundings may tip; nothing for all else.
        """
        return 10.0**-self.decimals if self.type is FieldType.REAL else 0.0


_T, _R, _I, _D = FieldType.TEXT, FieldType.REAL, FieldType.INTEGER, FieldType.INSTANT

DETECTION_FIELDS: tuple[FieldSpec, ...] = (
    FieldSpec("det_id", _T, "", "stable name; the same windows, model and event give the same"),
    FieldSpec("event_id", _T, "", "event, as given by the user"),
    FieldSpec("glide_no", _T, "", "GLIDE number of the disaster, as given by the user"),
    FieldSpec("aoi_name", _T, "", "area of interest, as given by the user"),
    FieldSpec("event_type", _T, "", "always 'Mass movement' (Copernicus EMS)"),
    FieldSpec("obj_desc", _T, "", "always 'Landslide' (Copernicus EMS)"),
    FieldSpec(
        "det_method",
        _T,
        "",
        "'Automatic extraction'; 'Semi-automatic extraction' where a person redrew the outline, "
        "'Photo-interpretation' where one drew it (Copernicus EMS)",
    ),
    FieldSpec("score_max", _R, "0..1", "highest score of its windows; not a probability", 3),
    FieldSpec("score_mean", _R, "0..1", "mean score of its windows; not a probability", 3),
    FieldSpec(
        "confidence",
        _T,
        "",
        "'high' when score_max reaches the high threshold of the model; else 'low'",
    ),
    FieldSpec(
        "status",
        _T,
        "",
        "'first', 'provisional' or 'confirmed': how often it was seen as new acquisitions came in",
    ),
    FieldSpec("first_seen", _D, "UTC", "end of the last scene of the release that showed it first"),
    FieldSpec("releases", _T, "", "releases with new acquisitions over it that showed it"),
    FieldSpec("n_seen", _I, "", "number of these releases"),
    FieldSpec("area_ha", _R, "ha", "area of the outline on the WGS 84 ellipsoid", 2),
    FieldSpec("centroid_lon", _R, "degree", "longitude of the centroid, WGS 84", 6),
    FieldSpec("centroid_lat", _R, "degree", "latitude of the centroid, WGS 84", 6),
    FieldSpec(
        "outline",
        _T,
        "",
        "'delineated': drawn round the change, one part a slide or several; "
        "'window': blended 640 m windows, the slide lies inside; 'reviewer': drawn by a person",
    ),
    FieldSpec("tracks", _T, "", "tracks that observe it: A ascending, D descending, orbit"),
    FieldSpec("orbit_dir", _T, "", "directions of flight"),
    FieldSpec("rel_orbit", _T, "", "relative orbit numbers"),
    FieldSpec("n_pre", _I, "", "pre-event scenes a pixel (median, summed over tracks)"),
    FieldSpec("n_post", _I, "", "post-event scenes a pixel (median, summed over tracks)"),
    FieldSpec("pre_start", _D, "UTC", "start of the first pre-event scene"),
    FieldSpec("pre_end", _D, "UTC", "end of the last pre-event scene"),
    FieldSpec("post_start", _D, "UTC", "start of the first post-event scene"),
    FieldSpec("post_end", _D, "UTC", "end of the last post-event scene"),
    FieldSpec("slope_mean", _R, "degree", "mean slope; empty without a height model", 1),
    FieldSpec(
        "inc_angle",
        _R,
        "degree",
        "mean local incidence angle, over all tracks that observe it; empty without heights",
        1,
    ),
    FieldSpec("valid_pct", _R, "%", "share judged: observed and not masked", 1),
    FieldSpec("layover_pct", _R, "%", "share in layover for every track", 1),
    FieldSpec("shadow_pct", _R, "%", "share in radar shadow for every track", 1),
    FieldSpec("model", _T, "", "name of the model"),
    FieldSpec("model_ver", _T, "", "version of the model"),
    FieldSpec("model_sha256", _T, "", "digest of the model file"),
    FieldSpec("flag", _T, "", "what speaks against it, words joined by commas; empty: nothing"),
    FieldSpec("threshold", _R, "0..1", "lowest score of a detected pixel", 3),
    FieldSpec("software", _T, "", "program and version"),
    FieldSpec("review", _T, "", "'unreviewed', or 'accepted' or 'rejected' by a person"),
    FieldSpec("reviewer", _T, "", "who reviewed it, as that person is called in the catalog"),
    FieldSpec("reviewed", _D, "UTC", "when it was reviewed"),
    FieldSpec("rev_note", _T, "", "what the reviewer noted"),
)

FOOTPRINT_FIELDS: tuple[FieldSpec, ...] = (
    FieldSpec("scene_id", _T, "", "name of the Sentinel-1 product"),
    FieldSpec("phase", _T, "", "pre or post"),
    FieldSpec("track", _T, "", "A ascending or D descending, relative orbit"),
    FieldSpec("start", _D, "UTC", "start of the acquisition"),
    FieldSpec("stop", _D, "UTC", "end of the acquisition"),
    FieldSpec("sha256", _T, "", "digest of the manifest, which holds those of the files"),
)

AREA_FIELDS: tuple[FieldSpec, ...] = (
    FieldSpec("aoi_name", _T, "", "area of interest, as given by the user"),
    FieldSpec("area_km2", _R, "km2", "its area on the WGS 84 ellipsoid", 3),
    FieldSpec("tested_km2", _R, "km2", "area analysed", 3),
    FieldSpec("masked_km2", _R, "km2", "observed but masked: layover, shadow, water, slope", 3),
    FieldSpec("unobserved_km2", _R, "km2", "not observed: nothing can be said there", 3),
)

SOURCE_FIELDS: tuple[FieldSpec, ...] = (
    FieldSpec("src_id", _I, "", "number of the source, from 1 in the order of acquisition"),
    FieldSpec("source_nam", _T, "", "satellite (Copernicus EMS)"),
    FieldSpec("src_date", _T, "", "day of the acquisition, dd/mm/yyyy (Copernicus EMS)"),
    FieldSpec("source_tm", _T, "UTC", "time of its start, Thh:mm:ssZ (Copernicus EMS)"),
    FieldSpec("sensor_gsd", _R, "m", "spacing of the scene's pixels on the ground", 1),
    FieldSpec("eventphase", _T, "", "Pre-event or Post-event (Copernicus EMS)"),
    FieldSpec("scene_id", _T, "", "name of the Sentinel-1 product"),
)

RUN_FIELDS: tuple[FieldSpec, ...] = (
    FieldSpec("key", _T, "", "name of the fact"),
    FieldSpec("value", _T, "", "the fact"),
)

OF_OUTLINE = ("outline", "slope_mean", "inc_angle", "valid_pct", "layover_pct", "shadow_pct")
"""Attributes of a detection that change with its outline, beside what the outline itself tells."""

RUN_WIDE = frozenset(
    {
        "event_id",
        "glide_no",
        "aoi_name",
        "event_type",
        "obj_desc",
        "det_method",
        "model",
        "model_ver",
        "model_sha256",
        "threshold",
        "software",
    }
)
"""Attributes that say the same of every detection; balloons of a map leave them to its head."""
