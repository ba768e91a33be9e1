"""The card of a model: what it is for, what it was trained on, what it was never shown."""

from collections.abc import Mapping
from typing import Any

from landslidectl.training.event_numbers import from_spans
from landslidectl.training.judging.judged_tables import SIZES, scenes_text
from landslidectl.training.networks.judged_card import judged_sections

HEAD = """# {name} {version}

{architecture} network for windows of {window} x {window} pixels of 10 m, bands {bands} in dB.
{parameters:,} parameters, {million:.1f} million multiply-adds a window. Licence: {licence}.

**Trained on simulation only.** {data}
No real patch was used, neither to train nor to test it; the simulator's backscatter, slopes and
slide strengths were {fitted} the statistics of real labelled patches ("Classification for
Landslide Detection", Zindi and ITU, CC BY-SA 4.0). Unless it says otherwise, a figure below is a
figure about simulated scenes: it says that the network learnt what was simulated, not how well it
finds landslides on the ground. {scores}

## Intended use

A first map of probable landslides triggered by an earthquake, hours to days after it, from
Sentinel-1 IW GRD stacks of one track built under the contract in `model.json`, for people who check
it against other evidence. {passes}

Not intended: as the only ground for a decision about people's safety; for landslides triggered by
rain; for monitoring slow movement; for scenes of other sensors, with speckle filters or terrain
flattening; for stacks made under another contract (the program refuses those).

## Never tested on

Real landslides. Snow, rice fields, floods, lava, cities and sediment-filled river beds as they
really look; these are known to raise false alarms in methods of this kind. Slides under about
2,000 m2, or under 5 % of a window. Anything in layover or shadow.
"""


CALIBRATED = "calibrated to"
BY_EYE = "set by eye to"
SCORES = "Its scores are scores, not probabilities."
PROBABILITIES = (
    "Its scores are scores; `calibration` in `model.json` turns them into probabilities that hold "
    "where as many windows slid as in the simulated test set."
)


def card_text(manifest: Mapping[str, Any]) -> str:
    """Return the Markdown card of a manifest that `register.register` made."""
    sets = manifest["training"]["sets"]
    head = HEAD.format(
        **{key: manifest[key] for key in ("name", "version", "architecture", "window", "licence")},
        bands=", ".join(manifest["band_names"]),
        parameters=manifest["parameters"],
        million=manifest["multiply_adds"] / 1e6,
        data=manifest["training"]["data"],
        passes=_passes(sets["train"]),
        fitted=CALIBRATED if manifest["training"].get("simulator") == "calibrated" else BY_EYE,
        scores=PROBABILITIES if manifest.get("calibration") else SCORES,
    )
    parts = (
        _sets(sets),
        _figures(manifest),
        judged_sections(manifest),
        _scenes(manifest),
        _confidence(manifest),
        _quantisation(manifest),
    )
    return "\n".join([head, *(part for part in parts if part)])


def _passes(train: Mapping[str, Any]) -> str:
    shown = [name for name in ("ascending", "descending") if train[name]]
    return f"Passes it was trained on: {' and '.join(shown)}."


def _sets(sets: Mapping[str, Any]) -> str:
    lines = [
        "## Data",
        "",
        "| set | events | patches | landslide | same places without slides |",
        "|---|---|---|---|---|",
    ]
    for name, content in sets.items():
        lines.append(
            f"| {name} | {len(from_spans(content['events']))} | {content['patches']} | "
            f"{content['landslide']} | {content['twins_without_slides']} |"
        )
    lines += ["", "No event is in two sets. Seeds and settings are in `model.json`.", ""]
    return "\n".join(lines)


def _figures(manifest: Mapping[str, Any]) -> str:
    """Return the figures of `register`, unless a judgement says the same and more."""
    if "patches" in manifest["metrics"].get("judged", {}):
        return ""
    test = manifest["metrics"]["test"]
    lines = [
        "## Figures on the unseen simulated test events",
        "",
        f"Threshold {manifest['metrics']['patch_threshold']:g}, the best F1 on the validation "
        "events. Precision, F1 and average precision are stated for "
        f"{test['model']['prevalence']:.1%} landslide patches.",
        "",
        "| rule | ROC AUC | average precision | precision | recall | F1 |",
        "|---|---|---|---|---|---|",
    ]
    titles = {
        "model": "this model",
        "log_ratio": "mean absolute log-ratio",
        "spread": "spread of the log-ratio",
    }
    for key, title in titles.items():
        row = test[key]
        figures = ("roc_auc", "average_precision", "precision", "recall", "f1")
        lines.append(f"| {title} | " + " | ".join(f"{row[name]:.3f}" for name in figures) + " |")
    pairs = test["higher_with_slides"]
    if pairs:
        words = ", ".join(f"{share:.1%} ({cover})" for cover, share in pairs.items())
        lines += [
            "",
            "Same place, dates and speckle with and without slides: the score is higher with them "
            f"in {words} of the pairs, by share of the window covered.",
        ]
    return "\n".join([*lines, ""])


def _scenes(manifest: Mapping[str, Any]) -> str:
    scenes = manifest["metrics"]["scenes"]
    test = scenes["on_test_events"]
    rules = scenes.get("baselines", {})
    land = scenes.get("test_landscapes")
    lines = [
        "## Figures on whole simulated scenes",
        "",
        f"Score threshold of the program: {manifest['threshold']:g}. It is the lowest with at most "
        "3 false regions per 100 km2 on "
        f"{len(scenes['threshold_events'])} other events without slides. The figures below are "
        f"those of {len(scenes['test_events'])} events that neither training nor threshold saw, "
        "one track each, five scenes before and one after"
        + (f", in landscapes from {land['from']}" if land else "")
        + ". Slides in layover or shadow do not count."
        + _limits(scenes),
        "",
    ]
    if rules:
        lines += [
            "The rules need no network; they ran on the same stacks and their thresholds were "
            "chosen on the same events in the same way.",
            "",
            scenes_text(
                test,
                {
                    name: {"threshold": item["threshold"], "at_threshold": item["on_test_events"]}
                    for name, item in rules.items()
                },
            ),
        ]
    else:
        lines += ["| slides | planted | touched by a detection |", "|---|---|---|"]
        for name, title in (SIZES | {"small": "below 5,000 m2"}).items():
            planted, found = test[name]
            share = f" ({found / planted:.0%})" if planted else ""
            lines.append(f"| {title} | {planted} | {found}{share} |")
    lines += [
        "",
        f"Of {test['regions']} detections {test['false_regions']} touch no slide. The same events "
        f"without slides give {test['quiet_regions']} detections, "
        f"{test['false_per_100_km2']:.1f} per 100 km2.",
        "",
    ]
    return "\n".join(lines)


def _limits(scenes: Mapping[str, Any]) -> str:
    limits = scenes.get("limits")
    if limits is None:
        return ""
    return (
        " Mapped as users map who set nothing: ground below "
        f"{limits['min_slope_deg']:g} degrees is not judged, and what is nowhere "
        f"{limits['min_steepness_deg']:g} degrees steep is no detection. Areas are those outside "
        "layover, shadow and water."
    )


def _confidence(manifest: Mapping[str, Any]) -> str:
    """Return what detections of low and of high confidence are worth, where it was measured."""
    record = manifest["metrics"].get("confidence")
    if record is None:
        return ""
    test = record["on_test_events"]
    high, everything, low = test["high"], test["all"], test["low"]
    lines = [
        "## Low and high confidence (simulated)",
        "",
        f"A detection whose highest score lies from {record['threshold_high']:g} on is of high "
        "confidence. It is the lowest such score, in hundredths, with at most "
        f"{record['most_false_per_100_km2']:g} false detections per 100 km2 on "
        f"{len(record['threshold_events'])} events without slides; there were "
        f"{record['on_threshold_events']['high']['quiet_regions']} false ones in "
        f"{record['on_threshold_events']['high']['quiet_km2']:.0f} km2, so it is roughly known. "
        f"The figures are those of {len(record['test_events'])} other events.",
        "",
        "| detections | number | touch a slide | large slides found | false per 100 km2 |",
        "|---|---:|---:|---:|---:|",
        _class_row("high confidence", high, high["recall_large"], high["quiet_km2"]),
        _class_row("low confidence", low, None, high["quiet_km2"]),
        _class_row("both", everything, everything["recall_large"], high["quiet_km2"]),
        "",
    ]
    return "\n".join(lines)


def _class_row(title: str, part: Mapping[str, Any], recall: float | None, quiet_km2: float) -> str:
    cells = [title, str(part["regions"])]
    cells += ["" if share is None else f"{share:.0%}" for share in (part["precision"], recall)]
    cells.append(f"{100.0 * part['quiet_regions'] / quiet_km2:.1f}")
    return f"| {' | '.join(cells)} |"


def _quantisation(manifest: Mapping[str, Any]) -> str:
    loss = manifest["metrics"]["quantisation_on_validation"]
    return (
        "## Quantisation\n\n"
        f"Eight-bit integers against float32 on {loss['patches']} validation patches: ROC AUC "
        f"{loss['auc_float']:.4f} -> {loss['auc_int8']:.4f}, score difference "
        f"{loss['difference_p99']:.4f} at the 99th percentile, "
        f"{loss['difference_max']:.4f} at most.\n"
    )
