"""Judge products, and write it down: ``evaluation.json``, ``evaluation.md`` and plots."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from landslidectl import __version__
from landslidectl.errors import UsageError
from landslidectl.evaluation.judge import JudgeOptions, judge_event
from landslidectl.evaluation.judgement import Judgement, joined
from landslidectl.evaluation.pages import page
from landslidectl.evaluation.plots import (
    plot_distributions,
    plot_patch_cover,
    plot_precision_recall,
    plot_recall_by_size,
)
from landslidectl.events import ArtefactWritten, Reporter, Warned, silent
from landslidectl.files.atomic import remove_file, write_json_atomic, write_text_atomic
from landslidectl.terrain.legend import Legend

SCHEMA_VERSION = "1.0"
KIND = "evaluation of maps against inventories"
DECIMALS = 6
NOT_COVERED_COLOUR = "#ffffff"
NOTHING_ELSE = JudgeOptions()
RULES = {
    "judged": "inside the area of interest, observed, not masked (layover, shadow, water, slope)",
    "slide": "one feature of the inventory; seen when at least half of its pixels inside the area "
    "were judged; found when a detection touches it",
    "detection": "true when it touches a slide that was seen, false when it touches none, "
    "undecided (in no figure) when it touches only slides that were not seen or lie outside the "
    "area",
    "classes": "a slide is filed under the ground it lies on, a detection under that of its whole "
    "outline",
    "totals": "all tables but the one by size count slides of at least 2,000 m2",
    "patch": "64 x 64 pixels, side by side, at least half of them judged; landslide when more than "
    "5 % of the judged pixels are mapped; positive when the score in its middle (at the default "
    "stride that of the network for this very window) reaches the threshold",
    "intervals": "95 %, bootstrap; patches drawn in groups of 4 x 4 where there are 20 groups",
}


def judge_products(
    pairs: Sequence[tuple[Path, Path]],
    out: Path,
    options: JudgeOptions = NOTHING_ELSE,
    reporter: Reporter = silent,
) -> dict[str, Any]:
    """Hold products against the inventories of their events and write tables and plots.

    Parameters
    ----------
    pairs : sequence of (product folder, inventory file)
        One an event.
    out : Path
        Folder for ``evaluation.json``, ``evaluation.md`` and the plots; files there of an earlier
        evaluation are replaced.
    options : JudgeOptions
    reporter : Reporter

    Returns
    -------
    dict
        What ``evaluation.json`` holds.

    Raises
    ------
    ProductError, InputError, UsageError
        If an input cannot be used, or the events do not add up.
    OutputError
        If the folder cannot be written.
    """
    if not pairs:
        raise UsageError("no product to judge")
    layers = options.inventory_layers or (None,) * len(pairs)
    judged = [
        judge_event(product, inventory, options, reporter, layer)
        for (product, inventory), layer in zip(pairs, layers, strict=True)
    ]
    events = [judgement for judgement, _ in judged]
    tables = _named_apart(
        [event.tables() for event in events], [inputs["product"] for _, inputs in judged]
    )
    _warn_of_double_counting([inputs["product"] for _, inputs in judged], reporter)
    total = joined(events).tables() if len(events) > 1 else tables[0]
    plots = _draw(out, tables, total, _legend(events))
    report: dict[str, Any] = rounded(
        {
            "schema_version": SCHEMA_VERSION,
            "kind": KIND,
            "software": f"landslidectl {__version__}",
            "simulated": events[0].is_simulated,
            "rules": RULES,
            "inputs": [inputs for _, inputs in judged],
            "events": tables,
            "total": total,
            "plots": plots,
        }
    )
    write_json_atomic(out / "evaluation.json", report)
    write_text_atomic(out / "evaluation.md", page(report))
    for name in ("evaluation.md", "evaluation.json", *plots):
        reporter(ArtefactWritten(str(out / name), Path(name).suffix[1:]))
    return report


def rounded(value: Any) -> Any:
    """Return JSON-ready values with numbers rounded to six decimals and tuples as lists."""
    if isinstance(value, float):
        return round(value, DECIMALS)
    if isinstance(value, Mapping):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(item) for item in value]
    return value


def _named_apart(
    tables: list[dict[str, Any]], products: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Put models, and where these agree numbers, behind the names that events share."""
    names = [table["name"] for table in tables]
    models = [" and ".join(model["name"] for model in product["models"]) for product in products]
    if len(set(names)) < len(names):
        shared = [names.count(name) > 1 for name in names]
        labels = zip(names, models, shared, strict=True)
        names = [f"{name}, {model}" if many else name for name, model, many in labels]
    apart = []
    for index, name in enumerate(names):
        number = f" ({names[: index + 1].count(name)})" if names.count(name) > 1 else ""
        apart.append(tables[index] | {"name": f"{name}{number}"})
    return apart


def _warn_of_double_counting(products: list[dict[str, Any]], reporter: Reporter) -> None:
    """Warn where products are of one event: its ground is in the total more than once."""
    shocks = [product["event"]["first"] for product in products]
    if len(set(shocks)) < len(shocks):
        reporter(
            Warned(
                "several products are of one event: where they overlap, the total counts the same "
                "ground and the same slides more than once",
                "same-event",
            )
        )


def _legend(events: Sequence[Judgement]) -> Legend | None:
    return next((event.legend for event in events if event.legend), None)


def _draw(
    out: Path, events: list[dict[str, Any]], total: dict[str, Any], legend: Legend | None
) -> list[str]:
    """Draw what there is data for and return the names of the files; older plots go away."""
    colours = {item.name: item.colour for item in legend.classes} if legend else {}
    colours["not covered"] = NOT_COVERED_COLOUR
    shown = [*events, total] if len(events) > 1 else events
    drawings: dict[str, Callable[[Path], bool]] = {
        "precision_recall.png": partial(plot_precision_recall, events=events, total=total),
        "recall_by_size.png": partial(plot_recall_by_size, total=total),
        "slides_and_area.png": partial(plot_distributions, events=shown, colours=colours),
        "patch_land_cover.png": partial(plot_patch_cover, events=shown, colours=colours),
    }
    drawn = []
    for name, draw in drawings.items():
        if draw(out / name):
            drawn.append(name)
        else:
            remove_file(out / name)
    return drawn
