"""Plots of a judged model."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from landslidectl.evaluation.drawing import COLOURS, INK, MUTED, drawn
from landslidectl.inference.baselines import FULL_SCALE_DB

Record = Mapping[str, Any]
RULE_TITLES = {
    "log_ratio": "mean absolute log-ratio",
    "logratio": "mean absolute log-ratio",
    "spread": "spread of the log-ratio",
}
RESPONSES = {
    "strength_db": "planted change of VV inside the slide, dB (rms)",
    "area_m2": "slide area inside the window, 1,000 m2",
    "facing_deg": "from downhill to the sensor, degrees",
}
LEAST_SHARE = 5e-4
LEAST_FALSE = 0.1
MOST_MARKED = 0.1
AREA_TICKS = (2, 5, 10, 20, 50, 100, 200)
SIMULATED = "simulated data"


def draw_plots(record: Record, out: Path) -> dict[str, str]:
    """Draw a plot of every part that the record has; return file names by what they show."""
    known: dict[str, tuple[str, Callable[[Record, Path], None]]] = {
        "precision_recall": ("patches", _precision_recall),
        "reliability": ("patches", _reliability),
        "pairs": ("pairs", _pairs),
        "response": ("pairs", _response),
        "scenes": ("scenes", _scenes),
        "no_change": ("no_change", _no_change),
    }
    plots = {}
    for name, (part, draw) in known.items():
        if part in record:
            plots[name] = f"{name}.png"
            draw(record[part], out / plots[name])
    return plots


def _precision_recall(part: Record, path: Path) -> None:
    with drawn(path, (6.2, 4.8)) as figure:
        axes = figure.add_subplot()
        curves = {"this model": part, **_titled(part.get("rules", {}))}
        for colour, (title, item) in zip((INK, *COLOURS[:2]), curves.items(), strict=False):
            points = [point for point in item["curve"] if point["recall"] > 0]
            recall = [point["recall"] for point in points]
            precision = [point["precision"] for point in points]
            axes.plot(recall, precision, color=colour, label=title)
            chosen = item.get("all", item)
            axes.plot(chosen["recall"], chosen["precision"], "o", color=colour, markersize=5)
        axes.axhline(part["all"]["prevalence"], color=MUTED, linestyle=":", linewidth=1.2)
        axes.set(xlim=(0, 1.01), ylim=(0, 1.03), xlabel="recall", ylabel="precision")
        axes.set_title(
            f"Patches, {part['all']['prevalence']:.1%} landslides ({SIMULATED});\n"
            "dot: at the threshold; dotted: no skill"
        )
        figure.legend(loc="outside lower center", ncols=3)


def _reliability(part: Record, path: Path) -> None:
    with drawn(path, (6.2, 5.6)) as figure:
        above, below = figure.subplots(2, 1, height_ratios=(3, 1), sharex=True)
        above.plot([0, 1], [0, 1], color=MUTED, linestyle=":", linewidth=1.2)
        titles = {"scores": "score", "calibrated": "calibrated"}
        for colour, (name, title) in zip(COLOURS, titles.items(), strict=False):
            if name not in part["reliability"]:
                continue
            item = part["reliability"][name]
            score = [point["score"] for point in item["bins"]]
            share = [point["share"] for point in item["bins"]]
            error = item["calibration_error"]
            label = f"{title}: Brier {item['brier']:.3f}, calibration error {error:.3f}"
            above.plot(score, share, "o-", color=colour, markersize=4, label=label)
            below.plot(score, [point["weight"] for point in item["bins"]], "o-", color=colour)
        prevalence = part["reliability"]["scores"]["prevalence"]
        above.set(xlim=(0, 1), ylim=(0, 1.02), ylabel="share of landslides")
        above.set_title(f"Reliability at {prevalence:.1%} landslides ({SIMULATED})")
        above.legend(loc="upper left")
        below.set(yscale="log", xlabel="score or probability", ylabel="share of patches")


def _pairs(part: Record, path: Path) -> None:
    ranges = [(0.05, 0.075), (0.075, 0.10), (0.10, 0.20), (0.20, 1.0)]
    rows = [
        item
        for item in part["classes"]
        if item["by"] == "cover" and (item["from"], item["to"]) in ranges
    ]
    with drawn(path, (6.2, 4.4)) as figure:
        axes = figure.add_subplot()
        place = np.arange(len(rows))
        for shift, name, title, colour in (
            (-0.12, "oracle_higher", f"oracle ({part['oracle']})", MUTED),
            (0.12, "higher", "this model", COLOURS[0]),
        ):
            share = np.array([row[name] for row in rows], dtype=float)
            low, high = np.array([row[f"{name}_interval"] for row in rows], dtype=float).T
            bars = np.maximum([share - low, high - share], 0.0)
            axes.errorbar(place + shift, share, bars, fmt="o", color=colour, capsize=3, label=title)
        lowest = min((row["higher_interval"][0] for row in rows), default=0.5)
        axes.set_xticks(place, [_cover(row) for row in rows])
        axes.set(ylim=(max(0.0, min(lowest, 0.9) - 0.05), 1.01))
        axes.set(xlabel="window covered by slides (pairs)", ylabel="score higher with the slide")
        axes.set_title(f"Same place with and without slides ({SIMULATED}); chance is 0.5")
        figure.legend(loc="outside lower center", ncols=2)


def _response(part: Record, path: Path) -> None:
    shown = [name for name in RESPONSES if part["response"][name]]
    with drawn(path, (max(3.7 * len(shown), 6.2), 3.9)) as figure:
        for axes, name in zip(
            np.atleast_1d(figure.subplots(1, max(len(shown), 1), sharey=True)), shown, strict=False
        ):
            _response_curve(axes, part["response"][name], name)
        handles, labels = figure.axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=3)
        figure.suptitle(f"Response of the score ({SIMULATED}); bars: 95 %, by event")


def _response_curve(axes: Any, rows: Sequence[Record], name: str) -> None:
    unit = 1000.0 if name == "area_m2" else 1.0
    last = rows[-1]
    ends = [row["to"] for row in rows[:-1]] + [min(last["to"], 2.0 * last["from"] or last["to"])]
    middle = [(row["from"] + end) / 2.0 / unit for row, end in zip(rows, ends, strict=True)]
    for key, title, colour in (
        ("score_with", "mean score with the slide", COLOURS[0]),
        ("score_without", "without it", MUTED),
        ("higher", "share of pairs higher with it", COLOURS[1]),
    ):
        value = np.array([row[key] for row in rows], dtype=float)
        low, high = np.array([row[f"{key}_interval"] for row in rows], dtype=float).T
        bars = np.maximum([value - low, high - value], 0.0)
        axes.errorbar(middle, value, bars, fmt="o-", color=colour, capsize=2, label=title)
    axes.set(ylim=(0, 1.02), xlabel=RESPONSES[name])
    if name == "area_m2":
        axes.set_xscale("log")
        axes.set_xticks(AREA_TICKS, [str(tick) for tick in AREA_TICKS])
        axes.minorticks_off()


def _scenes(part: Record, path: Path) -> None:
    with drawn(path, (10.0, 4.6)) as figure:
        left, right = figure.subplots(1, 2)
        curves = {"this model": part, **_titled(part["baselines"])}
        for colour, (title, item) in zip((INK, *COLOURS[:2]), curves.items(), strict=False):
            points = [point for point in item["curve"] if _is_map(point)]
            recall = [point["recall"] for point in points]
            false = [max(point["false_per_100_km2"], LEAST_FALSE) for point in points]
            chosen = item["at_threshold"]
            label = f"{title}, {_threshold(item, title)}"
            left.plot(recall, [point["precision"] for point in points], color=colour, label=label)
            right.plot(false, recall, color=colour)
            if chosen["precision"] is not None:
                left.plot(chosen["recall"], chosen["precision"], "o", color=colour)
            right.plot(
                max(chosen["false_per_100_km2"], LEAST_FALSE), chosen["recall"], "o", color=colour
            )
        left.set(xlim=(0, 1.01), ylim=(0, 1.03), ylabel="detections that touch a slide")
        left.set_xlabel("slides of 2,000 m2 and more found")
        right.set(
            xscale="log", ylim=(0, 1.03), xlabel="false detections per 100 km2 without slides"
        )
        right.set_ylabel("slides of 2,000 m2 and more found")
        handles, labels = left.get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=3, title="dot: threshold")
        figure.suptitle(
            f"Whole scenes, {len(part['events'])} events ({SIMULATED}); thresholds under which "
            "more than a tenth of quiet ground is marked are left out"
        )


def _no_change(part: Record, path: Path) -> None:
    with drawn(path, (6.2, 4.2)) as figure:
        axes = figure.add_subplot()
        for colour, name in zip(COLOURS, ("speckled", "despeckled"), strict=False):
            item = part[name]
            counts = np.array(item["histogram"], dtype=float)
            edges = np.linspace(0.0, 1.0, counts.size + 1)
            title = "as published" if name == "despeckled" else "with speckle put back"
            label = f"{title}: {item['false_per_100_km2']:.1f} false per 100 km2"
            share = np.maximum(counts / counts.sum(), LEAST_SHARE)
            axes.stairs(share, edges, color=colour, label=label, linewidth=1.6)
        threshold = part["speckled"]["threshold"]
        axes.axvline(threshold, color=INK, linestyle="--", linewidth=1.0, label="threshold")
        axes.set(xlim=(0, 1), ylim=(LEAST_SHARE, 1.1), yscale="log")
        axes.set(xlabel="score", ylabel="share of windows")
        axes.set_title("Real data without any landslide: OPERA RTC-S1, Papua New Guinea 2024")
        figure.legend(loc="outside lower center")


def _is_map(point: Record) -> bool:
    """Return whether detections are places: few regions may also be all of the ground in one."""
    marked = point["quiet_region_km2"] <= MOST_MARKED * point["quiet_km2"]
    return bool(marked and point["precision"] is not None and point["recall"] is not None)


def _titled(rules: Mapping[str, Record]) -> dict[str, Record]:
    return {RULE_TITLES.get(name, name): item for name, item in rules.items()}


def _threshold(item: Record, title: str) -> str:
    value = float(item["threshold"])
    return f"{value:g}" if title == "this model" else f"{FULL_SCALE_DB * value:g} dB"


def _cover(row: Record) -> str:
    low, high = 100.0 * row["from"], 100.0 * row["to"]
    words = f"{low:g} to {high:g} %" if row["to"] < 1.0 else f"above {low:g} %"
    return f"{words}\n({row['pairs']})"
