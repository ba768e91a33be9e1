"""Which process is which: alive or gone, and not another one that got its number later.

Numbers of processes are used again, so a number is only worth something together with when the
process began. Linux tells that in ticks since boot, which no change of the clock moves.
"""

import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

PROC = Path("/proc")
ASK_TIMEOUT_S = 10.0
FILETIME_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)


def usable_processors() -> int:
    """Return how many processors this process may use, which can be fewer than the machine has."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def is_running(pid: int) -> bool:
    """Tell whether a process of this host is alive."""
    if sys.platform == "win32":
        return _windows_created(pid) is not None
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    # one that was killed and that nobody waited for, as in containers without an init, is dead
    return _process_facts(pid)[:1] not in (["Z"], ["X"])


def process_birth(pid: int) -> str:
    """Return what tells a process from a later one with the same number; empty where unknown."""
    boot, ticks = boot_id(), _process_facts(pid)[19:20]
    if boot and ticks:
        return f"{boot}/{ticks[0]}"
    started = None if boot else process_started(pid)
    return started.isoformat() if started else ""


def process_started(pid: int) -> datetime | None:
    """Return when a process began, by this host's clock; None where nobody tells."""
    if sys.platform == "win32":
        created = _windows_created(pid)
        return None if created is None else FILETIME_EPOCH + timedelta(microseconds=created // 10)
    ticks = _process_facts(pid)[19:20]
    if not ticks:
        return None if boot_id() else _asked_of_ps(pid)
    try:
        stat = (PROC / "stat").read_text(encoding="ascii").split()
        booted = int(stat[stat.index("btime") + 1])
    except (OSError, ValueError, IndexError):
        return None
    return datetime.fromtimestamp(booted + int(ticks[0]) / os.sysconf("SC_CLK_TCK"), UTC)


def boot_id() -> str:
    """Return what tells this boot of the machine from every other; empty where unknown."""
    try:
        return (PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def process_space() -> str:
    """Return which table of processes a number belongs to; containers have their own."""
    try:
        return str((PROC / "self/ns/pid").readlink())
    except OSError:
        return ""


def _process_facts(pid: int) -> list[str]:
    """Return what Linux tells of a process from its state on; empty elsewhere."""
    try:
        stat = (PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    # the command's name, in brackets, may itself hold spaces and brackets
    return stat.rpartition(")")[2].split()


def _asked_of_ps(pid: int) -> datetime | None:
    """Ask the command that macOS and the BSDs have in place of ``/proc``."""
    import subprocess  # noqa: PLC0415

    words = ["ps", "-o", "lstart=", "-p", str(pid)]
    plain = {"LC_ALL": "C", "TZ": "UTC0", "PATH": os.environ.get("PATH", os.defpath)}
    try:
        told = subprocess.run(
            words, capture_output=True, text=True, env=plain, timeout=ASK_TIMEOUT_S, check=True
        )
        began = datetime.strptime(" ".join(told.stdout.split()), "%a %b %d %H:%M:%S %Y")
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return began.replace(tzinfo=UTC)


def _windows_created(pid: int) -> int | None:
    """Return when a living process was made, in 100 ns since 1601; None if it is gone.

    ``os.kill`` would end the process there.
    """
    import ctypes  # noqa: PLC0415

    query_limited_information, still_active = 0x1000, 259
    kernel = getattr(ctypes, "windll").kernel32  # noqa: B009  (absent on other systems)
    kernel.OpenProcess.restype = ctypes.c_void_p
    handle = kernel.OpenProcess(query_limited_information, False, pid)
    if not handle:
        return None
    handle = ctypes.c_void_p(handle)
    code = ctypes.c_ulong()
    times = [ctypes.c_ulonglong() for _ in range(4)]
    try:
        kernel.GetExitCodeProcess(handle, ctypes.byref(code))
        kernel.GetProcessTimes(handle, *(ctypes.byref(item) for item in times))
    finally:
        kernel.CloseHandle(handle)
    return int(times[0].value) if code.value == still_active else None
