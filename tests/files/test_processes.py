"""Which process is which."""

import os
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from landslidectl.files import processes
from landslidectl.files.processes import (
    is_running,
    process_birth,
    process_started,
)
from tests.files.processes import ended_process, sleeping_process


def test_running() -> None:
    assert is_running(os.getpid())
    assert not is_running(ended_process())
    assert not is_running(2**62)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="the system has no /proc")
def test_a_killed_process_that_nobody_waited_for_is_dead() -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        assert is_running(child.pid)
        child.kill()
        deadline = time.monotonic() + 100
        while is_running(child.pid) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not is_running(child.pid)
    finally:
        child.wait()


def test_births_tell_processes_apart() -> None:
    mine = process_birth(os.getpid())
    assert mine == process_birth(os.getpid())
    with sleeping_process() as pid:
        assert process_birth(pid) not in ("", mine)
    assert process_birth(pid) == ""


def test_when_a_process_began_is_told_by_this_clock() -> None:
    with sleeping_process() as pid:
        started = process_started(pid)
        assert started is not None
        assert abs(started - datetime.now(UTC)) < timedelta(minutes=2)
    assert process_started(pid) is None


@pytest.mark.skipif(shutil.which("ps") is None, reason="the system has no ps")
def test_systems_without_proc_are_asked_through_ps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "PROC", tmp_path)
    with sleeping_process() as pid:
        started = process_started(pid)
        assert started is not None
        assert abs(started - datetime.now(UTC)) < timedelta(minutes=2)
        assert process_birth(pid) == started.isoformat()
        assert is_running(pid)
    assert process_started(pid) is None
    assert processes.process_space() == ""
