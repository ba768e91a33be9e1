"""An analytic orbit: circular in space, seen from the rotating Earth, placed over a target."""

from dataclasses import dataclass

import numpy as np

from landslidectl.errors import InputError
from landslidectl.simulation.geodesy import Array, Numbers, ecef, ellipsoid_up, geodetic
from landslidectl.terms import Pass

GRAVITATION = 3.986004418e14
EARTH_RATE = 7.2921150e-5
RADIUS_M = 7_071_200.0
INCLINATION = np.radians(98.18)
STATE_STEP_S = 10.0
NEWTON_STEPS = 7


@dataclass(frozen=True, slots=True)
class Orbit:
    """A circular orbit in the Earth-fixed frame; times are seconds from the target's zero Doppler.

    Parameters
    ----------
    argument : float
        Angle from the ascending node at time 0, radians.
    node_lon : float
        Earth-fixed longitude of the ascending node at time 0, radians.
    radius_m : float
        Distance from the Earth's centre.
    """

    argument: float
    node_lon: float
    radius_m: float = RADIUS_M

    @property
    def rate(self) -> float:
        """Return the mean motion, radians per second."""
        return float(np.sqrt(GRAVITATION / self.radius_m**3))

    @property
    def node_time_s(self) -> float:
        """Return when the ascending node before time 0 was passed."""
        return -float(np.mod(self.argument, 2.0 * np.pi)) / self.rate

    def position(self, time_s: Numbers) -> Array:
        """Return Earth-fixed positions (..., 3), metres."""
        return self._in_plane(time_s)[0]

    def velocity(self, time_s: Numbers) -> Array:
        """Return the time derivative of the Earth-fixed position, (..., 3), metres per second."""
        return self.motion(time_s)[1]

    def acceleration(self, time_s: Numbers) -> Array:
        """Return the second derivative of the Earth-fixed position, (..., 3)."""
        return self.motion(time_s)[2]

    def motion(self, time_s: Numbers) -> tuple[Array, Array, Array]:
        """Return position, velocity and acceleration, each (..., 3)."""
        position, moving = self._in_plane(time_s)
        velocity = moving - _spun(position)
        gravity = -(self.rate**2) * position
        return position, velocity, gravity - 2.0 * _spun(velocity) - _spun(_spun(position))

    def _in_plane(self, time_s: Numbers) -> tuple[Array, Array]:
        """Return the position, and its velocity as if the Earth stood still."""
        time = np.asarray(time_s, float)
        node = self.node_lon - EARTH_RATE * time
        u = self.argument + self.rate * time
        tilt, lift = np.cos(INCLINATION), np.sin(INCLINATION)
        east, north, here, ahead = np.cos(node), np.sin(node), np.cos(u), np.sin(u)
        position, moving = np.empty((*time.shape, 3)), np.empty((*time.shape, 3))
        across = (-north * tilt, east * tilt, lift)
        for axis, along in enumerate((east, north, 0.0)):
            position[..., axis] = here * along + ahead * across[axis]
            moving[..., axis] = here * across[axis] - ahead * along
        position *= self.radius_m
        moving *= self.rate
        moving *= self.radius_m
        return position, moving


def zero_doppler(orbit: Orbit, target: Array) -> tuple[Array, Array]:
    """Return the time (s) and the one-way range (m) at which targets (..., 3) pass abeam."""
    time = np.zeros(np.shape(target)[:-1])
    for _ in range(NEWTON_STEPS):
        position, velocity, acceleration = orbit.motion(time)
        line = target - position
        miss = _dot(line, velocity)
        change = _dot(line, acceleration) - _dot(velocity, velocity)
        time = time - miss / change
    return time, np.linalg.norm(target - orbit.position(time), axis=-1)


def incidence_deg(orbit: Orbit, lon_deg: Array, lat_deg: Array, height_m: Array) -> Array:
    """Return the angle between the ellipsoid's normal and the line of sight at zero Doppler."""
    target = ecef(lon_deg, lat_deg, height_m)
    time, distance = zero_doppler(orbit, target)
    sight = (orbit.position(time) - target) / distance[..., None]
    cosine = np.sum(sight * ellipsoid_up(lon_deg, lat_deg), axis=-1)
    result: Array = np.degrees(np.arccos(cosine))
    return result


def ground_point(orbit: Orbit, time_s: Numbers, range_m: Numbers, height_m: Numbers) -> Array:
    """Return the Earth-fixed point right of the track at a zero-Doppler time, range and height.

    Newton on the range, Doppler and height equations; arguments broadcast, result (..., 3).
    """
    time, distance, height = np.broadcast_arrays(
        np.asarray(time_s, float), np.asarray(range_m, float), np.asarray(height_m, float)
    )
    position, velocity, _ = orbit.motion(time)
    point = _first_ground_point(position, velocity, distance)
    residual, jacobian = np.empty((*time.shape, 3, 1)), np.empty((*time.shape, 3, 3))
    for _ in range(9):
        line = point - position
        up, above = _height_above(point)
        residual[..., 0, 0] = _dot(line, line) - distance**2
        residual[..., 1, 0] = _dot(line, velocity)
        residual[..., 2, 0] = above - height
        jacobian[..., 0, :] = 2.0 * line
        jacobian[..., 1, :] = velocity
        jacobian[..., 2, :] = up
        point = point - np.linalg.solve(jacobian, residual)[..., 0]
    return point


def place_orbit(lon_deg: float, lat_deg: float, incidence: float, direction: Pass) -> Orbit:
    """Return the orbit from which a point is seen at time 0, to the right, under an angle.

    Raises
    ------
    InputError
        If no orbit of this inclination sees the point so.
    """
    lon, lat = np.array(lon_deg), np.array(lat_deg)
    target = ecef(lon, lat, np.array(0.0))
    unknown = _starting_orbit(lon_deg, lat_deg, incidence, direction)

    def misses(values: Array) -> Array:
        orbit = Orbit(values[0], values[1])
        line = target - orbit.position(np.array(0.0))
        sight = -line / np.linalg.norm(line)
        doppler = line @ orbit.velocity(np.array(0.0)) / 7000.0 / np.linalg.norm(line)
        angle = np.arccos(sight @ ellipsoid_up(lon, lat)) - np.radians(incidence)
        return np.array([doppler, angle])

    for _ in range(30):
        value = misses(unknown)
        if np.all(np.abs(value) < 1e-12):
            break
        slopes = [(misses(unknown + step) - value) / 1e-7 for step in 1e-7 * np.eye(2)]
        unknown = unknown - np.linalg.solve(np.stack(slopes, axis=-1), value)
    if not np.all(np.abs(misses(unknown)) < 1e-9):
        raise InputError(
            f"no {direction.value} orbit sees {lat_deg:.3f} N {lon_deg:.3f} E at {incidence} deg",
            "Choose a latitude between 75 S and 75 N.",
        )
    return Orbit(float(unknown[0]), float(unknown[1]))


def _starting_orbit(lon_deg: float, lat_deg: float, incidence: float, direction: Pass) -> Array:
    """Guess the orbit from a spherical Earth: its foot point lies left of the target."""
    angle = np.radians(incidence)
    arc = angle - np.arcsin(np.sin(angle) * 6371000.0 / RADIUS_M)
    side = -1.0 if direction is Pass.ASCENDING else 1.0
    foot_lat = np.radians(lat_deg)
    ratio = np.clip(np.sin(foot_lat) / np.sin(INCLINATION), -0.999, 0.999)
    argument = np.arcsin(ratio)
    if direction is Pass.DESCENDING:
        argument = np.pi - argument
    east = np.arctan2(np.cos(INCLINATION) * np.sin(argument), np.cos(argument))
    foot_lon = np.radians(lon_deg) + side * arc / np.cos(foot_lat)
    return np.array([argument, foot_lon - east])


def _first_ground_point(position: Array, velocity: Array, distance: Array) -> Array:
    """Return a point at the right range on the right-hand side, a few hundred metres off."""
    down = -position / np.linalg.norm(position, axis=-1, keepdims=True)
    right = np.cross(velocity, -down)
    right = right / np.linalg.norm(right, axis=-1, keepdims=True)
    radius = np.linalg.norm(position, axis=-1)
    cosine = (radius**2 + distance**2 - 6371000.0**2) / (2.0 * radius * distance)
    sine = np.sqrt(1.0 - cosine**2)
    result: Array = position + distance[..., None] * (
        cosine[..., None] * down + sine[..., None] * right
    )
    return result


def _height_above(point: Array) -> tuple[Array, Array]:
    """Return the ellipsoid's unit normal under points and their heights, metres."""
    lon, lat, height = geodetic(point)
    return ellipsoid_up(lon, lat), height


def _spun(vector: Array) -> Array:
    """Return the cross product of the Earth's rotation with vectors (..., 3)."""
    result = np.zeros_like(vector)
    result[..., 0] = -EARTH_RATE * vector[..., 1]
    result[..., 1] = EARTH_RATE * vector[..., 0]
    return result


def _dot(one: Array, other: Array) -> Array:
    """Return the scalar products of vectors (..., 3)."""
    parts = one * other
    result: Array = parts[..., 0] + parts[..., 1] + parts[..., 2]
    return result
