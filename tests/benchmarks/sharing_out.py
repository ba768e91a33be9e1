"""Scenes one after the other in several threads, or several scenes at once, by hand.

``python tests/benchmarks/frame.py FRAMES --scenes 4 --folder --zip --dem`` first, then
``python tests/benchmarks/sharing_out.py FRAMES``. The ways take turns, so that what else the
machine does hits all of them; still, compare wall seconds on an idle one.
"""

import argparse
import sys
from pathlib import Path

import measure
from measure import Cost, median_cost, run_task, table
from preprocessing import SIDE, Bench

WAYS = ("one after the other", "threads", "processes")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("frames", type=Path)
    parser.add_argument("--at-once", type=int, default=2, help="threads or processes")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--side", type=int, default=SIDE, help="pixels")
    parser.add_argument("--work", type=Path, default=None)
    parser.add_argument("--package", type=Path, default=Path(__file__).resolve().parents[2])
    given = parser.parse_args()
    bench = Bench(given)
    area, rows = bench.area(given.side, given.side), []
    for kind, scenes in (("folders", bench.safes), ("zips", bench.zips)):
        if not scenes:
            continue
        measure.warm(scenes)
        task = area | {
            "scenes": [str(scene) for scene in scenes],
            "polarisations": ["VV", "VH"],
            "at_once": given.at_once,
        }
        costs: dict[str, list[Cost]] = {way: [] for way in WAYS}
        for _ in range(given.runs):
            for way, taken in costs.items():
                taken.append(run_task("geocode_many", task | {"way": way}, bench.env))
                print(kind, way, f"{taken[-1].cpu_s:.1f} {taken[-1].wall_s:.1f}", file=sys.stderr)
        middle = {way: median_cost(taken) for way, taken in costs.items()}
        first = middle[WAYS[0]].wall_s
        rows += [
            [kind, way, cost.cpu_s, cost.wall_s, first / cost.wall_s, cost.family_mb]
            for way, cost in middle.items()
        ]
    head = ("source", f"{given.at_once} at once", "CPU s", "wall s", "times faster", "peak MB")
    size = f"{given.side**2 / 1e6:.0f} Mpx"
    table(f"Scenes of {size} (median of {given.runs})", head, rows)


if __name__ == "__main__":
    main()
