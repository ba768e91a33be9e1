"""The page of a judged model."""

from collections.abc import Mapping
from typing import Any

from landslidectl.training.judging.judged_tables import (
    no_change_text,
    pairs_text,
    parts_text,
    patches_text,
    quantised_text,
    real_patch_text,
    reliability_text,
    scenes_text,
    transfer_text,
)

HEAD = """# {name} {version} ({bands}), judged

Network `{sha256:.12}`, threshold {threshold:g}. Figures on simulated data are figures about the
simulation and are never to be set beside figures on real data. Intervals are 95 %, drawn over whole
events.
"""


def judged_text(record: Mapping[str, Any], plots: Mapping[str, str]) -> str:
    """Return the Markdown page of what `judge.judge_model` found.

    Parameters
    ----------
    record : mapping
        As in ``evaluation.json``; parts that are absent are left out.
    plots : mapping
        File names of the plots beside the page.
    """
    sections = {
        "patches": _patches,
        "pairs": _pairs,
        "scenes": _scenes,
        "transfer": _transfer,
        "real_patch": _real_patch,
        "no_change": _no_change,
        "quantised": _quantised,
    }
    shown = [section(record[name]) for name, section in sections.items() if name in record]
    pictures = "\n".join(f"![{name.replace('_', ' ')}]({file})\n" for name, file in plots.items())
    return "\n".join([HEAD.format(**record["model"]), *shown, pictures])


def _patches(part: Mapping[str, Any]) -> str:
    whole, seen = part["all"], _also_in_training(part)
    lines = [
        "## Patches (simulated)",
        "",
        f"{whole['positives']} landslide and {whole['negatives']} other patches of "
        f"{whole['events']} events.{seen} Threshold {whole['threshold']:g}, from "
        f"{part['threshold_from']}. Accuracy, precision, F1 and average precision are stated for "
        f"{whole['prevalence']:.1%} landslide patches.",
        "",
        patches_text(part),
        "",
        parts_text(part["by_pass"], "pass"),
        "",
        *([parts_text(part["by_event"], "event"), ""] if part["by_event"] else []),
        "### Are the scores probabilities?",
        "",
        reliability_text(part["reliability"]),
        "",
    ]
    known = part["calibration"]
    if known is not None:
        lines += [
            f"Calibrated: sigmoid({known['slope']:g} logit(score) {known['intercept']:+g}), fitted "
            f"on the {known['set']} patches for {known['prevalence']:.1%} landslides. Where fewer "
            "windows slid, as on most ground, the probability is too high.",
            "",
        ]
    return "\n".join(lines)


def _also_in_training(part: Mapping[str, Any]) -> str:
    also = part.get("events_also_in_training")
    return f" **The model was trained on the events {also} of these.**" if also else ""


def _pairs(part: Mapping[str, Any]) -> str:
    return "\n".join(
        [
            "## Does it see the change? (simulated)",
            "",
            f"{part['pairs']} places of {part['events']} events with more than 5 % cover, each "
            "with its slides and without, all else equal, speckle included. The oracle knows the "
            f"footprint and uses the change inside it alone (its strongest rule: {part['oracle']}; "
            "shares in order: "
            + ", ".join(f"{name} {share:.1%}" for name, share in part["oracle_rules"].items())
            + "). The last column is how much of the way from chance to the oracle is closed."
            + _also_in_training(part),
            "",
            pairs_text(part),
            "",
        ]
    )


def _scenes(part: Mapping[str, Any]) -> str:
    sources = ", ".join(
        f"{name}: {item['threshold_from']}" for name, item in part["baselines"].items()
    )
    return "\n".join(
        [
            "## Whole scenes (simulated)",
            "",
            f"{len(part['events'])} events through the whole chain, with their slides and without, "
            f"in landscapes from {part['landscapes']['from']}. "
            f"Thresholds of the rules are from {sources}.",
            "",
            scenes_text(part["at_threshold"], part["baselines"]),
            "",
        ]
    )


def _transfer(part: Mapping[str, Any]) -> str:
    return f"## The simulation against real statistics\n\n{transfer_text(part)}\n"


def _real_patch(part: Mapping[str, Any]) -> str:
    return f"## One real patch\n\n{real_patch_text(part)}\n"


def _no_change(part: Mapping[str, Any]) -> str:
    return f"## Real data on which nothing slid\n\n{no_change_text(part)}\n"


def _quantised(part: Mapping[str, Any]) -> str:
    return f"## 8 bits against float (simulated)\n\n{quantised_text(part)}\n"
