"""Archives made to harm are refused: nothing is written, and memory stays as it was."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.attacks.hostile import ARCHIVES, members_of
from tests.attacks.world import ROOT, copied

MOST_MB = 400
MOST_S = 10.0


@pytest.fixture(scope="module")
def fed(planted: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """How each archive ended, by its name."""
    place = tmp_path_factory.mktemp("archives")
    sandbox = copied(planted, place / "sandbox")
    scene = sorted((sandbox / "scenes").glob("*.SAFE"))[0]
    members, folder = members_of(scene), place / "in" / "deep" / "below"
    folder.mkdir(parents=True)
    for name, build in ARCHIVES.items():
        build(folder / f"{name}.zip", scene.name, members)
    before = _tree(place)
    words = [sys.executable, "-m", "tests.attacks.feed", str(sandbox), str(folder)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    appeared = {path for path in _tree(place) - before if sandbox not in path.parents}
    assert not appeared, "something was written outside"
    return {told["name"]: told for told in map(json.loads, done.stdout.splitlines())}


def _tree(place: Path) -> set[Path]:
    return {*place.rglob("*"), *Path("/tmp").glob("outside*")}


@pytest.mark.parametrize("name", ARCHIVES)
def test_it_is_refused_and_takes_no_memory(fed: dict[str, dict[str, Any]], name: str) -> None:
    told = fed[name]
    assert told["exit_code"] == 4, told
    assert told["grown_mb"] < MOST_MB, told
    assert told["seconds"] < MOST_S, told
    assert told["ended"].isprintable(), "a hostile name reaches the terminal"
