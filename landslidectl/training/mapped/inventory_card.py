"""The card of a model that was trained on mapped landslides."""

from collections.abc import Mapping
from typing import Any

HEAD = """# {name} {version}

{architecture} network for windows of {window} x {window} pixels of 10 m, bands {bands} in dB.
{parameters:,} parameters, {million:.1f} million multiply-adds a window. Licence: {licence}.

**Trained on inventories**: mapped landslides, on stacks of {passes} tracks.
{data}
{simulated}
Its scores are scores, not probabilities. The figures below hold for the mapped events and ground
like theirs; an inventory's gaps and shifts are in them too. Ground up to 1.3 km outside the hull of
an inventory's polygons counted as looked at and free of landslides.

## Intended use

A first map of probable landslides triggered by an earthquake, from Sentinel-1 IW GRD stacks of one
track built under the contract in `model.json`, for people who check it against other evidence.

Not intended: as the only ground for a decision about people's safety; for landslides triggered by
rain; for monitoring slow movement; for stacks made under another contract (the program refuses
those); for other passes than those named above.
"""
SIMULATED = """
**Made by a program**: the scenes and landslides of events marked as simulated are invented. What
the figures say of them they do not say of real landslides.
"""
TITLES = {
    "model": "this model",
    "log_ratio": "mean absolute log-ratio",
    "spread": "spread of the log-ratio",
}
FIGURES = ("roc_auc", "average_precision", "precision", "recall", "f1")


def inventory_card_text(manifest: Mapping[str, Any]) -> str:
    """Return the Markdown card of a manifest that `register.register` made of an inventory run."""
    training = manifest["training"]
    head = HEAD.format(
        **{key: manifest[key] for key in ("name", "version", "architecture", "window", "licence")},
        bands=", ".join(manifest["band_names"]),
        parameters=manifest["parameters"],
        million=manifest["multiply_adds"] / 1e6,
        data=training["data"],
        simulated=SIMULATED if any(map(_invented, training["events"])) else "",
        passes=" and ".join(training["passes"]),
    )
    parts = (_data(training), _figures(manifest), _events(manifest), _files(manifest))
    return "\n".join([head, *parts])


def _invented(event: Mapping[str, Any]) -> bool:
    return bool(event.get("simulated"))


def _data(training: Mapping[str, Any]) -> str:
    lines = [
        "## Data",
        "",
        "| event | tracks | polygons | role |",
        "|---|---|---|---|",
    ]
    for event in training["events"]:
        role = "test only" if event["left_out"] else "train, validation and test, by place"
        tracks = ", ".join(event["tracks"]) + (" (simulated)" if _invented(event) else "")
        lines.append(f"| {event['name']} | {tracks} | {event['polygons']} | {role} |")
    lines += ["", "| set | patches | landslide |", "|---|---|---|"]
    for name, content in training["sets"].items():
        lines.append(f"| {name} | {content['patches']} | {content['landslide']} |")
    share = training["simulated_share"]
    simulated = (
        f"{share:.0%} of the training patches are simulated, none of the others."
        if share
        else "No patch is simulated."
    )
    lines += [
        "",
        "Sets are split by blocks of ground: no pixel of a window is in two sets, whatever track",
        f"it was seen from. {simulated}",
    ]
    if "start" in training["settings"]:
        start = training["settings"]["start"]
        lines += ["", f"Fine-tuned from {start['name']} {start['version']}."]
    return "\n".join([*lines, ""])


def _figures(manifest: Mapping[str, Any]) -> str:
    test = manifest["metrics"]["test"]
    lines = [
        "## Figures on the composite test set",
        "",
        "Patches of all events from ground that training did not see. "
        f"Threshold {manifest['threshold']:g}, the best F1 on the validation patches; no whole "
        "scene was mapped to choose it. Precision, F1 and average precision are stated for "
        f"{test['model']['prevalence']:.1%} landslide patches.",
        "",
        "| rule | ROC AUC | average precision | precision | recall | F1 |",
        "|---|---|---|---|---|---|",
    ]
    lines += [_row(title, test[key]) for key, title in TITLES.items() if test.get(key) is not None]
    return "\n".join([*lines, ""])


def _events(manifest: Mapping[str, Any]) -> str:
    lines = [
        "## By event",
        "",
        "| event | landslide patches | others | ROC AUC | average precision | precision | recall "
        "| F1 |",
        "|---|---|---|---|---|---|---|---|",
    ]
    left_out = {event["name"] for event in manifest["training"]["events"] if event["left_out"]}
    for name, row in manifest["metrics"]["test_by_event"].items():
        title = f"{name} (left out)" if name in left_out else name
        if row["model"] is None:
            lines.append(f"| {title} | {row['positives']} | {row['negatives']} | | | | | |")
            continue
        counts = f"{title} | {row['positives']} | {row['negatives']}"
        lines.append(_row(counts, row["model"]))
    return "\n".join([*lines, ""])


def _row(title: str, figures: Mapping[str, Any]) -> str:
    return f"| {title} | " + " | ".join(f"{figures[name]:.3f}" for name in FIGURES) + " |"


def _files(manifest: Mapping[str, Any]) -> str:
    loss = manifest["metrics"]["quantisation_on_validation"]
    lines = [
        "## Files",
        "",
        f"`model.tflite`: eight-bit integers; on {loss['patches']} validation patches ROC AUC "
        f"{loss['auc_float']:.4f} -> {loss['auc_int8']:.4f}, score difference "
        f"{loss['difference_p99']:.4f} at the 99th percentile, {loss['difference_max']:.4f} at "
        "most.",
    ]
    for name, twin in manifest["twins"].items():
        lines.append(
            f"`{twin['file']}` ({name}): score difference {twin['difference_p99']:.1e} at the 99th "
            f"percentile, {twin['difference_max']:.1e} at most."
        )
    return "\n".join(lines) + "\n"
