"""``compare`` as a user types it."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from landslidectl.cli.app import app
from landslidectl.cli.compare_command import parted
from landslidectl.products.write import write_product
from tests.products import tampering
from tests.products.samples import make_request


@pytest.fixture
def two(own_world: Path) -> tuple[str, str]:
    made = write_product(make_request(own_world)).folder
    shutil.copytree(made, own_world / "again" / made.name)
    return "out", "again"


def test_the_same_products_end_with_0(runner: CliRunner, two: tuple[str, str]) -> None:
    result = runner.invoke(app, ["compare", *two])
    assert result.exit_code == 0, result.output
    assert "The products are the same." in result.stdout
    told = json.loads(runner.invoke(app, ["compare", *two, "--json"]).stdout)
    assert (told["equal"], told["differences"], told["within_tolerance"]) == (True, [], [])
    assert told["changes"]["new"]["count"] == 0
    assert runner.invoke(app, ["compare", *two, "--quiet"]).stdout == ""


def test_different_products_end_with_11_and_say_by_how_much(
    runner: CliRunner, two: tuple[str, str]
) -> None:
    (copied,) = Path("again").iterdir()
    tampering.pixel(copied, "score", lambda value: value - 0.25)
    tampering.sql(copied, "DELETE FROM detections WHERE fid=2")
    result = runner.invoke(app, ["compare", *two])
    assert result.exit_code == 11
    assert "0.25" in result.stdout
    assert "gone" in result.stdout
    assert "differ in 2 things" in result.stderr
    told = runner.invoke(app, ["compare", *two, "--json"])
    assert told.exit_code == 11
    facts = json.loads(told.stdout)
    assert [item["part"] for item in facts["differences"]] == ["score", "detections"]
    changes = runner.invoke(app, ["compare", *two, "--changes"])
    assert changes.exit_code == 0
    assert "Differences" not in changes.stdout
    assert (
        json.loads(runner.invoke(app, ["compare", *two, "--changes", "--json"]).stdout)["changes"][
            "gone"
        ]["count"]
        == 1
    )


def test_a_missing_file_is_called_missing(runner: CliRunner, two: tuple[str, str]) -> None:
    (copied,) = Path("again").iterdir()
    tampering.one(copied, "detections.gpkg").unlink()
    for more in ([], ["--changes"]):
        result = runner.invoke(app, ["compare", *two, *more])
        assert result.exit_code == 4
        assert "detections.gpkg: the file is missing from the product" in result.stderr


def test_what_is_no_product_is_refused(runner: CliRunner, two: tuple[str, str]) -> None:
    assert runner.invoke(app, ["compare", "out", "nowhere"]).exit_code == 2
    Path("empty").mkdir()
    assert runner.invoke(app, ["compare", "out", "empty"]).exit_code == 4
    assert runner.invoke(app, ["compare", "out"]).exit_code == 2


def test_long_texts_are_shown_where_they_part() -> None:
    same = "word " * 40
    a, b = parted(f"{same}left", f"{same}right and {same}")
    assert a.startswith("...") and a.endswith("left")
    assert "right" in b and b.endswith("...") and len(b) < 72
    assert parted("1", "2") == ("1", "2")
    assert parted("", same)[0] == ""
