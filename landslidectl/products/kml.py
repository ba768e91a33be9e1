"""The document inside a KMZ, as OGC KML 2.2 orders its elements."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from landslidectl.products.contract.attributes import RUN_WIDE, FieldSpec, FieldType
from landslidectl.products.contract.colours import Rgb
from landslidectl.products.contract.layers import LayerName
from landslidectl.products.contract.rasters import CONFIDENCE_RGB
from landslidectl.products.kml_markup import (
    NAMESPACE,
    html,
    html_table,
    html_text,
    kml_colour,
    kml_geometry,
    leaf,
    tag,
)
from landslidectl.products.legend import DRAWN_RGB, REJECTED_RGB, UNOBSERVED_RGB
from landslidectl.products.map_frame import AREA_RGB, OUTLINE_RGB
from landslidectl.products.spreadsheet import shown
from landslidectl.products.wording import iso, km2_in_words
from landslidectl.terms import Decision

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from landslidectl.products.attributes import Row
    from landslidectl.products.contents import Contents
    from landslidectl.products.overlay import Overlay

SCHEMA, DETECTIONS = "detection", "Detections"
SAID = (Decision.ACCEPTED.value, Decision.REJECTED.value)
FILL_ALPHA, HOLE_ALPHA = 150, 130
DRAWN, REJECTED = "drawn", "rejected"
"""Styles of detections without a confidence, and of those that a person rejected; the others are
called as their confidence is."""
SCHEMA_TYPES = {
    FieldType.TEXT: "string",
    FieldType.INSTANT: "string",
    FieldType.REAL: "double",
    FieldType.INTEGER: "int",
}
LEGEND_NAME = "files/legend.png"


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a KMZ shows.

    Parameters
    ----------
    rows, outlines : sequence
        The detections that are shown, with their outlines in longitude and latitude.
    holes : sequence of shapely geometry
        What was not observed.
    overlays : sequence of Overlay
        Pictures of the score.
    choice : str
        Which detections are shown, in one sentence.
    """

    rows: "Sequence[Row]"
    outlines: "Sequence[BaseGeometry]"
    holes: "Sequence[BaseGeometry]"
    overlays: "Sequence[Overlay]"
    choice: str


def overlay_name(number: int) -> str:
    """Return the name of a picture of the score inside the KMZ."""
    return f"files/score_{number}.png"


def kml_document(contents: "Contents", drawn: Drawn) -> str:
    """Return ``doc.kml``."""
    facts = contents.facts
    told = [field for field in contents.detections.fields if field.name not in RUN_WIDE]
    parts = [
        leaf("name", f"Probable landslides: {facts['title']}"),
        tag("open", "1"),
        html("description", _head(contents, drawn)),
        *_styles(),
        _schema(told),
        _legend(),
        _folder(
            DETECTIONS,
            [
                _detection(row, outline, told)
                for row, outline in zip(drawn.rows, drawn.outlines, strict=True)
            ],
            drawn.choice,
        ),
        _folder(
            "Not observed",
            [_plain("Not observed", hole, "hole") for hole in drawn.holes],
            "Simplified outlines of what no track observed: nothing can be said there.",
        ),
        _area(contents),
        _folder(
            "Score",
            [_overlay(number, overlay) for number, overlay in enumerate(drawn.overlays, start=1)],
            "The score of every pixel, transparent below half of the threshold; blue is masked: "
            "layover, shadow or water.",
        ),
    ]
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    return head + tag("kml", tag("Document", *parts), xmlns=NAMESPACE) + "\n"


def _head(contents: "Contents", drawn: Drawn) -> str:
    """Return what the whole document says of itself."""
    facts = contents.facts
    result = facts["result"]
    areas = {name: float(result[f"{name}_km2"]) for name in ("tested", "masked", "unobserved")}
    total = sum(areas.values())
    rows = [
        ("Product", facts["product"]),
        ("Status", facts["status"]),
        ("Detections", f"{result['detections']:,}. {drawn.choice}"),
        ("Analysed", f"{km2_in_words(areas['tested'], total)} km2"),
        ("Masked", f"{km2_in_words(areas['masked'], total)} km2"),
        ("Not observed", f"{km2_in_words(areas['unobserved'], total)} km2"),
        ("Threshold", f"score from {result['threshold']:.3f}"),
        ("Model", ", ".join(f"{model['name']} {model['version']}" for model in facts["models"])),
        ("Processed", facts["processed"]),
    ]
    limits = "".join(f"<li>{html_text(sentence)}</li>" for sentence in facts["limitations"])
    return f"{html_table(rows)}<ul>{limits}</ul><p>{html_text(facts['credit'])}</p>"


def _styles() -> Iterator[str]:
    for confidence, colour in CONFIDENCE_RGB.items():
        yield _style(confidence, colour, FILL_ALPHA, OUTLINE_RGB)
    yield _style(DRAWN, DRAWN_RGB, FILL_ALPHA, OUTLINE_RGB)
    yield _style(REJECTED, UNOBSERVED_RGB, 0, REJECTED_RGB)
    yield _style("hole", UNOBSERVED_RGB, HOLE_ALPHA, UNOBSERVED_RGB)
    yield _style("area", AREA_RGB, 0, AREA_RGB)


def _style(name: str, fill: Rgb, alpha: int, line: Rgb) -> str:
    return tag(
        "Style",
        tag("LineStyle", tag("color", kml_colour(line)), tag("width", "1.5")),
        tag("PolyStyle", tag("color", kml_colour(fill, alpha)), tag("fill", str(int(alpha > 0)))),
        id=name,
    )


def _schema(told: Sequence[FieldSpec]) -> str:
    fields = (
        tag("SimpleField", leaf("displayName", field.name), name=field.name, type=_type(field))
        for field in told
    )
    return tag("Schema", *fields, name=DETECTIONS, id=SCHEMA)


def _type(field: FieldSpec) -> str:
    return SCHEMA_TYPES[field.type]


def _legend() -> str:
    def place(name: str, x: str, y: str, units: str) -> str:
        return f'<{name} x="{x}" y="{y}" xunits="{units}" yunits="{units}"/>'

    return tag(
        "ScreenOverlay",
        leaf("name", "Legend"),
        tag("Icon", leaf("href", LEGEND_NAME)),
        place("overlayXY", "0", "0", "fraction"),
        place("screenXY", "0.01", "0.06", "fraction"),
        place("size", "-1", "-1", "pixels"),
    )


def _folder(name: str, members: Sequence[str], description: str) -> str:
    return tag("Folder", leaf("name", name), leaf("description", description), *members)


def _detection(row: "Row", outline: "BaseGeometry", told: Sequence[FieldSpec]) -> str:
    """Return one detection with its balloon; attributes that all share are in the head."""
    given = [(field, shown(row[field.name], field)) for field in told]
    given = [(field, text) for field, text in given if text]
    score = row["score_max"]
    label = "" if score is None else f" (score {score:.2f})"
    label += f", {row['review']}" if row.get("review") in SAID else ""
    table = [(field.name, f"{text} {_unit(field)}".strip()) for field, text in given]
    values = (leaf("SimpleData", text, name=field.name) for field, text in given)
    return tag(
        "Placemark",
        leaf("name", f"{row['det_id'] or 'drawn by a reviewer'}{label}"),
        html("description", html_table(table)),
        _time_span(row),
        leaf("styleUrl", f"#{_style_of(row)}"),
        tag("ExtendedData", tag("SchemaData", *values, schemaUrl=f"#{SCHEMA}")),
        kml_geometry(outline),
    )


def _unit(field: FieldSpec) -> str:
    return "" if field.unit in {"0..1", "UTC"} else field.unit


def _style_of(row: "Row") -> str:
    if row.get("review") == Decision.REJECTED.value:
        return REJECTED
    return row["confidence"] if row.get("confidence") in CONFIDENCE_RGB else DRAWN


def _time_span(row: "Row") -> str:
    ends = (("begin", row["post_start"]), ("end", row["post_end"]))
    known: list[Any] = [leaf(name, iso(instant)) for name, instant in ends if instant is not None]
    return tag("TimeSpan", *known) if known else ""


def _plain(name: str, outline: "BaseGeometry", style: str) -> str:
    return tag(
        "Placemark", leaf("name", name), leaf("styleUrl", f"#{style}"), kml_geometry(outline)
    )


def _area(contents: "Contents") -> str:
    layer = contents.layers[LayerName.AREA]
    return _folder(
        "Area of interest",
        [
            _plain(row["aoi_name"] or "Area of interest", outline, "area")
            for row, outline in zip(layer.rows, layer.outlines_wgs84(), strict=True)
        ],
        "",
    )


def _overlay(number: int, overlay: "Overlay") -> str:
    edges = (
        ("north", overlay.north),
        ("south", overlay.south),
        ("east", overlay.east),
        ("west", overlay.west),
    )
    return tag(
        "GroundOverlay",
        leaf("name", "Score"),
        tag("Icon", leaf("href", overlay_name(number))),
        tag("LatLonBox", *(leaf(name, f"{value:.8f}") for name, value in edges)),
    )
