"""``export`` as a user types it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from landslidectl.cli.app import app
from landslidectl.products.contract.files import FileKind
from landslidectl.products.request import Product
from landslidectl.products.write import write_product
from tests.products.samples import make_request


@pytest.fixture
def product(own_world: Path) -> Product:
    request = make_request(own_world)
    return write_product(replace(request, folder=Path("out")))


def test_formats_land_in_the_folder(runner: CliRunner, product: Product) -> None:
    asked = ["export", "out", "--format", "csv", "-f", "kmz", "-f", "csv", "-o", "handed"]
    result = runner.invoke(app, asked)
    assert result.exit_code == 0, result.output
    names = {path.name for path in Path("handed").iterdir()}
    assert names == {product.files[kind].name for kind in (FileKind.CSV, FileKind.KMZ)}
    assert all(name in result.stdout for name in names)
    again = runner.invoke(app, asked)
    assert (again.exit_code, "--overwrite" in again.stderr) == (8, True)
    told = runner.invoke(app, [*asked, "--overwrite", "--json"])
    assert set(json.loads(told.stdout)) == {"csv", "kmz"}


def test_changed_files_end_with_11_and_missing_ones_with_4(
    runner: CliRunner, product: Product
) -> None:
    geopackage = product.files[FileKind.GEOPACKAGE]
    with geopackage.open("ab") as handle:
        handle.write(b"\0" * 512)
    asked = ["export", "out", "--format", "geojson"]
    changed = runner.invoke(app, asked)
    assert (changed.exit_code, geopackage.name in changed.stderr) == (11, True)
    assert "--edited" in changed.stderr
    edited = runner.invoke(app, [*asked, "--edited"])
    assert edited.exit_code == 0, edited.output
    assert "Edited after" in next(Path().glob("*.geojson")).read_text()
    geopackage.unlink()
    assert runner.invoke(app, [*asked, "--overwrite"]).exit_code == 4


def test_a_wish_for_nothing_is_a_wrong_command(runner: CliRunner, product: Product) -> None:
    assert runner.invoke(app, ["export", "out"]).exit_code == 2
    assert runner.invoke(app, ["export", "out", "--format", "pdf"]).exit_code == 2
    assert runner.invoke(app, ["export", "nowhere", "--format", "csv"]).exit_code == 2
    assert list(Path().glob("*.csv")) == []
    del product
