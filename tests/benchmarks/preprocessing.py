"""Speed, memory and disk of the preprocessing on full-size scenes, by hand.

``python tests/benchmarks/frame.py FRAMES --scenes 10 --folder --zip --dem`` first, then
``python tests/benchmarks/preprocessing.py FRAMES --sarsen-python PATH``.

Parts: a one scene of 25 Mpx, b the same with sarsen, c the floor, d growth from 25 to 400 Mpx,
e ten scenes of 50 x 50 km into stacks and again, f disk (with e). CPU seconds stand before wall
seconds because only they survive a busy machine; compare wall seconds on an idle one.
"""

import argparse
import json
import math
import os
import platform
import re
import shutil
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import measure
from jobs import Job, run_job, write_aoi
from measure import Cost, median_cost, run_child, run_task, table

SIDE = 5000
GROWTH_MPX = (25, 50, 100, 200, 400)
JOB_SIDE_M = 50_000
COST_HEAD = ("CPU s", "wall s", "peak MB")
BUDGET_CPU_S, BUDGET_RATIO = 4.5, 60.0


class Bench:
    """The inputs and settings that all parts share, and what they found.

    Parameters
    ----------
    given : argparse.Namespace
        Parsed options.
    """

    def __init__(self, given: argparse.Namespace) -> None:
        self.given = given
        self.frames: Path = given.frames.resolve()
        self.work = (given.work or given.frames / "work").resolve()
        self.work.mkdir(parents=True, exist_ok=True)
        self.env = {"PYTHONPATH": str(given.package.resolve())}
        self.safes = sorted((self.frames / "folders").glob("*.SAFE"))
        self.zips = sorted((self.frames / "zips").glob("*.zip"))
        if not self.safes:
            raise SystemExit(f"{self.frames}: no scene; make some with frame.py --folder --dem")
        self.centre = centre_of(self.safes[0])
        self.found: dict[str, Any] = {}

    def area(self, rows: int, cols: int) -> dict[str, Any]:
        """Return the settings of a task on a grid of this size, its heights made beforehand."""
        area = {
            "centre": self.centre,
            "rows": rows,
            "cols": cols,
            "tiles": str(self.frames / "dem"),
            "dem": str(self.work / f"heights_{rows}_{cols}.tif"),
            "out": str(self.work / "geocoded.tif"),
        }
        if not Path(area["dem"]).exists():
            cost = run_task("terrain", area, self.env)
            self.found[f"terrain {rows * cols / 1e6:.0f} Mpx"] = asdict(cost)
            print(f"heights of {rows} x {cols}: {cost.cpu_s:.1f} CPU s, {cost.wall_s:.1f} s")
        return area

    def geocode(self, area: dict[str, Any], scene: Path, threads: int, runs: int) -> Cost:
        """Return the median cost of geocoding VV and VH of a scene whose files are warm."""
        return self.geocode_by_turns(area, scene, (threads,), runs)[threads]

    def geocode_by_turns(
        self, area: dict[str, Any], scene: Path, numbers: tuple[int, ...], runs: int
    ) -> dict[int, Cost]:
        """Return the same for several numbers of threads, run in turns so that drift hits all."""
        measure.warm([scene])
        task = area | {"scene": str(scene), "polarisations": ["VV", "VH"]}
        costs: dict[int, list[Cost]] = {threads: [] for threads in numbers}
        for _ in range(runs):
            for threads, taken in costs.items():
                taken.append(run_task("geocode", task | {"threads": threads}, self.env))
        return {threads: median_cost(taken) for threads, taken in costs.items()}


def part_a(bench: Bench) -> None:
    """One scene, 25 Mpx, VV and VH."""
    area, rows = bench.area(SIDE, SIDE), []
    sources = {"folder": bench.safes[0]} | ({"zip": bench.zips[0]} if bench.zips else {})
    for kind, scene in sources.items():
        costs = bench.geocode_by_turns(area, scene, (1, 2), bench.given.runs)
        for threads, cost in costs.items():
            wall_s = cost.said["geocode_wall_s"]
            faster = costs[1].said["geocode_wall_s"] / wall_s
            row = [kind, threads, cost.said["geocode_cpu_s"], cost.cpu_s, wall_s, cost.wall_s]
            rows.append([*row, cost.family_mb, faster if cost.said["has_threads"] else ""])
            bench.found[f"ours {kind} {threads}"] = asdict(cost) | {"cpu_s": cost.cpu_s}
    head = ("source", "threads", "CPU s of geocoding", "of the process", "wall s of geocoding")
    head = (*head, "of the process", "peak MB")
    title = f"a. One scene, {SIDE**2 / 1e6:.0f} Mpx, VV and VH, noise removed, ZSTD GeoTIFF"
    table(f"{title} (median of {bench.given.runs})", [*head, "times faster than one"], rows)
    print(f"\nBudget: {BUDGET_CPU_S} CPU s, 800 MB, two threads 1.4 times faster.")


def part_b(bench: Bench) -> None:
    """sarsen on the same pixels, one polarisation."""
    python = bench.given.sarsen_python
    if python is None or not python.exists():
        print("\nb. skipped: give --sarsen-python, an environment with sarsen==0.9.6")
        return
    area = bench.area(SIDE, SIDE)
    heights = bench.work / f"heights_{SIDE}_{SIDE}_alone.tif"
    if not heights.exists():
        run_task("crop_terrain", area | {"out": str(heights)}, bench.env)
    script = Path(__file__).with_name("sarsen_task.py")
    measure.warm([bench.safes[0]])
    command = [str(python), str(script), str(bench.safes[0]), str(heights)]
    theirs = run_child([*command, str(bench.work / "sarsen.tif")])
    ours = bench.geocode(area, bench.safes[0], 1, bench.given.runs)
    bench.found["sarsen"] = asdict(theirs) | {"cpu_s": theirs.cpu_s}
    each = ours.cpu_s / 2
    rows = [
        [f"sarsen {theirs.said['version']}", "VV", "no", *_figures(theirs), theirs.cpu_s],
        ["landslidectl, 1 thread", "VV+VH", "yes", *_figures(ours), each],
        ["ratio", "", "", "", "", "", theirs.cpu_s / each],
    ]
    head = ("tool", "polarisations", "noise removed", *COST_HEAD, "CPU s a polarisation")
    table("b. Against sarsen: same product, heights and grid, whole processes", head, rows)
    bench.found["sarsen ratio"] = theirs.cpu_s / each
    print(f"\nBudget: {BUDGET_RATIO:.0f} times fewer CPU seconds a polarisation.")


def part_c(bench: Bench) -> None:
    """The floor, and how far above it geocoding runs."""
    area = bench.area(SIDE, SIDE)
    inside = {"folder": bench.geocode(area, bench.safes[0], 1, 1).said["geocode_cpu_s"]}
    task = area | {"scene": str(bench.safes[0])}
    window = run_task("source_window", task, bench.env).said
    archive = bench.zips[0] if bench.zips else Path("none")
    asked = area | {"safe": str(bench.safes[0]), "zip": str(archive), "window": window}
    script = Path(__file__).with_name("floor.py")
    measure.warm([archive] if bench.zips else [])
    floor = run_child([sys.executable, str(script), json.dumps(asked)], bench.env).said["rows"]
    if bench.zips:
        inside["zip"] = bench.geocode(area, archive, 1, 1).said["geocode_cpu_s"]
    shared = sum(row[2] for row in floor if not row[0].startswith(("read", "inflate")))
    reading = next(row[2] for row in floor if row[0].startswith("read"))
    inflating = [row[2] for row in floor if row[0].startswith("inflate")]
    rows: list[list[Any]] = [["raw", *row] for row in floor]
    low = {"folder": shared + reading}
    if inflating and "zip" in inside:
        low["zip"] = shared + min(inflating)
    for kind, seconds in low.items():
        rows.append(["floor", kind, "", seconds])
        rows.append(["geocoding, 1 thread", kind, "", inside[kind]])
        rows.append(["times the floor", kind, "", inside[kind] / seconds])
    size = f"{window['lines']} lines x {window['samples']} samples"
    table(f"c. The floor of 25 Mpx, VV and VH; source window {size}", ("", "", "MB", "CPU s"), rows)
    bench.found["floor"] = {"rows": floor, "window": window, "ours": inside, "floor": low}


def part_d(bench: Bench) -> None:
    """Cost as the area grows, from one frame."""
    rows = []
    for megapixels in GROWTH_MPX:
        # wide as the swath is, so that even the largest lies mostly inside the frame
        shape = math.sqrt(megapixels * 1e6 / 1.4)
        area = bench.area(round(shape), round(1.4 * shape))
        cost = bench.geocode(area, bench.safes[0], bench.given.threads, 1)
        seen = run_task("observed", area, bench.env).said
        inside = cost.said["geocode_cpu_s"]
        millions = seen["pixels"] / 1e6, seen["observed"] / 1e6
        each = [inside / count for count in millions]
        rows.append([*millions, inside, *each, *_figures(cost)[1:]])
        bench.found[f"growth {megapixels}"] = asdict(cost) | seen
    head = ("Mpx", "of them observed", "CPU s", "CPU s/Mpx", "CPU s/observed Mpx", *COST_HEAD[1:])
    table(f"d. One frame, VV and VH, {bench.given.threads} threads", head, rows)
    Path(area["out"]).unlink(missing_ok=True)


def part_e(bench: Bench) -> None:
    """Ten scenes into stacks, and the same command again; disk beside it."""
    aoi = write_aoi(bench.work / "aoi.geojson", bench.centre, JOB_SIDE_M)
    area = bench.area(JOB_SIDE_M // 10, JOB_SIDE_M // 10) | {"scene": str(bench.safes[0])}
    window = run_task("source_window", area, bench.env).said
    first_line, last_line = window["line"], window["line"] + window["lines"]
    needed = first_line / window["height"], last_line / window["height"]
    rows, disk = [], []
    for name, files in (("folders", bench.safes), ("zips", bench.zips)):
        if len(files) < 2:
            continue
        work = bench.work / f"job_{name}"
        tiles, threads = bench.frames / "dem", bench.given.threads
        job = Job(bench.frames / name, tiles, aoi, work, threads, bench.env, needed)
        first, again, left_mb = run_job(job)
        pixels_mb = sum(path.stat().st_size for file in files for path in _pixel_files(file)) / 1e6
        for title, cost in (("run", first), ("again", again)):
            rows.append([f"{len(files)} {name}", title, *_figures(cost), cost.fetched_mb])
        disk.append([f"{len(files)} {name}", pixels_mb, first.disk_mb, left_mb])
        found = {"run": asdict(first), "again": asdict(again), "left_mb": left_mb}
        bench.found[f"job {name}"] = found
        shutil.rmtree(work)
    head = ("job", "", *COST_HEAD, "MB fetched from disk")
    table(f"e. 50 x 50 km into stacks, {bench.given.threads} threads", head, rows)
    print("\nBefore `again` the scenes are dropped from the page cache: what is read is fetched.")
    head = ("job", "source pixels MB", "peak of the output folder MB", "left MB")
    table(f"f. Disk, looked at every {measure.SAMPLE_S} s", head, disk)


def _figures(cost: Cost) -> tuple[float, float, float]:
    return cost.cpu_s, cost.wall_s, cost.family_mb


def _pixel_files(scene: Path) -> list[Path]:
    return list(scene.glob("measurement/*")) if scene.is_dir() else [scene]


def centre_of(safe: Path) -> tuple[float, float]:
    """Return longitude and latitude of the middle of the footprint."""
    text = (safe / "manifest.safe").read_text()
    match = re.search(r"<gml:coordinates>([^<]+)<", text)
    if match is None:
        raise SystemExit(f"{safe}: the manifest has no footprint")
    corners = [tuple(map(float, pair.split(","))) for pair in match[1].split()]
    lats, lons = zip(*corners, strict=True)
    return sum(lons) / len(lons), sum(lats) / len(lats)


PARTS = {"a": part_a, "b": part_b, "c": part_c, "d": part_d, "e": part_e}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    root = Path(__file__).resolve().parents[2]
    parser.add_argument("frames", type=Path, help="what frame.py made")
    parser.add_argument("--parts", default="a,b,c,d,e", help="which, such as a,c (f comes with e)")
    parser.add_argument("--runs", type=int, default=5, help="runs of which the median is taken")
    parser.add_argument("--threads", type=int, default=2, help="threads in parts d and e")
    parser.add_argument("--sarsen-python", type=Path)
    parser.add_argument("--package", type=Path, default=root, help="checkout to measure")
    parser.add_argument("--work", type=Path, help="scratch folder; default FRAMES/work")
    parser.add_argument("--json", type=Path, help="also write all figures here")
    given = parser.parse_args()
    bench = Bench(given)
    load = os.getloadavg()[0]
    version = platform.python_version()
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {load:.1f}, Python {version}")
    for name in sorted(set(given.parts.replace("f", "e").split(","))):
        PARTS[name](bench)
        if given.json:
            given.json.write_text(json.dumps(bench.found, indent=1, default=str))


if __name__ == "__main__":
    main()
