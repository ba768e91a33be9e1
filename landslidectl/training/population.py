"""The places that sites are drawn from: points of the latent cube, one cloud a label and pass.

The clouds were fitted to the statistics of real labelled patches by `realism.fit_population`; the
statistics are those of "Classification for Landslide Detection", Zindi and ITU, CC BY-SA 4.0.
"""

import csv
import gzip
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from landslidectl.errors import InputError
from landslidectl.files.atomic import atomic_path
from landslidectl.terms import Pass
from landslidectl.training.latents import AXES

JITTER = 0.03
Group = tuple[bool, Pass]


@dataclass(frozen=True, slots=True)
class Population:
    """Clouds of latent points.

    Parameters
    ----------
    clouds : mapping of (landslide, pass) to float64, (point, axis)
        In the order of `latents.AXES`.
    """

    clouds: Mapping[Group, NDArray[np.float64]]

    def draw(
        self, rng: np.random.Generator, landslide: bool, direction: Pass
    ) -> NDArray[np.float64]:
        """Return a point near one of a cloud's."""
        cloud = self.clouds[landslide, direction]
        point = cloud[int(rng.integers(len(cloud)))]
        return reflected(point + rng.normal(0.0, JITTER, point.size))


def uniform_population(points: int = 4096, seed: int = 1) -> Population:
    """Return what is thought possible before any data are seen."""
    cloud = np.random.default_rng(seed).random((points, len(AXES)))
    return Population({(label, way): cloud for label in (True, False) for way in Pass})


def reflected(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Bring points that have left the cube by less than its side back into it."""
    return np.asarray(1.0 - np.abs(1.0 - np.abs(points)))


def save_population(population: Population, out: Path) -> Path:
    """Write the clouds as a gzipped CSV table; the same clouds give the same bytes."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["landslide", "pass", *AXES])
    for (landslide, direction), cloud in population.clouds.items():
        for point in cloud:
            writer.writerow([int(landslide), direction.value, *(f"{value:.3f}" for value in point)])
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
    try:
        rows = list(csv.DictReader(io.StringIO(gzip.decompress(path.read_bytes()).decode())))
        clouds: dict[Group, list[list[float]]] = {}
        for row in rows:
            group = bool(int(row["landslide"])), Pass(row["pass"])
            clouds.setdefault(group, []).append([float(row[name]) for name in AXES])
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
    return Population({group: np.array(points) for group, points in clouds.items()})
