"""The thermal noise that the radar adds to every pixel, in units of DN^2.

Since processor version 2.90 (March 2018) it is a range profile times an azimuth profile of each
sub-swath; before, it was a range profile alone.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from landslidectl.sentinel1.annotation import Annotation, SwathBounds, read_annotation
from landslidectl.sentinel1.archive import open_archive
from landslidectl.sentinel1.calibration import limited, read_calibration, read_lut_vector
from landslidectl.sentinel1.lut import LineLut, LutVector
from landslidectl.sentinel1.markup import Node, read_markup
from landslidectl.sentinel1.scene import Scene
from landslidectl.terms import Polarisation

FloatArray = NDArray[np.float64]
RANGE_VECTORS = "noiseRangeVectorList/noiseRangeVector"
AZIMUTH_VECTORS = "noiseAzimuthVectorList/noiseAzimuthVector"
OLD_VECTORS = "noiseVectorList/noiseVector"
K_NOISE_IW = 75_088.7
LAST_UNSCALED_IPF = (2, 50)
FIRST_SQUARED_IPF = (2, 34)


class NoiseState(StrEnum):
    """What becomes of the thermal noise of a polarisation."""

    REMOVED = "removed"
    ALREADY = "already"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, eq=False)
class AzimuthBlock:
    """A rectangle of the scene and the factor along its lines (1-D float64 each)."""

    bounds: SwathBounds
    lines: FloatArray
    factors: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class AzimuthFactors:
    """The factors of one rectangle for some block of pixels.

    Parameters
    ----------
    rows, columns : slice
        The part of the block that lies in the rectangle.
    values : (rows, 1) float32
        A factor for each row of the part.
    """

    rows: slice
    columns: slice
    values: NDArray[np.float32]

    def apply(self, noise: NDArray[np.float32], part: slice) -> None:
        """Multiply the rows ``part`` of the block, held in ``noise``, in place."""
        start, stop = max(part.start, self.rows.start), min(part.stop, self.rows.stop)
        if start < stop:
            inside = slice(start - self.rows.start, stop - self.rows.start)
            noise[start - part.start : stop - part.start, self.columns] *= self.values[inside]


@dataclass(frozen=True, slots=True, eq=False)
class NoiseLut:
    """Thermal noise power of one polarisation.

    Parameters
    ----------
    ranges : LineLut
        Range profiles; between two they are blended linearly in azimuth time.
    blocks : tuple of AzimuthBlock
        Perhaps none; where no block lies the factor is 1.
    """

    ranges: LineLut
    blocks: tuple[AzimuthBlock, ...] = ()

    @property
    def is_zero(self) -> bool:
        """Tell whether all values are 0, as in products of version 2.36: no noise is known."""
        return not any(np.any(vector.values) for vector in self.ranges.vectors)

    def power(self, lines: ArrayLike, pixels: ArrayLike) -> NDArray[np.float32]:
        """Return the noise in DN^2.

        Parameters
        ----------
        lines, pixels : 1-D array_like, ascending
            Radar coordinates.

        Returns
        -------
        (len(lines), len(pixels)) float32
        """
        row_lines = np.asarray(lines, dtype=np.float64)
        columns = np.asarray(pixels, dtype=np.float64)
        if self.is_zero:
            return np.zeros((len(row_lines), len(columns)), dtype=np.float32)
        noise = self.ranges.grid(row_lines, columns)
        for factors in self.azimuth_factors(row_lines, columns):
            factors.apply(noise, slice(0, len(noise)))
        return noise

    def azimuth_factors(self, lines: FloatArray, pixels: FloatArray) -> list[AzimuthFactors]:
        """Return the factors of all rectangles that meet the given coordinates (ascending)."""
        found = []
        for block in self.blocks:
            bounds = block.bounds
            rows = _inside(lines, bounds.first_line, bounds.last_line)
            columns = _inside(pixels, bounds.first_sample, bounds.last_sample)
            if rows.start < rows.stop and columns.start < columns.stop:
                values = np.interp(lines[rows], block.lines, block.factors).astype(np.float32)
                found.append(AzimuthFactors(rows, columns, values[:, np.newaxis]))
        return found


def read_noise(scene: Scene, polarisation: Polarisation, annotation: Annotation) -> NoiseLut:
    """Read the thermal noise of one polarisation, in either format.

    Raises
    ------
    DamagedScene
        If the member is missing, not well-formed or incomplete.

    Notes
    -----
    At far range the tables end in zeros that mean "no value"; taken as they are they would leave a
    stripe with half the noise. They take the nearest value of their own sub-swath. Where sub-swaths
    begin or end apart, the first and the last vectors hold zeros for all of a sub-swath; blending
    with them would halve the noise of the lines after. They take the values of the next vector.

    Source: Sentinel-1 Product Specification S1-RS-MDA-52-7441, noise annotation; Thermal
    Denoising of Products Generated by the S-1 IPF, MPC-0392, for zeros and old versions.
    """
    root = read_markup(open_archive(scene.path), scene.members[polarisation].noise)
    blocks = tuple(_azimuth_block(node) for node in root.children(AZIMUTH_VECTORS))
    table = "noiseRangeLut"
    nodes = root.children(RANGE_VECTORS)
    if not nodes:
        table = "noiseLut"
        nodes = root.children(OLD_VECTORS)
    if not nodes:
        _require_list(root)
    bounds = tuple(block.bounds for block in blocks) or annotation.swath_bounds
    vectors = [_range_vector(node, table, annotation) for node in limited(nodes, table)]
    known = [vector for vector in vectors if np.any(vector.values)]
    filled = borrow_values(
        [replace(vector, values=fill_zeros(vector, bounds)) for vector in known or vectors]
    )
    factor = _old_scale(scene, polarisation) if table == "noiseLut" else 1.0
    if factor != 1.0:
        filled = [replace(vector, values=vector.values * factor) for vector in filled]
    return NoiseLut(LineLut.of(filled), blocks)


def noise_state(scene: Scene, polarisation: Polarisation) -> NoiseState:
    """Tell whether the thermal noise can be subtracted, was already, or is not known.

    Only metadata is read. Products of version 2.36, among others, carry tables of zeros: their
    noise stays in and keeps dark places too bright.

    Raises
    ------
    DamagedScene
        If the annotation or the noise member is missing or not well-formed.
    """
    annotation = read_annotation(scene, polarisation)
    if annotation.thermal_noise_removed:
        return NoiseState.ALREADY
    if read_noise(scene, polarisation, annotation).is_zero:
        return NoiseState.UNKNOWN
    return NoiseState.REMOVED


def fill_zeros(vector: LutVector, bounds: tuple[SwathBounds, ...]) -> FloatArray:
    """Return the values with zeros replaced by the nearest other value of their sub-swath."""
    values = vector.values.copy()
    if np.all(values):
        return values
    swaths = _swath_index(vector, bounds)
    for swath in np.unique(swaths):
        members = np.flatnonzero(swaths == swath)
        given = members[values[members] != 0.0]
        empty = members[values[members] == 0.0]
        if len(given) == 0 or len(empty) == 0:
            continue
        distance = np.abs(vector.pixels[empty, np.newaxis] - vector.pixels[given])
        values[empty] = values[given[distance.argmin(axis=1)]]
    return values


def borrow_values(vectors: list[LutVector]) -> list[LutVector]:
    """Return the vectors with the zeros that are left replaced from the nearest other vector."""
    return [
        vector if np.all(vector.values) else _with_values_of(vector, vectors) for vector in vectors
    ]


def _with_values_of(vector: LutVector, others: list[LutVector]) -> LutVector:
    values = vector.values.copy()
    for other in sorted(others, key=lambda one: abs(one.line - vector.line)):
        empty = np.flatnonzero(values == 0.0)
        if len(empty) == 0:
            break
        pixels = vector.pixels[empty]
        given = np.interp(pixels, other.pixels, other.values != 0.0) == 1.0
        values[empty[given]] = np.interp(pixels[given], other.pixels, other.values)
    return replace(vector, values=values)


def _require_list(root: Node) -> None:
    """Tell a list without entries, which means that no noise is known, from a damaged member."""
    lists = [name.partition("/")[0] for name in (RANGE_VECTORS, OLD_VECTORS)]
    if not any(root.children(name) for name in lists):
        raise root.fault(lists[0], "is missing")


def _swath_index(vector: LutVector, bounds: tuple[SwathBounds, ...]) -> NDArray[np.intp]:
    """Return for each pixel of a vector the rectangle it lies in, -1 for none."""
    index = np.full(len(vector.pixels), -1, dtype=np.intp)
    last_line = max((block.last_line for block in bounds), default=0)
    line = min(max(vector.line, 0.0), last_line)
    for number, block in enumerate(bounds):
        if block.first_line - 0.5 <= line < block.last_line + 0.5:
            index[_inside(vector.pixels, block.first_sample, block.last_sample)] = number
    return index


def _inside(coordinates: FloatArray, first: float, last: float) -> slice:
    """Return the slice of ascending coordinates in a block of whole pixels, ends included."""
    start, stop = np.searchsorted(coordinates, (first - 0.5, last + 0.5))
    return slice(int(start), int(stop))


def _range_vector(node: Node, table: str, annotation: Annotation) -> LutVector:
    """Read a range profile, placed by its azimuth time: the given line is only its whole part."""
    line = node.seconds("azimuthTime", annotation.epoch) / annotation.line_interval_s
    return read_lut_vector(node, line, table)


def _azimuth_block(node: Node) -> AzimuthBlock:
    lines, factors = node.numbers("line"), node.numbers("noiseAzimuthLut")
    if len(lines) != len(factors):
        raise node.fault("noiseAzimuthLut", f"holds {len(factors)} values for {len(lines)} lines")
    if np.any(np.diff(lines) <= 0.0):
        raise node.fault("line", "does not ascend")
    bounds = SwathBounds(
        node.text("swath"),
        node.integer("firstAzimuthLine"),
        node.integer("lastAzimuthLine"),
        node.integer("firstRangeSample"),
        node.integer("lastRangeSample"),
    )
    return AzimuthBlock(bounds, lines, factors)


def _old_scale(scene: Scene, polarisation: Polarisation) -> float:
    """Return the factor that the tables of version 2.50 and earlier lack."""
    version = _version_pair(scene.ipf)
    if version is None or version > LAST_UNSCALED_IPF:
        return 1.0
    first_dn = read_calibration(scene, polarisation).first_dn
    power = first_dn if version < FIRST_SQUARED_IPF else first_dn**2
    return K_NOISE_IW * power


def _version_pair(ipf: str) -> tuple[int, int] | None:
    major, _, minor = ipf.partition(".")
    if major.isdecimal() and minor.isdecimal():
        return int(major), int(minor)
    return None
