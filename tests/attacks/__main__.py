"""The long half of the attacks, by one command; it goes on where it was stopped.

::

    python -m tests.attacks kill            # 200 jobs killed at random moments
    python -m tests.attacks fuzz            # 20,000 mutated inputs
    python -m tests.attacks full            # 300 jobs, and other commands, on a disk taken away
    python -m tests.attacks all

The end of each line of attack is a table of counts; the exit code is 1 if anything was found.
"""

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.attacks import full, kill
from tests.attacks.fuzz.campaign import run_campaign
from tests.attacks.starve import mountable

KILLS, CASES, POINTS, SEED = 200, 20_000, 300, 1


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.attacks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("attack", choices=("kill", "fuzz", "full", "all"))
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--cases", type=int, default=CASES, help="over all readers")
    parser.add_argument("--points", type=int, default=POINTS, help="of a job to take the disk at")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path(tempfile.gettempdir()) / "landslidectl-attacks",
        help="where everything is kept; what was done there before is not done again",
    )
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    faults = 0
    if asked.attack in ("kill", "all"):
        faults += _kill(asked.folder / "kill", asked.kills, asked.seed)
    if asked.attack in ("fuzz", "all"):
        faults += _fuzz(asked.folder / "fuzz", asked.cases, asked.seed)
    if asked.attack in ("full", "all"):
        faults += _full(asked.folder / "full", asked.points, asked.seed)
    return int(faults > 0)


def _kill(folder: Path, count: int, seed: int) -> int:
    folder.mkdir(exist_ok=True)
    steps: Counter[str] = Counter()
    jobs = bad = 0
    for killed in kill.run_long(folder, count, seed):
        jobs += 1
        steps.update(killed.steps)
        if killed.faults:
            bad += 1
            sys.stdout.write(f"kill {killed.number} ({killed.way}, {killed.steps}): ")
            sys.stdout.write("; ".join(killed.faults) + "\n")
            sys.stdout.flush()
    late = steps.pop("late", 0)
    sys.stdout.write(f"kill: {jobs} jobs killed {steps.total()} times, seed {seed}; ")
    sys.stdout.write(f"{late} kills came too late; {bad} jobs with faults\n")
    for step, times in steps.most_common():
        sys.stdout.write(f"  {times:5d}  {step}\n")
    return bad


def _fuzz(folder: Path, cases: int, seed: int) -> int:
    folder.mkdir(exist_ok=True)
    total = bad = 0
    for tally in run_campaign(folder, cases, seed):
        total += tally.cases
        bad += tally.outcomes.get("fault", 0)
        ends = ", ".join(f"{count} {name}" for name, count in sorted(tally.outcomes.items()))
        most = f"slowest {tally.slowest_s:.1f} s, at most {tally.most_grown_mb} MB"
        sys.stdout.write(f"  {tally.reader:15s} {tally.cases:6d} cases: {ends}; {most}\n")
        for what, count in tally.faults.items():
            sys.stdout.write(f"      {count} x {what}\n")
        sys.stdout.flush()
    sys.stdout.write(f"fuzz: {total} inputs, seed {seed}, {bad} faults; inputs in {folder}\n")
    return bad


def _full(folder: Path, count: int, seed: int) -> int:
    (folder / "volume").mkdir(parents=True, exist_ok=True)
    reason = mountable(folder / "volume")
    if reason:
        sys.stdout.write(f"full: left out: {reason}\n")
        return 0
    ends: dict[str, Counter[str]] = {}
    bad = 0
    for point in full.run_long(folder, count, seed):
        kind = "late" if point.step == "late" else point.kind
        ends.setdefault(point.command, Counter())[f"{kind} {point.exit_code}"] += 1
        if point.faults:
            bad += 1
            place = f"{point.command} {point.number} ({point.kind} before call {point.call}"
            sys.stdout.write(f"full: {place}, {point.step}): {'; '.join(point.faults)}\n")
            sys.stdout.flush()
    for command, counts in ends.items():
        told = ", ".join(f"{count} x {end}" for end, count in sorted(counts.items()))
        sys.stdout.write(f"  {command:15s} {counts.total():4d}: {told}\n")
    total = sum(counts.total() for counts in ends.values())
    sys.stdout.write(f"full: {total} disks taken away, seed {seed}, {bad} with faults\n")
    return bad


if __name__ == "__main__":
    sys.exit(main())
