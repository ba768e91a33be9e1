"""The standalone program beside the installed package: start, Tab, and the same job.

``python tests/benchmarks/program.py dist/landslidectl/landslidectl``, on an idle machine; as root
the cold start is timed too, since only root may empty the memory's cache. Both run in turn.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from measure import table

CACHES = Path("/proc/sys/vm/drop_caches")
TAB = {
    "_LANDSLIDECTL_COMPLETE": "complete_bash",
    "COMP_WORDS": "landslidectl detect --model ",
    "COMP_CWORD": "3",
}


def spent(command: Sequence[str], more: Mapping[str, str] = {}) -> tuple[float, float]:
    """Return wall and processor seconds of a command."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, env={**os.environ, **more}, capture_output=True, check=True)
    wall_s, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall_s, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def forget() -> None:
    """Empty the memory's cache of files."""
    os.sync()
    CACHES.write_text("3\n")


def starts(programs: Mapping[str, list[str]], repeats: int) -> list[list[str]]:
    """Time ``--help`` warm and cold, and Tab behind ``--model``."""
    kinds: list[tuple[str, list[str], Mapping[str, str], Callable[[], None]]] = [
        ("--help, warm", ["--help"], {}, lambda: None),
        ("Tab, --model", [], TAB, lambda: None),
    ]
    if os.access(CACHES, os.W_OK):
        kinds.append(("--help, cold", ["--help"], {}, forget))
    rows = []
    for kind, words, more, prepare in kinds:
        for name, program in programs.items():
            spent([*program, *words], more)
            walls = []
            for _ in range(repeats):
                prepare()
                walls.append(spent([*program, *words], more)[0])
            told = (min(walls), statistics.median(walls), max(walls))
            rows.append([kind, name, *(f"{seconds:.2f} s" for seconds in told)])
    return rows


def jobs(programs: Mapping[str, list[str]], repeats: int, work: Path) -> list[list[str]]:
    """Map the demo's scenes with both programs in turn, each time anew."""
    subprocess.run(
        [*programs["installed"], "demo", str(work / "d")], check=True, capture_output=True
    )
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in programs}
    for number in range(repeats):
        for name, program in programs.items():
            out = str(work / f"{name}-{number}")
            words = ["detect", str(work / "d" / "scenes"), "--model", "resnet", "-o", out]
            found[name].append(spent([*program, *words, "--catalog", f"{out}.db"]))
    rows = []
    for name, costs in found.items():
        for kind, seconds in zip(("wall", "processor"), zip(*costs, strict=True), strict=True):
            told = (min(seconds), statistics.median(seconds), max(seconds))
            rows.append([f"detect, {kind}", name, *(f"{value:.2f} s" for value in told)])
    return rows


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program", type=Path)
    parser.add_argument("--repeats", type=int, default=7)
    options = parser.parse_args()
    programs = {
        "installed": [str(Path(sys.executable).with_name("landslidectl"))],
        "standalone": [str(options.program.absolute())],
    }
    with tempfile.TemporaryDirectory() as folder:
        rows = starts(programs, options.repeats) + jobs(programs, options.repeats, Path(folder))
    table("The standalone program", ("", "program", "least", "median", "most"), rows)


if __name__ == "__main__":
    main()
