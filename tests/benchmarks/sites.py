"""Patches a minute: sites of two sizes by one process, by all, and the long way through the chain.

``python tests/benchmarks/sites.py``, some minutes, with nothing beside it.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from measure import Cost, run_child, table

from landslidectl.files.processes import usable_processors
from landslidectl.training.patches import read_patches

HEAD = ("way", "patches", "wall s", "a minute", "a minute of a processor")
WIDE = ("--size-km", "1.6", "--windows", "3")


def measured(words: Sequence[str], files: int, workers: int) -> tuple[int, Cost]:
    """Return how many patches a step made, and what that cost."""
    with tempfile.TemporaryDirectory() as out:
        words = [*words, "--split", "test", "--files", f"1-{files}", "--workers", str(workers)]
        cost = run_child([sys.executable, "-m", "landslidectl.training", *words, "--out", out])
        return sum(len(read_patches(path)) for path in Path(out).glob("*.npz")), cost


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=8, help="of 200 sites each")
    given, count = parser.parse_args(), usable_processors()
    half = max(1, given.files // 2)
    even = -(-half // count) * count
    ways = [
        ("sites, 1 process", ("sites",), half, 1),
        (f"sites, {count} processes", ("sites",), given.files, count),
        (f"sites of 1.6 km, {count} processes", ("sites", *WIDE), even, count),
        ("the long way, 1 process", ("chain-sites",), 1, 1),
    ]
    rows: list[tuple[object, ...]] = []
    for name, words, files, workers in ways:
        patches, cost = measured(words, files, workers)
        pace = [60.0 * patches / seconds for seconds in (cost.wall_s, cost.cpu_s)]
        rows.append((name, patches, cost.wall_s, *pace))
    table("Simulated patches", HEAD, rows)


if __name__ == "__main__":
    main()
