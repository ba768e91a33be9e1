"""What a struck job leaves, and how it ends, held against a job that nothing happened to."""

import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rasterio.errors import RasterioError

from landslidectl.files.atomic import PARTIAL_MARK
from tests.attacks.sameness import essence, leftovers, only_product, pixels, sums_hold
from tests.attacks.world import SmallJob

RECORD = "calls.json"
MORTAL = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")
"""Starts a process that may not write into folders that are read-only, whoever it belongs to."""


@dataclass(frozen=True)
class Yardstick:
    """The job that nothing happened to.

    Parameters
    ----------
    essence : mapping
        Of its product.
    pixels : mapping
        Digests of every raster that such a job ever has, intermediate ones included.
    seconds : float
        On the clock.
    calls : int
        That change what is on the disk.
    """

    essence: Mapping[str, Any]
    pixels: Mapping[str, str]
    seconds: float
    calls: int

    def ruin_faults(self, job: SmallJob) -> Iterator[str]:
        """Yield what is wrong with the ruins: files under final names must be whole."""
        yield from _catalog_faults(job)
        for name, digest in _pixels(job).items():
            if digest != self.pixels.get(name):
                yield f"{name} has its name and is not finished"
        for product in _products(job):
            if not sums_hold(product):
                yield f"{product.name} has its name and is not finished"

    def end_faults(self, job: SmallJob) -> Iterator[str]:
        """Yield what is wrong with the end: it must be that of the job nothing happened to."""
        yield from _catalog_faults(job)
        if len(_products(job)) != 1:
            yield f"{len(_products(job))} products"
            return
        found = essence(only_product(job.out))
        for name in sorted({*found, *self.essence}):
            if found.get(name) != self.essence.get(name):
                yield f"{name} differs from that of the job nothing happened to"
        if not sums_hold(only_product(job.out)):
            yield "the product's sums do not hold"
        if leftovers(job.out):
            yield f"left lying about: {leftovers(job.out)}"
        states = _query(job, "SELECT status FROM jobs ORDER BY rowid")
        if states[-1] != "succeeded" or set(states[:-1]) - {"interrupted", "failed", "succeeded"}:
            yield f"the catalog says {states}"


def measure(job: SmallJob) -> Yardstick:
    """Run a job that nothing happens to."""
    began = time.monotonic()
    process = start_struck(job, "kill", 0)
    _, errors = process.communicate()
    assert process.returncode == 0, errors
    seconds = time.monotonic() - began
    calls = int(json.loads((job.folder / RECORD).read_text())["calls"])
    whole, known = essence(only_product(job.out)), _pixels(job)
    ingested = replace(job, verb="ingest", options=("--overwrite",)).run()
    assert ingested.returncode == 0, ingested.stderr
    return Yardstick(whole, known | _pixels(job), seconds, calls)


def start_struck(job: SmallJob, blow: str, call: int, **variables: str) -> "subprocess.Popen[str]":
    """Start a job that a blow falls on before a call."""
    words = ["-m", "tests.attacks.deadly", blow, str(call), str(job.folder / RECORD)]
    prefix = MORTAL if blow == "deny" else ()
    return subprocess.Popen(
        [*prefix, sys.executable, *words, *job.command[3:]],
        cwd=job.folder,
        env=job.environment() | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def last_step(told: str) -> str:
    """Return which step was running when the stream of events broke off."""
    step = "start"
    for line in told.splitlines():
        try:
            event = json.loads(line)
        except ValueError:  # the line that a kill cut
            continue
        if event["type"] == "step_started":
            step = event["step"]
        elif event["type"] == "step_finished":
            step = f"after {event['step']}"
    return step


def _pixels(job: SmallJob) -> dict[str, str]:
    """Return digests of all rasters under their final names, product or not, by masked name."""
    found = {}
    for path in sorted(job.out.rglob("*.tif")) if job.out.is_dir() else ():
        name = path.relative_to(job.out).as_posix()
        if PARTIAL_MARK not in name:
            key = name if name.startswith(".work") else path.name.rpartition("_")[2]
            found[key] = _digest(path)
    return found


def _digest(path: Path) -> str:
    try:
        return pixels(path)
    except (RasterioError, OSError):
        return "cannot be read"


def _products(job: SmallJob) -> list[Path]:
    if not job.out.is_dir():
        return []
    return [path for path in job.out.iterdir() if path.is_dir() and path.name[:1] != "."]


def _catalog_faults(job: SmallJob) -> Iterator[str]:
    if not job.catalog.is_file():
        return
    for pragma in ("integrity_check", "foreign_key_check"):
        rows = [row for row in _query(job, f"PRAGMA {pragma}") if row != "ok"]
        if rows:
            yield f"the catalog fails its {pragma}: {rows[:3]}"


def _query(job: SmallJob, sql: str) -> list[Any]:
    connection = sqlite3.connect(job.catalog)
    try:
        return [row[0] for row in connection.execute(sql)]
    finally:
        connection.close()
