"""One run at a time in an output folder."""

import json
import os
import platform
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from landslidectl.catalog.records import utc_text
from landslidectl.errors import LockedError
from landslidectl.files.atomic import unwritable


@contextmanager
def folder_lock(path: Path) -> Iterator[None]:
    """Hold the lock file ``path`` for the length of a block.

    The file names host, process and start. A lock whose process on this host is gone, or whose
    process number now belongs to another process, is broken without a question.

    Raises
    ------
    LockedError
        If a living process, or any process of another host, holds it.
    OutputError
        If the lock file cannot be written.
    """
    mine = _take(path)
    try:
        yield
    finally:
        # on a disk that became read-only the lock stays, and is stale once this process is gone
        with suppress(OSError):
            if _read(path) == mine:
                path.unlink(missing_ok=True)


def is_running(pid: int) -> bool:
    """Tell whether a process of this host is alive."""
    if sys.platform == "win32":
        return _is_running_windows(pid)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    # one that was killed and that nobody waited for, as in containers without an init, is dead
    return _process_facts(pid)[:1] not in (["Z"], ["X"])


def process_birth(pid: int) -> str:
    """Return what tells a process from a later one with the same number; empty where unknown."""
    facts = _process_facts(pid)
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}/{facts[19]}"
    except (OSError, IndexError):
        return ""


def _process_facts(pid: int) -> list[str]:
    """Return what Linux tells of a process from its state on; empty elsewhere."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    # the command's name, in brackets, may itself hold spaces and brackets
    return stat.rpartition(")")[2].split()


def _take(path: Path) -> dict[str, Any]:
    mine = {
        "host": platform.node(),
        "pid": os.getpid(),
        "birth": process_birth(os.getpid()),
        "started": utc_text(),
        "token": uuid.uuid4().hex,
    }
    while not _create(path, mine):
        holder = _read(path)
        if holder is not None and not _is_stale(holder):
            raise LockedError(
                f"{path.parent}: another run works here: process {holder.get('pid')} on "
                f"{holder.get('host')}, since {holder.get('started')}",
                f"Wait for it to end. If that computer was switched off, delete {path}.",
            )
        _remove(path, holder)
    return mine


def _create(path: Path, content: dict[str, Any]) -> bool:
    """Put the lock file there, complete, unless one is there."""
    draft = path.with_name(f"{path.name}.{content['token']}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps(content), encoding="utf-8")
        try:
            return _link(draft, path)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise unwritable(path.parent, error) from error


def _link(draft: Path, path: Path) -> bool:
    try:
        os.link(draft, path)
    except FileExistsError:
        return False
    except OSError:  # FAT volumes have no hard links; exclusive creation is the next best
        try:
            with path.open("x", encoding="utf-8") as handle:
                handle.write(draft.read_text(encoding="utf-8"))
        except FileExistsError:
            return False
    return True


def _read(path: Path) -> dict[str, Any] | None:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def _remove(path: Path, stale: dict[str, Any] | None) -> None:
    """Take the stale lock away, but not one that another process put there meanwhile."""
    aside = path.with_name(f"{path.name}.stale-{uuid.uuid4().hex}")
    try:
        path.rename(aside)
    except FileNotFoundError:
        return
    if _read(aside) != stale:
        _link(aside, path)
    aside.unlink(missing_ok=True)


def _is_stale(holder: dict[str, Any]) -> bool:
    if holder.get("host") != platform.node():
        return False
    pid = holder.get("pid")
    if not isinstance(pid, int) or not is_running(pid):
        return True
    birth = process_birth(pid)
    return bool(birth and holder.get("birth") and birth != holder["birth"])


def _is_running_windows(pid: int) -> bool:
    """Ask Windows; ``os.kill`` would end the process there."""
    import ctypes  # noqa: PLC0415

    query_limited_information, still_active = 0x1000, 259
    kernel = getattr(ctypes, "windll").kernel32  # noqa: B009  (absent on other systems)
    handle = kernel.OpenProcess(query_limited_information, False, pid)
    if not handle:
        return False
    code = ctypes.c_ulong()
    kernel.GetExitCodeProcess(handle, ctypes.byref(code))
    kernel.CloseHandle(handle)
    return code.value == still_active
