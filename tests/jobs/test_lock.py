"""Locks: held, waited for, stale, foreign, lost."""

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
from landslidectl.files.processes import boot_id, process_birth, process_space
from landslidectl.jobs import lock
from landslidectl.jobs.lock import SILENT_BOOT_S, SILENT_HOST_S, folder_lock, wait_until_free
from tests.files.processes import ended_process, sleeping_process


def write_lock(path: Path, silent_s: float = 0.0, **changes: object) -> None:
    mine = {
        "host": platform.node(),
        "boot": boot_id(),
        "space": process_space(),
        "pid": os.getpid(),
        "birth": process_birth(os.getpid()),
        "started": "2018-09-05T00:00:00.000Z",
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(mine | changes))
    then = time.time() - silent_s
    os.utime(path, (then, then))


def test_second_run_is_refused_and_told_by_whom(tmp_path: Path) -> None:
    path = tmp_path / ".work" / "lock.json"
    with folder_lock(path):
        with pytest.raises(LockedError, match=str(os.getpid())) as caught, folder_lock(path):
            pass
        assert platform.node() in caught.value.message
        assert caught.value.message.startswith(f"{tmp_path}: ")
        assert "--wait" in caught.value.hint
        assert "delete" not in caught.value.hint, "whoever lives here can be asked"
        assert caught.value.exit_code == 9
    assert list(path.parent.iterdir()) == []
    with folder_lock(path):
        pass


def test_the_second_run_waits_for_the_first(tmp_path: Path) -> None:
    path = tmp_path / "lock.json"
    told: list[str] = []
    first = folder_lock(path)
    first.__enter__()

    def tell(words: str) -> None:
        told.append(words)
        first.__exit__(None, None, None)

    with folder_lock(path, 300.0, tell):
        assert json.loads(path.read_text())["pid"] == os.getpid()
    assert len(told) == 1
    assert str(os.getpid()) in told[0]


def test_waiting_ends_when_the_time_is_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "LOOK_EVERY_S", 0.05)
    path = tmp_path / "lock.json"
    told: list[str] = []
    with folder_lock(path):
        began = time.monotonic()
        with pytest.raises(LockedError), folder_lock(path, 0.2, told.append):
            pass
        with pytest.raises(LockedError):
            wait_until_free(path, 0.1)
        assert time.monotonic() - began >= 0.3
    assert len(told) == 1, "once is enough"
    wait_until_free(path)
    wait_until_free(tmp_path / "nowhere" / "lock.json")
    assert not (tmp_path / "nowhere").exists()


def test_lock_of_a_dead_process_is_broken(tmp_path: Path) -> None:
    path = tmp_path / "lock.json"
    write_lock(path, pid=ended_process(), birth="")
    wait_until_free(path)
    with folder_lock(path):
        assert json.loads(path.read_text())["pid"] == os.getpid()
    assert not path.exists()


@pytest.mark.skipif(not process_birth(os.getpid()), reason="the system tells no process births")
def test_lock_of_an_earlier_process_with_the_same_number_is_broken(tmp_path: Path) -> None:
    path = tmp_path / "lock.json"
    write_lock(path, birth=f"{boot_id()}/1")
    with folder_lock(path):
        pass
    assert not path.exists()


FOREIGN = [
    ({"host": "elsewhere"}, SILENT_HOST_S),
    ({"boot": "another"}, SILENT_BOOT_S),
    ({"space": "pid:[1]"}, SILENT_HOST_S),
]


@pytest.mark.parametrize(("changes", "patience_s"), FOREIGN)
def test_a_lock_from_elsewhere_counts_by_its_signs_of_life(
    tmp_path: Path, changes: dict[str, object], patience_s: float
) -> None:
    """Another host, this one before it was started anew, a container with processes of its own."""
    path = tmp_path / "lock.json"
    write_lock(path, patience_s - 30.0, pid=ended_process(), **changes)
    with pytest.raises(LockedError, match=changes.get("host", platform.node())) as caught:
        wait_until_free(path)
    assert f"{patience_s:.0f} s without a sign of life" in caught.value.hint
    assert f"its last was {patience_s - 30:.0f} s ago" in caught.value.hint
    assert f"delete {path}" in caught.value.hint
    write_lock(path, patience_s + 1.0, **changes)
    with folder_lock(path):
        assert json.loads(path.read_text())["pid"] == os.getpid()
    assert [item.name for item in tmp_path.iterdir()] == []


def test_a_holder_gives_signs_of_life(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "SIGN_EVERY_S", 0.02)
    path = tmp_path / "lock.json"
    with folder_lock(path) as held:
        os.utime(path, (0, 0))
        deadline = time.monotonic() + 100
        while path.stat().st_mtime == 0 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert path.stat().st_mtime != 0
        held.check()


def test_a_run_that_lost_its_lock_leaves_that_of_the_other_alone(tmp_path: Path) -> None:
    path = tmp_path / "lock.json"
    with folder_lock(path) as held:
        write_lock(path, host="elsewhere")
        other = path.read_bytes()
        held.give_sign()
        with pytest.raises(LockedError, match="took over"):
            held.check()
    assert path.read_bytes() == other


@pytest.mark.parametrize("content", ["", "[]", "{", "null"])
def test_half_written_lock_is_broken(tmp_path: Path, content: str) -> None:
    path = tmp_path / "lock.json"
    path.write_text(content)
    with folder_lock(path):
        pass


def test_volumes_without_hard_links_lock_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError("no hard links here")

    monkeypatch.setattr(lock.os, "link", refuse)
    path = tmp_path / "lock.json"
    with folder_lock(path), pytest.raises(LockedError), folder_lock(path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_lock_that_cannot_be_written_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError), folder_lock(tmp_path / "file" / "lock.json"):
        pass


COUNT = """
import sys, time
from pathlib import Path
from landslidectl.jobs import lock

lock.LOOK_EVERY_S = 0.01
path, counter = map(Path, sys.argv[1:])
for _ in range(5):
    with lock.folder_lock(path, 300.0):
        number = int(counter.read_text())
        time.sleep(0.002)
        counter.write_text(str(number + 1))
"""


def test_many_processes_take_turns(tmp_path: Path) -> None:
    """Where all of them find the lock of a dead run first."""
    path, counter = tmp_path / "lock.json", tmp_path / "counter"
    counter.write_text("0")
    write_lock(path, pid=ended_process(), birth="")
    words = [sys.executable, "-c", COUNT, str(path), str(counter)]
    workers = [subprocess.Popen(words) for _ in range(6)]
    assert [worker.wait(400) for worker in workers] == [0] * 6
    assert counter.read_text() == "30"
    assert [item.name for item in tmp_path.iterdir()] == ["counter"]


def test_a_lock_of_another_living_process_holds(tmp_path: Path) -> None:
    path = tmp_path / "lock.json"
    with sleeping_process() as pid:
        write_lock(path, pid=pid, birth=process_birth(pid))
        with pytest.raises(LockedError):
            wait_until_free(path)
    wait_until_free(path)


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
