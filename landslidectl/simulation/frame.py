"""The raster of a scene: when its lines were taken, and how slant range became ground range.

A pixel belongs to a slant range through polynomials, one record a second, that follow the mean
height of the terrain under that second; between records they are blended linearly. A line belongs
to a zero-Doppler time after half the difference of the echo delay from a reference delay, which is
how the geolocation grids of real products behave.

Source: Sentinel-1 Product Specification, coordinateConversion and geolocationGrid.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from landslidectl.simulation.geodesy import Array, Numbers
from landslidectl.simulation.orbit import Orbit, ground_point

LIGHT_M_S = 299_792_458.0
REFERENCE_DELAY_S = 5.866e-3
LINE_INTERVAL_S = 1.49657e-3
PIXEL_M = 10.0
RECORD_STEP_S = 1.0
DEGREE = 5
REACH_M = 6000.0


@dataclass(frozen=True, slots=True)
class RangeRecord:
    """One slant-to-ground-range record.

    Parameters
    ----------
    time_s : float
        Instant, seconds of the orbit's clock.
    height_m : float
        Ellipsoidal height of the sphere that the ground ranges are measured on.
    to_ground, to_slant : tuple of float
        Coefficients, lowest power first: ground range (m) from slant range minus the near range,
        and slant range (m) from ground range.
    """

    time_s: float
    height_m: float
    to_ground: tuple[float, ...]
    to_slant: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """The raster of one scene; times are seconds of the orbit's clock.

    Parameters
    ----------
    first_line_s, line_interval_s : float
        Line timing after the shift of the echo delay is taken out.
    lines, samples : int
        Shape.
    near_range_m : float
        Slant range that the polynomials count from; about that of pixel 0.
    records : tuple of RangeRecord
        In order of time.
    border : (int, int)
        Columns without echo (DN 0) at the near and the far side.
    """

    orbit: Orbit
    first_line_s: float
    line_interval_s: float
    lines: int
    samples: int
    near_range_m: float
    records: tuple[RangeRecord, ...]
    border: tuple[int, int] = (0, 0)

    @property
    def shape(self) -> tuple[int, int]:
        """Return (lines, samples)."""
        return self.lines, self.samples

    def line(self, time_s: Array, range_m: Array) -> Array:
        """Return the line of a zero-Doppler time and one-way slant range."""
        result: Array = time_s - delay_shift_s(range_m)
        result -= self.first_line_s
        result /= self.line_interval_s
        return result

    def pixel(self, time_s: Array, range_m: Array) -> Array:
        """Return the pixel: records around the time, blended; lines through the outermost two."""
        return self._blended(self._weights(time_s), range_m)

    def ground(self, line: Numbers, pixel: Numbers, height_m: Numbers | None = None) -> Array:
        """Return the Earth-fixed points (..., 3) at raster coordinates and ellipsoidal heights.

        Without heights those of the records, blended, are taken.
        """
        time, distance = self.time_range(line, pixel)
        height = self.height(time) if height_m is None else np.asarray(height_m, float)
        return ground_point(self.orbit, time, distance, height)

    def time_range(self, line: Numbers, pixel: Numbers) -> tuple[Array, Array]:
        """Return zero-Doppler time (s) and one-way slant range (m) of raster coordinates."""
        row, col = np.broadcast_arrays(np.asarray(line, float), np.asarray(pixel, float))
        start: Array = self.first_line_s + row * self.line_interval_s
        time = start
        first = self.records[len(self.records) // 2]
        distance = horner(first.to_slant, np.multiply(col, PIXEL_M))
        for _ in range(5):
            time = start + delay_shift_s(distance)
            around = tuple(self._weights(time))
            here = self._blended(around, distance)
            slope = self._blended(around, distance + 5.0) - self._blended(around, distance - 5.0)
            distance = distance - (here - col) / slope * 10.0
        return time, distance

    def height(self, time_s: Array) -> Array:
        """Return the heights of the records, blended, metres."""
        total: Array = np.zeros(np.shape(time_s))
        for record, weight in self._weights(time_s):
            total = total + weight * record.height_m
        return total

    def moved(self, first_line_s: float, lines: int, pixel_shift_m: float, samples: int) -> "Frame":
        """Return this frame with other first line, shape and ground ranges counted from later."""
        records = tuple(
            replace(
                record,
                to_ground=(record.to_ground[0] - pixel_shift_m, *record.to_ground[1:]),
                to_slant=_shift_polynomial(record.to_slant, pixel_shift_m),
            )
            for record in self.records
        )
        return replace(
            self, first_line_s=first_line_s, lines=lines, samples=samples, records=records
        )

    def _blended(self, around: Iterable[tuple[RangeRecord, Array]], range_m: Array) -> Array:
        """Return the pixels that records with shares give."""
        beyond = range_m - self.near_range_m
        ground: Array = np.zeros(np.shape(range_m))
        for record, weight in around:
            ground = ground + weight * horner(record.to_ground, beyond)
        return ground / PIXEL_M

    def _weights(self, time_s: Array) -> Iterator[tuple[RangeRecord, Array]]:
        """Yield the records around the times with their shares; outermost pairs extend linearly."""
        place = (np.asarray(time_s, float) - self.records[0].time_s) / RECORD_STEP_S
        left = np.clip(np.floor(place), 0, len(self.records) - 2)
        part = place - left
        if left.size == 0:
            return
        first, last = int(left.min()), int(left.max())
        for index in range(first, last + 2):
            if first == last:
                yield self.records[index], part if index > first else 1.0 - part
            else:
                rising = np.where(left == index - 1, part, 0.0)
                yield self.records[index], np.where(left == index, 1.0 - part, rising)


def delay_shift_s(range_m: Array) -> Array:
    """Return half the two-way echo delay beyond the reference delay, seconds."""
    return range_m / LIGHT_M_S - REFERENCE_DELAY_S / 2.0


def horner(coefficients: tuple[float, ...], value: Array) -> Array:
    """Return a polynomial's value, lowest power first, without ever forming powers."""
    result: Array = np.full(np.shape(value), coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        result *= value
        result += coefficient
    return result


def range_records(
    orbit: Orbit, times_s: Array, heights_m: Array, span: tuple[float, float, float]
) -> tuple[RangeRecord, ...]:
    """Return the records of seconds whose terrain lies at mean heights.

    Parameters
    ----------
    span : (float, float, float)
        Slant range of the swath's near edge (ground range 0), and the nearest and farthest slant
        range of the raster, metres; polynomials count from the second.
    """
    edge, near, far = span
    slant = np.linspace(near - REACH_M, far + REACH_M, 60)
    grounds = _ground_ranges(orbit, times_s, heights_m, slant)
    edges = _ground_ranges(orbit, times_s, heights_m, np.array([edge]))
    records = []
    for time, height, ground in zip(times_s, heights_m, grounds - edges, strict=True):
        forward = _fit(slant - near, ground)
        middle = float(ground.mean())
        back = _shift_polynomial(_fit(ground - middle, slant), -middle)
        records.append(RangeRecord(float(time), float(height), forward, back))
    return tuple(records)


def _ground_ranges(orbit: Orbit, times_s: Array, heights_m: Array, slant: Array) -> Array:
    """Return arc lengths from the foot points along the spheres that touch the terrain."""
    middle = ground_point(orbit, times_s, float(slant.mean()), heights_m)
    distance, radius = _lengths(orbit.position(times_s)), _lengths(middle)
    cosine = (distance**2 + radius**2 - slant**2) / (2.0 * distance * radius)
    result: Array = radius * np.arccos(cosine)
    return result


def _lengths(vectors: Array) -> Array:
    return np.array([[np.linalg.norm(vector)] for vector in vectors])


def _fit(value: Array, result: Array) -> tuple[float, ...]:
    """Return the polynomial through points, lowest power first, fitted over -1 to 1."""
    low, high = value.min(), value.max()
    shift, scale = (-high - low) / (high - low), 2.0 / (high - low)
    fitted = np.polynomial.polynomial.polyfit(shift + scale * value, result, DEGREE)
    return _composed(fitted, shift, scale)


def _shift_polynomial(coefficients: tuple[float, ...], shift: float) -> tuple[float, ...]:
    """Return the polynomial of ``value + shift``."""
    return _composed(coefficients, shift, 1.0)


def _composed(coefficients: Iterable[float], shift: float, scale: float) -> tuple[float, ...]:
    """Return the polynomial of ``shift + scale * value``, by Horner's rule."""
    highest, *rest = [float(number) for number in coefficients][::-1]
    result = [highest]
    for coefficient in rest:
        scaled = [0.0, *(number * scale for number in result)]
        result = [a + number * shift for a, number in zip(scaled, [*result, 0.0], strict=True)]
        result[0] += coefficient
    return tuple(result)
