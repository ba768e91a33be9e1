"""``verify`` tells each product's state, and its exit code can be trusted."""

import json

import pytest
import typer

from landslidectl.cli.app import ErrorBoundary
from landslidectl.cli.verify_command import add_to
from tests.sentinel1.builders import Product, product_files, write_folder, write_zip


@pytest.fixture
def app():
    one = typer.Typer(cls=ErrorBoundary)
    add_to(one)
    one.command("other")(lambda: None)
    return one


def test_intact_products_exit_0(app, runner, tmp_path):
    path = write_zip(product_files(Product(), tmp_path), tmp_path / "a.zip")
    result = runner.invoke(app, ["verify", str(path)])
    assert result.exit_code == 0
    assert result.stdout == f"intact   {path}\n"
    assert runner.invoke(app, ["verify", str(path), "--quiet"]).stdout == ""


def test_damaged_products_exit_11_and_are_named(app, runner, tmp_path):
    files = product_files(Product(), tmp_path)
    intact = write_folder(files, tmp_path / "scenes" / "a.SAFE")
    damaged = write_folder({**files, sorted(files)[0]: b"<a/>"}, tmp_path / "scenes" / "b.SAFE")
    result = runner.invoke(app, ["verify", str(tmp_path / "scenes")])
    assert result.exit_code == 11
    lines = result.stdout.splitlines()
    assert lines[:2] == [f"intact   {intact}", f"damaged  {damaged}"]
    assert "has 4 bytes" in lines[2]
    assert "1 of 2 products are damaged" in result.stderr


def test_json_holds_everything(app, runner, tmp_path):
    files = product_files(Product(), tmp_path)
    del files[sorted(files)[-1]]
    path = write_folder(files, tmp_path / "a.SAFE")
    result = runner.invoke(app, ["verify", str(path), "--json"])
    assert result.exit_code == 11
    [verdict] = json.loads(result.stdout)
    assert verdict["path"] == str(path)
    assert verdict["intact"] is False
    assert "is missing" in verdict["problems"][0]
    assert verdict["product"]["relative_orbit"] == 46
    assert verdict["unchecked"] == []


def test_no_product_is_an_input_error(app, runner, tmp_path):
    result = runner.invoke(app, ["verify", str(tmp_path)])
    assert result.exit_code == 4
    assert "no Sentinel-1 product" in result.stderr
