"""The places that sites are drawn from: one cloud a label and pass.

A place is a point of the latent cube and the seed of its relief and cover. What happens there, its
slides, what else changes, its dates and their speckle, is new with every draw. The clouds were
fitted to the statistics of real labelled patches by `realism.fit_population`; the statistics are
those of "Classification for Landslide Detection", Zindi and ITU, CC BY-SA 4.0.
"""

import csv
import gzip
import io
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from landslidectl.errors import InputError
from landslidectl.files.atomic import atomic_path
from landslidectl.terms import Pass
from landslidectl.training.simulated.latents import AXES
from landslidectl.training.splits import Split

JITTER = 0.02
TENTHS = (Split.TRAIN,) * 7 + (Split.VALIDATION,) + (Split.TEST,) * 2
POPULATION = "simulator/population.csv.gz"
Group = tuple[bool, Pass]


@dataclass(frozen=True, slots=True)
class Places:
    """Points of the cube with the seeds of their relief and cover.

    Parameters
    ----------
    points : float64, (place, axis)
        In the order of `latents.AXES`.
    seeds : int64, (place,)
    """

    points: NDArray[np.float64]
    seeds: NDArray[np.int64]

    def __len__(self) -> int:
        return int(self.seeds.size)


@dataclass(frozen=True, slots=True)
class Population:
    """Clouds of places.

    Parameters
    ----------
    clouds : mapping of (landslide, pass) to Places
    """

    clouds: Mapping[Group, Places]

    def part(self, split: Split) -> "Population":
        """Return the places of one set: whatever is drawn from another has other places.

        Raises
        ------
        InputError
            If a cloud has none.
        """
        return Population(
            {group: _of_split(group, cloud, split) for group, cloud in self.clouds.items()}
        )

    def draw(
        self, rng: np.random.Generator, landslide: bool, direction: Pass
    ) -> tuple[NDArray[np.float64], int]:
        """Return a point near one of a cloud's, and the seed of its place."""
        cloud = self.clouds[landslide, direction]
        index = int(rng.integers(len(cloud)))
        point = cloud.points[index] + rng.normal(0.0, JITTER, cloud.points.shape[1])
        return reflected(point), int(cloud.seeds[index])


def _of_split(group: Group, cloud: Places, split: Split) -> Places:
    shares = [zlib.crc32(str(seed).encode()) % 10 for seed in cloud.seeds.tolist()]
    kept = np.array([TENTHS[share] is split for share in shares])
    if not kept.any():
        raise InputError(
            f"none of the {len(cloud)} places of {group} is for the {split.value} set",
            "Take a population with more places.",
        )
    return Places(cloud.points[kept], cloud.seeds[kept])


def uniform_population(places: int = 4096, seed: int = 1) -> Population:
    """Return what is thought possible before any data are seen."""
    rng = np.random.default_rng(seed)
    cloud = Places(rng.random((places, len(AXES))), rng.integers(0, 2**31, places))
    return Population({(label, way): cloud for label in (True, False) for way in Pass})


def reflected(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Bring points that have left the cube by less than its side back into it."""
    return np.asarray(1.0 - np.abs(1.0 - np.abs(points)))


def save_population(population: Population, out: Path) -> Path:
    """Write the clouds as a gzipped CSV table; the same clouds give the same bytes."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["landslide", "pass", "place", *AXES])
    for (landslide, direction), cloud in population.clouds.items():
        for point, seed in zip(cloud.points, cloud.seeds, strict=True):
            shares = (f"{value:.3f}" for value in point)
            writer.writerow([int(landslide), direction.value, int(seed), *shares])
    with atomic_path(out) as temporary:
        temporary.write_bytes(gzip.compress(text.getvalue().encode(), mtime=0))
    return out


def read_population(path: Path) -> Population:
    """Read what `save_population` wrote.

    Raises
    ------
    InputError
        If it cannot be read or has other axes.
    """
    found: dict[Group, list[dict[str, str]]] = {}
    try:
        text = gzip.decompress(path.read_bytes()).decode()
        for row in csv.DictReader(io.StringIO(text)):
            found.setdefault((bool(int(row["landslide"])), Pass(row["pass"])), []).append(row)
        clouds = {group: _places(rows) for group, rows in found.items()}
    except (OSError, EOFError, KeyError, ValueError) as error:
        raise InputError(
            f"{path}: not a population of sites: {error!r}",
            "Fit it again: python -m landslidectl.training realism.",
        ) from error
    missing = [
        (label, way) for label in (True, False) for way in Pass if (label, way) not in clouds
    ]
    if missing:
        raise InputError(f"{path}: holds no sites for {missing}", "Fit the population again.")
    return Population(clouds)


def _places(rows: list[dict[str, str]]) -> Places:
    points = np.array([[float(row[name]) for name in AXES] for row in rows])
    return Places(points, np.array([int(row["place"]) for row in rows], np.int64))
