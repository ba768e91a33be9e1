"""``README.txt``: what this very product is, decoded name by name."""

import textwrap
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from landslidectl.detection.detections import OUTLINE_DELINEATED, OUTLINE_REVIEWER
from landslidectl.files.atomic import write_text_atomic
from landslidectl.products.contract.attributes import DETECTION_FIELDS, FLAGS, FieldSpec
from landslidectl.products.contract.files import FileKind, file_spec
from landslidectl.products.contract.layers import LAYERS
from landslidectl.products.contract.rasters import CLASSES, QUALITY_BITS, RASTERS
from landslidectl.products.contract.short_names import shapefile_names
from landslidectl.products.texts import plain_text
from landslidectl.products.wording import (
    confidence_in_words,
    credit,
    dem_in_words,
    event_in_words,
    ground_in_words,
    high_in_words,
    is_reviewed,
    iso,
    km2_in_words,
    left_out_in_words,
    limitations,
    minute,
    model_in_words,
    review_in_words,
    standing_in_words,
)
from landslidectl.terms import Confidence, Phase

if TYPE_CHECKING:
    from landslidectl.products.request import ProductRequest

WIDTH = 92


def write_readme(final: Path, request: "ProductRequest") -> None:
    """Write the README of one product."""
    write_text_atomic(final, readme_text(request))


def readme_text(request: "ProductRequest") -> str:
    """Return the README of one product as text."""
    title = f"Probable landslides from Sentinel-1: {event_in_words(request)}"
    sections = (
        ("What this says", _result(request)),
        ("Limits: read before use", _bullets(limitations(request))),
        ("Files, in the order to open them", _files(request)),
        ("The name, decoded", _name(request)),
        ("How it was made", _making(request)),
        ("Scenes used", _scenes(request)),
        ("Scenes not used", _refused(request)),
        ("Warnings of the run", _bullets(request.provenance.warnings) or ["None."]),
        ("Raster layers", _rasters()),
        ("Layers of the GeoPackage", _table((spec.name, spec.description) for spec in LAYERS)),
        ("Attributes of the detections", _table(_field_rows(DETECTION_FIELDS))),
        ("Words of the attribute flag", _table(FLAGS)),
        *_short_names(request),
    )
    lines = [*textwrap.wrap(title, WIDTH), "=" * min(len(title), WIDTH), ""]
    for heading, body in sections:
        lines += [heading, "-" * len(heading), *body, ""]
    lines += [credit(request) + ".", f"Made with {request.software_name}."]
    return "\n".join(plain_text(line) for line in lines) + "\n"


def _result(request: "ProductRequest") -> list[str]:
    found = request.detections
    count = len(found.items)
    outlined = sum(item.area_ha for item in found.items)
    flagged = sum(bool(item.flag) for item in found.items)
    total = found.tested_km2 + found.masked_km2 + found.unobserved_km2
    if count:
        drawn = sum(item.outline == OUTLINE_DELINEATED for item in found.items)
        by_hand = sum(item.outline == OUTLINE_REVIEWER for item in found.items)
        hand = f", {by_hand} drawn by a reviewer" if by_hand else ""
        first = (
            f"{count:,} detection{'s' if count > 1 else ''}, {outlined:,.1f} ha outlined; "
            f"{drawn:,} delineated, {count - drawn - by_hand:,} in window outlines{hand}"
            f"{f'; {flagged:,} flagged as doubtful' if flagged else ''}."
        )
        high = found.count(Confidence.HIGH)
        told = [
            f"{confidence_in_words(high, count - high)} (highest score from "
            f"{high_in_words(request)} on).",
        ]
    else:
        first = "No detection. This is a result only for the area analysed below."
        told = []
    if request.release > 1:
        told.append(f"{standing_in_words(request)}.")
    if is_reviewed(found.reviews):
        told.append(f"{review_in_words(found.reviews)}; rejected ones are in the GeoPackage alone.")
    shares = (
        ("analysed", found.tested_km2),
        ("observed, but masked (layover, shadow, water, slope, land cover)", found.masked_km2),
        ("not observed", found.unobserved_km2),
    )
    return [
        first,
        *left_out_in_words(request),
        *told,
        f"Status: {request.status.value}.",
        "",
        *(
            f"  {km2_in_words(km2, total):>10} km2  {100 * km2 / (total or 1.0):5.1f} %  {words}"
            for words, km2 in shares
        ),
    ]


def _files(request: "ProductRequest") -> list[str]:
    lines = []
    for kind in request.kinds:
        lines += [f"  {request.name.file(kind)}", *_indented(file_spec(kind).purpose)]
    return lines


def _indented(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=" " * 6, subsequent_indent=" " * 6)


def _name(request: "ProductRequest") -> list[str]:
    name = request.name
    tracks = ", ".join(str(stack.track) for stack in request.stacks)
    return [
        *textwrap.wrap(name.folder, WIDTH),
        *_table(
            [
                ("LSD", "landslide detection"),
                (name.event, "event"),
                (name.aoi, "area of interest"),
                ("S1", "Sentinel-1"),
                (
                    "-".join(name.tracks),
                    f"tracks: {tracks} (A ascending or D descending, then the relative orbit)",
                ),
                (name.folder.split("_")[5], "start of the first post-event scene, UTC"),
                (name.folder.split("_")[6], "time of processing, UTC"),
                (name.model, "model"),
                (f"r{name.release}", "release: counts products made with more data"),
                (f"v{name.version}", "version: counts corrections of the same data"),
            ]
        ),
    ]


def _making(request: "ProductRequest") -> list[str]:
    facts, grid = request.provenance, request.detections.grid
    rows = [
        ("Event", f"{iso(facts.event.first)} to {iso(facts.event.last)}"),
        ("Windows", f"{facts.pre_days:g} days before, {facts.post_days:g} days after"),
        ("Height model", dem_in_words(request)),
        ("Ground judged", ground_in_words(request)),
        ("Grid", f"EPSG:{grid.epsg}, {grid.pixel_m:g} m, {grid.rows} rows x {grid.cols} columns"),
        ("Threshold", f"score >= {request.detections.threshold:.3f}"),
        ("High threshold", high_in_words(request)),
        *(
            ("Model", f"{model_in_words(model)} ({model.bands.value}), SHA-256 {model.sha256}")
            for model in request.models
        ),
        ("Job", facts.job_id),
        ("Command", facts.command),
    ]
    return _table(rows)


def _scenes(request: "ProductRequest") -> list[str]:
    lines = []
    for phase, words in ((Phase.PRE, "before"), (Phase.POST, "after")):
        scenes = sorted(
            (scene for scene in request.provenance.scenes if scene.phase is phase),
            key=lambda scene: (scene.track, scene.start, scene.scene_id),
        )
        lines.append(f"{len(scenes)} {words} the event:")
        lines += [f"  {s.track.name}  {minute(s.start)}  {s.scene_id}" for s in scenes]
    return lines


def _refused(request: "ProductRequest") -> list[str]:
    scenes = request.provenance.refused
    return _bullets(f"{scene.name}: {scene.reason}" for scene in scenes) or ["None."]


def _rasters() -> list[str]:
    rows = [(spec.band, f"{spec.dtype}. {spec.description}.") for spec in RASTERS]
    rows += [(f"  class {int(item.value)}", f"{item.name}: {item.meaning}") for item in CLASSES]
    rows += [(f"  bit {int(bit)}", meaning) for bit, meaning, _ in QUALITY_BITS]
    return _table(rows)


def _field_rows(specs: Iterable[FieldSpec]) -> list[tuple[str, str]]:
    return [
        (spec.name, f"{spec.description}{f' [{spec.unit}]' if spec.unit else ''}") for spec in specs
    ]


def _short_names(request: "ProductRequest") -> list[tuple[str, list[str]]]:
    """Return the section on the names of a shapefile, if the product has one."""
    if FileKind.SHAPEFILE not in request.kinds:
        return []
    pairs = shapefile_names(DETECTION_FIELDS).items()
    changed = [(short, name) for name, short in pairs if short != name]
    return [("Attributes that the shapefile calls otherwise", _table(changed))]


def _table(rows: Iterable[tuple[str, str]]) -> list[str]:
    pairs = list(rows)
    left = max(len(name) for name, _ in pairs) + 2
    lines = []
    for name, text in pairs:
        wrapped = textwrap.wrap(text, max(WIDTH - left - 2, 40)) or [""]
        lines.append(f"  {name:<{left}}{wrapped[0]}")
        lines += [" " * (left + 2) + line for line in wrapped[1:]]
    return lines


def _bullets(sentences: Iterable[str]) -> list[str]:
    lines = []
    for sentence in sentences:
        lines += textwrap.wrap(
            sentence, WIDTH, initial_indent="- ", subsequent_indent="  ", break_on_hyphens=False
        )
    return lines
