"""How long a job may take, from what each stage costs a pixel.

The rates are processor seconds of a two-core server of 2025, measured by the benchmarks that
`assets/docs/preprocessing.md` and `scoring.md` name; another machine may take half or three times
as long, hence a span and not a number.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from landslidectl.grid import Grid
from landslidectl.inference.windows import window_origins
from landslidectl.stack.plans import TrackPlan

GEOCODE_S_MPX = 0.1
UNZIP_S = 2.5
DATE_S_MPX = 0.025
TRACK_S_MPX = 0.4
MULTIPLY_ADDS_S = 4e11
UNKNOWN_MULTIPLY_ADDS = 4e8
THREADS_GAIN = 0.5
SPAN = (0.6, 2.5)
START_S = 3.0


@dataclass(frozen=True, slots=True)
class Duration:
    """Seconds of wall time that a job may take.

    Parameters
    ----------
    least_s, most_s : float
        On a fast and on a slow machine that has nothing else to do.
    """

    least_s: float
    most_s: float

    def __str__(self) -> str:
        """Return the span in words, such as ``2 to 8 minutes``."""
        unit, seconds = next(
            (unit, seconds)
            for unit, seconds in (("hours", 3600.0), ("minutes", 60.0), ("seconds", 1.0))
            if self.most_s >= 2.0 * seconds or seconds == 1.0
        )
        low, high = self.least_s / seconds, self.most_s / seconds
        decimals = 1 if low < 2.0 and unit == "hours" else 0
        return f"{low:.{decimals}f} to {high:.{decimals}f} {unit}"


def estimate_duration(
    grid: Grid, tracks: Iterable[TrackPlan], windows_s: float, threads: int
) -> Duration:
    """Estimate the wall time of a job in which nothing is done yet.

    Parameters
    ----------
    grid : Grid
        The job's map grid; every scene is taken to cover it.
    tracks : iterable of TrackPlan
    windows_s : float
        Processor seconds to score one track, as `scoring_seconds` returns.
    threads : int
        Two threads are 1.4 times as fast as one, as measured; more gain less.
    """
    pixels_mpx = grid.rows * grid.cols / 1e6
    total_s = 0.0
    for plan in tracks:
        zipped = sum(scene.path.is_file() for scene in plan.scenes)
        per_scene = GEOCODE_S_MPX + DATE_S_MPX
        total_s += zipped * UNZIP_S + len(plan.scenes) * per_scene * pixels_mpx
        total_s += TRACK_S_MPX * pixels_mpx + windows_s
    wall_s = START_S + total_s / threads**THREADS_GAIN
    return Duration(SPAN[0] * wall_s, SPAN[1] * wall_s)


def scoring_seconds(grid: Grid, stride: int, window: int, multiply_adds: float | None) -> float:
    """Return the processor seconds that scoring one track may take, nothing masked.

    Parameters
    ----------
    grid : Grid
    stride, window : int
        Pixels.
    multiply_adds : float or None
        Of one window, as the model's manifest gives them; None where it does not.
    """
    rows = len(window_origins(grid.rows, window, stride))
    cols = len(window_origins(grid.cols, window, stride))
    return rows * cols * (multiply_adds or UNKNOWN_MULTIPLY_ADDS) / MULTIPLY_ADDS_S
