"""``review`` as a user types it."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from landslidectl.cli.app import app
from landslidectl.products.write import write_product
from tests.products import tampering
from tests.products.samples import make_request


@pytest.fixture
def product(own_world: Path) -> Path:
    return write_product(replace(make_request(own_world), folder=Path("out"))).folder


def ids() -> list[str]:
    (path,) = Path("out").glob("*/*.geojson")
    return [item["id"] for item in json.loads(path.read_text())["features"]]


def test_what_is_said_is_told_and_listed(runner: CliRunner, product: Path) -> None:
    first, second = ids()
    result = runner.invoke(
        app,
        [
            "review",
            "out",
            "--accept",
            first,
            "--reject",
            second,
            "--reviewer",
            "Anna",
            "--note",
            "x",
        ],
    )
    assert result.exit_code == 0, result.output
    assert "2 recorded" in result.stdout
    assert "1 accepted, 1 rejected, 0 not reviewed" in result.stdout
    assert "landslidectl detect scenes/" in result.stdout, "how to get the next version"
    again = runner.invoke(
        app,
        ["review", "out", "--accept", first, "--reviewer", "Anna", "--note", "x"],
    )
    assert "Nothing new" in again.stdout
    listed = runner.invoke(app, ["review", "out", "--list"])
    assert all(word in listed.stdout for word in (first, second, "Anna", "accepted", "rejected"))
    reset = runner.invoke(app, ["review", "out", "--reset", f"{first[:8]},{second}"])
    assert "0 accepted, 0 rejected, 2 not reviewed" in reset.stdout
    facts = json.loads(runner.invoke(app, ["review", "out", "--json"]).stdout)
    assert [item["decision"] for item in facts["history"]] == [
        "accepted",
        "rejected",
        "unreviewed",
        "unreviewed",
    ]
    assert (facts["unreviewed"], facts["added"]) == (2, [])


def test_an_edited_copy_is_taken_in_and_export_applies_it(runner: CliRunner, product: Path) -> None:
    copied = Path(shutil.copytree(product, "stick"))
    tampering.sql(copied, "UPDATE detections SET review='rejected' WHERE fid=2")
    edited = str(tampering.one(copied, "detections.gpkg"))
    result = runner.invoke(app, ["review", "out", "--import", edited])
    assert result.exit_code == 0, result.output
    assert "0 accepted, 1 rejected, 1 not reviewed" in result.stdout
    assert runner.invoke(app, ["export", "out", "-f", "geojson", "-o", "a"]).exit_code == 0
    asked = ["export", "out", "-f", "geojson", "-o", "b", "--with-rejected"]
    assert runner.invoke(app, asked).exit_code == 0
    counts = [
        len(json.loads(next(Path(place).iterdir()).read_text())["features"]) for place in "ab"
    ]
    assert counts == [1, 2]


def test_mistakes_have_their_codes(runner: CliRunner, product: Path) -> None:
    assert runner.invoke(app, ["review", "out", "--accept", "LS-nobody"]).exit_code == 2
    assert runner.invoke(app, ["review", "nowhere", "--list"]).exit_code == 2
    assert runner.invoke(app, ["review", "out", "--import", "nowhere.gpkg"]).exit_code == 4
    both = ["review", "out", "--accept", ids()[0], "--import", "nowhere.gpkg"]
    assert runner.invoke(app, both).exit_code == 2
    with tampering.one(product, "detections.gpkg").open("ab") as handle:
        handle.write(b"\0" * 512)
    assert runner.invoke(app, ["review", "out"]).exit_code == 11
