"""From a point on the ground to the time and the range at which the radar saw it."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from landslidectl.sentinel1.orbit import Orbit

FloatArray = NDArray[np.float64]
SPEED_OF_LIGHT_M_S = 299_792_458.0
WGS84_A_M = 6_378_137.0
WGS84_F = 1.0 / 298.257_223_563
WGS84_E2 = WGS84_F * (2.0 - WGS84_F)
TOLERANCE_S = 1e-11
MAX_ITERATIONS = 20
EXTRAPOLATION_S = 30.0


def geodetic_to_ecef(lon_deg: ArrayLike, lat_deg: ArrayLike, height_m: ArrayLike) -> FloatArray:
    """Turn longitude, latitude and ellipsoidal height (WGS 84) into ECEF metres.

    Returns
    -------
    (..., 3) float64
        The shape is that of the inputs broadcast together.
    """
    lon, lat, height = np.broadcast_arrays(
        np.radians(np.asarray(lon_deg, dtype=np.float64)),
        np.radians(np.asarray(lat_deg, dtype=np.float64)),
        np.asarray(height_m, dtype=np.float64),
    )
    sin_lat = np.sin(lat)
    normal = WGS84_A_M / np.sqrt(1.0 - WGS84_E2 * sin_lat**2)
    across = (normal + height) * np.cos(lat)
    return np.stack(
        (
            across * np.cos(lon),
            across * np.sin(lon),
            (normal * (1.0 - WGS84_E2) + height) * sin_lat,
        ),
        axis=-1,
    )


def solve_zero_doppler(
    orbit: Orbit, target_ecef: FloatArray, start_s: float | FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Find when targets are abeam of the antenna, and how far away they then are.

    Newton's method on (X - P(t)) . V(t) = 0, to better than 1e-10 s; stopping at a metre along
    track, as is common, would leave a bias of a twentieth of a line.

    Parameters
    ----------
    orbit : Orbit
        Antenna track.
    target_ecef : (..., 3) float64
        Targets, metres.
    start_s : float or (...) float64
        First guess; a neighbour's solution saves an iteration.

    Returns
    -------
    azimuth_time_s, slant_range_m : (...) float64
        Zero-Doppler time and one-way slant range; NaN where the target is NaN, where the solution
        lies more than half a minute outside the state vectors, or where there is none.
    """
    time = np.array(np.broadcast_to(start_s, target_ecef.shape[:-1]), dtype=np.float64)
    step = np.zeros_like(time)
    for _ in range(MAX_ITERATIONS):
        sight = target_ecef - orbit.position(time)
        velocity = orbit.velocity(time)
        doppler = np.einsum("...i,...i", sight, velocity)
        slope = np.einsum("...i,...i", sight, orbit.acceleration(time))
        slope -= np.einsum("...i,...i", velocity, velocity)
        step = doppler / slope
        time -= step
        if not np.any(np.abs(step) > TOLERANCE_S):
            break
    sight = target_ecef - orbit.position(time)
    slant_range = np.sqrt(np.einsum("...i,...i", sight, sight))
    first, last = orbit.span_s
    unsolved = ~(np.abs(step) <= 10.0 * TOLERANCE_S)
    unsolved |= (time < first - EXTRAPOLATION_S) | (time > last + EXTRAPOLATION_S)
    return np.where(unsolved, np.nan, time), np.where(unsolved, np.nan, slant_range)
