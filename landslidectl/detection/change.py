"""How far the ground of one place departs from the ground around it: change bands, whitened.

A difference in dB says little by itself: moisture shifts whole slopes, forest is restless, VV and
VH move together. So the bands of every track are held against the mean and the covariance of the
steady ground near by, and what remains has zero mean, unit variance and no correlation where
nothing slid, whichever the track, the cover or the number of scenes.

Source: whitened change vectors as in multivariate alteration detection, Nielsen, Conradsen and
Simpson (1998), doi:10.1016/S0034-4257(97)00162-4, here with local statistics; outliers are cut in
rounds as in sigma clipping.
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from landslidectl.detection.pool import DISTORTED
from landslidectl.detection.smoothing import NO_WEIGHT, box, local_mean
from landslidectl.files.rasters import open_raster, rasterio_window

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from landslidectl.grid import Window
    from landslidectl.stack.stack import Stack

    Baseline = Callable[[Window], Sequence[NDArray[np.float32]]]

GROUND_RADIUS_PX = 25
CUT_SIGMAS = 2.5
CUT_SHRINKS = 0.93
"""Standard deviation that repeated cutting leaves of one."""

ROUNDS = 3
DETECTED_WEIGHT = 0.1
"""What a detected pixel counts when the ground is described; alone it must do."""

MEDIAN_CHI2 = 0.4549
FLOOR_DB2 = 1e-3
MOST_SHARED = 0.95


@dataclass(frozen=True, slots=True)
class Change:
    """The whitened change of one place, a layer a polarisation of every track.

    Parameters
    ----------
    layers : NDArray
        float32 (layer, row, col): standard deviations of steady ground; 0 where not observed.
    weights : NDArray
        float32 (layer, row, col): 1 where the track sees the pixel clearly, or in layover or shadow
        where no track does better; else 0.
    """

    layers: "NDArray[np.float32]"
    weights: "NDArray[np.float32]"

    @property
    def observed(self) -> "NDArray[np.bool_]":
        """Return where at least one track counts."""
        return np.asarray((self.weights > 0.0).any(axis=0))


class ChangeReader:
    """Open change bands of one job, asked place by place; use it as a context manager.

    Parameters
    ----------
    stacks : sequence of Stack
        One a track, all on one grid.
    baseline : callable, optional
        Gives what is taken from the changes of a window, a track at a time, sorted by track.
    """

    def __init__(self, stacks: "Sequence[Stack]", baseline: "Baseline | None" = None) -> None:
        self._stacks = sorted(stacks, key=lambda stack: stack.track)
        self._baseline = baseline
        self._files = ExitStack()

    def __enter__(self) -> "ChangeReader":
        self._tracks = [
            (
                self._files.enter_context(open_raster(stack.values_path)),
                self._files.enter_context(open_raster(stack.quality_path)),
                [
                    number
                    for number, name in enumerate(stack.bands.band_names, start=1)
                    if name.startswith("diff_")
                ],
            )
            for stack in self._stacks
        ]
        return self

    def __exit__(self, *failure: object) -> None:
        self._files.close()

    def of(self, window: "Window", detected: "NDArray[np.bool_]") -> Change:
        """Return the change inside a window.

        Parameters
        ----------
        window : Window
        detected : NDArray
            bool of the window's shape: where landslides are suspected.
        """
        part = rasterio_window(window)
        differences = [values.read(bands, window=part) for values, _, bands in self._tracks]
        if self._baseline is not None:
            levels = self._baseline(window)
            differences = [own - level for own, level in zip(differences, levels, strict=True)]
        quality = [bits.read(1, window=part) for _, bits, _ in self._tracks]
        return change_of(differences, quality, detected)


def change_of(
    differences: "Sequence[NDArray[np.float32]]",
    quality: "Sequence[NDArray[np.uint8]]",
    detected: "NDArray[np.bool_]",
) -> Change:
    """Whiten the change bands of several tracks.

    Parameters
    ----------
    differences : sequence of NDArray
        A track: float32 (polarisation, row, col), post minus pre in dB, NaN = not observed.
    quality : sequence of NDArray
        A track: uint8 (row, col), `Quality` bits.
    detected : NDArray
        bool (row, col): counts little when the steady ground is described.
    """
    observed = np.stack([np.isfinite(bands).all(axis=0) for bands in differences])
    clear = observed & ((np.stack(quality) & int(DISTORTED)) == 0)
    used = np.where(clear.any(axis=0), clear, observed)
    layers, weights = [], []
    for bands, seen, counted in zip(differences, observed, used, strict=True):
        white = whitened(bands, seen, detected)
        layers.append(white)
        weights.append(np.repeat(counted[None].astype(np.float32), len(white), axis=0))
    return Change(np.concatenate(layers), np.concatenate(weights))


def whitened(
    bands: "NDArray[np.float32]", observed: "NDArray[np.bool_]", detected: "NDArray[np.bool_]"
) -> "NDArray[np.float32]":
    """Subtract the mean of the ground around and divide by the root of its covariance.

    Parameters
    ----------
    bands : NDArray
        float32 (band, row, col), dB; one or two bands.
    observed, detected : NDArray
        bool (row, col).
    """
    values = [np.where(observed, band, np.float32(0.0)).astype(np.float32) for band in bands]
    start = np.where(detected, np.float32(DETECTED_WEIGHT), np.float32(1.0)) * observed
    weights = start
    for _ in range(ROUNDS):
        centred, deviations = _against_ground(values, weights)
        steady = np.ones(observed.shape, dtype=bool)
        for value, deviation in zip(centred, deviations, strict=True):
            steady &= np.abs(value) < CUT_SIGMAS * deviation
        weights = start * steady
    white = [
        value / deviation * CUT_SHRINKS
        for value, deviation in zip(centred, deviations, strict=True)
    ]
    if len(white) == 2:
        products = ((0, 1), (0, 0), (1, 1))
        mixed, first, second = (_ground(white[i] * white[j], weights) for i, j in products)
        together = mixed / np.sqrt(np.maximum(first * second, np.float32(NO_WEIGHT)))
        shared = np.clip(together, -MOST_SHARED, MOST_SHARED)
        white[1] = (white[1] - shared * white[0]) / np.sqrt(1.0 - shared**2)
    return np.stack([np.where(observed, layer, 0.0) for layer in white]).astype(np.float32)


def smoothed(change: Change, sigma_px: float, steady: "NDArray[np.bool_]") -> Change:
    """Smooth every layer and bring it back to unit variance on steady ground.

    Speckle is correlated from pixel to pixel, so how much smoothing takes away is measured: the
    median of squares, which landslides hardly move.
    """
    layers = []
    for layer, weight in zip(change.layers, change.weights, strict=True):
        mean = local_mean(layer, weight, sigma_px)
        basis = mean[(weight > 0.0) & steady]
        basis = basis if basis.size else mean[weight > 0.0]
        scale = float(np.median(basis**2)) / MEDIAN_CHI2 if basis.size else 1.0
        layers.append(mean / np.float32(np.sqrt(max(scale, NO_WEIGHT))))
    return Change(np.stack(layers).astype(np.float32), change.weights)


def energy(change: Change) -> "NDArray[np.float32]":
    """Return the mean square over the layers that count: 1 on steady ground, either sign alike."""
    total = (change.layers**2 * change.weights).sum(axis=0)
    return np.asarray(total / np.maximum(change.weights.sum(axis=0), 1.0), dtype=np.float32)


def sigmas(change: Change, strength: "NDArray[np.float32]") -> "NDArray[np.float32]":
    """Return how many standard deviations of noise an energy lies above what noise has.

    The mean of k squared standard normals is close to normal after the cube root; k is the number
    of layers that count, so an energy says the same whether one track sees a pixel or three.

    Source: Wilson and Hilferty (1931), doi:10.1073/pnas.17.12.684.
    """
    scatter = 2.0 / (9.0 * np.maximum(change.weights.sum(axis=0), 1.0))
    return np.asarray((np.cbrt(strength) - (1.0 - scatter)) / np.sqrt(scatter), np.float32)


def _against_ground(
    values: "list[NDArray[np.float32]]", weights: "NDArray[np.float32]"
) -> "tuple[list[NDArray[np.float32]], list[NDArray[np.float32]]]":
    """Return the values less the mean of the ground around, and its standard deviation."""
    centred = [value - _ground(value, weights) for value in values]
    variances = [_ground(value**2, weights) for value in centred]
    return centred, [np.sqrt(np.maximum(item, np.float32(FLOOR_DB2))) for item in variances]


def _ground(values: "NDArray[np.float32]", weights: "NDArray[np.float32]") -> "NDArray[np.float32]":
    total = box(box(weights, GROUND_RADIUS_PX), GROUND_RADIUS_PX)
    found = box(box(values * weights, GROUND_RADIUS_PX), GROUND_RADIUS_PX)
    return np.asarray(found / np.maximum(total, np.float32(NO_WEIGHT)), dtype=np.float32)
