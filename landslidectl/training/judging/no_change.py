"""What a model says of real data on which nothing slid: a stack of dates, and one patch.

The stack is public OPERA RTC-S1 (30 m, linear gamma nought) of a forest before a landslide. It says
little, and only about false alarms: see `LIMITS`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from landslidectl.detection.polygons import outline_regions
from landslidectl.errors import InputError
from landslidectl.evaluation.clusters import poisson_upper
from landslidectl.files.rasters import grid_of, open_raster
from landslidectl.grid import Grid
from landslidectl.inference.windows import bell, cut_windows, fill_missing, window_origins
from landslidectl.simulation.acquire import speckle
from landslidectl.stack.contract import StackContract
from landslidectl.stack.median import to_db

if TYPE_CHECKING:
    from landslidectl.inference.interpreter import Scorer

LIMITS = (
    "Ten dates of one place of 13.5 km2, mostly tropical forest, one orbit; pixels of 30 m "
    "interpolated to 10 m; gamma nought flattened for terrain, so the bright and dark hillsides "
    "that raise most false alarms are absent; despeckled, so that speckle had to be put back by "
    "simulation. Every date is held against the median of the nine others, so the maps are not "
    "independent. Few false alarms here are weak evidence."
)
NAME = re.compile(r"_(\d{8}T\d{6})Z_.*_(VV|VH)_tv_cropped\.tif$")
POLARISATIONS = ("VV", "VH")
STRIDE = 32
MIN_AREA_M2 = 2000.0
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0)
HISTOGRAM_BINS = 20
FIRST_BAND = {"descending": 4, "ascending": 8}
SPECKLE_SEED = 20240524
PIXEL_M = 10.0


@dataclass(frozen=True, slots=True)
class QuietStack:
    """Dates of one place on which nothing slid.

    Parameters
    ----------
    dates : tuple of str
        UTC, ascending.
    values : float32, (date, 2, row, col)
        Linear gamma nought of VV and VH on the 10 m grid.
    grid : Grid
        Of 10 m.
    """

    dates: tuple[str, ...]
    values: NDArray[np.float32]
    grid: Grid

    def bands(self, post: int, speckled: bool) -> NDArray[np.float32]:
        """Return the bands of a stack, (4, row, col) in dB: one date after, all others before.

        Parameters
        ----------
        post : int
            Which date.
        speckled : bool
            Whether simulated speckle of 4.4 looks is put on every date and polarisation first.
        """
        values = self.values
        if speckled:
            rng = np.random.default_rng([SPECKLE_SEED, post])
            shape = self.grid.shape
            noise = [speckle(rng, shape) for _ in range(2 * len(self.dates))]
            values = values * np.stack(noise).reshape(values.shape)
        decibel = to_db(values, StackContract().noise_floor_db)
        before = np.median(np.delete(decibel, post, axis=0), axis=0)
        return np.concatenate([decibel[post], decibel[post] - before]).astype(np.float32)


def read_quiet_stack(folder: Path) -> QuietStack:
    """Read the despeckled VV and VH rasters of a folder and bring them to 10 m.

    Raises
    ------
    InputError
        If fewer than three dates have both, or the grids differ.
    """
    files: dict[str, dict[str, Path]] = {}
    for path in sorted(folder.glob("*.tif")):
        if match := NAME.search(path.name):
            files.setdefault(match[1], {})[match[2]] = path
    whole = {date: pair for date, pair in files.items() if set(pair) == set(POLARISATIONS)}
    if len(whole) < 3:
        raise InputError(
            f"{folder}: {len(whole)} dates have both *_VV_tv_cropped.tif and *_VH_tv_cropped.tif",
            "Three dates or more are needed.",
        )
    rasters, grids = [], set()
    for pair in whole.values():
        for name in POLARISATIONS:
            with open_raster(pair[name]) as dataset:
                rasters.append(np.asarray(dataset.read(1), dtype=np.float32))
                grids.add(grid_of(dataset))
    if len(grids) != 1:
        raise InputError(f"{folder}: the rasters lie on {len(grids)} grids", "One is needed.")
    coarse = grids.pop()
    factor = round(coarse.pixel_m / PIXEL_M)
    fine = np.stack([finer(raster, factor) for raster in rasters])
    rows, cols = fine.shape[1:]
    grid = Grid(coarse.epsg, coarse.left, coarse.top, coarse.pixel_m / factor, rows, cols)
    return QuietStack(tuple(whole), fine.reshape(-1, 2, rows, cols), grid)


def judge_quiet_stack(scorer: "Scorer", stack: QuietStack) -> dict[str, Any]:
    """Map every date of a stack on which nothing slid, as it is and with speckle put back.

    Returns
    -------
    dict
        JSON-ready, for ``speckled`` and ``despeckled``: windows and how many reach the model's
        threshold, quantiles and histogram of their scores, regions of at least 2,000 m2 at the
        threshold, and false alarms per 100 km2 with the upper end of a 95 % Poisson interval.
    """
    record: dict[str, Any] = {
        "dates": list(stack.dates),
        "area_km2": round(stack.grid.area_km2, 4),
        "limits": LIMITS,
    }
    for name in ("speckled", "despeckled"):
        maps = [
            _scored(scorer, stack.bands(post, name == "speckled"))
            for post in range(len(stack.dates))
        ]
        record[name] = _figures(maps, stack.grid, scorer.model.threshold)
    return record


def judge_real_patch(
    scorer: "Scorer", path: Path, others: NDArray[np.float32] | None = None
) -> dict[str, Any]:
    """Score the one real patch, which is not a landslide, as seen by both passes.

    Parameters
    ----------
    scorer : Scorer
    path : Path
        ``.npy``, (64, 64, 12): bands 5-8 descending and 9-12 ascending, in dB.
    others : float32, (patch,), optional
        Scores of simulated patches without landslides, to place the scores among.

    Raises
    ------
    InputError
        If the file is no such patch.
    """
    try:
        pixels = np.load(path, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not a patch: {error}", "Give an .npy file.") from error
    if pixels.shape != (scorer.model.window, scorer.model.window, 12):
        raise InputError(f"{path}: has the shape {pixels.shape}", "A patch is (64, 64, 12).")
    names = ("post_VV", "post_VH", "diff_VV", "diff_VH")
    chosen = [names.index(name) for name in scorer.model.bands.band_names]
    record: dict[str, Any] = {"label": 0, "threshold": scorer.model.threshold}
    for name, first in FIRST_BAND.items():
        window = pixels[np.newaxis, ..., [first + band for band in chosen]].astype(np.float32)
        score = float(scorer.score(window)[0])
        record[name] = {"score": round(score, 5), "over": score >= scorer.model.threshold}
        if others is not None and others.size:
            record[name]["share_of_simulated_others_below"] = round(
                float((others < score).mean()), 4
            )
    return record


def finer(raster: NDArray[np.float32], factor: int) -> NDArray[np.float32]:
    """Interpolate linearly to pixels ``factor`` times smaller; edges repeat."""
    result = raster
    for axis in (0, 1):
        size = result.shape[axis]
        place = np.clip((np.arange(size * factor) + 0.5) / factor - 0.5, 0, size - 1)
        low = np.minimum(place.astype(np.intp), max(size - 2, 0))
        part = np.expand_dims((place - low).astype(np.float32), 1 - axis)
        high = np.minimum(low + 1, size - 1)
        result = result.take(low, axis) * (1 - part) + result.take(high, axis) * part
    return result


def _scored(
    scorer: "Scorer", bands: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Return the scores of the windows and the blended map, as `inference.score` makes them."""
    side, names = scorer.model.window, ("post_VV", "post_VH", "diff_VV", "diff_VH")
    chosen = bands[[names.index(name) for name in scorer.model.bands.band_names]]
    rows, cols = chosen.shape[1:]
    columns = window_origins(cols, side, STRIDE)
    weight = np.outer(bell(side), bell(side))
    sums = np.zeros((2, rows, cols))
    scores = []
    for row in window_origins(rows, side, STRIDE):
        windows = fill_missing(cut_windows(chosen[:, row : row + side], columns, side))
        found = scorer.score(windows)
        scores.append(found)
        for col, score in zip(columns, found, strict=True):
            place = slice(row, row + side), slice(col, col + side)
            sums[0][place] += weight * float(score)
            sums[1][place] += weight
    return np.concatenate(scores), sums[0] / sums[1]


def _figures(
    maps: Sequence[tuple[NDArray[np.float32], NDArray[np.float64]]], grid: Grid, threshold: float
) -> Mapping[str, Any]:
    scores = np.concatenate([found for found, _ in maps])
    regions = sum(len(regions) for regions in _regions(maps, grid, threshold))
    looked_km2 = len(maps) * grid.area_km2
    counts, _ = np.histogram(scores, HISTOGRAM_BINS, (0.0, 1.0))
    return {
        "threshold": threshold,
        "windows": int(scores.size),
        "windows_over": int((scores >= threshold).sum()),
        "quantiles": {
            f"{part:g}": round(float(np.quantile(scores, part)), 5) for part in QUANTILES
        },
        "histogram": counts.tolist(),
        "maps": len(maps),
        "looked_at_km2": round(looked_km2, 3),
        "regions": regions,
        "false_per_100_km2": round(100.0 * regions / looked_km2, 3),
        "false_per_100_km2_at_most": round(100.0 * poisson_upper(regions) / looked_km2, 3),
    }


def _regions(
    maps: Sequence[tuple[NDArray[np.float32], NDArray[np.float64]]], grid: Grid, threshold: float
) -> Iterator[list[Any]]:
    for _, blended in maps:
        yield outline_regions(np.ascontiguousarray(blended >= threshold), grid, MIN_AREA_M2)
