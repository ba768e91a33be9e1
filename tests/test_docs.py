"""Every command in the manual and the README is run as it stands."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from landslidectl.errors import LandslidectlError

ROOT = Path(__file__).resolve().parent.parent
MANUAL = ROOT / "assets" / "docs" / "manual.md"
QUICK_START = MANUAL.with_name("quick-start.md")
README = ROOT / "README.md"


def commands(page: Path) -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    return [line for line in lines if line.startswith("landslidectl ")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder the manual speaks of, and a catalog of its own."""
    return tmp_path_factory.mktemp("reader")


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command with the event and the scene names of what was simulated here."""
    facts = folder / "event.json"
    if facts.is_file():
        event = json.loads(facts.read_text(encoding="utf-8"))["event"][0]
        command = re.sub(r"--event \S+", f"--event {event}", command)
        scene = min(path.name for path in (folder / "scenes").glob("*.SAFE"))
        command = command.replace("S1A_IW_GRDH_1SDV_EXAMPLE.SAFE", scene)
    words = [sys.executable, "-m", *shlex.split(command)]
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(folder),
        "LANDSLIDECTL_CATALOG": str(folder / "catalog.db"),
    }
    return subprocess.run(
        words, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
    )


def test_the_manual_can_be_followed_from_top_to_bottom(folder: Path) -> None:
    shown = commands(MANUAL)
    assert len(shown) > 12
    shown += [command for command in commands(QUICK_START) if command not in shown]
    for command in shown:
        result = run(command, folder)
        assert result.returncode == 0, f"{command}\n{result.stdout}\n{result.stderr}"
    readme = [command for command in commands(README) if command.startswith("landslidectl detect")]
    assert readme, "the README shows the main job"
    shutil.rmtree(folder / "out")
    for command in readme:
        result = run(command, folder)
        assert result.returncode == 0, f"{command}\n{result.stdout}\n{result.stderr}"
    assert list((folder / "out").glob("*/*_map.png"))


@pytest.mark.skipif(find_spec("tensorflow") is None, reason="the extra [train] is not installed")
def test_training_can_be_practised_as_the_manual_says(tmp_path: Path) -> None:
    page = MANUAL.read_text(encoding="utf-8")
    (block,) = re.findall(r"```\n(landslidectl simulate practice.*?)```", page, re.DOTALL)
    for command in block.splitlines():
        result = run(command, tmp_path)
        assert result.returncode == 0, f"{command}\n{result.stdout}\n{result.stderr}"
    assert "The scenes of practice are simulated." in result.stdout


def test_the_readme_stays_one_page() -> None:
    assert len(README.read_text(encoding="utf-8").splitlines()) <= 70


def test_every_exit_code_is_in_the_manual() -> None:
    table = MANUAL.read_text(encoding="utf-8")
    codes = {one.exit_code for one in all_errors()}
    for code in codes - {130, 143}:
        assert f"| {code} |" in table
    assert "| 130, 143 |" in table


def test_links_of_the_pages_lead_somewhere() -> None:
    for page in (README, *sorted(MANUAL.parent.glob("*.md"))):
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name}: {target}"


def all_errors() -> list[type[LandslidectlError]]:
    found = [LandslidectlError]
    for one in found:
        found += one.__subclasses__()
    return found
