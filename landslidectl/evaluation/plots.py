"""Plots of judged maps: curves, recall by size, and what slides and errors stand on."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import fill
from typing import Any

from landslidectl.evaluation.drawing import COLOURS, INK, MUTED, drawn

Table = Mapping[str, Any]
SLIDES_COLOUR = COLOURS[1]
AREA_COLOUR = "#9aa5b1"
NAME_WIDTH = 22
SHOWN = ("true positive", "false positive", "false negative")


def plot_precision_recall(path: Path, events: Sequence[Table], total: Table) -> bool:
    """Draw the precision-recall curve of the patches of every event and of all together.

    Returns
    -------
    bool
        False, and nothing drawn, where there are no positive or no negative patches.
    """
    curves = [*(events if len(events) > 1 else []), total]
    if not total["patches"]["curve"]:
        return False
    with drawn(path, (6.4, 4.9 + 0.2 * len(curves))) as figure:
        axes = figure.add_subplot()
        for index, table in enumerate(curves):
            is_total = table is total
            colour = INK if is_total else COLOURS[index % len(COLOURS)]
            _curve(axes, table, colour, 2.2 if is_total else 1.2)
        prevalence = total["patches"]["prevalence"]
        axes.axhline(prevalence, color=MUTED, linestyle=":", linewidth=1.2)
        axes.annotate(
            f"no skill: {prevalence:.3f}", (0.01, prevalence), (0, 3), textcoords="offset points"
        )
        axes.set(xlim=(0, 1.01), ylim=(0, 1.03), xlabel="recall", ylabel="precision")
        axes.set_title(_titled("Patches of 64 x 64 pixels, by score", total))
        figure.legend(loc="outside lower center", title="dot: as in the product")
    return True


def plot_recall_by_size(path: Path, total: Table) -> bool:
    """Draw how many slides of each size were found, with 95 % intervals."""
    rows = [row for row in total["objects"]["by_size"] if row["slides"]]
    if not rows:
        return False
    with drawn(path, (6.4, 4.0)) as figure:
        axes = figure.add_subplot()
        for place, row in enumerate(rows):
            is_small = row["class"].startswith("below")
            colour = AREA_COLOUR if is_small else COLOURS[0]
            axes.bar(place, row["recall"], width=0.65, color=colour)
            low, high = row["recall_ci"]
            error = [[row["recall"] - low], [high - row["recall"]]]
            axes.errorbar(place, row["recall"], yerr=error, color=INK, capsize=4, linewidth=1.2)
            axes.annotate(
                f"{row['found']} of {row['slides']}",
                (place, high),
                (0, 4),
                textcoords="offset points",
                ha="center",
            )
        names = [row["class"].replace(" m2", "\nm²") for row in rows]
        names = [f"{name}, not in\nthe totals" if "below" in name else name for name in names]
        axes.set_xticks(range(len(rows)), names)
        axes.set(ylim=(0, 1.12), ylabel="share of the slides found")
        axes.set_yticks([0.0, 0.2, 0.4, 0.6, 0.8, 1.0])
        axes.grid(axis="x", visible=False)
        axes.set_title(_titled("Slides found, by mapped size", total))
    return True


def plot_distributions(path: Path, events: Sequence[Table], colours: Mapping[str, str]) -> bool:
    """Draw slope, aspect and land cover of the mapped slides beside those of the judged area.

    Parameters
    ----------
    path : Path
    events : sequence of tables
        One row of panels each.
    colours : mapping
        Colours of the land-cover classes by name.
    """
    columns = [
        name
        for name in ("slope", "aspect", "land_cover")
        if any(table["distributions"][name] for table in events)
    ]
    if not columns or not any(table["pixels"]["mapped_share"] for table in events):
        return False
    widths = [1.7 if name == "land_cover" else 1.0 for name in columns]
    tallest = max(len(table["distributions"]["land_cover"] or ()) for table in events)
    height = max(2.7, 0.34 * tallest + 1.0)
    size = (3.4 * sum(widths) + 0.6, height * len(events) + 0.7)
    with drawn(path, size) as figure:
        panels = figure.subplots(len(events), len(columns), squeeze=False, width_ratios=widths)
        for line, table in zip(panels, events, strict=True):
            for axes, name in zip(line, columns, strict=True):
                rows = table["distributions"][name]
                if not rows:
                    axes.set_axis_off()
                elif name == "land_cover":
                    _land_cover_bars(axes, rows, colours)
                else:
                    _beside_each_other(axes, rows, name)
            line[0].set_title(table["name"], loc="left", fontweight="bold")
        named = [axes.get_legend_handles_labels() for axes in panels[:, 0]]
        handles, labels = next((pair for pair in named if pair[0]), ([], []))
        if handles:
            figure.legend(handles, labels, loc="outside lower center", ncols=2)
        figure.suptitle(_titled("Where the mapped slides lie", events[0]))
    return True


def plot_patch_cover(path: Path, events: Sequence[Table], colours: Mapping[str, str]) -> bool:
    """Draw the majority land cover of true positive, false positive and false negative patches."""
    tables = [table for table in events if table["patch_land_cover"]]
    if not tables:
        return False
    names = [
        name
        for name in colours
        if any(name in table["patch_land_cover"][kind] for table in tables for kind in SHOWN)
    ]
    if not names:
        return False
    size = (10.5, max(0.3 * len(names) + 1.0, 2.2) * len(tables) + 0.8)
    with drawn(path, size) as figure:
        panels = figure.subplots(len(tables), len(SHOWN), squeeze=False, sharey=True)
        for line, table in zip(panels, tables, strict=True):
            for axes, kind in zip(line, SHOWN, strict=True):
                counts = table["patch_land_cover"][kind]
                values = [counts.get(name, 0) for name in names]
                _class_bars(axes, names, values, [colours[name] for name in names])
                axes.set_title(f"{kind}: {sum(counts.values())}")
                axes.set_xlim(0, 1.15 * max([1, *values]))
            line[0].set_ylabel(fill(table["name"], NAME_WIDTH), fontweight="bold")
            line[0].invert_yaxis()
        for axes in panels[-1]:
            axes.set_xlabel("patches")
        figure.suptitle(_titled("Majority land cover of the patches", tables[0]))
    return True


def _curve(axes: Any, table: Table, colour: str, width: float) -> None:
    points, at = table["patches"]["curve"], table["patches"]["at_threshold"]
    if not points:
        return
    recall = [0.0, *(point["recall"] for point in points)]
    precision = [points[0]["precision"], *(point["precision"] for point in points)]
    label = f"{table['name']} (average precision {table['patches']['average_precision']:.2f})"
    axes.step(recall, precision, where="pre", color=colour, linewidth=width, label=label)
    if at["precision"] is not None:
        axes.plot(at["recall"], at["precision"], "o", color=colour, markersize=7, clip_on=False)


def _beside_each_other(axes: Any, rows: Sequence[Table], name: str) -> None:
    places = range(len(rows))
    for offset, key, label, colour in (
        (-0.21, "slides", "mapped slides", SLIDES_COLOUR),
        (0.21, "area", "whole judged area", AREA_COLOUR),
    ):
        values = [100.0 * (row[key] or 0.0) for row in rows]
        axes.bar([p + offset for p in places], values, 0.42, color=colour, label=label)
    labels = [row["class"].removeprefix("over ").removesuffix("°") for row in rows]
    if name == "slope":
        edges = [text.split("-")[0] for text in labels]
        axes.set_xticks([place - 0.5 for place in places][::2], edges[::2])
        axes.set_xlabel("slope, degrees")
    else:
        axes.set_xticks(places, labels)
        axes.set_xlabel("downhill direction")
    axes.set_ylabel("share, %")
    axes.grid(axis="x", visible=False)


def _land_cover_bars(axes: Any, rows: Sequence[Table], colours: Mapping[str, str]) -> None:
    places = list(range(len(rows)))
    fills = [colours[row["class"]] for row in rows]
    inside = [100.0 * (row["slides"] or 0.0) for row in rows]
    around = [100.0 * row["area"] for row in rows]
    style = {"edgecolor": INK, "linewidth": 0.6}
    axes.barh([p - 0.2 for p in places], inside, 0.4, color=fills, **style)
    hollow = {"color": "white", "hatch": "////", **style, "edgecolor": MUTED}
    axes.barh([p + 0.2 for p in places], around, 0.4, **hollow)
    axes.set_yticks(places, [row["class"] for row in rows])
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    axes.set_xlabel("share, %  (full: mapped slides; hatched: whole judged area)")


def _class_bars(
    axes: Any, names: Sequence[str], values: Sequence[int], fills: Sequence[str]
) -> None:
    places = list(range(len(names)))
    bars = axes.barh(places, values, 0.7, color=fills, edgecolor=INK, linewidth=0.6)
    axes.bar_label(bars, [str(value) if value else "" for value in values], padding=3)
    axes.set_yticks(places, names)
    axes.grid(axis="y", visible=False)
    axes.xaxis.get_major_locator().set_params(integer=True, nbins=5)


def _titled(text: str, table: Table) -> str:
    return f"{text} (simulated data)" if table["simulated"] else text
