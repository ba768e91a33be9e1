"""Locks: held, stale, foreign."""

import errno
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

import pytest

from landslidectl.errors import LockedError, OutputError
from landslidectl.jobs.lock import folder_lock, is_running, process_birth


def test_second_run_is_refused_and_told_by_whom(tmp_path: Path) -> None:
    path = tmp_path / "work" / "lock.json"
    with folder_lock(path):
        with pytest.raises(LockedError, match=str(os.getpid())) as caught, folder_lock(path):
            pass
        assert platform.node() in caught.value.message
        assert caught.value.exit_code == 9
    assert list(path.parent.iterdir()) == []
    with folder_lock(path):
        pass


def ended_process() -> int:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


def write_lock(path: Path, **changes: object) -> None:
    mine = {
        "host": platform.node(),
        "pid": os.getpid(),
        "birth": process_birth(os.getpid()),
        "started": "2018-09-05T00:00:00.000Z",
    }
    path.write_text(json.dumps(mine | changes))


def test_lock_of_a_dead_process_is_broken(tmp_path: Path) -> None:
    path = tmp_path / "lock.json"
    write_lock(path, pid=ended_process(), birth="")
    with folder_lock(path):
        assert json.loads(path.read_text())["pid"] == os.getpid()


@pytest.mark.skipif(not process_birth(os.getpid()), reason="the system tells no process births")
def test_lock_of_an_earlier_process_with_the_same_number_is_broken(tmp_path: Path) -> None:
    path = tmp_path / "lock.json"
    write_lock(path, birth="another-boot/1")
    with folder_lock(path):
        pass
    assert not path.exists()


def test_lock_of_another_host_stands(tmp_path: Path) -> None:
    path = tmp_path / "lock.json"
    write_lock(path, host="elsewhere", pid=ended_process())
    with pytest.raises(LockedError, match="elsewhere"), folder_lock(path):
        pass
    assert path.exists()


@pytest.mark.parametrize("content", ["", "[]", "{", "null"])
def test_half_written_lock_is_broken(tmp_path: Path, content: str) -> None:
    path = tmp_path / "lock.json"
    path.write_text(content)
    with folder_lock(path):
        pass


def test_running() -> None:
    assert is_running(os.getpid())
    assert not is_running(ended_process())


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="the system has no /proc")
def test_a_killed_process_that_nobody_waited_for_is_dead() -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        assert is_running(child.pid)
        child.kill()
        deadline = time.monotonic() + 10
        while is_running(child.pid) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not is_running(child.pid)
    finally:
        child.wait()


def test_a_disk_that_became_read_only_keeps_the_lock_and_hides_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(path: Path, missing_ok: bool = False) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    with (
        monkeypatch.context() as patched,
        pytest.raises(OutputError, match="first"),
        folder_lock(tmp_path / "lock"),
    ):
        patched.setattr(Path, "unlink", refused)
        raise OutputError("first")
    assert (tmp_path / "lock").is_file()
