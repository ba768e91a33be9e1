"""Ground that changed as a whole: a snow line or rain, and the detections that it explains.

Wet snow, rain or frost on the dates after the event moves the backscatter of all the ground above
an elevation, or of the whole scene. Landslides do not: they change a few per cent of the ground,
up and down. So the median change by elevation tells of a shift, and what is left after it has been
taken away tells whether something slid under it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from landslidectl.detection.levels import Elevation, Level, diff_bands, read_cells
from landslidectl.detection.polygons import pixels_inside, window_of
from landslidectl.detection.pool import DISTORTED
from landslidectl.files.rasters import open_raster, rasterio_window
from landslidectl.stack.offsets import in_words
from landslidectl.terms import Polarisation, Track

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from landslidectl.grid import Grid, Window
    from landslidectl.stack.stack import Stack
    from landslidectl.terrain.dem import Dem

SHIFT_DB = 2.0
"""No level of quiet simulated events reached it; wet snow on open ground takes 3 to 6 dB."""
LEAST_SAME = 0.65
"""Share of a shifted level's cells that go its way; slides leave most of the ground alone."""
MOSTLY = 0.5
LIKE_SHIFT = 0.5
"""The change of a region explained by a shift is at least this part of it, of the same sign."""


@dataclass(frozen=True, slots=True)
class Shift:
    """Ground that changed as a whole, as one track saw it.

    Parameters
    ----------
    track : Track
    low_m, high_m : float
        Elevation above the sea; infinite where the shift reaches the end of what was measured.
    change_db : tuple of float
        Post minus pre, median over its levels weighed by their ground, one a polarisation.
    area_km2 : float
        Ground that was measured.
    polarisations : tuple of Polarisation
    """

    track: Track
    low_m: float
    high_m: float
    change_db: tuple[float, ...]
    area_km2: float
    polarisations: tuple[Polarisation, ...]

    @property
    def is_scene_wide(self) -> bool:
        """Tell whether all elevations shifted."""
        return bool(np.isinf(self.low_m) and np.isinf(self.high_m))


@dataclass(frozen=True, slots=True)
class Profile:
    """The change of one track's ground by elevation.

    Parameters
    ----------
    stack : Stack
    levels : tuple of Level
        Ascending; one alone, without limits, where no elevation model was given or no level has
        ground enough. None at all where nothing could be measured.
    """

    stack: "Stack"
    levels: tuple[Level, ...]

    @classmethod
    def of(
        cls, stack: "Stack", elevation: Elevation | None, detected: "NDArray[np.bool_]"
    ) -> "Profile":
        """Measure the ground of one track."""
        cells = read_cells(stack, elevation, detected)
        whole = cells.whole
        return cls(stack, cells.levels or (() if whole is None else (whole,)))

    @property
    def shifted(self) -> tuple[bool, ...]:
        """Return which levels shifted."""
        return tuple(is_shifted(level) for level in self.levels)

    @property
    def shifts(self) -> tuple[Shift, ...]:
        """Return the shifts, neighbouring levels of one sign joined, ascending."""
        runs: list[list[int]] = []
        for number, level in enumerate(self.levels):
            if not is_shifted(level):
                continue
            last = runs[-1] if runs else None
            if last and last[-1] == number - 1 and side_of(self.levels[last[-1]]) == side_of(level):
                last.append(number)
            else:
                runs.append([number])
        return tuple(self._shift(run) for run in runs)

    def change_db(self, heights: "NDArray[np.float32] | None") -> "NDArray[np.float32]":
        """Return the change of all ground at some heights, float32 (polarisation, ...), dB.

        It is interpolated between the middles of the levels; where the height is not known, it is
        that of the lowest.
        """
        medians = np.array([level.median_db for level in self.levels], dtype=np.float64).T
        if heights is None or len(self.levels) == 1:
            return medians[:, 0, None, None].astype(np.float32)
        known = np.where(np.isfinite(heights), heights, -np.inf)
        middles = [(level.low_m + level.high_m) / 2.0 for level in self.levels]
        return np.stack([np.interp(known, middles, row) for row in medians]).astype(np.float32)

    def marks(self, heights: "NDArray[np.float32] | None") -> "NDArray[np.bool_]":
        """Return which heights lie in a shifted level or beside one, where the shift sets in."""
        shifted = np.array(self.shifted)
        if heights is None or shifted.size == 1:
            return shifted[:1]
        near = shifted.copy()
        near[1:] |= shifted[:-1]
        near[:-1] |= shifted[1:]
        edges = [level.high_m for level in self.levels[:-1]]
        return np.asarray(near[np.searchsorted(edges, heights)] & np.isfinite(heights))

    def _shift(self, run: list[int]) -> Shift:
        levels = [self.levels[number] for number in run]
        weights = [level.cells for level in levels]
        changes = np.average([level.median_db for level in levels], axis=0, weights=weights)
        last = len(self.levels) - 1
        cell_km2 = (10.0 * self.stack.grid.pixel_m) ** 2 / 1e6
        return Shift(
            self.stack.track,
            -np.inf if run[0] == 0 else levels[0].low_m,
            np.inf if run[-1] == last else levels[-1].high_m,
            tuple(np.round(changes, 2).tolist()),
            round(sum(weights) * cell_km2, 2),
            self.stack.bands.polarisations,
        )


@dataclass(frozen=True, slots=True)
class Shifts:
    """The shifts of all tracks of a job.

    Parameters
    ----------
    profiles : tuple of Profile
        Sorted by track.
    grid : Grid
    elevation : Elevation or None
        Of a place, where it is known.
    """

    profiles: tuple[Profile, ...]
    grid: "Grid"
    elevation: Elevation | None

    @classmethod
    def measure(
        cls, stacks: "Sequence[Stack]", dem: "Dem | None", detected: "NDArray[np.bool_]"
    ) -> "Shifts":
        """Measure the ground of every track.

        Parameters
        ----------
        stacks : sequence of Stack
            On one grid.
        dem : Dem, optional
            A flat stand-in counts as none.
        detected : NDArray
            bool of the grid's shape: ground that is left out, where enough other is left.
        """
        ordered = sorted(stacks, key=lambda stack: stack.track)
        grid = ordered[0].grid
        elevation = None if dem is None or dem.is_flat else Elevation(dem, grid)
        profiles = tuple(Profile.of(stack, elevation, detected) for stack in ordered)
        return cls(profiles, grid, elevation)

    @property
    def found(self) -> tuple[Shift, ...]:
        """Return the shifts of all tracks, by track, ascending."""
        return tuple(shift for profile in self.profiles for shift in profile.shifts)

    def baseline(self, window: "Window") -> "list[NDArray[np.float32]]":
        """Return what each track's changes are held against: 0 where a track saw no shift.

        Returns
        -------
        list of NDArray
            float32 (polarisation, row, col), or what broadcasts to it, dB.
        """
        heights = None if self.elevation is None else self.elevation.of(window)
        none = np.zeros((1, 1, 1), dtype=np.float32)
        return [
            profile.change_db(heights) if any(profile.shifted) else none
            for profile in self.profiles
        ]

    def explains(self, region: "BaseGeometry") -> bool:
        """Tell whether a region lies mostly in shifted ground and changed as that did.

        It must hold for half of the tracks that see the region. Whether something stands out
        from the shift is for the delineator to say.

        Parameters
        ----------
        region : shapely geometry
            In grid units.
        """
        window = window_of(region, self.grid)
        inside = pixels_inside(region, self.grid.subgrid(window))
        heights = None if self.elevation is None else self.elevation.of(window)
        answers = [_follows(profile, window, inside, heights) for profile in self.profiles]
        known = [answer for answer in answers if answer is not None]
        return bool(known) and 2 * sum(known) >= len(known)


def shift_in_words(shift: Shift) -> str:
    """Tell where the ground changed as a whole, by how much, and what may be the cause."""
    names = [name.value for name in shift.polarisations]
    change = in_words(list(zip(shift.change_db, names, strict=True)))
    return (
        f"{shift.track}: the ground {elevation_in_words(shift)} is {change} after the event than "
        "before it, as a whole; wet snow, frost or rain may hide landslides there or feign them"
    )


def elevation_in_words(shift: Shift) -> str:
    """Return such as ``above 2300 m``."""
    low, high = shift.low_m, shift.high_m
    if shift.is_scene_wide:
        return "at all elevations"
    if np.isinf(high):
        return f"above {low:.0f} m"
    return f"below {high:.0f} m" if np.isinf(low) else f"from {low:.0f} to {high:.0f} m"


def is_shifted(level: Level) -> bool:
    """Tell whether a level changed as a whole, in any polarisation."""
    return any(
        abs(median) > SHIFT_DB and same >= LEAST_SAME
        for median, same in zip(level.median_db, level.same_share, strict=True)
    )


def side_of(level: Level) -> float:
    """Return the sign of a level's larger change."""
    return float(np.sign(max(level.median_db, key=abs)))


def _follows(
    profile: Profile,
    window: "Window",
    inside: "NDArray[np.bool_]",
    heights: "NDArray[np.float32] | None",
) -> bool | None:
    """Tell whether a track's change in a region is that of its shift; None where it sees little."""
    stack, part = profile.stack, rasterio_window(window)
    with open_raster(stack.values_path) as values, open_raster(stack.quality_path) as bits:
        change: Any = values.read(diff_bands(stack), window=part)
        clear = (bits.read(1, window=part) & int(DISTORTED)) == 0
    seen = inside & clear & np.isfinite(change).all(axis=0)
    if 2 * np.count_nonzero(seen) < np.count_nonzero(inside):
        return None
    if not any(profile.shifted):
        return False
    marked = seen & profile.marks(heights)
    if np.count_nonzero(marked) < MOSTLY * np.count_nonzero(seen):
        return False
    expected = np.broadcast_to(profile.change_db(heights), change.shape)
    pairs = [
        (np.median(band[marked]), np.median(own[marked]))
        for band, own in zip(expected, change, strict=True)
    ]
    shift, found = max(pairs, key=lambda pair: abs(pair[0]))
    return bool(found * np.sign(shift) >= LIKE_SHIFT * abs(shift))
