"""What could be told from the change inside a slide's footprint, if the footprint were known.

A network must find the slide; an oracle is shown its pixels and needs only to weigh the change in
them. How often it puts a patch with the slide above the same patch without bounds what any network
can reach, since where a slide changes less than speckle does, nobody can tell.

With the speckle the same on both sides and changes as often up as down, the best rule of all is the
one under which the patch without the slide looks more like no change: the change inside the
footprint, weighed by the inverse of the covariance that no-change pixels have. Three such rules are
made here, and the strongest of them on the very pairs is the oracle, which favours the oracle:

- ``energy``: mean square of diff VV and diff VH, whitened by their covariance pixel by pixel;
- ``whitened``: the same with the covariance between pixels, as speckle is alike in neighbours;
- ``trained``: the weights of those two and of mean, square and spread of each band that order most
  pairs, fitted on other events. It may use that slides do not change up and down alike.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from landslidectl.evaluation.logistic import fit_logistic

MOST_TWINS = 400
MOST_PIXELS = 200
NUGGET = 0.02
FOLDS = 5
RIDGE = 1e-4
MOST_STEPS = 60
CLOSE = 1e-6

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Footprints:
    """The change bands of pairs, and where their slides lie.

    Parameters
    ----------
    slid, bare : floating, (pair, row, col, band)
        Change in dB with the slide and without.
    inside : bool, (pair, row, col)
        Pixels of the slide that the radar sees; at least one a pair.
    seed : int, (pair,)
        Event of each pair.
    """

    slid: NDArray[np.floating]
    bare: NDArray[np.floating]
    inside: NDArray[np.bool_]
    seed: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class NoChange:
    """How the change bands vary where nothing slid.

    Parameters
    ----------
    mean : float64, (band,)
    covariance : float64, (band, band, 2 * row - 1, 2 * col - 1)
        By the distance of two pixels, zero distance in the middle.
    """

    mean: Array
    covariance: Array

    @classmethod
    def of(cls, bare: NDArray[np.floating]) -> "NoChange":
        """Estimate from patches without slides, (patch, row, col, band)."""
        chosen = np.linspace(0, len(bare) - 1, min(len(bare), MOST_TWINS)).round().astype(np.intp)
        values = bare[np.unique(chosen)].astype(np.float64)
        mean = values.mean(axis=(0, 1, 2))
        rows, cols, bands = values.shape[1:]
        shape = (2 * rows, 2 * cols)
        total = np.zeros((bands, bands, *shape))
        for patch in values:
            field = np.fft.rfft2((patch - mean).transpose(2, 0, 1), s=shape)
            cross = field[:, np.newaxis] * np.conj(field[np.newaxis])
            total += np.fft.irfft2(cross, s=shape)
        total /= len(values) * rows * cols
        centred = np.fft.fftshift(total, axes=(2, 3))[:, :, 1:, 1:]
        return cls(mean, centred)

    @property
    def at_a_pixel(self) -> Array:
        """Return the covariance of the bands in one pixel."""
        middle = (self.covariance.shape[2] // 2, self.covariance.shape[3] // 2)
        return np.asarray(self.covariance[:, :, middle[0], middle[1]])

    def between(self, row: NDArray[np.intp], col: NDArray[np.intp]) -> Array:
        """Return the covariance of all bands of some pixels, (pixel * band, pixel * band)."""
        middle = (self.covariance.shape[2] // 2, self.covariance.shape[3] // 2)
        down = row[:, np.newaxis] - row + middle[0]
        right = col[:, np.newaxis] - col + middle[1]
        blocks = self.covariance[:, :, down, right]
        bands, pixels = blocks.shape[0], row.size
        whole = blocks.transpose(0, 2, 1, 3).reshape(bands * pixels, bands * pixels)
        nugget = np.repeat(NUGGET * np.diag(self.at_a_pixel), pixels)
        return np.asarray(whole + np.diag(nugget))


def oracle_scores(pairs: Footprints) -> dict[str, tuple[Array, Array]]:
    """Return for every rule the scores with the slides and without, (pair,) each."""
    quiet = NoChange.of(pairs.bare)
    features = np.array([_features(pairs, index, quiet) for index in range(len(pairs.seed))])
    slid, bare = features[:, 0], features[:, 1]
    weights = _weights(slid - bare, pairs.seed)
    return {
        "energy": (slid[:, 0], bare[:, 0]),
        "whitened": (slid[:, 1], bare[:, 1]),
        "trained": (np.sum(slid * weights, axis=1), np.sum(bare * weights, axis=1)),
    }


def share_higher(slid: NDArray[np.floating], bare: NDArray[np.floating]) -> Array:
    """Return 1 where the score is higher with the slide, 0 where it is lower, 0.5 at ties."""
    gain = slid.astype(np.float64) - bare
    return np.where(gain > 0, 1.0, np.where(gain == 0, 0.5, 0.0))


def _features(pairs: Footprints, index: int, quiet: NoChange) -> Array:
    """Return what is known of the footprint with the slide and without, (2, feature)."""
    row, col = np.nonzero(pairs.inside[index])
    sides = np.stack([pairs.slid[index][row, col], pairs.bare[index][row, col]])
    change = sides.astype(np.float64) - quiet.mean
    inverse = np.linalg.inv(quiet.at_a_pixel)
    energy = np.einsum("spb,bc,spc->sp", change, inverse, change).mean(axis=1)
    few = np.unique(np.linspace(0, row.size - 1, min(row.size, MOST_PIXELS)).round().astype(int))
    flat = change[:, few].transpose(0, 2, 1).reshape(2, -1)
    solved = _solved(quiet.between(row[few], col[few]), flat)
    whitened = (flat * solved).sum(axis=1) / flat.shape[1]
    mean, spread = change.mean(axis=1), change.std(axis=1)
    columns = [energy, whitened, np.sqrt(energy), np.sqrt(np.maximum(whitened, 0.0))]
    columns += [part[:, band] for band in range(mean.shape[1]) for part in (mean, spread)]
    columns += [np.abs(mean[:, band]) for band in range(mean.shape[1])]
    return np.stack(columns, axis=1)


def _solved(covariance: Array, sides: Array) -> Array:
    """Return the inverse covariance times each side, (side, n), by conjugate gradients.

    Without the threads of a linear algebra library: they spin while other processes run, which
    makes thousands of small systems a hundred times slower.
    """
    result = np.zeros_like(sides)
    residual, direction = sides.copy(), sides.copy()
    size = (residual**2).sum(axis=1)
    enough = CLOSE * size
    for _ in range(MOST_STEPS):
        if (size <= enough).all():
            break
        moved = np.einsum("ij,sj->si", covariance, direction)
        slope = (direction * moved).sum(axis=1)
        step = np.divide(size, slope, out=np.zeros_like(size), where=slope > 0)
        result += step[:, np.newaxis] * direction
        residual -= step[:, np.newaxis] * moved
        before, size = size, (residual**2).sum(axis=1)
        kept = np.divide(size, before, out=np.zeros_like(size), where=before > 0)
        direction = residual + kept[:, np.newaxis] * direction
    return result


def _weights(gain: Array, seed: NDArray[np.int32]) -> Array:
    """Return for every pair the weights that order most pairs of other events."""
    scaled = gain / np.maximum(gain.std(axis=0), 1e-9)
    _, event = np.unique(seed, return_inverse=True)
    fold = event % FOLDS if event.max(initial=0) > 0 else np.arange(event.size) % FOLDS
    weights = np.ones_like(gain)
    for number in np.unique(fold):
        others = fold != number
        if not others.any():
            continue
        signs = np.where(np.arange(int(others.sum())) % 2 == 0, 1.0, -1.0)
        rows = scaled[others] * signs[:, np.newaxis]
        found = fit_logistic(rows, signs > 0, np.ones(signs.size), RIDGE)
        weights[fold == number] = found / np.maximum(gain.std(axis=0), 1e-9)
    return weights
