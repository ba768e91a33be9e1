"""What a child process costs: CPU and wall seconds, memory of its family, disk, bytes fetched."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

PAGE = os.sysconf("SC_PAGE_SIZE")
SAMPLE_S = 0.2


@dataclass(frozen=True)
class Cost:
    """Cost of one run; `said` is what the child printed as its last line, if that was JSON."""

    wall_s: float
    user_s: float
    system_s: float
    peak_mb: float
    family_mb: float
    disk_mb: float
    fetched_mb: float
    said: dict[str, Any] = field(default_factory=dict)

    @property
    def cpu_s(self) -> float:
        """Return user and system seconds, those of waited-for children included."""
        return self.user_s + self.system_s


@dataclass(frozen=True)
class Watch:
    """What is looked at while the child runs, besides its memory."""

    folder: Path | None = None
    every_s: float = SAMPLE_S


class Sampler(threading.Thread):
    """Follow the memory of a session of processes, and the size of a folder."""

    def __init__(self, session: int, watch: Watch) -> None:
        super().__init__(daemon=True)
        self._session, self._watch = session, watch
        self._ended = threading.Event()
        self.family_mb = self.disk_mb = 0.0

    def run(self) -> None:
        while not self._ended.wait(self._watch.every_s):
            self.family_mb = max(self.family_mb, family_rss_mb(self._session))
            if self._watch.folder is not None:
                self.disk_mb = max(self.disk_mb, folder_mb(self._watch.folder))

    def finish(self) -> None:
        self._ended.set()
        self.join()


def run_child(
    arguments: Sequence[str],
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    watch: Watch = Watch(),
) -> Cost:
    """Run a command in a session of its own to its end; a failure ends the benchmark."""
    with tempfile.TemporaryFile("w+") as out:
        began = time.monotonic()
        process = subprocess.Popen(
            arguments,
            cwd=cwd,
            env=os.environ | dict(env or {}),
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        sampler = Sampler(process.pid, watch)
        sampler.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        sampler.finish()
        out.seek(0)
        text = out.read()
    if process.returncode:
        raise SystemExit(f"{' '.join(map(str, arguments))}: exit {process.returncode}\n{text}")
    peak_mb = usage.ru_maxrss / 1024
    return Cost(
        wall_s=wall_s,
        user_s=usage.ru_utime,
        system_s=usage.ru_stime,
        peak_mb=peak_mb,
        family_mb=max(sampler.family_mb, peak_mb),
        disk_mb=sampler.disk_mb,
        # blocks of 512 bytes that came from the disk, through read() or mapped memory
        fetched_mb=usage.ru_inblock * 512 / 1e6,
        said=_last_json(text),
    )


def run_task(task: str, given: Mapping[str, Any], env: Mapping[str, str] | None = None) -> Cost:
    """Run one task of `tasks.py` in a fresh interpreter."""
    script = Path(__file__).with_name("tasks.py")
    return run_child([sys.executable, str(script), task, json.dumps(given)], env)


def median_cost(costs: Sequence[Cost]) -> Cost:
    """Return the medians of all figures, also of those that the children said."""
    names = [name for name in asdict(costs[0]) if name != "said"]
    middle = {name: statistics.median(getattr(cost, name) for cost in costs) for name in names}
    said = {
        name: statistics.median(cost.said[name] for cost in costs)
        if isinstance(value, float)
        else value
        for name, value in costs[0].said.items()
    }
    return Cost(**middle, said=said)


def family_rss_mb(session: int) -> float:
    """Return the resident memory of all processes of a session; shared pages count in each."""
    total = 0
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            if int(fields[3]) == session:
                total += int(fields[21])
        except (OSError, IndexError):
            continue
    return total * PAGE / 1e6


def folder_mb(folder: Path) -> float:
    """Return the bytes that the files below a folder occupy, counted once for hard links."""
    total, seen, waiting = 0, set(), [str(folder)]
    while waiting:
        try:
            entries = list(os.scandir(waiting.pop()))
        except OSError:
            continue
        for entry in entries:
            try:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                    continue
                status = entry.stat(follow_symlinks=False)
            except OSError:
                continue
            if status.st_ino not in seen:
                seen.add(status.st_ino)
                total += status.st_blocks * 512
    return total / 1e6


def warm(paths: Sequence[Path], part: tuple[float, float] = (0.0, 1.0)) -> None:
    """Read files into the page cache; of TIFFs a part of their length, given as two shares."""
    buffer = bytearray(16 << 20)
    for path in _files(paths):
        size = path.stat().st_size
        first, last = part if path.suffix == ".tiff" else (0.0, 1.0)
        with path.open("rb", buffering=0) as handle:
            handle.seek(int(first * size))
            while handle.tell() < last * size and handle.readinto(buffer):
                pass


def chill(paths: Sequence[Path]) -> None:
    """Drop files from the page cache, so that whatever is read of them is fetched and counted."""
    for path in _files(paths):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(descriptor)


def table(title: str, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a Markdown table."""
    print(f"\n### {title}\n")
    print("| " + " | ".join(head) + " |")
    print("|" + " --- |" * len(head))
    for row in rows:
        print("| " + " | ".join(_shown(cell) for cell in row) + " |")
    sys.stdout.flush()


def _shown(cell: object) -> str:
    if not isinstance(cell, float):
        return str(cell)
    return f"{cell:,.0f}" if abs(cell) >= 100 else f"{cell:.2f}"


def _files(paths: Sequence[Path]) -> list[Path]:
    return [
        file
        for path in paths
        for file in (sorted(path.rglob("*")) if path.is_dir() else [path])
        if file.is_file()
    ]


def _last_json(text: str) -> dict[str, Any]:
    lines = text.strip().splitlines()
    if not lines or not lines[-1].startswith("{"):
        return {}
    said: dict[str, Any] = json.loads(lines[-1])
    return said
