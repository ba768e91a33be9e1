"""A log stays small and whole, whoever writes it, and never stops its writer."""

import subprocess
import sys
from pathlib import Path

import pytest

from landslidectl.files.logbook import Logbook


def book(path: Path, **options: int) -> tuple[Logbook, list[OSError]]:
    troubles: list[OSError] = []
    return Logbook(path, troubles.append, **options), troubles


def test_a_full_log_is_put_aside_and_the_oldest_dropped(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "x.log"
    log, troubles = book(path, max_bytes=100, kept=3)
    for number in range(40):
        assert log.append(f"{number:03d} {'x' * 20}\n")
    names = sorted(item.name for item in path.parent.iterdir() if item.name.startswith("x"))
    assert names[-3:] == ["x.log.1", "x.log.2", "x.log.3"]
    assert all(item.stat().st_size <= 125 for item in path.parent.glob("x.log*"))
    newest = [int(line.split()[0]) for line in (path.parent / "x.log.1").read_text().splitlines()]
    older = [int(line.split()[0]) for line in (path.parent / "x.log.2").read_text().splitlines()]
    assert newest == list(range(newest[0], newest[-1] + 1))
    assert older[-1] == newest[0] - 1
    assert troubles == []


def test_processes_lose_and_mix_nothing(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from landslidectl.files.logbook import Logbook\n"
        "log = Logbook(Path(sys.argv[1]), print, max_bytes=20_000, kept=50)\n"
        "for n in range(400):\n"
        "    assert log.append(f'{sys.argv[2]} {n} ' + 'y' * (n % 90) + ' end\\n')\n"
    )
    path = tmp_path / "x.log"
    command = [sys.executable, "-c", code, str(path)]
    writers = [subprocess.Popen([*command, name]) for name in ("a", "b", "c", "d")]
    assert [writer.wait(timeout=200) for writer in writers] == [0, 0, 0, 0]
    files = [item for item in tmp_path.iterdir() if item.name.startswith("x.log")]
    lines = [line for item in files for line in item.read_text().splitlines()]
    assert path.with_name("x.log.1") in files, "how often it is put aside is up to the scheduler"
    assert all(line.endswith(" end") for line in lines)
    assert len({tuple(line.split()[:2]) for line in lines}) == len(lines) == 1600


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no full device")
def test_a_full_disk_is_told_once_and_stops_nothing() -> None:
    log, troubles = book(Path("/dev/full"))
    assert not log.append("one\n")
    assert not log.append("two\n")
    assert len(troubles) == 1


def test_a_place_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path, tmp_path / "file" / "x.log"):
        log, troubles = book(path)
        assert not log.append("one\n")
        assert len(troubles) == 1


def test_after_space_is_freed_the_log_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    path.mkdir()
    log, _ = book(path)
    assert not log.append("lost\n")
    path.rmdir()
    assert log.append("\ud800 written\n")
    assert path.read_text() == "\\ud800 written\n"


def test_a_device_is_never_put_aside() -> None:
    log, troubles = book(Path("/dev/null"), max_bytes=0)
    if Path("/dev/null").exists():
        assert log.append("one\n")
        assert troubles == []
        assert Path("/dev/null").is_char_device()
