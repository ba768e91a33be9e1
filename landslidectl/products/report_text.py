"""The text of the report as HTML; whatever a person or a file gave is escaped."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from landslidectl.products.attributes import detection_row, json_value
from landslidectl.products.contract.attributes import DETECTION_FIELDS, FieldSpec, FieldType
from landslidectl.products.texts import html_text
from landslidectl.products.wording import (
    credit,
    dem_in_words,
    ha_in_words,
    is_reviewed,
    iso,
    km2_in_words,
    limitations,
    minute,
    review_in_words,
    score_in_words,
)
from landslidectl.terms import Phase

if TYPE_CHECKING:
    from landslidectl.detection.detections import Detection
    from landslidectl.products.report_chips import Chip
    from landslidectl.products.request import ProductRequest

COLUMNS = (
    "score_max", "confidence", "status", "flag", "area_ha", "centroid_lat", "centroid_lon",
    "outline", "tracks", "slope_mean", "valid_pct", "review",
)  # fmt: skip
"""Attributes worth a column, where the contract has them."""
HEADINGS = {
    "score_max": "score",
    "area_ha": "ha",
    "centroid_lat": "latitude",
    "centroid_lon": "longitude",
    "slope_mean": "slope \N{DEGREE SIGN}",
    "valid_pct": "valid %",
}
ROWS_MOST = 2000
NUMBERS = (FieldType.REAL, FieldType.INTEGER)


def summary(request: "ProductRequest") -> str:
    """Return the result in figures."""
    found = request.detections
    count = len(found.items)
    total = found.tested_km2 + found.masked_km2 + found.unobserved_km2
    words = "No detection" if not count else f"{count:,} detection{'s' if count > 1 else ''}"
    parts = [f'<p class="count">{words}</p>']
    if count:
        outlined = sum(item.area_ha for item in found.items)
        parts.append(f"<p>{ha_in_words(outlined)} ha outlined</p>")
    if is_reviewed(found.reviews):
        parts.append(f"<p>{review_in_words(found.reviews)}</p>")
    for name, km2 in (
        ("analysed", found.tested_km2),
        ("masked", found.masked_km2),
        ("not observed", found.unobserved_km2),
    ):
        share = 100 * km2 / total if total else 0.0
        parts.append(
            f"<p>{km2_in_words(km2, total)} km\N{SUPERSCRIPT TWO} {name} ({share:.1f} %)</p>"
        )
    if not count:
        parts.append("<p>This is a result only for the area analysed.</p>")
    return "".join(parts)


def outlines_in_words(found: int, most: int) -> str:
    """Say which outlines the map shows, where it does not show all; empty where it does."""
    if found <= most:
        return ""
    return (
        f'<p class="note warning" id="map-shows">The map shows the {most:,} strongest of {found:,} '
        "detections. The GeoPackage and the other files beside this page hold all.</p>"
    )


def table(request: "ProductRequest") -> str:
    """Return the detections as rows, the strongest first; says when there are more."""
    items = request.detections.items
    if not items:
        return "<p>None.</p>"
    known = {field.name: field for field in DETECTION_FIELDS}
    columns = [known[name] for name in COLUMNS if name in known]
    head = "".join(
        f'<th scope="col" data-sort{_number_class(field)} title="{html_text(field.description)}">'
        f'<button type="button">{html_text(HEADINGS.get(field.name, field.name))}</button></th>'
        for field in columns
    )
    shown = items[:ROWS_MOST]
    rows = "\n".join(_row(number, item, columns, request) for number, item in enumerate(shown, 1))
    more = ""
    if len(items) > len(shown):
        more = (
            f'<p class="note">The {len(shown):,} strongest of {len(items):,} detections; the '
            "GeoPackage and the GeoJSON file beside this page hold all.</p>"
        )
    return (
        f'{more}<div class="wide" tabindex="0" role="region" aria-label="Table of detections">'
        f'<table><thead><tr><th scope="col">map</th>{head}</tr></thead>'
        f"<tbody>\n{rows}\n</tbody></table></div>"
    )


def chip_cards(request: "ProductRequest", chips: "Sequence[Chip | None]") -> str:
    """Return the section of chips: one card for each of the strongest detections."""
    items = request.detections.items
    if not any(chips):
        return ""
    cards = [
        _card(number, item, chip, request)
        for number, (item, chip) in enumerate(zip(items, chips, strict=False), 1)
        if chip is not None
    ]
    more = ""
    if len(cards) < len(items):
        more = f" The {len(cards):,} strongest of {len(items):,} are shown."
    return (
        '<section aria-labelledby="chips"><h2 id="chips">Before, after, change</h2>'
        '<p class="note">VV backscatter, dark to bright alike before and after; change: blue '
        f"darker, red brighter after the event, to 6 dB. Yellow: the outline.{more}</p>"
        f'<div class="chips">{"".join(cards)}</div></section>'
    )


def facts(request: "ProductRequest") -> str:
    """Return what is needed to judge and to repeat the result."""
    job, grid, found = request.provenance, request.detections.grid, request.detections
    parts = [_section("Limitations", _list(limitations(request)), "warning", "limitations")]
    if job.warnings:
        parts.append(_section("Warnings of the run", _list(job.warnings), "warning"))
    making = [
        ("Event", f"{iso(job.event.first)} to {iso(job.event.last)}"),
        ("Windows", f"{job.pre_days:g} days before, {job.post_days:g} days after"),
        ("Threshold", f"score of {found.threshold:.3f} and more"),
        *(
            ("Model", f"{m.name} {m.version} ({m.bands.value}), SHA-256 {m.sha256}")
            for m in request.models
        ),
        ("Height model", dem_in_words(request)),
        ("Grid", f"EPSG:{grid.epsg}, {grid.pixel_m:g} m, {grid.rows} rows x {grid.cols} columns"),
        ("Status", request.status.value),
        ("Processed", iso(job.processed)),
        ("Job", job.job_id),
        ("Command", job.command),
        ("Software", ", ".join(f"{name} {version}" for name, version in job.software.items())),
    ]
    parts.append(_section("How it was made", _facts(making)))
    scenes = sorted(job.scenes, key=lambda scene: (scene.track, scene.start, scene.scene_id))
    for phase, words in ((Phase.PRE, "before"), (Phase.POST, "after")):
        used = [s for s in scenes if s.phase is phase]
        lines = _list(f"{s.track.name}, {minute(s.start)}: {s.scene_id}" for s in used)
        parts.append(_section(f"Scenes {words} the event: {len(used)}", lines))
    refused = [f"{scene.name}: {scene.reason}" for scene in job.refused]
    parts.append(_section(f"Scenes not used: {len(refused)}", _list(refused) or "<p>None.</p>"))
    return "\n".join(parts)


def footer(request: "ProductRequest") -> str:
    """Return the credit and the program."""
    return html_text(f"{credit(request)}. Made with {request.software_name}.")


def _row(
    number: int, item: "Detection", columns: Iterable[FieldSpec], request: "ProductRequest"
) -> str:
    known = detection_row(item, request)
    cells = "".join(_cell(field, known[field.name]) for field in columns)
    button = f'<button type="button" class="go" data-go="{number}">{number}</button>'
    return f'<tr data-n="{number}"><td>{button}</td>{cells}</tr>'


def _cell(field: FieldSpec, value: Any) -> str:
    """Return one cell; what it sorts by is in ``data-v``."""
    if value is None:
        return f'<td{_number_class(field)} data-v="">\N{EN DASH}</td>'
    if field.type is FieldType.REAL:
        digits = 4 if field.unit == "degree" and field.decimals > 4 else field.decimals
        return f'<td class="number" data-v="{value!r}">{value:,.{digits}f}</td>'
    text = html_text(str(json_value(value)))
    return f'<td{_number_class(field)} data-v="{text}">{text}</td>'


def _number_class(field: FieldSpec) -> str:
    return ' class="number"' if field.type in NUMBERS else ""


def _card(number: int, item: "Detection", chip: "Chip", request: "ProductRequest") -> str:
    known = detection_row(item, request)
    all_facts = _facts(
        (field.name, f"{json_value(value)} {field.unit}".strip())
        for field in DETECTION_FIELDS
        if (value := known[field.name]) not in (None, "")
    )
    where = f"{item.centroid_lat:.4f}, {item.centroid_lon:.4f}"
    alt = html_text(
        f"Detection {number}: before, after and change of track {chip.track}, "
        f"{chip.side_m:,.0f} m across"
    )
    return (
        f'<article class="chip" data-n="{number}"><h3>'
        f'<button type="button" class="go" data-go="{number}">{number}</button>{where}</h3>'
        f'<img src="{chip.address}" alt="{alt}" loading="lazy">'
        '<div class="under" aria-hidden="true"><span>before</span><span>after</span>'
        "<span>change</span></div>"
        f"<p>Score {score_in_words(item.score_max)}, {item.area_ha:,.1f} ha, "
        f"{html_text(item.outline)}; {html_text(chip.track)}, {chip.side_m:,.0f} m across.</p>"
        f"<details><summary>All attributes</summary>{all_facts}</details></article>"
    )


def _section(heading: str, body: str, kind: str = "", name: str = "") -> str:
    attributes = (f' class="{kind}"' if kind else "") + (f' id="{name}"' if name else "")
    return f"<section{attributes}><h2>{html_text(heading)}</h2>{body}</section>"


def _facts(pairs: Iterable[tuple[str, str]]) -> str:
    return (
        f"<dl>{''.join(f'<dt>{html_text(n)}</dt><dd>{html_text(v)}</dd>' for n, v in pairs)}</dl>"
    )


def _list(sentences: Iterable[str]) -> str:
    lines = "".join(f"<li>{html_text(sentence)}</li>" for sentence in sentences)
    return f"<ul>{lines}</ul>" if lines else ""
