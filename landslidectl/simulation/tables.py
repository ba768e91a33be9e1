"""The calibration and noise members of a product."""

import numpy as np

from landslidectl.simulation.annotation import header
from landslidectl.simulation.identity import POLARISATIONS, Acquisition
from landslidectl.simulation.luts import BETA, Luts
from landslidectl.simulation.markup import HEADER, after, counted, element, leaves, numbers
from landslidectl.terms import Polarisation


def calibration_xml(acquisition: Acquisition, polarisation: Polarisation) -> str:
    """Return the calibration tables of one polarisation."""
    luts = _luts(acquisition, polarisation)
    flat = np.full(len(luts.pixels), BETA)
    vectors = [
        element(
            "calibrationVector",
            *leaves([("azimuthTime", _line_time(acquisition, int(line))), ("line", line)]),
            numbers("pixel", luts.pixels, "%d"),
            numbers("sigmaNought", luts.sigma[index]),
            numbers("betaNought", flat),
            numbers("gamma", luts.gamma[index]),
            numbers("dn", flat * 0.8472767),
        )
        for index, line in enumerate(luts.lines)
    ]
    return (
        HEADER
        + element(
            "calibration",
            header(acquisition, polarisation),
            element(
                "calibrationInformation", element("absoluteCalibrationConstant", "1.000000e+00")
            ),
            counted("calibrationVectorList", vectors),
        )
        + "\n"
    )


def noise_xml(acquisition: Acquisition, polarisation: Polarisation) -> str:
    """Return the noise tables of one polarisation."""
    luts = _luts(acquisition, polarisation)
    vectors = [
        element(
            "noiseRangeVector",
            *leaves([("azimuthTime", _line_time(acquisition, int(line))), ("line", line)]),
            numbers("pixel", luts.noise_pixels, "%d"),
            numbers("noiseRangeLut", luts.noise[index]),
        )
        for index, line in enumerate(luts.lines)
    ]
    blocks = [
        element(
            "noiseAzimuthVector",
            *leaves(
                [
                    ("swath", block.swath),
                    ("firstAzimuthLine", 0),
                    ("firstRangeSample", block.first),
                    ("lastAzimuthLine", acquisition.frame.lines - 1),
                    ("lastRangeSample", block.last),
                ]
            ),
            numbers("line", block.lines, "%d"),
            numbers("noiseAzimuthLut", block.factors),
        )
        for block in luts.blocks
    ]
    return (
        HEADER
        + element(
            "noise",
            header(acquisition, polarisation),
            counted("noiseRangeVectorList", vectors),
            counted("noiseAzimuthVectorList", blocks),
        )
        + "\n"
    )


def _luts(acquisition: Acquisition, polarisation: Polarisation) -> Luts:
    return acquisition.luts[POLARISATIONS.index(polarisation)]


def _line_time(acquisition: Acquisition, line: int) -> object:
    return after(acquisition.start, line * acquisition.frame.line_interval_s)
