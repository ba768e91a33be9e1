"""A rule in the place of a network: the same products, which say that it is a rule."""

import json
from pathlib import Path

import pytest

from landslidectl.catalog.catalog import Catalog
from landslidectl.errors import ModelError
from landslidectl.events import silent
from landslidectl.jobs.run import run_detect
from tests.jobs.world import World


def test_logratio_finds_the_slide_and_says_what_it_is(world: World, catalog: Catalog) -> None:
    settings = world.settings(model="logratio", threshold=0.15, models_dir=None)
    result = run_detect(settings, silent, catalog)
    assert result.areas is not None and result.areas.detections == 1
    (found,) = catalog.list_detections(result.job_id)
    assert 0.15 <= found.score_max <= 0.3, "6 dB in one of two bands over part of a window"
    (model,) = catalog.list_models()
    assert (model.name, Path(model.path)) == ("logratio", Path("built-in/logratio"))
    assert "rule" in json.loads(model.manifest)
    (told,) = json.loads(Path(result.files["metadata"]).read_text())["models"]
    assert (told["architecture"], told["threshold"]) == ("rule", 0.25)
    readme = Path(result.files["readme"]).read_text()
    assert "rule logratio 1 (vv_vh)" in readme and "rule without a network" in readme
    again = run_detect(settings, silent, catalog)
    assert again.files == result.files


def test_an_unknown_model_lists_what_there_is(world: World, catalog: Catalog) -> None:
    with pytest.raises(ModelError, match=r"present: tiny, logratio \(built in\), spread"):
        run_detect(world.settings(model="log-ratio"), silent, catalog)
    assert world.geocoded == []
