"""From digital numbers to sigma nought, block by block, in the geometry of the radar."""

import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from landslidectl.errors import DamagedScene
from landslidectl.files.gdal_environment import gdal_session
from landslidectl.files.rasters import rasterio_window
from landslidectl.grid import Window
from landslidectl.sentinel1.annotation import Annotation, check_shape, read_annotation
from landslidectl.sentinel1.archive import COPY_AGAIN, open_archive
from landslidectl.sentinel1.border import BorderFinder, has_border_noise
from landslidectl.sentinel1.calibration import CalibrationLut, read_calibration
from landslidectl.sentinel1.noise import NoiseLut, read_noise
from landslidectl.sentinel1.scene import Scene
from landslidectl.terms import Polarisation

if TYPE_CHECKING:
    from rasterio.io import DatasetReader

STRIP_LINES = 256


@dataclass(frozen=True, slots=True)
class RadiometryOptions:
    """How digital numbers become sigma nought.

    Parameters
    ----------
    remove_noise : bool
        Subtract the thermal noise, unless the processor already did.
    remove_border_noise : bool
        Treat the dark rim at near and far range that old processor versions left as not observed.
    """

    remove_noise: bool = True
    remove_border_noise: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Radiometry:
    """The tables of one polarisation, read once and used for many blocks.

    Parameters
    ----------
    calibration : CalibrationLut
        Amplitude table of sigma nought.
    noise : NoiseLut or None
        None where no noise is to be subtracted.
    """

    calibration: CalibrationLut
    noise: NoiseLut | None

    def sigma_nought(self, numbers: NDArray[Any], line: int, pixel: int) -> NDArray[np.float32]:
        """Calibrate a block of digital numbers whose corner is at (line, pixel).

        Returns
        -------
        (lines, pixels) float32
            Linear sigma nought; NaN where the number is 0. Values below 0, which the subtraction
            of noise leaves in dark places, are kept: dropping them would bias every median.

        Notes
        -----
        The numbers are 16 bit and overflow when squared as such; they are squared as float32.
        """
        sigma = numbers.astype(np.float32)
        pixels = np.arange(pixel, pixel + numbers.shape[1], dtype=np.float64)
        for start in range(0, len(sigma), STRIP_LINES):
            strip = sigma[start : start + STRIP_LINES]
            lines = np.arange(line + start, line + start + len(strip), dtype=np.float64)
            void = strip == 0.0
            strip *= strip
            if self.noise is not None:
                strip -= self.noise.power(lines, pixels)
            amplitude = self.calibration.sigma_nought(lines, pixels)
            amplitude *= amplitude
            strip /= amplitude
            strip[void] = np.nan
        return sigma


@dataclass(frozen=True, slots=True, eq=False)
class SigmaNoughtSource:
    """An open measurement with its tables; one handle for one thread.

    Parameters
    ----------
    scene : Scene
        Where the pixels come from.
    dataset : DatasetReader
        Open measurement.
    radiometry : Radiometry
        Tables.
    border : BorderFinder or None
        Given where the scene has border noise to be taken out.
    """

    scene: Scene
    dataset: "DatasetReader"
    radiometry: Radiometry
    border: BorderFinder | None = None

    def read(self, window: Window) -> NDArray[np.float32]:
        """Read linear sigma nought over a window of (line, pixel), float32.

        The window may reach beyond the measurement, where the result is NaN.

        Raises
        ------
        DamagedScene
            If the pixels cannot be read.
        """
        sigma = np.full(window.shape, np.nan, dtype=np.float32)
        inner = _clipped(window, *self.dataset.shape)
        if inner is None:
            return sigma
        numbers = _read_numbers(self.scene, self.dataset, inner)
        part = self.radiometry.sigma_nought(numbers, inner.row, inner.col)
        rim = self.border.mask(inner) if self.border is not None else None
        if rim is not None:
            part[rim] = np.nan
        row, col = inner.row - window.row, inner.col - window.col
        sigma[row : row + inner.rows, col : col + inner.cols] = part
        return sigma


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
    return Radiometry(read_calibration(scene, polarisation), noise)


@contextmanager
def open_sigma_nought(
    scene: Scene,
    polarisation: Polarisation,
    options: RadiometryOptions = RadiometryOptions(),
) -> Iterator[SigmaNoughtSource]:
    """Open a measurement with its tables, to read many windows.

    Raises
    ------
    UnsupportedScene, DamagedScene
        If the polarisation is not there, its pixels are missing, unreadable, no 16 bit numbers or
        of another shape than the annotation says.
    """
    scene.require_members(polarisation)
    annotation = read_annotation(scene, polarisation)
    radiometry = read_radiometry(scene, polarisation, annotation, options)
    with ExitStack() as stack:
        stack.enter_context(gdal_session())
        dataset = stack.enter_context(_open_measurement(scene, polarisation, annotation))
        border = None
        if options.remove_border_noise and has_border_noise(scene.ipf):
            border = _border_finder(scene, annotation, stack)
        yield SigmaNoughtSource(scene, dataset, radiometry, border)


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


def _border_finder(scene: Scene, annotation: Annotation, stack: ExitStack) -> BorderFinder | None:
    """Open VV once more for the rim; the cross-polarised signal is too weak to show it."""
    copolarised = scene.members.get(Polarisation.VV)
    if copolarised is None or copolarised.measurement is None:
        return None
    dataset = stack.enter_context(_open_measurement(scene, Polarisation.VV, annotation))

    def read(window: Window) -> NDArray[Any]:
        return _read_numbers(scene, dataset, window)

    return BorderFinder(read, annotation.lines, annotation.samples)


@contextmanager
def _open_measurement(
    scene: Scene, polarisation: Polarisation, annotation: Annotation
) -> "Iterator[DatasetReader]":
    import rasterio  # noqa: PLC0415
    from rasterio.errors import NotGeoreferencedWarning, RasterioIOError  # noqa: PLC0415

    member = scene.members[polarisation].measurement or ""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            dataset = rasterio.open(open_archive(scene.path).gdal_path(member))
    except RasterioIOError as error:
        raise DamagedScene(
            scene.path, f"{member} cannot be opened as a raster: {error}", COPY_AGAIN
        ) from error
    with dataset:
        check_shape(scene, annotation, dataset.shape)
        if dataset.dtypes[0] != "uint16":
            raise DamagedScene(
                scene.path, f"{member} holds {dataset.dtypes[0]} numbers, expected uint16"
            )
        yield dataset


def _read_numbers(scene: Scene, dataset: "DatasetReader", window: Window) -> NDArray[Any]:
    from rasterio.errors import RasterioError  # noqa: PLC0415

    try:
        return np.asarray(dataset.read(1, window=rasterio_window(window)))
    except RasterioError as error:
        last = window.row + window.rows - 1
        raise DamagedScene(
            scene.path,
            f"pixels of lines {window.row} to {last} cannot be read: {error}",
            COPY_AGAIN,
        ) from error


def _clipped(window: Window, lines: int, samples: int) -> Window | None:
    top, left = max(window.row, 0), max(window.col, 0)
    bottom = min(window.row + window.rows, lines)
    right = min(window.col + window.cols, samples)
    if bottom <= top or right <= left:
        return None
    return Window(top, left, bottom - top, right - left)
