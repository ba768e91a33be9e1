"""Every model that a user can name: the folders of networks, and the rules that are built in.

Networks lie in the folder that was named, or else in the user's own and in the program's; the
user's own go before those of the program with the same name.

The names of the rules are theirs alone: a folder of that name is not taken in their place, since
a product that says ``logratio`` must mean the rule.
"""

from pathlib import Path

from landslidectl.errors import ModelError
from landslidectl.inference.baselines import rule_model
from landslidectl.inference.manifest import (
    Model,
    list_models,
    load_model,
    model_folder_name,
    present_models,
)
from landslidectl.inference.naming import RULES, model_places
from landslidectl.stack.contract import StackContract
from landslidectl.terms import BandSet

BUILT_IN = Path("built-in")
"""Named in place of the folder that a rule does not have."""

RULE_THRESHOLDS = {
    ("logratio", BandSet.VV_VH): 0.25,
    ("logratio", BandSet.VV): 0.24,
    ("spread", BandSet.VV_VH): 0.35,
    ("spread", BandSet.VV): 0.3,
}
"""Chosen on the simulated events on which the thresholds of the networks were, in the same way: the
lowest with at most 3 false detections in 100 km2. They stand in the manifests of the networks."""


def built_in_models() -> tuple[Model, ...]:
    """Return the rules as models, for VV and VH and for VV alone."""
    return tuple(_rule(name, bands) for name in RULES for bands in (BandSet.VV_VH, BandSet.VV))


def networks(models_dir: Path | None) -> tuple[Model, ...]:
    """Return the networks in the `naming.model_places`, the first of each folder name.

    Raises
    ------
    ModelError
        If a manifest cannot be used.
    """
    found: dict[str, Model] = {}
    for place in model_places(models_dir):
        for model in list_models(place):
            found.setdefault(model.folder.name, model)
    return tuple(found[name] for name in sorted(found))


def all_models(models_dir: Path | None) -> tuple[Model, ...]:
    """Return the `networks`, then the rules.

    Raises
    ------
    ModelError
        If a manifest cannot be used.
    """
    return (*networks(models_dir), *built_in_models())


def choose_model(name: str, bands: BandSet, models_dir: Path | None) -> Model:
    """Return the network or the rule of a name, ready to be used.

    Parameters
    ----------
    name : str
    bands : BandSet
    models_dir : Path or None
        As `naming.model_places` takes it.

    Raises
    ------
    ModelError
        If there is none, it is damaged, or a folder has the name of a rule.
    """
    folder, places = model_folder_name(name, bands), model_places(models_dir)
    holding = [place for place in places if folder in present_models(place)]
    if name not in RULES:
        *others, last = places
        own = [model for place in others for model in present_models(place)]
        rules = [f"{rule} (built in)" for rule in RULES]
        return load_model(name, bands, (holding or [last])[0], others=[*own, *rules])
    if holding:
        raise ModelError(
            f"{holding[0] / folder}: has the name of the built-in rule '{name}', so either could "
            "be meant",
            "Rename the folder and the name in its model.json, or choose another --models-dir.",
        )
    return _rule(name, bands)


def _rule(name: str, bands: BandSet) -> Model:
    folder = BUILT_IN / model_folder_name(name, bands)
    return rule_model(name, bands, RULE_THRESHOLDS[name, bands], StackContract(), folder)
