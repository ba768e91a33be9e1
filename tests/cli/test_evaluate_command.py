"""``evaluate`` as it is typed: products, models, and what contradicts itself."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from landslidectl.cli.app import app
from landslidectl.cli.evaluate_command import parse_seeds
from landslidectl.errors import UsageError
from landslidectl.events import silent
from landslidectl.jobs.demo import plant_event
from landslidectl.simulation.spec import EventSpec
from tests.evaluation.world import GRID, rectangle, write_inventory, write_product
from tests.inference.tiny import Head, write_model


@pytest.fixture
def pair(own_world: Path) -> tuple[str, str]:
    """A product with one true and no false detection, and its inventory."""
    score = np.full(GRID.shape, 0.1, dtype="float32")
    score[10:60, 10:60] = 0.9
    product = write_product(own_world / "out", score)
    slides = [rectangle(20, 20, 20, 20), rectangle(150, 100, 10, 10)]
    return str(product), str(write_inventory(own_world / "slides.gpkg", slides))


def test_tables_for_people(runner: CliRunner, pair: tuple[str, str]) -> None:
    product, inventory = pair
    result = runner.invoke(app, ["evaluate", product, "--inventory", inventory])
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0].split()[:3] == ["event", "slides", "seen"]
    assert lines[1].split()[:8] == ["Atsuma,", "2018-09-05", "2", "1", "0.50", "1", "1", "1.00"]
    assert any(line.startswith("20,000-50,000 m2  1") for line in lines)
    assert (Path("evaluation") / "evaluation.md").is_file()
    assert "evaluation.md" in lines[-2]
    assert "\x1b" not in result.output


def test_json_is_what_the_file_holds(runner: CliRunner, pair: tuple[str, str]) -> None:
    product, inventory = pair
    result = runner.invoke(
        app, ["evaluate", product, "--inventory", inventory, "-o", "judged", "--json"]
    )
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told == json.loads((Path("judged") / "evaluation.json").read_text())
    assert told["total"]["objects"]["all"]["found"] == 1


def test_several_products_with_their_inventories(runner: CliRunner, pair: tuple[str, str]) -> None:
    product, inventory = pair
    options = ["--inventory", inventory, "--inventory", inventory, "--quiet"]
    result = runner.invoke(app, ["evaluate", product, product, *options])
    assert result.exit_code == 0, result.output
    assert result.stdout == ""
    told = json.loads((Path("evaluation") / "evaluation.json").read_text())
    assert [item["name"][-3:] for item in told["events"]] == ["(1)", "(2)"]
    alone = runner.invoke(app, ["evaluate", product, product, "--inventory", inventory])
    assert alone.exit_code == 2
    assert "2 products and 1 inventory are given" in alone.stderr


def test_what_contradicts_itself(runner: CliRunner, pair: tuple[str, str]) -> None:
    product, inventory = pair
    mixed = runner.invoke(app, ["evaluate", product, "--inventory", inventory, "--scenes", "901"])
    assert mixed.exit_code == 2
    assert "--scenes: not for a product" in mixed.stderr
    missing = runner.invoke(app, ["evaluate", "nothing-here"])
    assert missing.exit_code == 2
    assert "neither a product folder nor a model" in missing.stderr
    gone = runner.invoke(app, ["evaluate", "gone", "--inventory", inventory])
    assert gone.exit_code == 4
    assert "is not there" in gone.stderr
    bare = runner.invoke(app, ["evaluate", product, "--inventory", "none.gpkg"])
    assert bare.exit_code == 4
    legend = ["--land-cover", product, "--land-cover-legend", "corine"]
    unknown = runner.invoke(app, ["evaluate", product, "--inventory", inventory, *legend])
    assert unknown.exit_code == 2
    assert "corine" in unknown.stderr


@pytest.mark.parametrize(
    ("text", "seeds"),
    [("901", (901,)), ("901-903", (901, 902, 903)), ("5, 7-8,5", (5, 7, 8))],
)
def test_numbers_of_events(text: str, seeds: tuple[int, ...]) -> None:
    assert parse_seeds(text) == seeds


@pytest.mark.parametrize("text", ["", "a", "9-", "9-5", "1-5000", "1,,2"])
def test_no_numbers_of_events(text: str) -> None:
    with pytest.raises(UsageError, match="names no events"):
        parse_seeds(text)


@dataclass(frozen=True)
class Sources:
    patches: Path | None
    validation: Path | None
    pairs: Path | None
    scenes: tuple[int, ...] | None
    statistics: Path | None
    real_patch: Path | None
    no_change: Path | None


@pytest.fixture
def models(own_world: Path, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """A folder with a model, and a stand-in for the judge that remembers what it was asked."""
    write_model(own_world / "models", Head())
    monkeypatch.setenv("LANDSLIDECTL_MODELS_DIR", str(own_world / "models"))
    asked: list[Any] = []

    def judge_model(model: Any, sources: Any, out: Path, reporter: Any) -> Mapping[str, Any]:
        asked.append((model.name, sources, out))
        return {"model": model.name}

    judge = ModuleType("landslidectl.training.judging.judge")
    judge.judge_model, judge.JudgeSources = judge_model, Sources  # type: ignore[attr-defined]
    monkeypatch.setitem(__import__("sys").modules, "landslidectl.training.judging.judge", judge)
    return asked


@pytest.mark.parametrize("target", ["tiny", "models/tiny"])
def test_a_model_goes_to_its_judge(runner: CliRunner, models: list[Any], target: str) -> None:
    Path("test").mkdir()
    options = ["--patches", "test", "--scenes", "901-902", "-o", "judged", "--json"]
    result = runner.invoke(app, ["evaluate", target, *options])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout) == {"model": "tiny"}
    [(name, sources, out)] = models
    assert (name, out) == ("tiny", Path("judged"))
    assert sources == Sources(Path("test"), None, None, (901, 902), None, None, None)


def test_what_a_model_cannot_be_judged_on(runner: CliRunner, models: list[Any]) -> None:
    bare = runner.invoke(app, ["evaluate", "tiny"])
    assert bare.exit_code == 2 and "nothing is given" in bare.stderr
    gone = runner.invoke(app, ["evaluate", "tiny", "--patches", "gone"])
    assert gone.exit_code == 2 and "--patches gone" in gone.stderr
    cover = runner.invoke(app, ["evaluate", "tiny", "--scenes", "1", "--land-cover", "lc"])
    assert cover.exit_code == 2 and "--land-cover: not for the model 'tiny'" in cover.stderr
    two = runner.invoke(app, ["evaluate", "tiny", "tiny", "--scenes", "1"])
    assert two.exit_code == 2 and "more than one model" in two.stderr
    assert models == []


def test_a_map_of_a_simulated_event_is_judged(
    runner: CliRunner, own_world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant_event(own_world, EventSpec(seed=5, size_km=1.5, n_pre=3), silent)
    write_model(own_world / "models", Head(weights=(0.0, 0.0, 1.5, 1.5), bias=-1.0))
    monkeypatch.setenv("LANDSLIDECTL_MODELS_DIR", str(own_world / "models"))
    mapped = runner.invoke(app, ["detect", "scenes", "--model", "tiny", "-q"])
    assert mapped.exit_code == 0, mapped.output
    planted = json.loads(Path("truth.geojson").read_text())["features"]
    for extra in ([], ["--dem", "dem"]):
        options = ["--inventory", "truth.geojson", "--json", *extra]
        result = runner.invoke(app, ["evaluate", "out", *options])
        assert result.exit_code == 0, result.output
        report = json.loads(result.stdout)
        assert report["simulated"] is True
        assert report["total"]["counts"]["slides_in_inventory"] == len(planted)
        assert report["total"]["patches"]["patches"] >= 4
        slopes = report["total"]["distributions"]["slope"]
        assert sum(row["area"] for row in slopes) == pytest.approx(1.0, abs=1e-4)
        if not extra:
            left = [row["area"] for row in slopes]
    given = [row["area"] for row in slopes]
    assert np.abs(np.subtract(left, given)).max() < 0.02, "job's layers and the DEM agree"
