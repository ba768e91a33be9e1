"""What was judged, in sentences and tables: for ``evaluation.md`` and for the card of a model."""

from collections.abc import Mapping, Sequence
from typing import Any

from landslidectl.inference.baselines import FULL_SCALE_DB
from landslidectl.training.judging.judged_plots import RULE_TITLES

Record = Mapping[str, Any]
SIZES = {
    "large": "20,000 m2 and more",
    "medium": "5,000 to 20,000 m2",
    "small": "2,000 to 5,000 m2",
}
GAUGES = (
    "A gauge of how real the simulated patches are, not of the network: trees trained on "
    "statistics of simulated patches are tested on real rows that nothing else has seen. The real "
    "table has no events, so its halves share them, and it has no pixels: the shape of landslides "
    "is not tested. C2ST is how well trees tell simulated from real rows of one label; 0.5 is not "
    "at all."
)


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def patches_text(part: Record) -> str:
    """Return the figures on patches, with those of the rules where they are known."""
    heads = ["rule", "ROC AUC", "average precision", "accuracy", "precision", "recall", "F1"]
    names = ("roc_auc", "average_precision", "accuracy", "precision", "recall", "f1")
    rules = {RULE_TITLES[name]: item for name, item in part.get("rules", {}).items()}
    rows = [
        [title, *(_with_interval(item, item["intervals"], name) for name in names)]
        for title, item in {"this model": part["all"], **rules}.items()
    ]
    return table(heads, rows)


def parts_text(part: Record, title: str) -> str:
    """Return the figures of every event or pass."""
    names = ("positives", "negatives", "roc_auc", "average_precision", "precision", "recall", "f1")
    heads = [title, "landslide", "other", "ROC AUC", "average precision", "precision", "recall"]
    rows = [[key, *(_figure(item[name]) for name in names)] for key, item in part.items()]
    return table([*heads, "F1"], rows)


def reliability_text(part: Record) -> str:
    """Return how far scores, and calibrated scores, can be taken for probabilities."""
    titles = {"scores": "scores as they come", "calibrated": "calibrated"}
    rows = [
        [title, f"{part[name]['brier']:.4f}", f"{part[name]['calibration_error']:.4f}"]
        for name, title in titles.items()
        if name in part
    ]
    return table(["", "Brier score", "expected calibration error"], rows)


def pairs_text(part: Record) -> str:
    """Return how often the score is higher with the slide in, against the oracle."""
    titles = {"all": "all", "cover": "cover", "strength_db": "strength"}
    rows = []
    for row in part["classes"]:
        low, high = row["from"], row["to"]
        if row["by"] == "strength_db":
            words = f"{low:g} to {high:g} dB"
        else:
            words = (
                f"above {100 * low:g} %" if high >= 1.0 else f"{100 * low:g} to {100 * high:g} %"
            )
        rows.append(
            [
                f"{titles[row['by']]} {words}",
                str(row["pairs"]),
                _share(row, "higher"),
                _share(row, "oracle_higher"),
                _share(row, "closed"),
            ]
        )
    heads = ["pairs", "number", "higher with the slide", "oracle", "of the way to the oracle"]
    return table(heads, rows)


def scenes_text(model: Record, rules: Mapping[str, Record]) -> str:
    """Return what was found on whole scenes by the model and the rules, at their thresholds.

    ``model`` is a tally; ``rules`` hold ``threshold`` and ``at_threshold`` each.
    """
    columns = [("this model", f"{model['threshold']:g}", model)]
    for name, item in rules.items():
        shown = f"{FULL_SCALE_DB * item['threshold']:g} dB"
        columns.append((RULE_TITLES[name], shown, item["at_threshold"]))
    rows = [["threshold", *(shown for _, shown, _ in columns)]]
    for name, title in SIZES.items():
        rows.append([f"slides of {title} found", *(_found(item[name]) for _, _, item in columns)])
    rows.append(
        ["detections that touch a slide", *(_percent(item["precision"]) for _, _, item in columns)]
    )
    rows.append(
        [
            "false detections per 100 km2 without slides",
            *(f"{item['false_per_100_km2']:.1f}" for _, _, item in columns),
        ]
    )
    return table(["", *(title for title, _, _ in columns)], rows)


def transfer_text(part: Record) -> str:
    """Return how well simulated statistics serve on real ones, by pass."""
    rows = []
    for name in ("ascending", "descending"):
        if name not in part:
            continue
        item = part[name]
        told = ", ".join(f"{word} {_figure(item['c2st'][word])}" for word in item["c2st"])
        rows.append(
            [
                name,
                _with_edges(item["simulated"], "roc_auc"),
                _with_edges(item["simulated"], "average_precision"),
                _with_edges(item["simulated"], "roc_auc_without_sea"),
                _with_edges(item["ceiling"], "roc_auc"),
                told,
            ]
        )
    heads = ["pass", "ROC AUC", "average precision", "AUC without sea", "trained on real rows"]
    rows_of = part["real_rows"]["test"]
    words = f"{rows_of} real test rows; 95 % intervals over rows.\n\n"
    return f"{GAUGES} {words}{table([*heads, 'C2ST'], rows)}"


def no_change_text(part: Record) -> str:
    """Return what the model says of real dates on which nothing slid."""
    rows = []
    for name, title in (("speckled", "with speckle put back"), ("despeckled", "as published")):
        item = part[name]
        quantiles = item["quantiles"]
        rows.append(
            [
                title,
                f"{item['windows_over']} of {item['windows']}",
                f"{quantiles['0.5']:.3f}, {quantiles['0.95']:.3f}, {quantiles['1']:.3f}",
                f"{item['false_per_100_km2']:.1f} "
                f"(at most {item['false_per_100_km2_at_most']:.1f})",
            ]
        )
    heads = ["OPERA RTC-S1, Papua New Guinea 2024", "windows over the threshold"]
    heads += ["score: median, 95 %, highest", "false detections per 100 km2"]
    return f"{part['limits']}\n\n{table(heads, rows)}"


def quantised_text(part: Record) -> str:
    """Return how far the 8-bit network's scores are from those of its float weights."""
    lost = part["auc_float"] - part["auc_int8"]
    return (
        f"On {part['patches']} simulated patches, {part['landslide']} of them landslides, that no "
        f"weight and no 8-bit range was chosen on, scores differ by "
        f"{part['difference_p99']:.4f} at "
        f"the 99th percentile and {part['difference_max']:.4f} at most (bound 0.02 at the 99th); "
        f"ROC AUC {part['auc_float']:.5f} in float, {part['auc_int8']:.5f} in 8 bits: {lost:.5f} "
        "lost (bound 0.003)."
    )


def real_patch_text(part: Record) -> str:
    """Return the score of the one real patch."""
    words = ", ".join(
        f"{name} {part[name]['score']:.3f}" for name in ("ascending", "descending") if name in part
    )
    return (
        f"The one real patch, which is no landslide, scores {words} "
        f"(threshold {part['threshold']:g})."
    )


def _with_interval(item: Record, intervals: Record, name: str) -> str:
    low, high = intervals[name]
    return f"{_figure(item[name])} ({_figure(low)}-{_figure(high)})"


def _with_edges(item: Record, name: str) -> str:
    low, high = item[f"{name}_interval"]
    return f"{_figure(item[name])} ({_figure(low)}-{_figure(high)})"


def _share(row: Record, name: str) -> str:
    low, high = row[f"{name}_interval"]
    return f"{_percent(row[name])} ({_percent(low)}-{_percent(high)})"


def _found(pair: Sequence[int]) -> str:
    planted, found = pair
    return f"{found} of {planted} ({found / planted:.0%})" if planted else "none planted"


def _figure(value: float | None) -> str:
    if value is None:
        return "-"
    return str(value) if isinstance(value, int) else f"{value:.3f}"


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"
