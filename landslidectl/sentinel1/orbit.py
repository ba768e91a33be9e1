"""The orbit as a polynomial in time, smooth enough to differentiate twice."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from landslidectl.sentinel1.annotation import StateVectors

FloatArray = NDArray[np.float64]
DEGREE = 6


@dataclass(frozen=True, slots=True, eq=False)
class Orbit:
    """Position of the antenna, Earth-fixed, with its first two time derivatives.

    Parameters
    ----------
    centre_s, scale_s : float
        The polynomial's variable is (t - centre) / scale, within -1..1 over the state vectors:
        without it the sixth power of tens of seconds ruins the fit.
    coefficients : (degree + 1, 3) float64
        Ascending powers, metres.
    """

    centre_s: float
    scale_s: float
    coefficients: FloatArray

    @classmethod
    def fit(cls, vectors: StateVectors, degree: int = DEGREE) -> "Orbit":
        """Fit the positions by least squares; velocity and acceleration are their derivatives.

        Degree 6 leaves under one centimetre over the two to five minutes that a product holds.
        """
        times = vectors.times_s
        centre = float(times.min() + times.max()) / 2.0
        scale = float(times.max() - times.min()) / 2.0
        degree = min(degree, len(times) - 1)
        variable = (times - centre) / scale
        powers = np.vander(variable, degree + 1, increasing=True)
        coefficients, *_ = np.linalg.lstsq(powers, vectors.positions_m, rcond=None)
        return cls(centre, scale, np.asarray(coefficients, dtype=np.float64))

    @property
    def span_s(self) -> tuple[float, float]:
        """Return the times of the first and the last state vector."""
        return self.centre_s - self.scale_s, self.centre_s + self.scale_s

    def position(self, time_s: ArrayLike) -> FloatArray:
        """Return ECEF positions in metres, shape (..., 3)."""
        return self._evaluate(self.coefficients, time_s)

    def velocity(self, time_s: ArrayLike) -> FloatArray:
        """Return ECEF velocities in metres per second, shape (..., 3)."""
        return self._evaluate(self._derivative(1), time_s)

    def acceleration(self, time_s: ArrayLike) -> FloatArray:
        """Return ECEF accelerations in metres per second squared, shape (..., 3)."""
        return self._evaluate(self._derivative(2), time_s)

    def _derivative(self, order: int) -> FloatArray:
        derived = np.polynomial.polynomial.polyder(self.coefficients, order, axis=0)
        return np.asarray(derived / self.scale_s**order, dtype=np.float64)

    def _evaluate(self, coefficients: FloatArray, time_s: ArrayLike) -> FloatArray:
        variable = (np.asarray(time_s, dtype=np.float64) - self.centre_s) / self.scale_s
        value = np.empty((*variable.shape, 3))
        value[...] = coefficients[-1]
        for row in coefficients[-2::-1]:
            value *= variable[..., np.newaxis]
            value += row
        return value
