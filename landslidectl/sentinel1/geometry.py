"""From azimuth time and slant range to line and pixel, as exactly as ESA's own grid."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from landslidectl.sentinel1.annotation import Annotation, GeolocationGrid, StateVectors
from landslidectl.sentinel1.ground_range import GroundRange
from landslidectl.sentinel1.orbit import Orbit
from landslidectl.sentinel1.range_doppler import SPEED_OF_LIGHT_M_S

FloatArray = NDArray[np.float64]
IW_MID_SWATH_S = 5.866e-3
GRID_SCATTER_S = 2e-5
MIN_GRID_POINTS = 4


@dataclass(frozen=True, slots=True, eq=False)
class SceneGeometry:
    """Everything that turns ground points into radar coordinates of one scene.

    Parameters
    ----------
    orbit, ground_range
        See there.
    line_interval_s : float
        Time between lines.
    lines, samples : int
        Shape of the measurement.
    tau_ref_s : float or None
        Two-way slant range time for which the processor removed the bistatic delay from the whole
        scene; None leaves the residual uncorrected.
    """

    orbit: Orbit
    ground_range: GroundRange
    line_interval_s: float
    lines: int
    samples: int
    tau_ref_s: float | None

    def line_pixel(
        self, azimuth_time_s: ArrayLike, slant_range_m: ArrayLike
    ) -> tuple[FloatArray, FloatArray]:
        """Return line and pixel coordinates, float64; integers are pixel centres.

        Parameters
        ----------
        azimuth_time_s, slant_range_m : (...) array_like
            As `solve_zero_doppler` returns them.

        Notes
        -----
        The processor takes out the bistatic delay of one range only. At another two-way time tau a
        line holds echoes of the zero-Doppler time ``line * dt + (tau - tau_ref) / 2``, which is
        +-0.18 line across an IW swath, as ESA's geolocation grids show.
        """
        times = np.asarray(azimuth_time_s, dtype=np.float64)
        ranges = np.asarray(slant_range_m, dtype=np.float64)
        return self.line(times, ranges), self.ground_range.pixel(times, ranges)

    def line(self, times_s: FloatArray, slant_ranges_m: FloatArray) -> FloatArray:
        """Return line coordinates alone; they are linear in both arguments."""
        if self.tau_ref_s is None:
            return times_s / self.line_interval_s
        residual = slant_ranges_m / SPEED_OF_LIGHT_M_S - self.tau_ref_s / 2.0
        return np.asarray((times_s - residual) / self.line_interval_s)


def scene_geometry(
    annotation: Annotation, bistatic: bool = True, orbit: StateVectors | None = None
) -> SceneGeometry:
    """Build the geometry of a scene from the annotation of any of its polarisations.

    Parameters
    ----------
    annotation : Annotation
        Of VV or VH; they agree in geometry.
    bistatic : bool
        Correct the residual of the bistatic delay.
    orbit : StateVectors, optional
        Of an orbit file; without it, those of the annotation.
    """
    tau_ref_s = None
    if bistatic:
        tau_ref_s = bistatic_reference_s(annotation.geolocation, annotation.line_interval_s)
    return SceneGeometry(
        Orbit.fit(orbit or annotation.orbit),
        GroundRange(annotation.ground_range, annotation.pixel_spacing_m),
        annotation.line_interval_s,
        annotation.lines,
        annotation.samples,
        tau_ref_s,
    )


def bistatic_reference_s(grid: GeolocationGrid, line_interval_s: float) -> float:
    """Return the two-way time at which the grid's azimuth times and lines agree.

    The grid obeys ``time - line * dt = (tau - tau_ref) / 2``. Where it does not, because it is
    damaged or was written by other software, the mid-swath time of IW stands in.
    """
    reference = grid.slant_range_times_s - 2.0 * (
        grid.azimuth_times_s - grid.lines * line_interval_s
    )
    middle = float(np.median(reference)) if len(reference) >= MIN_GRID_POINTS else np.nan
    near, far = grid.slant_range_times_s.min(), grid.slant_range_times_s.max()
    scatter = float(np.median(np.abs(reference - middle)))
    if near <= middle <= far and scatter <= GRID_SCATTER_S:
        return middle
    return IW_MID_SWATH_S
