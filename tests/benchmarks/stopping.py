"""How long a job takes to end once it is told to, at every step, by hand.

``python tests/benchmarks/frame.py FRAMES --scenes 4 --folder --dem`` first, then
``python tests/benchmarks/stopping.py FRAMES --side-km 30 --times 3``.

One run that nobody disturbs tells how long each step takes. Then the same job in another folder is
told to stop (SIGTERM and SIGINT in turns) at a moment inside each step that chance decides, as
often as asked, and run again each time, until it is done. Every stop must be recorded as
interrupted with its code and leave no half-written file; the product must be the undisturbed one.
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jobs import write_aoi
from measure import table
from preprocessing import centre_of

EVENT = "2021-02-18T00:00:00Z"
CODES = {signal.SIGTERM: 143, signal.SIGINT: 130}
LONGEST_S = 3.0
RASTERS = ("score", "quality", "class")
START = "from landslidectl.cli.app import main; import signal, sys; sys.argv[0] = 'landslidectl'; "
START += "signal.signal(signal.SIGINT, signal.default_int_handler); main()"


@dataclass
class Trial:
    """One folder that a job works for."""

    words: list[str]
    out: Path
    env: dict[str, str]
    events: list[dict[str, Any]] = field(default_factory=list)

    def start(self) -> subprocess.Popen[str]:
        """Start the job as a terminal does."""
        self.events = []
        words = [sys.executable, "-c", START, *self.words, "-o", str(self.out), "--json"]
        return subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=self.env)

    def told(self, process: subprocess.Popen[str]) -> Iterator[dict[str, Any]]:
        """Yield the records of a run as they come."""
        assert process.stdout is not None
        for line in process.stdout:
            event = json.loads(line)
            self.events.append(event)
            yield event


def durations(trial: Trial) -> dict[str, float]:
    """Run undisturbed; return the seconds of each step by its title."""
    process, began, found = trial.start(), {}, {}
    for event in trial.told(process):
        if event["type"] == "step_started":
            began.setdefault(event["title"], time.monotonic())
            title = event["title"]
        elif event["type"] == "step_finished":
            found[title] = time.monotonic() - began[title]
    if process.wait() != 0:
        raise SystemExit(f"the undisturbed run ended with code {process.returncode}")
    return found


def stop_inside(trial: Trial, title: str, delay_s: float, number: signal.Signals) -> float | None:
    """Stop a run that much after a step began; return the seconds to its end, None if too late."""
    process = trial.start()
    asked: list[float] = []

    def ask() -> None:
        if process.poll() is None:
            asked.append(time.monotonic())
            process.send_signal(number)

    timer = None
    for event in trial.told(process):
        if event["type"] == "step_started" and event["title"] == title and timer is None:
            timer = threading.Timer(delay_s, ask)
            timer.start()
    code, ended = process.wait(), time.monotonic()
    if timer is not None:
        timer.cancel()
    if code == 0:
        return None
    last = trial.events[-1]
    wanted = CODES[number]
    told = code, last.get("exit_code"), last.get("status")
    assert told == (wanted, wanted, "interrupted"), (told, last)
    left = [str(path) for path in trial.out.rglob("*.partial-*")]
    assert not left, left
    assert not list(trial.out.glob(".work/lock*"))
    return ended - asked[0]


def product_of(out: Path) -> dict[str, Any]:
    """Return what must be the same in both products; names and instants differ."""
    from landslidectl.files.rasters import read_bands

    (folder,) = out.glob("LSD_*")
    outlines = next(folder.glob("*_detections.geojson")).read_text(encoding="utf-8")
    rasters = {name: read_bands(next(folder.glob(f"*_{name}.tif"))).tobytes() for name in RASTERS}
    return {"detections": json.loads(outlines)["features"], **rasters}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("frames", type=Path)
    parser.add_argument("--side-km", type=float, default=30.0)
    parser.add_argument("--times", type=int, default=3, help="stops in each step")
    parser.add_argument("--model", default="resnet")
    parser.add_argument("--threshold", type=float, default=0.97, help="the pixels change a lot")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    work = given.frames.resolve() / "stopping"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    scenes = given.frames.resolve() / "folders"
    aoi = write_aoi(work / "aoi.geojson", centre_of(min(scenes.iterdir())), given.side_km * 1000)
    words = ["detect", str(scenes), "--event", EVENT, "--aoi", str(aoi), "--model", given.model]
    words += ["--dem", str(given.frames.resolve() / "dem"), "--device", "cpu"]
    words += ["--threshold", str(given.threshold)]
    env = dict(os.environ) | {"LANDSLIDECTL_CATALOG": str(work / "catalog.db")}
    calm = Trial(words, work / "calm", env)
    steps = durations(calm)
    disturbed = Trial(words, work / "disturbed", env)
    rng, rows, longest = random.Random(given.seed), [], 0.0
    for title, seconds in steps.items():
        taken = []
        for turn in range(given.times):
            number = (signal.SIGTERM, signal.SIGINT)[turn % 2]
            stopped = stop_inside(disturbed, title, rng.uniform(0.0, 0.9) * seconds, number)
            if stopped is not None:
                taken.append(stopped)
        worst = max(taken, default=0.0)
        longest = max(longest, worst)
        rows.append([title[:40], seconds, len(taken), worst])
        print(rows[-1], flush=True)
    process = disturbed.start()
    for _ in disturbed.told(process):
        pass
    assert process.wait() == 0
    assert product_of(calm.out) == product_of(disturbed.out), "the product differs"
    table("From signal to end", ["step", "step s", "stops", "longest s"], rows)
    print(f"\nLongest: {longest:.2f} s of {LONGEST_S:.0f} s allowed. The product is the same.")
    raise SystemExit(longest > LONGEST_S)


if __name__ == "__main__":
    main()
