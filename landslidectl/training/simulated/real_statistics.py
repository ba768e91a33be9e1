"""Statistics of real labelled patches, and the same statistics of patches made here.

The public table gives of every patch, pass and band six numbers and no pixels: "Classification for
Landslide Detection", Zindi and ITU, CC BY-SA 4.0. Bands 5-8 are the descending and bands 9-12 the
ascending post VV, post VH, diff VV and diff VH in dB.
"""

import csv
import gzip
import io
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landslidectl.errors import InputError

STATISTICS = ("mean", "std", "min", "max", "kurt", "skew")
BANDS = ("post_VV", "post_VH", "diff_VV", "diff_VH")
NAMES = tuple(f"{band}_{statistic}" for band in BANDS for statistic in STATISTICS)
FIRST_BAND = {"descending": 5, "ascending": 9}
SPLIT_SEED = 20261122
CHUNK = 256


@dataclass(frozen=True, slots=True)
class RealTable:
    """Rows of the table, each one real patch seen by both passes.

    Parameters
    ----------
    labels : bool, (row,)
        Landslide or not.
    descending, ascending : float32, (row, 24)
        In the order of `NAMES`.
    """

    labels: NDArray[np.bool_]
    descending: NDArray[np.float32]
    ascending: NDArray[np.float32]

    def __len__(self) -> int:
        return int(self.labels.size)

    def of_pass(self, ascending: bool) -> NDArray[np.float32]:
        """Return the statistics of one pass."""
        return self.ascending if ascending else self.descending

    def taken(self, indexes: NDArray[Any]) -> "RealTable":
        """Return the rows at ``indexes`` (numbers or a mask)."""
        return RealTable(self.labels[indexes], self.descending[indexes], self.ascending[indexes])


def read_table(path: Path) -> RealTable:
    """Read the table, gzipped or not.

    Raises
    ------
    InputError
        If it cannot be read, or a column is missing or holds something else than numbers.
    """
    try:
        content = path.read_bytes()
        text = (gzip.decompress(content) if path.suffix == ".gz" else content).decode()
        rows = list(csv.DictReader(io.StringIO(text)))
        labels = np.array([int(row["label"]) for row in rows], dtype=bool)
        passes = {name: _columns(rows, first) for name, first in FIRST_BAND.items()}
    except (OSError, EOFError, zlib.error, KeyError, ValueError) as error:
        raise InputError(
            f"{path}: not a table of patch statistics: {error!r}",
            "It needs the columns label and band5_mean to band12_skew.",
        ) from error
    if not 0 < int(labels.sum()) < labels.size:
        raise InputError(
            f"{path}: has {int(labels.sum())} landslide rows of {labels.size}",
            "Both kinds are needed.",
        )
    return RealTable(labels, passes["descending"], passes["ascending"])


def split_table(
    table: RealTable, seed: int = SPLIT_SEED
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the rows for calibration and the rows for the test, ascending, half of each label.

    The table has no event numbers, so both halves share events: figures on the test half are
    optimistic for an event that is new.
    """
    rng = np.random.default_rng(seed)
    halves: tuple[list[NDArray[np.intp]], list[NDArray[np.intp]]] = ([], [])
    for label in (True, False):
        rows = rng.permutation(np.flatnonzero(table.labels == label))
        middle = rows.size // 2
        halves[0].append(rows[:middle])
        halves[1].append(rows[middle:])
    return np.sort(np.concatenate(halves[0])), np.sort(np.concatenate(halves[1]))


def statistics_of(windows: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return the 24 statistics of windows, in the order of `NAMES`.

    Parameters
    ----------
    windows : floating, (patch, row, col, band)
        dB, bands as in `BANDS`, no NaN.

    Returns
    -------
    float32, (patch, 24)
        Standard deviation of the population, Fisher's kurtosis and skewness without correction for
        bias, as the table has them; both are 0 in a band without any spread.
    """
    parts = [_statistics(windows[first : first + CHUNK]) for first in range(0, len(windows), CHUNK)]
    return np.concatenate(parts) if parts else np.empty((0, len(NAMES)), dtype=np.float32)


def _statistics(windows: NDArray[np.floating]) -> NDArray[np.float32]:
    count, bands = windows.shape[0], windows.shape[-1]
    flat = windows.reshape(count, -1, bands).transpose(0, 2, 1)
    values = np.ascontiguousarray(flat, dtype=np.float32)
    mean = values.mean(axis=2)
    lowest, highest = values.min(axis=2), values.max(axis=2)
    values -= mean[..., np.newaxis]
    squares = values * values
    second = squares.mean(axis=2)
    third = np.einsum("nbp,nbp->nb", squares, values) / values.shape[2]
    fourth = np.einsum("nbp,nbp->nb", squares, squares) / values.shape[2]
    spread = np.where(second > 0, second, 1.0)
    kurtosis = np.where(second > 0, fourth / spread**2 - 3.0, 0.0)
    skewness = np.where(second > 0, third / spread**1.5, 0.0)
    columns = (mean, np.sqrt(second), lowest, highest, kurtosis, skewness)
    return np.stack(columns, axis=2).reshape(count, -1).astype(np.float32)


def _columns(rows: list[dict[str, str]], first: int) -> NDArray[np.float32]:
    names = [f"band{first + band}_{name}" for band in range(len(BANDS)) for name in STATISTICS]
    return np.array([[float(row[name]) for name in names] for row in rows], dtype=np.float32)
