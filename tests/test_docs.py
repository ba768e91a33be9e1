"""Every command in the manual and the README is run as it stands."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree

import pytest

from landslidectl.errors import LandslidectlError

ROOT = Path(__file__).resolve().parent.parent
MANUAL = ROOT / "assets" / "docs" / "manual.md"
QUICK_START = MANUAL.with_name("quick-start.md")
UNATTENDED = MANUAL.with_name("unattended.md")
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
    if "LS-1a2b3c4d5e6f" in command:
        (csv,) = (folder / "landslides-demo" / "out").glob("*/*_detections.csv")
        command = command.replace("LS-1a2b3c4d5e6f", csv.read_text().splitlines()[1].split(",")[0])
    if "edited.gpkg" in command:
        (geopackage,) = (folder / "landslides-demo" / "out").glob("*/*_detections.gpkg")
        shutil.copy(geopackage, folder / "edited.gpkg")
    if "from-a-stick" in command:
        shutil.copytree(folder / "out", folder / "from-a-stick")
    if "stick/nz" in command:
        shutil.copytree(ROOT / "models" / "cnn", folder / "stick" / "nz")
        manifest = folder / "stick" / "nz" / "model.json"
        manifest.write_text(manifest.read_text().replace('"name": "cnn"', '"name": "nz"'))
    words = [sys.executable, "-m", *shlex.split(command)]
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(folder),
        "LANDSLIDECTL_CATALOG": str(folder / "catalog.db"),
        "PYTHONPATH": str(ROOT),
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


def blocks(page: Path, language: str) -> list[str]:
    text = page.read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def test_the_page_on_unattended_runs_can_be_followed(tmp_path: Path) -> None:
    result = run("landslidectl simulate . --seed 4 --size-km 1", tmp_path)
    assert result.returncode == 0, result.stderr
    (settings,) = blocks(UNATTENDED, "toml")
    event = json.loads((tmp_path / "event.json").read_text(encoding="utf-8"))["event"][0]
    (tmp_path / "event.toml").write_text(re.sub(r"20\S+Z", event, settings), encoding="utf-8")
    (tmp_path / "scenes" / "landslidectl.toml").unlink()
    (entry,) = blocks(UNATTENDED, "crontab")
    comment, entry = entry.splitlines()
    assert comment.startswith("#")
    every, script = entry.split("  ", 1)
    assert len(every.split()) == 5, "minute, hour, day, month, weekday"
    folder, _, cron = script.partition(" && ")
    assert folder == "cd /srv/event"
    shown = commands(UNATTENDED)
    assert len(shown) == 3
    for command in (f"{shown[0]} --settle 0", *shown, cron):
        result = run(command, tmp_path)
        assert result.returncode == 0, f"{command}\n{result.stdout}\n{result.stderr}"
    assert result.stdout + result.stderr == "", "cron would mail it"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    service, timer = blocks(UNATTENDED, "ini")
    program = re.search(r"^ExecStart=(\S+) (.+)$", service, re.MULTILINE)
    assert program is not None
    service = service.replace(program[1], sys.executable)
    (tmp_path / "landslides.service").write_text(service, encoding="utf-8")
    (tmp_path / "landslides.timer").write_text(timer, encoding="utf-8")
    teller = "[Service]\nType=oneshot\nExecStart=/bin/true\n"
    (tmp_path / "landslides-failed@.service").write_text(teller, encoding="utf-8")
    verified = subprocess.run(
        ["systemd-analyze", "verify", "landslides.service", "landslides.timer"],
        cwd=tmp_path,
        env={"SYSTEMD_UNIT_PATH": f"{tmp_path}:", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    told = [line for line in verified.stderr.splitlines() if "landslides" in line]
    assert (verified.returncode, told) == (0, [])


def test_the_task_of_windows_starts_the_same_command() -> None:
    (text,) = blocks(UNATTENDED, "xml")
    head, _, body = text.partition("\n")
    assert head == '<?xml version="1.0" encoding="UTF-16"?>'
    task = ElementTree.fromstring(body)
    space = {"t": "http://schemas.microsoft.com/windows/2004/02/mit/task"}
    arguments = task.findtext("t:Actions/t:Exec/t:Arguments", namespaces=space)
    (entry,) = blocks(UNATTENDED, "crontab")
    assert entry.rstrip().endswith(f"landslidectl {arguments}")
    policy = task.findtext("t:Settings/t:MultipleInstancesPolicy", namespaces=space)
    assert policy == "IgnoreNew"
    # the elements of the schema come in this order
    assert [child.tag.partition("}")[2] for child in task] == ["Triggers", "Settings", "Actions"]


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
    for code in codes - {130, 141, 143}:
        assert f"| {code} |" in table
    assert "| 130, 141, 143 |" in table


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
