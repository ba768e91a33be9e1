"""``evaluation.md``: the tables of an evaluation for people."""

from collections.abc import Mapping, Sequence
from typing import Any

Table = Mapping[str, Any]
NO_TERRAIN = (
    "Not known: the layers of the job do not lie beside the product, and no elevation model was "
    "given (`--dem`)."
)
NO_COVER = "Not known: no land-cover map was given (`--land-cover`)."
SIMULATED = "**Simulated data**: these figures say nothing about real landslides."
CLASS_TABLES = (
    ("by_slope", "Slope", NO_TERRAIN),
    ("by_aspect", "Aspect", NO_TERRAIN),
    ("by_land_cover", "Land cover", NO_COVER),
)


def page(report: Table) -> str:
    """Return the page, in Markdown."""
    events, total = report["events"], report["total"]
    parts = ["# Maps held against inventories", ""]
    if report["simulated"]:
        parts += [SIMULATED, ""]
    parts += _inputs(report)
    if len(events) > 1:
        parts += ["## Events", "", *table(*overview(events, total))]
    for item in [*([total] if len(events) > 1 else []), *events]:
        parts += _event(item)
    parts += _plots(report["plots"])
    parts += ["## How it was counted", ""]
    parts += [f"- **{name}**: {rule}." for name, rule in report["rules"].items()]
    return "\n".join(parts) + "\n"


def overview(events: Sequence[Table], total: Table) -> tuple[list[str], list[list[str]]]:
    """Return headings and rows that sum up every event and, of several, all together."""
    headings = [
        "event",
        "slides seen",
        "found",
        "recall",
        "detections",
        "true",
        "precision",
        "F1",
        "patch F1",
        "ROC AUC",
    ]
    rows = []
    for item in [*events, *([total] if len(events) > 1 else [])]:
        row, patches = item["objects"]["all"], item["patches"]
        rows.append(
            [
                item["name"],
                str(row["slides"]),
                str(row["found"]),
                figure(row["recall"]),
                str(row["detections"]),
                str(row["true"]),
                figure(row["precision"]),
                figure(row["f1"]),
                figure(patches["at_threshold"]["f1"]),
                figure(patches["roc_auc"]),
            ]
        )
    return headings, rows


def figure(value: float | None, interval: Sequence[float] | None = None) -> str:
    """Return a share with two decimals, its interval in brackets, a dash where there is none."""
    if value is None:
        return "-"
    return f"{value:.2f}" + (f" ({interval[0]:.2f}-{interval[1]:.2f})" if interval else "")


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return a Markdown table with an empty line after it."""
    escaped = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    lines = [headings, ["---"] * len(headings), *escaped]
    return [*("| " + " | ".join(line) + " |" for line in lines), ""]


def object_table(first: str, rows: Sequence[Table]) -> tuple[list[str], list[list[str]]]:
    """Return headings and rows of slides and detections by class."""
    headings = [first, "slides", "found", "recall", "detections", "true", "precision", "F1"]
    cells = [
        [
            row["class"],
            str(row["slides"]),
            str(row["found"]),
            figure(row["recall"], row["recall_ci"]),
            str(row["detections"]),
            str(row["true"]),
            figure(row["precision"], row["precision_ci"]),
            figure(row["f1"], row["f1_ci"]),
        ]
        for row in rows
    ]
    return headings, cells


def size_table(rows: Sequence[Table]) -> tuple[list[str], list[list[str]]]:
    """Return headings and rows of the slides by size."""
    cells = [
        [
            row["class"],
            str(row["slides"]),
            str(row["found"]),
            figure(row["recall"], row["recall_ci"]),
        ]
        for row in rows
    ]
    return ["mapped size", "slides", "found", "recall"], cells


def _inputs(report: Table) -> list[str]:
    lines = []
    for event, inputs in zip(report["events"], report["inputs"], strict=True):
        product, inventory, cover = inputs["product"], inputs["inventory"], inputs["land_cover"]
        count = inventory["slides"]
        mapped = f"{count} slide{'' if count == 1 else 's'}, {inventory['mapped_ha']:.1f} ha"
        models = ", ".join(model["name"] for model in product["models"])
        lines.append(
            f"- **{event['name']}**: `{product['name']}` (model {models}, threshold "
            f"{product['threshold']:g}) against `{inventory['name']}` ({mapped})"
        )
        if inputs["terrain"]:
            lines.append(f"  - slope and aspect: {inputs['terrain']['source']}")
        if cover:
            lines.append(
                f"  - land cover: {cover['title']}, known on "
                f"{100.0 * (cover['covered_share'] or 0.0):.1f} % of the judged area. "
                f"{cover['credit']}"
            )
    return [*lines, ""]


def _event(item: Table) -> list[str]:
    objects, areas, counts = item["objects"], item["areas"], item["counts"]
    fates = ", ".join(f"{count} {name}" for name, count in counts["slides"].items() if count)
    kinds = ", ".join(f"{count} {name}" for name, count in counts["detections"].items() if count)
    parts = [
        f"## {item['name']}",
        "",
        f"{areas['judged_km2']:.1f} km2 judged, {areas['masked_km2']:.1f} km2 masked, "
        f"{areas['not_observed_km2']:.1f} km2 not observed. Slides of the inventory: "
        f"{counts['slides_in_inventory']}{f' ({fates})' if fates else ''}. Detections: "
        f"{kinds or 'none'}{_alarms(counts['false_per_100_km2'])}.",
        "",
        *table(*object_table("slides and detections", [objects["all"]])),
        *table(*size_table(objects["by_size"])),
        *table(*_outline_table(objects["by_outline"])),
    ]
    for key, title, missing in CLASS_TABLES:
        rows = objects[key]
        lines = [missing, ""] if rows is None else table(*object_table(title.lower(), rows))
        parts += [f"### {title}", "", *lines]
    return [*parts, *_patches(item)]


def _alarms(rate: float | None) -> str:
    return "" if rate is None else f"; {rate:.1f} false ones per 100 km2 judged"


def _outline_table(rows: Sequence[Table]) -> tuple[list[str], list[list[str]]]:
    cells = [
        [
            row["class"],
            str(row["detections"]),
            str(row["true"]),
            figure(row["precision"], row["precision_ci"]),
        ]
        for row in rows
    ]
    return ["outlined area", "detections", "true", "precision"], cells


def _patches(item: Table) -> list[str]:
    patches, pixels = item["patches"], item["pixels"]
    if not patches["patches"]:
        return ["### Patches", "", "No patch of which at least half was judged.", ""]
    own, prevalence = patches["at_threshold"], patches["prevalence"]
    rows = [_patch_cells("**product**", own, intervals=True)]
    rows += [_patch_cells(f"{row['threshold']:.2f}", row) for row in patches["at_thresholds"]]
    headings = ["threshold", "TP", "FP", "FN", "TN", "accuracy", "precision", "recall", "F1"]
    auc = figure(patches["roc_auc"], patches["roc_auc_ci"])
    average = figure(patches["average_precision"], patches["average_precision_ci"])
    return [
        "### Patches",
        "",
        f"{patches['positives']} of {patches['patches']} patches are landslide; calling none one "
        f"would be right in {figure(1.0 - prevalence)} of the cases. ROC AUC {auc}, average "
        f"precision {average}.",
        "",
        *table(headings, rows),
        f"Pixels: intersection over union {figure(pixels['intersection_over_union'])}, precision "
        f"{figure(pixels['precision'])}, recall {figure(pixels['recall'])}; outlines cover "
        f"{100.0 * pixels['outlined_share']:.2f} % of the judged area, mapped slides "
        f"{100.0 * pixels['mapped_share']:.2f} %. Window outlines are those of 640 m windows and "
        "larger than the slide inside them, so their overlap of pixels is small even where every "
        "slide is found; the attribute outline says which are delineated.",
        "",
    ]


def _patch_cells(name: str, row: Table, intervals: bool = False) -> list[str]:
    counts = ("true_positive", "false_positive", "false_negative", "true_negative")
    shares = ("accuracy", "precision", "recall", "f1")
    return [
        name,
        *(str(row[key]) for key in counts),
        *(figure(row[key], row[f"{key}_ci"] if intervals else None) for key in shares),
    ]


def _plots(names: Sequence[str]) -> list[str]:
    if not names:
        return []
    shown = [f"![{name.removesuffix('.png').replace('_', ' ')}]({name})" for name in names]
    return ["## Plots", "", *(line for plot in shown for line in (plot, ""))]
