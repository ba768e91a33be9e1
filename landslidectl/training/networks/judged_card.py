"""What a judgement leaves in a model folder: a shorter record in the manifest, and its card."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from landslidectl.errors import ModelError
from landslidectl.files.atomic import write_json_atomic
from landslidectl.inference.manifest import MANIFEST_NAME, Model, read_manifest
from landslidectl.training.judging.judged_tables import (
    no_change_text,
    pairs_text,
    patches_text,
    quantised_text,
    real_patch_text,
    reliability_text,
    transfer_text,
)

JUDGED = "judged"
DRAWN_ONLY = frozenset({"curve", "histogram"})


def judged_sections(manifest: Mapping[str, Any]) -> str:
    """Return the sections of a card on what `keep_judgement` left in the manifest, or nothing."""
    judged = manifest["metrics"].get(JUDGED, {})
    sections = {
        "patches": _patches,
        "pairs": _pairs,
        "transfer": _transfer,
        "real_patch": _real_patch,
        "no_change": _no_change,
        "quantised": _quantised,
    }
    return "\n".join(section(judged[name]) for name, section in sections.items() if name in judged)


def keep_judgement(folder: Path, record: Mapping[str, Any]) -> Model:
    """Write what was judged, and the calibration fitted meanwhile, into the manifest of a model.

    Parameters
    ----------
    folder : Path
        The model folder; `card.card_text` makes its card anew from what is returned.
    record : mapping
        Of `judge.judge_model`; curves are left out.

    Raises
    ------
    ModelError
        If another network was judged.
    """
    path = folder / MANIFEST_NAME
    model = read_manifest(path)
    if record["model"]["sha256"] != model.sha256:
        raise ModelError(
            f"{path}: the network that was judged is not the one in this folder",
            "Judge this model again.",
        )
    manifest = json.loads(path.read_text(encoding="utf-8"))
    parts = {name: part for name, part in record.items() if name not in ("schema", "model")}
    manifest["metrics"].setdefault(JUDGED, {}).update(_without_curves(parts))
    calibration = record.get("patches", {}).get("calibration")
    if calibration is not None:
        manifest["calibration"] = calibration
    write_json_atomic(path, manifest)
    return read_manifest(path)


def _without_curves(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_curves(part) for key, part in value.items() if key not in DRAWN_ONLY}
    return value


def _patches(part: Mapping[str, Any]) -> str:
    whole = part["all"]
    return "\n".join(
        [
            "## Figures on simulated patches, with 95 % intervals by event",
            "",
            f"{whole['positives']} landslide and {whole['negatives']} other patches of "
            f"{whole['events']} events, stated for {whole['prevalence']:.1%} landslide patches; "
            f"threshold {whole['threshold']:g} from {part['threshold_from']}.",
            "",
            patches_text(part),
            "",
            reliability_text(part["reliability"]),
            "",
        ]
    )


def _pairs(part: Mapping[str, Any]) -> str:
    return "\n".join(
        [
            "## Does it see the change? (simulated)",
            "",
            f"{part['pairs']} places of {part['events']} unseen events with more than 5 % cover, "
            "each with its slides and without, all else equal, speckle included. The oracle knows "
            "the footprint and uses the change inside it alone.",
            "",
            pairs_text(part),
            "",
        ]
    )


def _transfer(part: Mapping[str, Any]) -> str:
    return f"## The simulation against real statistics\n\n{transfer_text(part)}\n"


def _real_patch(part: Mapping[str, Any]) -> str:
    return f"## Real data\n\n{real_patch_text(part)}\n"


def _no_change(part: Mapping[str, Any]) -> str:
    return f"## Real data on which nothing slid\n\n{no_change_text(part)}\n"


def _quantised(part: Mapping[str, Any]) -> str:
    return f"## 8 bits against float (simulated)\n\n{quantised_text(part)}\n"
