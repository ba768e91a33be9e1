"""From digital numbers to sigma nought, block by block, in the geometry of the radar."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from landslidectl.grid import Window
from landslidectl.sentinel1.annotation import Annotation, read_annotation
from landslidectl.sentinel1.backscatter import Radiometry
from landslidectl.sentinel1.border import BorderFinder, has_border_noise
from landslidectl.sentinel1.calibration import read_calibration
from landslidectl.sentinel1.measurement import Measurement, open_measurement
from landslidectl.sentinel1.noise import read_noise
from landslidectl.sentinel1.novalue import clipped, grown, halo_of, near_no_value, within
from landslidectl.sentinel1.scene import Scene
from landslidectl.terms import Polarisation

EARTH_ENGINE_FLOOR_DN2 = 1e-5


class RadiometryMode(StrEnum):
    """What becomes of pixels that are darker than the thermal noise."""

    ACCURATE = "accurate"
    """They stay as they are, below zero, so that no mean or median is biased."""

    GEE = "gee"
    """They take a floor before calibration, as in Google Earth Engine."""


@dataclass(frozen=True, slots=True)
class RadiometryOptions:
    """How digital numbers become sigma nought.

    Parameters
    ----------
    remove_noise : bool
        Subtract the thermal noise, unless the processor already did.
    remove_border_noise : bool
        Treat the dark rim that old processor versions left around a scene as not observed.
    no_value_margin : int
        Treat so many samples and lines beside a region without values as not observed, too: the
        signal fades out there, and resampling must not mix it with zeros.
    mode : RadiometryMode
        What becomes of pixels that are darker than the noise.

    Source: for the floor, the Sentinel-1 Toolbox, whose chain Earth Engine's scenes come from.
    """

    remove_noise: bool = True
    remove_border_noise: bool = True
    no_value_margin: int = 2
    mode: RadiometryMode = RadiometryMode.ACCURATE


@dataclass(frozen=True, slots=True, eq=False)
class SigmaNoughtSource:
    """An open measurement with its tables.

    Parameters
    ----------
    scene : Scene
        Where the pixels come from.
    measurement : Measurement
        Its open digital numbers.
    radiometry : Radiometry
        Tables.
    border : BorderFinder or None
        Given where the scene has border noise to be taken out.
    no_value_margin : int
        See `RadiometryOptions`.
    """

    scene: Scene
    measurement: Measurement
    radiometry: Radiometry
    border: BorderFinder | None = None
    no_value_margin: int = 0

    def read(self, window: Window) -> NDArray[np.float32]:
        """Read linear sigma nought over a window of (line, pixel), float32.

        The window may reach beyond the measurement, where the result is NaN.

        Raises
        ------
        DamagedScene
            If the pixels cannot be read.
        """
        sigma = np.empty(window.shape, dtype=np.float32)
        self.read_into(window, sigma)
        return sigma

    def read_into(self, window: Window, out: NDArray[np.float32]) -> None:
        """Read as `read` does, into an array of the window's shape.

        A few more lines and samples than the window's are looked at, at most `halo_of` the margin,
        so that a value does not depend on how the scene is cut into windows.
        """
        shape = self.measurement.shape
        inner = clipped(window, shape)
        if inner != window:
            out[:] = np.nan
        if inner is None:
            return
        lines, samples = halo_of(self.no_value_margin)
        outer = clipped(grown(inner, lines, samples), shape) or inner
        numbers = self.measurement.read(outer)
        inside = within(inner, outer)
        part = out[within(inner, window)]
        self.radiometry.sigma_nought(numbers[inside], inner.row, inner.col, part)
        at_edges = (outer.col == 0, outer.col + outer.cols == shape[1])
        beside = near_no_value(numbers, self.no_value_margin, at_edges)
        if beside is not None:
            part[beside[inside]] = np.nan
        rim = self.border.mask(inner) if self.border is not None else None
        if rim is not None:
            part[rim] = np.nan


def read_radiometry(
    scene: Scene,
    polarisation: Polarisation,
    annotation: Annotation,
    options: RadiometryOptions = RadiometryOptions(),
) -> Radiometry:
    """Read the tables that turn the digital numbers of one polarisation into sigma nought."""
    noise = None
    if options.remove_noise and not annotation.thermal_noise_removed:
        noise = read_noise(scene, polarisation, annotation)
        if noise.is_zero:
            noise = None
    floor_dn2 = EARTH_ENGINE_FLOOR_DN2 if options.mode is RadiometryMode.GEE else None
    calibration = read_calibration(scene, polarisation)
    return Radiometry.of(calibration, noise, annotation.samples, floor_dn2)


@contextmanager
def open_sigma_nought(
    scene: Scene,
    polarisation: Polarisation,
    options: RadiometryOptions = RadiometryOptions(),
    disk: "threading.Lock | None" = None,
) -> Iterator[SigmaNoughtSource]:
    """Open a measurement with its tables, to read many windows.

    ``disk`` is held while bytes are read: sources that share it use the disk one after the other.

    Raises
    ------
    UnsupportedScene, DamagedScene
        If the polarisation is not there, its pixels are missing, unreadable, no 16 bit numbers or
        of another shape than the annotation says.
    """
    with open_sigma_noughts(scene, (polarisation,), options, disk) as (source,):
        yield source


@contextmanager
def open_sigma_noughts(
    scene: Scene,
    polarisations: Sequence[Polarisation],
    options: RadiometryOptions = RadiometryOptions(),
    disk: "threading.Lock | None" = None,
) -> Iterator[tuple[SigmaNoughtSource, ...]]:
    """Open several polarisations of a scene as `open_sigma_nought` does one.

    They share the search for border noise, so that the rim is read once.
    """
    with ExitStack() as stack:
        border = None
        if options.remove_border_noise and has_border_noise(scene.ipf):
            border = _border_finder(scene, disk, stack)
        sources = []
        for polarisation in polarisations:
            scene.require_members(polarisation)
            annotation = read_annotation(scene, polarisation)
            radiometry = read_radiometry(scene, polarisation, annotation, options)
            opened = open_measurement(scene, polarisation, annotation, disk)
            measurement = stack.enter_context(opened)
            sources.append(
                SigmaNoughtSource(scene, measurement, radiometry, border, options.no_value_margin)
            )
        yield tuple(sources)


def read_sigma_nought(
    scene: Scene,
    polarisation: Polarisation,
    window: Window,
    options: RadiometryOptions = RadiometryOptions(),
) -> NDArray[np.float32]:
    """Read linear sigma nought over one window of (line, pixel).

    Returns
    -------
    window.shape float32
        Noise removed; negatives kept; NaN where the digital number is 0, outside the measurement
        and, before version 2.90, in the dark rim.

    Raises
    ------
    UnsupportedScene, DamagedScene
        As `open_sigma_nought`, which is the way to read many windows of one scene.
    """
    with open_sigma_nought(scene, polarisation, options) as source:
        return source.read(window)


def _border_finder(
    scene: Scene, disk: "threading.Lock | None", stack: ExitStack
) -> BorderFinder | None:
    """Open VV once more for the rim; the cross-polarised signal is too weak to show it."""
    copolarised = scene.members.get(Polarisation.VV)
    if copolarised is None or copolarised.measurement is None:
        return None
    annotation = read_annotation(scene, Polarisation.VV)
    opened = open_measurement(scene, Polarisation.VV, annotation, disk)
    return BorderFinder(stack.enter_context(opened).read, annotation.lines, annotation.samples)
