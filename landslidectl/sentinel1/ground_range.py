"""Slant range to the pixel coordinate of a ground range product."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from landslidectl.sentinel1.annotation import GroundRangeRecords

FloatArray = NDArray[np.float64]
CHUNK = 1 << 14


@dataclass(frozen=True, slots=True, eq=False)
class GroundRange:
    """The product's slant range to ground range conversion.

    Each record is a polynomial made for the mean terrain height at its time; between two records
    the ground range is blended linearly in azimuth time. One polynomial for a whole scene would be
    wrong by up to tens of pixels in mountains.

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

        Notes
        -----
        Before the first and after the last record the blend of the outermost pair is extrapolated.
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

    def _blend(self, times: FloatArray, ranges: FloatArray) -> FloatArray:
        if len(self.records.times_s) == 1:
            return self._ground(0, ranges)
        last_pair = len(self.records.times_s) - 2
        pairs = np.searchsorted(self.records.times_s, times, side="right") - 1
        np.clip(pairs, 0, last_pair, out=pairs)
        present = np.unique(pairs)
        if len(present) == 1:
            return self._blend_pair(int(present[0]), times, ranges)
        ground = np.empty(times.shape)
        for pair in present:
            inside = pairs == pair
            ground[inside] = self._blend_pair(int(pair), times[inside], ranges[inside])
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
