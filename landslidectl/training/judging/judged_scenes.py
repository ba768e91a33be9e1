"""What a model, and the rules that need no network, find on whole simulated events."""

from typing import Any

from landslidectl.events import Reporter, silent
from landslidectl.inference.manifest import Model
from landslidectl.training.judging.event_maps import Events, curve, map_events
from landslidectl.training.judging.scenes import THRESHOLDS, Subject, rule_subjects
from landslidectl.training.judging.tally import Curve, as_quiet_as, at_threshold


def judge_scenes(model: Model, events: Events, reporter: Reporter = silent) -> dict[str, Any]:
    """Map events as users map them, with a model at every threshold and with both rules.

    Parameters
    ----------
    model : Model
        The figures are at its threshold.
    events : Events
        That no training and no threshold saw.
    reporter : Reporter

    Returns
    -------
    dict
        Events, figures and curve of the model, and ``baselines``: those of the rules.
    """
    subjects = {
        "model": Subject(model, tuple(sorted({*THRESHOLDS, model.threshold}))),
        **rule_subjects(model.bands),
    }
    maps = map_events(subjects, events, None, reporter)
    curves = {name: curve(maps[name], asked.thresholds) for name, asked in subjects.items()}
    own = curves.pop("model")
    found = at_threshold(own, model.threshold)
    rules = model.raw.get("metrics", {}).get("scenes", {}).get("baselines", {})
    known = {name: rule.get("threshold") for name, rule in rules.items()}
    return {
        "events": list(events.seeds),
        "landscapes": dict(events.land.source),
        "threshold": model.threshold,
        "at_threshold": found.as_dict(),
        "curve": [item.as_dict() for item in own],
        "baselines": {
            rule: _rule_record(
                tallies, known.get(rule, {}).get("threshold"), found.false_per_100_km2
            )
            for rule, tallies in curves.items()
        },
    }


def _rule_record(tallies: Curve, known: float | None, false_per_100_km2: float) -> dict[str, Any]:
    """Return a rule's figures at the threshold the manifest knows, else as quiet as the model."""
    if known in {item.threshold for item in tallies}:
        tally, source = at_threshold(tallies, known), "the manifest"
    else:
        tally = as_quiet_as(tallies, false_per_100_km2)
        source = "these events, as quiet as the model: in favour of the rule"
    return {
        "threshold": tally.threshold,
        "threshold_from": source,
        "at_threshold": tally.as_dict(),
        "curve": [item.as_dict() for item in tallies],
    }
