"""What ships in models/: whole, of today's contract, honest, and good enough to ship."""

import pytest

from landslidectl.cli.trial_commands import DEMO_SEED
from landslidectl.files.resources import resource_dir
from landslidectl.inference.manifest import Model, list_models, load_model
from landslidectl.inference.naming import RULES
from landslidectl.stack.contract import StackContract
from landslidectl.terms import BandSet
from landslidectl.training.event_numbers import from_spans

MODELS = list_models(resource_dir("models"))
LEAST_RECALL_AND_MOST_FALSE = {BandSet.VV_VH: (0.55, 5.0), BandSet.VV: (0.45, 6.0)}


def names(model: Model) -> str:
    return f"{model.name}-{model.bands.value}"


def test_the_three_networks_are_there_for_both_polarisation_sets() -> None:
    present = {(model.name, model.bands) for model in MODELS}
    assert present == {(name, bands) for name in ("cnn", "resnet", "cbam") for bands in BandSet}


@pytest.mark.parametrize("model", MODELS, ids=names)
def test_a_shipped_model_is_whole_and_of_the_current_contract(model: Model) -> None:
    loaded = load_model(model.name, model.bands, resource_dir("models"))
    assert loaded.contract == StackContract()
    assert 0.0 < loaded.threshold < 1.0


@pytest.mark.parametrize("model", MODELS, ids=names)
def test_the_card_says_what_the_model_was_trained_on(model: Model) -> None:
    card = (model.folder / "card.md").read_text(encoding="utf-8")
    assert "Trained on simulation only" in card
    assert "Never tested on" in card
    assert model.raw["training"]["simulated"] is True


@pytest.mark.parametrize("model", MODELS, ids=names)
def test_no_figure_is_about_events_the_model_has_seen(model: Model) -> None:
    sets = model.raw["training"]["sets"]
    train, validation, test = (
        from_spans(sets[name]["events"]) for name in ("train", "validation", "test")
    )
    assert train
    assert validation
    assert test
    assert not train & validation
    assert not (train | validation) & test
    scenes = model.raw["metrics"]["scenes"]
    assert not {*scenes["test_events"], DEMO_SEED} & set(scenes["threshold_events"])
    assert scenes["threshold_landscapes"]["split"] == "validation"
    assert scenes["test_landscapes"]["split"] == "test"


@pytest.mark.parametrize("model", MODELS, ids=names)
def test_it_finds_most_large_slides_without_crying_wolf(model: Model) -> None:
    """The least that may ship, on unseen events in landscapes of fitted places.

    Most slides there are weaker than in the simulator's usual landscapes: the rules find a tenth.
    """
    scenes = model.raw["metrics"]["scenes"]
    test = scenes["on_test_events"]
    assert len(scenes["test_events"]) >= 10
    assert scenes["test_landscapes"]["from"] == "a population"
    planted, found = test["large"]
    assert planted >= 100
    least, most_false = LEAST_RECALL_AND_MOST_FALSE[model.bands]
    assert found / planted >= least
    assert test["false_per_100_km2"] <= most_false


@pytest.mark.parametrize("model", MODELS, ids=names)
def test_high_confidence_is_worth_more_than_low(model: Model) -> None:
    """On events that chose neither threshold."""
    record = model.raw["metrics"]["confidence"]
    assert record["threshold"] == model.threshold
    assert model.threshold_high == record["threshold_high"] > model.threshold
    assert not set(record["test_events"]) & set(record["threshold_events"])
    test = record["on_test_events"]
    assert test["high"]["precision"] > 0.8 > test["low"]["precision"]
    assert test["high"]["false_per_100_km2"] < 0.65 * test["all"]["false_per_100_km2"]
    assert test["high"]["recall_large"] > 0.3
    assert "## Low and high confidence" in (model.folder / "card.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("model", MODELS, ids=names)
def test_it_beats_both_rules_that_need_no_network(model: Model) -> None:
    test = model.raw["metrics"]["test"]
    for rule in ("log_ratio", "spread"):
        assert test["model"]["roc_auc"] > test[rule]["roc_auc"] + 0.1
        assert test["model"]["f1"] > test[rule]["f1"]


@pytest.mark.parametrize("model", MODELS, ids=names)
def test_it_finds_more_large_slides_on_scenes_than_either_rule(model: Model) -> None:
    scenes = model.raw["metrics"]["scenes"]
    assert set(scenes["baselines"]) == set(RULES)
    recall = scenes["on_test_events"]["recall_large"]
    for rule in scenes["baselines"].values():
        assert recall > 2.0 * (rule["on_test_events"]["recall_large"] or 0.0)
