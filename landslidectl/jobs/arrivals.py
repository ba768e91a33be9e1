"""Which scenes of a folder are complete, which still arrive, and which are damaged.

Nothing says that a copy has ended, so a scene counts as complete when it has not changed for a
while, does not change under our eyes, and every byte is as its manifest says.
"""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from landslidectl.errors import SceneError
from landslidectl.events import Reporter
from landslidectl.files.hashing import stable_key
from landslidectl.jobs.steps import file_identity
from landslidectl.jobs.verify import verify_scenes
from landslidectl.sentinel1.archive import open_archive
from landslidectl.sentinel1.discover import Candidate, find_candidates
from landslidectl.sentinel1.manifest import read_manifest

SECOND_LOOK_S = 1.0
DAMAGE_IS_FINAL_S = 3600.0
"""A damaged scene that has not changed for so long will not be completed any more."""


@dataclass(frozen=True, slots=True)
class Incomplete:
    """A scene that is left for the next look, and why."""

    path: Path
    reason: str


@dataclass(slots=True)
class Arrivals:
    """What lies in the folders.

    Parameters
    ----------
    states : dict
        State of each scene that was examined, now or before -> what is wrong with it, empty for an
        intact one.
    new : dict
        Path -> state of each scene that has settled and was not seen before.
    incomplete : list of Incomplete
        Scenes that are not to be touched yet.
    damaged : list of (Path, str)
        Scenes that will not be completed any more, and what is wrong with them.
    known : list of Path
        Scenes whose state was seen before.
    """

    states: dict[str, str] = field(default_factory=dict)
    new: dict[Path, str] = field(default_factory=dict)
    incomplete: list[Incomplete] = field(default_factory=list)
    damaged: list[tuple[Path, str]] = field(default_factory=list)
    known: list[Path] = field(default_factory=list)

    @property
    def complete(self) -> tuple[Path, ...]:
        """Return every scene that may be used, or refused for good."""
        return (*self.known, *self.new)

    def take(self, path: Path, state: str, problem: str) -> None:
        """Take a scene that is as complete as it gets."""
        self.states[state] = problem
        if problem:
            self.damaged.append((path, problem))

    def leave(self, path: Path, reason: str) -> None:
        """Leave a scene for the next look."""
        self.incomplete.append(Incomplete(path, reason))


def look(
    folders: Sequence[Path],
    settle_s: float,
    seen: Mapping[str, str],
    clock: Callable[[], float] = time.time,
) -> Arrivals:
    """Sort the scenes of folders without reading them.

    Parameters
    ----------
    folders : sequence of Path
    settle_s : float
        A scene that changed within so many seconds is incomplete; 0 where scenes appear whole.
    seen : mapping
        States that an earlier look took, with what was wrong with each.
    clock : callable
        Seconds since 1970; for tests.
    """
    found = Arrivals()
    unknown: dict[Path, str] = {}
    for candidate in find_candidates(folders):
        state = _state(candidate.path)
        if state is None:
            continue
        if state in seen:
            found.known.append(candidate.path)
            found.take(candidate.path, state, seen[state])
        elif not _is_unrelated(candidate):
            unknown[candidate.path] = state
    if settle_s <= 0.0:
        found.new = unknown
    else:
        _settle(found, unknown, settle_s, clock)
    return found


def examine(
    found: Arrivals,
    settle_s: float,
    reporter: Reporter,
    clock: Callable[[], float] = time.time,
) -> None:
    """Read the new scenes to the last byte, and sort out the damaged ones.

    Parameters
    ----------
    found : Arrivals
        Changed in place: what is damaged and changed lately is no longer new but incomplete.
    settle_s : float
        0 where scenes appear whole: damage is final at once.
    reporter : Reporter
        Told how far the reading is.
    clock : callable
        Seconds since 1970; for tests.
    """
    paths = list(found.new)
    for path, problem in zip(paths, _problems(paths, reporter), strict=True):
        if problem and settle_s > 0.0 and clock() - _changed(path) < DAMAGE_IS_FINAL_S:
            found.leave(path, f"damaged, or not complete yet: {problem}")
            del found.new[path]
        else:
            found.take(path, found.new[path], problem)


def _settle(
    found: Arrivals, unknown: Mapping[Path, str], settle_s: float, clock: Callable[[], float]
) -> None:
    """Take as new what neither changed lately nor changes between two looks."""
    quiet = {}
    for path, state in unknown.items():
        age = clock() - _changed(path)
        # a time far ahead is that of a wrong clock and says nothing
        if -settle_s < age < settle_s:
            found.leave(path, f"changed {max(age, 0.0):.0f} s ago")
        else:
            quiet[path] = state
    if quiet:
        time.sleep(SECOND_LOOK_S)
    for path, state in quiet.items():
        if _state(path) == state:
            found.new[path] = state
        else:
            found.leave(path, "is growing")


def _is_unrelated(candidate: Candidate) -> bool:
    """Tell whether a zip is intact and of something else."""
    try:
        read_manifest(open_archive(candidate.path))
    except SceneError as error:
        return candidate.is_unrelated(error)
    return False


def _problems(paths: Sequence[Path], reporter: Reporter) -> list[str]:
    """Return for each product what is wrong with it, empty for an intact one."""
    if not paths:
        return []
    return ["; ".join(verdict.problems) for verdict in verify_scenes(paths, reporter)]


def _state(path: Path) -> str | None:
    """Return what tells one state of a scene from another; None for one that just went away."""
    try:
        return stable_key(file_identity(path))
    except OSError:
        return None


def _changed(path: Path) -> float:
    """Return when anything of a scene last changed, seconds since 1970.

    A copy may carry the times of its original; where the system keeps when a file itself was
    changed, or made, that counts as well.
    """
    files = [path, *path.rglob("*")] if path.is_dir() else [path]
    newest = 0.0
    for file in files:
        try:
            state = os.stat(file)  # noqa: PTH116  (one call a file)
        except OSError:
            continue
        newest = max(newest, state.st_mtime, state.st_ctime)
    return newest
