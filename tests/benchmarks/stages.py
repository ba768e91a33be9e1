"""Time and memory of every command on one simulated event: ``python tests/benchmarks/stages.py``.

Each row is a process of its own, so that its peak memory is its own. The steps inside `detect` are
read back from the catalog. Run it on an idle machine; shared ones make wall times meaningless.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

MODELS = ("cnn", "cbam", "resnet")


@dataclass(frozen=True)
class Cost:
    wall_s: float
    cpu_s: float
    peak_mb: float


def run(arguments: list[str], folder: Path) -> Cost:
    """Run one command to its end and return what it took."""
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "landslidectl", *arguments],
        cwd=folder,
        env=os.environ | {"LANDSLIDECTL_CATALOG": str(folder / "catalog.db")},
        stdout=(folder / "out.txt").open("w"),
        stderr=subprocess.STDOUT,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(
            f"{arguments}: exit {process.returncode}\n{(folder / 'out.txt').read_text()}"
        )
    cpu_s = usage.ru_utime + usage.ru_stime
    return Cost(time.monotonic() - began, cpu_s, usage.ru_maxrss / 1024)


def steps(folder: Path) -> list[tuple[str, float]]:
    """Return name and seconds of the steps of the newest job."""
    shown = subprocess.run(
        [sys.executable, "-m", "landslidectl", "jobs", "show", "--json"],
        cwd=folder,
        env=os.environ | {"LANDSLIDECTL_CATALOG": str(folder / "catalog.db")},
        capture_output=True,
        text=True,
        check=True,
    )
    return [(step["name"], step["seconds"]) for step in json.loads(shown.stdout)["steps"]]


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = {"--help": run(["--help"], folder), "simulate": run(["simulate", "."], folder)}
        scene = min((folder / "scenes").glob("*.SAFE"))
        rows["info"] = run(["info", str(scene)], folder)
        rows["ingest"] = run(["ingest", "scenes", "-o", "a"], folder)
        rows["stack"] = run(["stack", "scenes", "-o", "b"], folder)
        for model in MODELS:
            arguments = ["detect", "scenes", "--model", model, "-o", f"c-{model}"]
            rows[f"detect {model}"] = run(arguments, folder)
        inside = steps(folder)
        rows["detect, all done"] = run(arguments, folder)
    print(f"{'command':<18} {'wall s':>7} {'CPU s':>7} {'peak MB':>8}")
    for command, cost in rows.items():
        print(f"{command:<18} {cost.wall_s:7.2f} {cost.cpu_s:7.2f} {cost.peak_mb:8.0f}")
    print(f"\nsteps inside detect {MODELS[-1]}, wall s")
    for step, seconds in inside:
        print(f"  {step:<10} {seconds:6.2f}")


if __name__ == "__main__":
    main()
