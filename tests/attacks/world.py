"""The smallest job that has every step, as a user types it, in a folder of its own."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from landslidectl.events import silent
from landslidectl.jobs.demo import plant_event
from landslidectl.simulation.spec import EventSpec
from tests.inference.tiny import Head, write_model

ROOT = Path(__file__).resolve().parent.parent.parent
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
MOST_S = 300.0


def plant(folder: Path) -> Path:
    """Write four small scenes, a DEM, an area and a tiny model; return the folder."""
    plant_event(folder, EventSpec(seed=5, size_km=1.5, n_pre=3), silent)
    write_model(folder / "models", Head(weights=(0.0, 0.0, 3.0, 3.0), bias=-1.0))
    return folder


@dataclass(frozen=True)
class SmallJob:
    """A planted folder and how the program is run in it.

    Parameters
    ----------
    folder : Path
        Where it runs.
    scenes, verb, options
        Of the command.
    volume : Path, optional
        Takes the output in place of the folder, and the catalog too if ``has_catalog_there``.
    variables : mapping
        More of the environment.
    without : tuple of str
        Variables that are not set.
    """

    folder: Path
    scenes: str = "scenes"
    volume: Path | None = None
    has_catalog_there: bool = False
    verb: str = "detect"
    options: tuple[str, ...] = ("--model", "tiny", "--device", "cpu")
    variables: Mapping[str, str] = field(default_factory=dict)
    without: tuple[str, ...] = ()

    @property
    def out(self) -> Path:
        return (self.volume or self.folder) / "out"

    @property
    def catalog(self) -> Path:
        here = self.volume if self.volume and self.has_catalog_there else self.folder
        return here / "state" / "catalog.db"

    @property
    def command(self) -> list[str]:
        words = ["-m", "landslidectl", self.verb, self.scenes, "--threads", "1", "--json", "-q"]
        output = ("--output", str(self.out)) if self.volume else ()
        return [sys.executable, *words, *self.options, *output]

    def environment(self) -> dict[str, str]:
        """Return an environment without anything of the caller's but the way to Python."""
        usual = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self.folder / "home"),
            "PYTHONPATH": str(ROOT),
            "LANDSLIDECTL_CATALOG": str(self.catalog),
            "LANDSLIDECTL_MODELS_DIR": str(self.folder / "models"),
            **dict.fromkeys(ONE_THREAD, "1"),
            **self.variables,
        }
        return {name: value for name, value in usual.items() if name not in self.without}

    def run(self, prefix: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
        """Run the job to its end."""
        return subprocess.run(
            [*prefix, *self.command],
            cwd=self.folder,
            env=self.environment(),
            capture_output=True,
            text=True,
            errors="backslashreplace",
            timeout=MOST_S,
            check=False,
        )


def copied(planted: Path, folder: Path) -> Path:
    """Copy a planted folder, links instead of bytes where the system allows it."""
    shutil.copytree(planted, folder, copy_function=_link_or_copy)
    return folder


def _link_or_copy(source: str, target: str) -> str:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
    return target
