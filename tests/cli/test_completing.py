"""What Tab offers: values, by the protocol of the shells, and in the shells that are installed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from landslidectl.catalog.catalog import Catalog
from landslidectl.catalog.records import JobRequest
from landslidectl.cli.app import app
from tests.inference.tiny import Head, write_model

ROOT = Path(__file__).resolve().parents[2]
VARIABLE = "_LANDSLIDECTL_COMPLETE"


def offered(words: str) -> list[str]:
    """Return what bash is offered for the last word."""
    line = f"landslidectl {words}"
    asked = {
        VARIABLE: "complete_bash",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(line.split(" ")) - 1),
    }
    told = CliRunner().invoke(app, [], prog_name="landslidectl", env=asked)
    assert told.exit_code == 0, told.output
    return told.output.split()


def test_commands_options_and_choices_are_offered() -> None:
    assert offered("mod") == ["models"]
    assert "--model" in offered("detect --mo")
    assert offered("detect --device ") == ["auto", "cpu", "gpu"]
    assert "gpkg" in offered("export --format g")


def test_models_of_the_place_that_counts_are_offered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert offered("detect --model ") == ["cbam", "cnn", "resnet", "logratio", "spread"]
    write_model(tmp_path / "data" / "landslidectl" / "models", Head())
    assert offered("detect --model ti") == ["tiny"]
    assert offered("models info cnn") == ["cnn", "cnn_vv"]
    write_model(tmp_path / "named" / "x", Head()).rename(tmp_path / "named" / "nz")
    named = f"--models-dir {tmp_path / 'named'}"
    assert offered(f"detect {named} --model ") == ["nz", "logratio", "spread"]
    monkeypatch.setenv("LANDSLIDECTL_MODELS_DIR", str(tmp_path / "named"))
    assert offered("models verify ") == ["nz"]


def test_jobs_and_pages_are_offered(tmp_path: Path) -> None:
    assert offered("jobs show ") == []
    with Catalog(tmp_path / "catalog.db") as catalog:
        ids = [catalog.start_job(JobRequest("landslidectl detect", {}, {}, "")) for _ in range(2)]
    assert offered("jobs show ") == ids[::-1]
    assert offered(f"export {ids[0]}") == [ids[0]]
    (tmp_path / "catalog.db").write_bytes(b"damaged" * 1000)
    assert offered("jobs show ") == []
    assert offered("docs un") == ["unattended"]


def test_offering_loads_no_heavy_library(tmp_path: Path) -> None:
    with Catalog(tmp_path / "catalog.db") as catalog:
        catalog.start_job(JobRequest("landslidectl detect", {}, {}, ""))
    code = (
        "import os, sys, contextlib\n"
        "from landslidectl.cli.app import main\n"
        "for words, number in (('detect --model ', 3), ('jobs show ', 3), ('docs ', 2)):\n"
        "    os.environ |= {'COMP_WORDS': f'landslidectl {words}', 'COMP_CWORD': str(number)}\n"
        "    with contextlib.suppress(SystemExit):\n"
        "        main()\n"
        "assert not {'numpy', 'sqlite_utils', 'ai_edge_litert', 'rasterio'} & set(sys.modules)\n"
    )
    asked = os.environ | {VARIABLE: "complete_bash", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=asked, capture_output=True, check=True)
    assert b"resnet" in done.stdout and b"unattended" in done.stdout


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A search path on which the program is found by its name."""
    program = tmp_path / "bin" / "landslidectl"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m landslidectl "$@"\n')
    program.chmod(0o755)
    return f"{program.parent}:/usr/bin:/bin"


def said(command: list[str], path: str, tmp_path: Path, **more: str) -> str:
    """Run a command in a home folder of its own."""
    asked = {"PATH": path, "HOME": str(tmp_path), **more}
    done = subprocess.run(command, env=asked, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


IN_SHELL = {
    "bash": 'eval "$SCRIPT"; COMP_WORDS=(landslidectl detect --device ""); COMP_CWORD=3; '
    '_landslidectl_completion landslidectl; printf "%s\\n" "${COMPREPLY[@]}"',
    "zsh": 'compdef() { :; }; _arguments() { print -r -- "$@"; }; eval "$SCRIPT"; '
    'words=(landslidectl detect --device ""); CURRENT=4; _landslidectl_completion',
    "fish": "echo $SCRIPT | source; complete -C 'landslidectl detect --device '",
}


@pytest.mark.parametrize("shell", IN_SHELL)
def test_the_script_works_in_the_shell(shell: str, path: str, tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    script = said(["landslidectl"], path, tmp_path, **{VARIABLE: f"source_{shell}"})
    found = said([shell, "-c", IN_SHELL[shell]], path, tmp_path, SCRIPT=script)
    for value in ("auto", "cpu", "gpu"):
        assert value in found


def test_the_script_of_powershell_asks_for_the_same_name() -> None:
    told = (
        CliRunner()
        .invoke(app, [], prog_name="landslidectl", env={VARIABLE: "source_powershell"})
        .output
    )
    assert "Register-ArgumentCompleter -Native -CommandName landslidectl" in told
    asked = {
        VARIABLE: "complete_powershell",
        "_TYPER_COMPLETE_ARGS": "landslidectl detect --device g",
        "_TYPER_COMPLETE_WORD_TO_COMPLETE": "g",
    }
    told = CliRunner().invoke(app, [], prog_name="landslidectl", env=asked).output
    assert told.split(":::")[0] == "gpu"


def test_the_name_is_the_same_whatever_file_was_started(path: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "landslidectl"]
    asked = {VARIABLE: "source_bash", "PYTHONPATH": str(ROOT)}
    assert "complete -o default" in said(command, path, tmp_path, **asked)


@pytest.mark.parametrize("content", [None, b"# K\xfcste\n"])
def test_a_start_up_file_that_cannot_be_changed_is_named(
    path: str, tmp_path: Path, content: bytes | None
) -> None:
    if content is None:
        (tmp_path / ".bashrc").mkdir()
        (tmp_path / ".bash_completions").write_text("in the way")
    else:
        (tmp_path / ".bashrc").write_bytes(content)
    asked = {"PATH": path, "HOME": str(tmp_path)}
    command = ["bash", "-c", "landslidectl --install-completion; exit $?"]
    done = subprocess.run(command, env=asked, capture_output=True, text=True, check=False)
    assert done.returncode == 8, done.stderr
    assert "--show-completion" in done.stderr and "Traceback" not in done.stderr
