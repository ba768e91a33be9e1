"""Slant range to the pixel coordinate of a ground range product."""

from dataclasses import dataclass
from math import comb

import numpy as np
from numpy.typing import ArrayLike, NDArray

from landslidectl.sentinel1.annotation import GroundRangeRecords

FloatArray = NDArray[np.float64]
SingleArray = NDArray[np.float32]
CHUNK = 1 << 14
TAIL_PX = 1e-5


@dataclass(frozen=True, slots=True, eq=False)
class GroundRange:
    """The product's slant range to ground range conversion.

    Each record is a polynomial made for the mean terrain height at its time; between two records
    the ground range is blended linearly in azimuth time. One polynomial for a whole scene would be
    wrong by up to tens of pixels in mountains. Before the first and after the last record the
    blend of the outermost pair is extrapolated.

    Source: Sentinel-1 Product Specification S1-RS-MDA-52-7441, coordinateConversion.
    """

    records: GroundRangeRecords
    pixel_spacing_m: float

    def pixel(self, azimuth_time_s: ArrayLike, slant_range_m: ArrayLike) -> FloatArray:
        """Return pixel coordinates (0 = centre of the first sample), float64.

        Parameters
        ----------
        azimuth_time_s, slant_range_m : (...) array_like
            Seconds from the epoch and one-way slant range, broadcast together; NaN gives NaN.
        """
        times, ranges = np.broadcast_arrays(
            np.asarray(azimuth_time_s, dtype=np.float64),
            np.asarray(slant_range_m, dtype=np.float64),
        )
        flat_times, flat_ranges = times.ravel(), ranges.ravel()
        pixels = np.empty(flat_times.shape)
        for start in range(0, len(pixels), CHUNK):
            part = slice(start, start + CHUNK)
            pixels[part] = self._blend(flat_times[part], flat_ranges[part])
        pixels /= self.pixel_spacing_m
        return pixels.reshape(times.shape)

    def around(self, slant_range_m: float, reach_m: float) -> "LocalGroundRange":
        """Return the same conversion, cheap and in single precision, for a stretch of range.

        Parameters
        ----------
        slant_range_m : float
            Middle of the stretch.
        reach_m : float
            Half its length.
        """
        shifted = np.stack(
            [
                _taylor(coefficients, slant_range_m - origin, reach_m)
                for coefficients, origin in zip(
                    self.records.coefficients, self.records.origins_m, strict=True
                )
            ]
        )
        shifted /= self.pixel_spacing_m
        kept = len(_trimmed(np.abs(shifted).max(axis=0)))
        return LocalGroundRange(self.records.times_s, shifted[:, :kept], slant_range_m, reach_m)

    def _blend(self, times: FloatArray, ranges: FloatArray) -> FloatArray:
        if len(self.records.times_s) == 1:
            return self._ground(0, ranges)
        last_pair = len(self.records.times_s) - 2
        pairs = np.searchsorted(self.records.times_s, times, side="right") - 1
        np.clip(pairs, 0, last_pair, out=pairs)
        first, last = int(pairs.min()), int(pairs.max())
        ground = self._blend_pair(first, times, ranges)
        for pair in range(first + 1, last + 1):
            inside = pairs == pair
            ground[inside] = self._blend_pair(pair, times[inside], ranges[inside])
        return ground

    def _blend_pair(self, pair: int, times: FloatArray, ranges: FloatArray) -> FloatArray:
        first, second = self.records.times_s[pair : pair + 2]
        ground = self._ground(pair, ranges)
        change = self._ground(pair + 1, ranges)
        change -= ground
        change *= (times - first) / (second - first)
        ground += change
        return ground

    def _ground(self, record: int, ranges: FloatArray) -> FloatArray:
        """Evaluate one record's polynomial, metres of ground range."""
        offset = ranges - self.records.origins_m[record]
        coefficients = self.records.coefficients[record]
        ground = np.full(ranges.shape, coefficients[-1])
        for coefficient in coefficients[-2::-1]:
            ground *= offset
            ground += coefficient
        return ground


@dataclass(frozen=True, slots=True, eq=False)
class LocalGroundRange:
    """`GroundRange` around one slant range: polynomials of few terms in a small variable.

    Parameters
    ----------
    times_s : (record,) float64
        Azimuth times of the records.
    coefficients_px : (record, term) float64
        Ascending powers of ``x = (slant range - middle_m) / reach_m``, pixels.
    middle_m, reach_m : float
        What ``x`` is counted from and in.
    """

    times_s: FloatArray
    coefficients_px: FloatArray
    middle_m: float
    reach_m: float

    def pixel(
        self, seconds: SingleArray, x: SingleArray, origin_s: float, origin_px: float
    ) -> SingleArray:
        """Return pixel coordinates relative to an origin; single precision holds 1e-3 pixel.

        Parameters
        ----------
        seconds, x : float32 arrays of one shape
            Azimuth time from ``origin_s`` and range from the middle in reaches, within -1..1; NaN
            gives NaN.
        origin_s, origin_px : float
            What times and pixels are counted from.
        """
        if len(self.times_s) == 1:
            return _horner(self.coefficients_px[0], x, origin_px)
        knots = (self.times_s - origin_s).astype(np.float32)
        earliest, latest = seconds.min(), seconds.max()
        if np.isnan(earliest):  # the ones that pass over NaN are slower
            earliest, latest = np.fmin.reduce(seconds, None), np.fmax.reduce(seconds, None)
        last_pair = len(knots) - 2
        first, last = (
            min(max(int(np.searchsorted(knots, limit, side="right")) - 1, 0), last_pair)
            for limit in (earliest, latest)
        )
        pixels = self._blended(first, knots, (seconds, x), origin_px)
        for pair in range(first + 1, last + 1):
            later = self._blended(pair, knots, (seconds, x), origin_px)
            np.copyto(pixels, later, where=seconds >= knots[pair])
        return pixels

    def _blended(
        self, pair: int, knots: SingleArray, at: tuple[SingleArray, SingleArray], origin_px: float
    ) -> SingleArray:
        seconds, x = at
        lower, upper = self.coefficients_px[pair], self.coefficients_px[pair + 1]
        change = _horner(_trimmed(upper - lower), x, 0.0)
        share = seconds - knots[pair]
        share *= np.float32(1.0) / (knots[pair + 1] - knots[pair])
        change *= share
        change += _horner(lower, x, origin_px)
        return change


def _trimmed(coefficients: FloatArray) -> FloatArray:
    """Drop the last terms that add up to nothing within -1..1; at least two stay."""
    tails = np.abs(coefficients)[::-1].cumsum()[::-1]
    return coefficients[: max(int(np.count_nonzero(tails > TAIL_PX)), 2)]


def _horner(coefficients: FloatArray, x: SingleArray, origin: float) -> SingleArray:
    terms = coefficients.copy()
    terms[0] -= origin
    single = terms.astype(np.float32)
    value: SingleArray = x * single[-1]
    for term in single[-2:0:-1]:
        value += term
        value *= x
    value += single[0]
    return value


def _taylor(coefficients: FloatArray, shift: float, scale: float) -> FloatArray:
    """Return the coefficients in x of a polynomial in ``shift + scale * x``, ascending."""
    order = len(coefficients)
    shifted = np.zeros(order)
    for power in range(order):
        terms = [
            comb(higher, power) * coefficients[higher] * shift ** (higher - power)
            for higher in range(power, order)
        ]
        shifted[power] = scale**power * sum(terms)
    return shifted
