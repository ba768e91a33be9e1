"""The calibration tables: DN^2 / A^2 is the radar brightness or the backscatter coefficient."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from landslidectl.sentinel1.archive import open_archive
from landslidectl.sentinel1.lut import LineLut, LutVector
from landslidectl.sentinel1.markup import Node, read_markup
from landslidectl.sentinel1.scene import Scene
from landslidectl.terms import Polarisation

VECTORS = "calibrationVectorList/calibrationVector"
MOST_VECTORS = 1000
"""Products have one a second, some 30."""


@dataclass(frozen=True, slots=True, eq=False)
class CalibrationLut:
    """Amplitudes A of one polarisation, bilinear in line and pixel.

    A itself is interpolated, not A^2: that is how the tables are meant and how others read them.

    Parameters
    ----------
    sigma, beta : LineLut
        Tables of sigma nought and beta nought.
    first_dn : float
        First entry of the ``dn`` table, which scales the noise of the oldest products.

    Source: Sentinel-1 Product Specification S1-RS-MDA-52-7441, calibration annotation.
    """

    sigma: LineLut
    beta: LineLut
    first_dn: float

    def sigma_nought(self, lines: ArrayLike, pixels: ArrayLike) -> NDArray[np.float32]:
        """Return A of sigma nought, shape (len(lines), len(pixels)); lines must ascend."""
        return self.sigma.grid(_vector(lines), _vector(pixels))

    def beta_nought(self, lines: ArrayLike, pixels: ArrayLike) -> NDArray[np.float32]:
        """Return A of beta nought, shape (len(lines), len(pixels)); lines must ascend."""
        return self.beta.grid(_vector(lines), _vector(pixels))


def read_calibration(scene: Scene, polarisation: Polarisation) -> CalibrationLut:
    """Read the calibration tables of one polarisation.

    Raises
    ------
    DamagedScene
        If the member is missing, not well-formed or incomplete.
    """
    root = read_markup(open_archive(scene.path), scene.members[polarisation].calibration)
    nodes = limited(root.some(VECTORS), VECTORS)
    dn = nodes[0].optional_text("dn")
    return CalibrationLut(
        LineLut.of([_lut_vector(node, "sigmaNought") for node in nodes]),
        LineLut.of([_lut_vector(node, "betaNought") for node in nodes]),
        float(nodes[0].numbers("dn")[0]) if dn else 1.0,
    )


def _lut_vector(node: Node, table: str) -> LutVector:
    vector = read_lut_vector(node, float(node.integer("line")), table)
    if not np.all(vector.values > 0.0):
        raise node.fault(table, "holds values that are not positive")
    return vector


def limited(nodes: tuple[Node, ...], name: str) -> tuple[Node, ...]:
    """Return the vectors of a table if they are as many as a product may have.

    Raises
    ------
    DamagedScene
        If they are more.
    """
    if len(nodes) > MOST_VECTORS:
        raise nodes[0].fault(name, f"is there {len(nodes)} times, at most {MOST_VECTORS} can be")
    return nodes


def read_lut_vector(node: Node, line: float, table: str) -> LutVector:
    """Read ``pixel`` and ``table`` of a vector and make sure that they belong together."""
    pixels, values = node.numbers("pixel"), node.numbers(table)
    if len(pixels) != len(values):
        raise node.fault(table, f"holds {len(values)} values for {len(pixels)} pixels")
    if np.any(np.diff(pixels) <= 0.0):
        raise node.fault("pixel", "does not ascend")
    return LutVector(line, pixels, values)


def _vector(values: ArrayLike) -> NDArray[np.float64]:
    return np.asarray(values, dtype=np.float64)
