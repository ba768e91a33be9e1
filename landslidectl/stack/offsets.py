"""Constant offsets in dB between dates, platforms and the two sides of an event.

Wet snow, heavy rain or a calibration error shifts the backscatter of a whole scene. What shifts
all land alike is no landslide, and it stands out in the median over a thin, regular sample of
pixels: a landslide event changes a few percent of them.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from landslidectl.events import Warned
from landslidectl.grid import Grid, Window
from landslidectl.stack.median import median_db, to_db
from landslidectl.terms import Polarisation, utc_instant

if TYPE_CHECKING:
    from numpy.typing import NDArray

SAMPLES = 100_000
"""Most pixels sampled: the median of differences of two 4-look scenes is then good to 0.02 dB."""
MIN_SAMPLES = 400
"""With fewer the median is worse than 0.2 dB, and nothing is said."""
DATE_DB = 0.7
"""Sentinel-1 GRD is stable to 0.3 to 0.5 dB (3 sigma): more is weather, or a fault."""
PLATFORM_DB = 0.5
"""Between platforms, averaged over dates; they are calibrated to each other within 0.3 dB."""
SIDE_DB = 1.0
"""Between the medians of both sides: seasons and soil moisture account for less."""
DARK_FLOOR_DB = -60.0
"""Only keeps logarithms finite: pixels near the noise are left out anyway."""
NOISE_DB = {Polarisation.VV: -18.0, Polarisation.HH: -18.0}
CROSS_NOISE_DB = -25.0
"""Darker ground, water among it, is noise more than backscatter; other polarisations."""


@dataclass(frozen=True, slots=True)
class AcquisitionOffset:
    """How much brighter one acquisition is than the others of its side.

    Parameters
    ----------
    scene_id : str
        Its first slice.
    platform : str
        ``S1A`` and so on.
    start : datetime
        Aware UTC.
    offset_db : tuple of float or None
        One a polarisation; None where too few pixels could be compared.
    """

    scene_id: str
    platform: str
    start: datetime
    offset_db: tuple[float | None, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the fields, JSON-ready."""
        return {
            "scene_id": self.scene_id,
            "platform": self.platform,
            "start": self.start.isoformat(),
            "offset_db": list(self.offset_db),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "AcquisitionOffset":
        """Rebuild an offset from `as_dict`."""
        return cls(
            str(values["scene_id"]),
            str(values["platform"]),
            utc_instant(values["start"]),
            optional_floats(values["offset_db"]),
        )


def optional_floats(values: Iterable[float | None]) -> tuple[float | None, ...]:
    """Return numbers from JSON, where null stands for an offset that could not be measured."""
    return tuple(None if value is None else float(value) for value in values)


def noise_of(polarisation: Polarisation) -> float:
    """Return the dB below which ground is too dark to be compared."""
    return NOISE_DB.get(polarisation, CROSS_NOISE_DB)


def sample_step(grid: Grid) -> int:
    """Return the distance of sampled rows and columns, so that at most `SAMPLES` pixels result."""
    return max(1, math.ceil(math.sqrt(grid.rows * grid.cols / SAMPLES)))


def sample_slices(window: Window, step: int) -> tuple[slice, slice]:
    """Return the sampled rows and columns of a window; windows that tile a grid share the lattice.

    Returns
    -------
    tuple of slice
        Relative to the window.
    """
    return slice(-window.row % step, None, step), slice(-window.col % step, None, step)


def acquisition_offsets(
    samples: "NDArray[np.float32]", polarisations: Sequence[Polarisation]
) -> tuple[tuple[float | None, ...], ...]:
    """Measure the offset of every acquisition from the others.

    For each pair of acquisitions the median of their difference in dB is taken over the pixels
    that both observe and that are brighter than noise; an acquisition's offset is the median of
    its differences to all, itself included. With two acquisitions each gets half of the
    difference: which of them is unusual cannot be told.

    Parameters
    ----------
    samples : float32 array of shape (acquisition, polarisation, sample)
        Linear, NaN not observed.
    polarisations : sequence of Polarisation

    Returns
    -------
    tuple of tuple
        dB for each acquisition and polarisation; None where no pair shares `MIN_SAMPLES` pixels.
    """
    columns = [
        _offsets_of(samples[:, band], noise_of(name)) for band, name in enumerate(polarisations)
    ]
    return tuple(zip(*columns, strict=True))


def median_offset_db(differences_db: "NDArray[np.floating]") -> float | None:
    """Return the median of differences, rounded to 1e-4 dB, or None for too few of them."""
    if differences_db.size < MIN_SAMPLES:
        return None
    return round(float(np.median(differences_db)), 4)


def acquisition_warnings(
    side: str, offsets: Sequence[AcquisitionOffset], polarisations: Sequence[Polarisation]
) -> list[Warned]:
    """Put unusual platforms and dates of one side into words.

    A platform is unusual where each of its acquisitions, two at least, differs from each of
    another platform's; its dates are then judged among themselves.

    Parameters
    ----------
    side : str
        In words, such as ``orbit 46 descending, before the event``.
    offsets : sequence of AcquisitionOffset
    polarisations : sequence of Polarisation
    """
    warnings = []
    dates: dict[str, list[tuple[float, str]]] = {}
    for band, name in enumerate(polarisations):
        known = {item: value for item in offsets if (value := item.offset_db[band]) is not None}
        levels = dict.fromkeys({item.platform for item in known}, 0.0)
        for one, other in combinations(sorted(levels), 2):
            difference = _platform_difference(known, one, other)
            if difference is not None:
                levels.update({platform: _mean(known, platform) for platform in (one, other)})
                warnings.append(_platform_warning(side, (one, other), difference, name))
        for item, value in known.items():
            alone = value - levels[item.platform]
            if abs(alone) > DATE_DB:
                dates.setdefault(item.scene_id, []).append((alone, name))
    warnings += [
        _date_warning(side, item, dates[item.scene_id])
        for item in offsets
        if item.scene_id in dates
    ]
    return warnings


def side_is_shifted(offset_db: Iterable[float | None]) -> bool:
    """Tell whether the post-event side differs so much as a whole that it is warned of."""
    return any(value is not None and abs(value) > SIDE_DB for value in offset_db)


def side_warnings(
    track: str, offset_db: Sequence[float | None], polarisations: Sequence[Polarisation]
) -> list[Warned]:
    """Put a shift of the whole post-event side against the pre-event side into words."""
    shifts = [
        (value, name)
        for value, name in zip(offset_db, polarisations, strict=True)
        if value is not None and abs(value) > SIDE_DB
    ]
    if not shifts:
        return []
    return [
        Warned(
            f"{track}: stable land is {in_words(shifts)} after the event than before it; season, "
            "snow or rain may hide landslides or feign them over the whole area",
            "side-offset",
        )
    ]


def _offsets_of(linear: "NDArray[np.float32]", noise_db: float) -> list[float | None]:
    bright = median_db(linear, DARK_FLOOR_DB) > noise_db
    values_db = to_db(linear[:, bright], DARK_FLOOR_DB)
    count = len(values_db)
    differences = np.full((count, count), np.nan)
    for one, other in combinations(range(count), 2):
        difference = values_db[one] - values_db[other]
        median = median_offset_db(difference[~np.isnan(difference)])
        if median is not None:
            differences[one, other], differences[other, one] = median, -median
    compared = ~np.isnan(differences).all(axis=1)
    differences[np.diag_indices(count)] = 0.0
    return [
        round(float(np.nanmedian(row)), 4) if there else None
        for row, there in zip(differences, compared, strict=True)
    ]


def _platform_difference(
    known: dict[AcquisitionOffset, float], one: str, other: str
) -> float | None:
    """Return by how much ``one`` is brighter where all its dates are on one side of all others'."""
    ones, others = ([v for item, v in known.items() if item.platform == p] for p in (one, other))
    if min(len(ones), len(others)) < 2:  # of a single date nothing can be told
        return None
    difference = sum(ones) / len(ones) - sum(others) / len(others)
    gap = min(ones) - max(others) if difference > 0.0 else min(others) - max(ones)
    return difference if abs(difference) > PLATFORM_DB and gap > PLATFORM_DB / 2.0 else None


def _mean(known: dict[AcquisitionOffset, float], platform: str) -> float:
    values = [value for item, value in known.items() if item.platform == platform]
    return sum(values) / len(values)


def _platform_warning(
    side: str, platforms: tuple[str, str], difference: float, name: str
) -> Warned:
    one, other = platforms
    return Warned(
        f"{side}: {one} is {in_words([(difference, name)])} than {other} over the whole scene; "
        "they may be calibrated differently",
        "platform-offset",
    )


def _date_warning(side: str, item: AcquisitionOffset, shifts: list[tuple[float, str]]) -> Warned:
    return Warned(
        f"{side}: the acquisition of {item.start:%Y-%m-%d} ({item.platform}) is "
        f"{in_words(shifts)} than the others over the whole scene; wet snow, heavy rain or "
        "calibration may be the cause",
        "date-offset",
    )


def in_words(shifts: Sequence[tuple[float, str]]) -> str:
    """Put changes in dB into words, such as ``2.0 dB darker in VV and 1.5 dB darker in VH``."""
    return " and ".join(
        f"{abs(value):.1f} dB {'brighter' if value > 0.0 else 'darker'} in {name}"
        for value, name in shifts
    )
