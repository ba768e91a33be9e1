"""Every documented exit code comes out of the program for a real reason."""

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from landslidectl.cli.app import app
from landslidectl.errors import LandslidectlError
from landslidectl.files.resources import asset
from landslidectl.jobs.lock import folder_lock

DETECT = ("detect", "scenes")
STREAMED = {130, 141, 143}
"""Codes of a process that is stopped: `test_stream` and `test_terminal` stop it."""


def spoil_a_scene(_: pytest.MonkeyPatch) -> None:
    first = min(Path("scenes").glob("*.SAFE"))
    measurement = min((first / "measurement").iterdir())
    measurement.write_bytes(measurement.read_bytes()[:-1000])


def remove_the_scenes(_: pytest.MonkeyPatch) -> None:
    for scene in Path("scenes").glob("S1*"):
        shutil.rmtree(scene) if scene.is_dir() else scene.unlink()


def tamper_with_the_model(patch: pytest.MonkeyPatch) -> None:
    import os

    shutil.copytree(os.environ["LANDSLIDECTL_MODELS_DIR"], "models")
    patch.setenv("LANDSLIDECTL_MODELS_DIR", "models")
    network = next(Path("models").rglob("*.tflite"))
    network.write_bytes(network.read_bytes()[:-1] + b"?")


def misspell_a_setting(_: pytest.MonkeyPatch) -> None:
    config = Path("scenes/landslidectl.toml")
    config.write_text(config.read_text() + "treshold = 0.5\n")


def put_a_file_in_the_way(_: pytest.MonkeyPatch) -> None:
    Path("out").write_text("mine")


def spoil_the_catalog(_: pytest.MonkeyPatch) -> None:
    from landslidectl.catalog.place import default_catalog_path

    default_catalog_path().write_bytes(b"no database" * 1000)


def plant_a_bug(patch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("by zero")

    patch.setattr("landslidectl.jobs.run.survey", fail)


def nothing(_: pytest.MonkeyPatch) -> None:
    pass


Spoil = Callable[[pytest.MonkeyPatch], None]
CASES: dict[int, tuple[tuple[str, ...], Spoil, str]] = {
    0: (("models", "list"), nothing, ""),
    1: (DETECT, plant_a_bug, "an unexpected error: ZeroDivisionError"),
    2: (("detect", "--no-dem"), nothing, "settings are missing"),
    3: (DETECT, spoil_a_scene, "not used"),
    4: (DETECT, remove_the_scenes, "no usable Sentinel-1 scene"),
    5: (DETECT, tamper_with_the_model, "model.tflite"),
    6: (DETECT, misspell_a_setting, "unknown setting: treshold"),
    7: ((*DETECT, "--max-memory", "1MB"), nothing, "--max-memory allows 1 MB"),
    8: (DETECT, put_a_file_in_the_way, "the output must be a folder"),
    9: (DETECT, nothing, "another run works here"),
    10: (DETECT, spoil_the_catalog, "catalog.db"),
    11: (("verify", "scenes"), spoil_a_scene, "of 3 products"),
}


@contextmanager
def locked() -> Iterator[None]:
    with folder_lock(Path("out/.work/lock.json")):
        yield


@pytest.mark.usefixtures("event")
@pytest.mark.parametrize("code", CASES)
def test_the_code_tells_what_happened(
    runner: CliRunner, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    arguments, spoil, words = CASES[code]
    spoil(monkeypatch)
    with locked() if code == 9 else nullcontext():
        result = runner.invoke(app, list(arguments))
    assert result.exit_code == code, result.output
    assert words in result.output
    assert "Traceback" not in result.output


def test_the_table_of_the_manual_is_that_of_the_errors() -> None:
    page = asset("docs", "manual.md").read_text(encoding="utf-8")
    manual = page.partition("| exit code | meaning |")[2].partition("\n\n")[0]
    rows: dict[int, str] = {}
    for cells in re.findall(r"^\| ([\d, ]+) \| (.+) \|$", manual, re.MULTILINE):
        rows |= {int(number): cells[1] for number in cells[0].split(",")}
    codes = {one.exit_code for one in every_error()}
    assert set(rows) == codes | {0}
    assert set(CASES) | STREAMED == set(rows), "each code has its test"
    assert all(len(words) > 20 for words in rows.values())


def every_error() -> list[type[LandslidectlError]]:
    found: list[Any] = [LandslidectlError]
    for one in found:
        found += one.__subclasses__()
    return found
