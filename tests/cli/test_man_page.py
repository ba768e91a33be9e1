"""The man page tells every command and option, in what formatters take."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from landslidectl.cli.app import app
from landslidectl.errors import LandslidectlError

REQUESTS = {"TH", "SH", "SS", "TP", "PP", "B", "nf", "fi"}


@pytest.fixture
def page(runner: CliRunner, own_world: Path) -> Path:
    done = runner.invoke(app, ["docs", "--man", "landslidectl.1"])
    assert done.exit_code == 0, done.stderr
    assert done.stdout == ""
    return own_world / "landslidectl.1"


def shown(command) -> set[str]:
    """Return the names of commands and options below a command that users see."""
    names = set()
    for name, below in getattr(command, "commands", {}).items():
        if not below.hidden:
            names |= {name, *shown(below)}
    for parameter in command.params:
        if parameter.param_type_name == "option" and not parameter.hidden:
            names |= set(parameter.opts)
    return names


def test_every_command_and_option_is_in_it(page: Path) -> None:
    text = page.read_text(encoding="utf-8").replace("\\-", "-")
    words = set(re.findall(r"[\w-]+", text))
    wanted = shown(typer.main.get_command(app))
    assert len(wanted) > 100 and not wanted - words
    assert "graphics-trial" not in words
    assert f".B {LandslidectlError.exit_code}\n" in text and ".B 143\n" in text


def test_its_lines_are_text_or_known_requests(page: Path) -> None:
    lines = page.read_text(encoding="utf-8").splitlines()
    used = {line.split(" ")[0][1:] for line in lines if line.startswith((".", "'"))}
    assert used == REQUESTS
    assert not [line for line in lines if not line.strip()]


@pytest.mark.parametrize(
    "command", [["mandoc", "-Tlint", "-Wwarning"], ["groff", "-man", "-ww", "-z"]]
)
def test_formatters_find_nothing_wrong(page: Path, command: list[str]) -> None:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    done = subprocess.run([*command, page], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
