"""One run at a time in an output folder, on one computer or on several that share the folder.

The lock is a file that names its holder. Whether the holder is still there is asked of this system
where the holder lives on it. Elsewhere only the holder's signs of life count: it writes its lock
file again every few seconds, and the file system that keeps the file stamps it. Ages are measured
against a file written just now on the same file system, so clocks that differ do not matter.
"""

import json
import os
import platform
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from landslidectl.catalog.records import utc_text
from landslidectl.errors import LockedError, OutputError
from landslidectl.files.atomic import unwritable
from landslidectl.files.processes import boot_id, is_running, process_birth, process_space

SIGN_EVERY_S = 15.0
SILENT_HOST_S = 600.0
"""A holder on another computer counts as gone after this long without a sign of life."""
SILENT_BOOT_S = 90.0
"""The same for one of this computer's name from before it was started anew."""
LOOK_EVERY_S = 1.0
WRITTEN_WITHIN_S = 0.5
"""Where links are not to be had, a lock is empty for a moment; one that stays so is a leftover."""
LOST_HINT = "Run the same command again: it goes on where it stopped."

Tell = Callable[[str], object]
LockHolder = dict[str, Any]
"""What a lock says of the process that wrote it."""


@dataclass(frozen=True, slots=True)
class HeldLock:
    """A lock that this process holds.

    Parameters
    ----------
    path : Path
        The lock file.
    content : bytes
        What it holds as long as it is ours.
    """

    path: Path
    content: bytes

    def check(self) -> None:
        """Refuse to go on when another process has taken the lock meanwhile.

        That happens to a computer that slept while another one found it silent.

        Raises
        ------
        LockedError
            If the lock is no longer ours.
        """
        with suppress(OSError):
            if self.path.read_bytes() == self.content:
                return
        raise LockedError(
            f"{_folder(self.path)}: another run took over while this one gave no sign of life",
            LOST_HINT,
        )

    def give_sign(self) -> None:
        """Write the file again, so that the file system stamps it anew; never one of another."""
        with suppress(OSError), self.path.open("rb+") as handle:
            if handle.read() == self.content:
                handle.seek(0)
                handle.write(self.content)


@contextmanager
def folder_lock(path: Path, wait_s: float = 0.0, tell: Tell | None = None) -> Iterator[HeldLock]:
    """Hold the lock file ``path`` for the length of a block.

    A lock whose process on this host is gone, or whose process number now belongs to another
    process, is broken without a question; one of another host when it has been silent for
    `SILENT_HOST_S`.

    Parameters
    ----------
    path : Path
        The lock file.
    wait_s : float
        How long to wait for another process to end, seconds.
    tell : callable, optional
        Told once, in words, who is waited for.

    Raises
    ------
    LockedError
        If another process still holds it after that time.
    OutputError
        If the lock file cannot be written.
    """
    held = _take(path, wait_s, tell)
    ended = threading.Event()
    signs = threading.Thread(target=_give_signs, args=(held, ended), name="lock", daemon=True)
    signs.start()
    try:
        yield held
    finally:
        ended.set()
        signs.join()
        # on a disk that became read-only the lock stays, and is stale once this process is gone
        with suppress(OSError):
            if path.read_bytes() == held.content:
                path.unlink(missing_ok=True)


def wait_until_free(path: Path, wait_s: float = 0.0, tell: Tell | None = None) -> None:
    """Wait until no process holds the lock; nothing is written unless somebody holds it.

    Raises
    ------
    LockedError
        If another process still holds it after ``wait_s`` seconds.
    """
    deadline = time.monotonic() + wait_s
    while True:
        holder = read_holder(path)
        if holder is None or _is_stale(path, holder):
            return
        tell = _wait_turn(path, holder, deadline, tell)


def _give_signs(held: HeldLock, ended: threading.Event) -> None:
    while not ended.wait(SIGN_EVERY_S):
        held.give_sign()


def _take(path: Path, wait_s: float, tell: Tell | None) -> HeldLock:
    token = uuid.uuid4().hex
    mine = {
        "host": platform.node(),
        "boot": boot_id(),
        "space": process_space(),
        "pid": os.getpid(),
        "birth": process_birth(os.getpid()),
        "started": utc_text(),
        "token": token,
    }
    content = json.dumps(mine).encode("utf-8")
    deadline = time.monotonic() + wait_s
    while not _create(path, content, token):
        holder = read_holder(path)
        if holder is None and (silence_s(path) or 0.0) < WRITTEN_WITHIN_S:
            time.sleep(WRITTEN_WITHIN_S / 5)
        elif holder is None or _is_stale(path, holder):
            _take_away(path, holder)
        else:
            tell = _wait_turn(path, holder, deadline, tell)
    return HeldLock(path, content)


def _wait_turn(path: Path, holder: LockHolder, deadline: float, tell: Tell | None) -> Tell | None:
    """Sleep a little; the one who was told need not be told again."""
    who = (
        f"{_folder(path)}: another run works here: process {holder.get('pid')} on "
        f"{holder.get('host')}, since {holder.get('started')}"
    )
    left = deadline - time.monotonic()
    if left <= 0:
        raise LockedError(who, _way_out(path, holder))
    if tell is not None:
        tell(f"{who}; waiting for it to end")
    time.sleep(min(LOOK_EVERY_S, left))
    return None


def _folder(path: Path) -> Path:
    """Return the folder that a user knows: locks may lie in a hidden one inside it."""
    return path.parent.parent if path.parent.name.startswith(".") else path.parent


def _way_out(path: Path, holder: LockHolder) -> str:
    wait = "Wait for it to end, or let the command wait itself with --wait SECONDS."
    if _lives_here(holder):
        return wait
    silence = silence_s(path)
    seen = "" if silence is None else f", and its last was {max(silence, 0.0):.0f} s ago"
    return (
        f"{wait} A run on another computer counts as gone after "
        f"{_patience_s(holder):.0f} s without a sign of life{seen}. If you know that it ended, "
        f"delete {path}."
    )


def _create(path: Path, content: bytes, token: str) -> bool:
    """Put the lock file there, complete, unless one is there."""
    draft = path.with_name(f"{path.name}.{token}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            draft.write_bytes(content)
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
            with path.open("xb") as handle:
                handle.write(draft.read_bytes())
        except FileExistsError:
            return False
    return True


def read_holder(path: Path) -> LockHolder | None:
    """Return who a lock says holds it; None where there is none that can be read."""
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def _take_away(path: Path, stale: LockHolder | None) -> None:
    """Take the stale lock away, but not one that another process put there meanwhile."""
    aside = path.with_name(f"{path.name}.stale-{uuid.uuid4().hex}")
    try:
        path.rename(aside)
    except FileNotFoundError:
        return
    except OSError as error:
        raise OutputError(
            f"{path}: a lock that an ended run left cannot be taken away: {error.strerror}",
            "Delete it, or choose another folder with --output.",
        ) from error
    if read_holder(aside) != stale:
        _link(aside, path)
    aside.unlink(missing_ok=True)


def remove_lock(path: Path) -> None:
    """Take the lock of a holder away that is known to be gone.

    Raises
    ------
    OutputError
        If the file cannot be removed.
    """
    _take_away(path, read_holder(path))


def _is_stale(path: Path, holder: LockHolder) -> bool:
    if not _lives_here(holder):
        silence = silence_s(path)
        return silence is not None and silence > _patience_s(holder)
    pid = holder.get("pid")
    if not isinstance(pid, int) or not is_running(pid):
        return True
    birth = process_birth(pid)
    return bool(birth and holder.get("birth") and birth != holder["birth"])


def _lives_here(holder: LockHolder) -> bool:
    """Tell whether this system can be asked for the holder's process."""
    here = {"host": platform.node(), "boot": boot_id(), "space": process_space()}
    return all(holder.get(name, value) == value for name, value in here.items())


def _patience_s(holder: LockHolder) -> float:
    restarted = holder.get("host") == platform.node() and holder.get("boot") != boot_id()
    return SILENT_BOOT_S if restarted else SILENT_HOST_S


def silence_s(path: Path) -> float | None:
    """Return the seconds since the lock's last sign of life, by the clock of its file system."""
    now = path.with_name(f"{path.name}.now-{uuid.uuid4().hex}")
    try:
        now.write_bytes(b"now")
        return now.stat().st_mtime - path.stat().st_mtime
    except OSError:
        return None
    finally:
        with suppress(OSError):
            now.unlink(missing_ok=True)
