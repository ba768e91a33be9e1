"""The arithmetic from digital numbers to sigma nought: as few passes over memory as it takes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landslidectl.sentinel1.calibration import CalibrationLut
from landslidectl.sentinel1.lut import RowTable
from landslidectl.sentinel1.noise import AzimuthFactors, NoiseLut

SingleArray = NDArray[np.float32]
# the pixels of a strip stay in the processor's cache from the first operation to the last
STRIP_PIXELS = 1 << 16


@dataclass(frozen=True, slots=True, eq=False)
class Radiometry:
    """The tables of one polarisation, read once and used for many blocks, by any thread.

    Parameters
    ----------
    amplitude : RowTable
        Amplitude A of sigma nought.
    noise : RowTable or None
        Range profiles of the thermal noise, DN^2; None where none is to be subtracted.
    lut : NoiseLut or None
        Where the factors along azimuth come from.
    floor_dn2 : float or None
        Least power after the subtraction of noise, DN^2; None keeps what is negative.
    """

    amplitude: RowTable
    noise: RowTable | None = None
    lut: NoiseLut | None = None
    floor_dn2: float | None = None

    @classmethod
    def of(
        cls,
        calibration: CalibrationLut,
        noise: NoiseLut | None,
        samples: int,
        floor_dn2: float | None = None,
    ) -> "Radiometry":
        """Prepare the tables for measurements of ``samples`` a line."""
        rows = noise.ranges.rows(samples) if noise is not None else None
        return cls(calibration.sigma.rows(samples), rows, noise, floor_dn2)

    def sigma_nought(
        self, numbers: NDArray[Any], line: int, pixel: int, out: SingleArray | None = None
    ) -> SingleArray:
        """Calibrate a block of digital numbers whose corner is at (line, pixel).

        Parameters
        ----------
        numbers : (lines, pixels) uint16
        line, pixel : int
            Its place in the measurement.
        out : (lines, pixels) float32, optional
            Where to write.

        Returns
        -------
        (lines, pixels) float32
            Linear sigma nought ``(DN^2 - noise) / A^2``; NaN where the number is 0. Values below
            0, which the subtraction of noise leaves in dark places, are kept unless there is a
            floor: dropping them would bias every median.

        Notes
        -----
        The numbers are 16 bit and overflow when squared as such; they are squared as float32. A,
        not A^2, is linear between vectors. A value does not depend on the block it is part of.
        """
        sigma = np.empty(numbers.shape, dtype=np.float32) if out is None else out
        if numbers.size == 0:
            return sigma
        block = _Block.at(self, numbers.shape, line, pixel)
        for part in block.strips():
            strip, raw = sigma[part], numbers[part]
            strip[...] = raw
            strip *= strip
            block.subtract_noise(strip, part)
            if self.floor_dn2 is not None:
                np.maximum(strip, np.float32(self.floor_dn2), out=strip)
            block.divide(strip, part)
            if not raw.all():
                strip[raw == 0] = np.nan
        return sigma


@dataclass(frozen=True, slots=True, eq=False)
class _Block:
    """What does not change from strip to strip of a block."""

    radiometry: Radiometry
    lines: int
    columns: slice
    amplitude_at: tuple[NDArray[np.intp], SingleArray]
    noise_at: tuple[NDArray[np.intp], SingleArray] | None
    factors: "Sequence[AzimuthFactors]"
    gain: SingleArray | None
    scratch: SingleArray

    @classmethod
    def at(cls, radiometry: Radiometry, shape: tuple[int, ...], line: int, pixel: int) -> "_Block":
        lines = np.arange(line, line + shape[0], dtype=np.float64)
        columns = slice(pixel, pixel + shape[1])
        amplitude_at = radiometry.amplitude.place(lines)
        noise_at = None
        factors: Sequence[AzimuthFactors] = ()
        if radiometry.noise is not None and radiometry.lut is not None:
            noise_at = radiometry.noise.place(lines)
            pixels = np.arange(columns.start, columns.stop, dtype=np.float64)
            factors = radiometry.lut.azimuth_factors(lines, pixels)
        height = min(max(STRIP_PIXELS // shape[1], 1), shape[0])
        return cls(
            radiometry,
            shape[0],
            columns,
            amplitude_at,
            noise_at,
            factors,
            _level_gain(radiometry.amplitude, amplitude_at[0], columns),
            np.empty((height, shape[1]), dtype=np.float32),
        )

    def strips(self) -> Iterator[slice]:
        """Yield the lines strip by strip; none reaches across a row of a table."""
        cuts = set(range(0, self.lines, len(self.scratch))) | {self.lines}
        for at in (self.amplitude_at, self.noise_at):
            if at is not None:
                cuts.update((np.flatnonzero(np.diff(at[0])) + 1).tolist())
        for start, stop in pairwise(sorted(cuts)):
            yield slice(start, stop)

    def subtract_noise(self, strip: SingleArray, part: slice) -> None:
        if self.radiometry.noise is None or self.noise_at is None:
            return
        rows, shares = self.noise_at
        noise = self.scratch[: len(strip)]
        self.radiometry.noise.blend(int(rows[part.start]), shares[part], self.columns, noise)
        for factors in self.factors:
            factors.apply(noise, part)
        strip -= noise

    def divide(self, strip: SingleArray, part: slice) -> None:
        if self.gain is not None:
            strip *= self.gain
            return
        rows, shares = self.amplitude_at
        amplitude = self.scratch[: len(strip)]
        self.radiometry.amplitude.blend(
            int(rows[part.start]), shares[part], self.columns, amplitude
        )
        amplitude *= amplitude
        strip /= amplitude


def _level_gain(table: RowTable, rows: NDArray[np.intp], columns: slice) -> SingleArray | None:
    """Return 1 / A^2 along the pixels where A does not change with the lines, as is usual."""
    used = table.values[rows[0] : rows[-1] + 2, columns]
    if not np.array_equal(used[1:], used[:-1]):
        return None
    return np.asarray(1.0 / np.square(used[0], dtype=np.float64), dtype=np.float32)
