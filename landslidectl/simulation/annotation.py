"""The annotation of a product: times, orbit, range polynomials, geolocation grid.

Source: Sentinel-1 Product Specification (S1-RS-MDA-52-7441), chapter 6.
"""

import numpy as np

from landslidectl.simulation.frame import LIGHT_M_S, PIXEL_M
from landslidectl.simulation.geodesy import ecef, geodetic
from landslidectl.simulation.identity import POLARISATIONS, Acquisition
from landslidectl.simulation.markup import HEADER, after, counted, element, leaves, numbers
from landslidectl.simulation.orbit import STATE_STEP_S, zero_doppler
from landslidectl.terms import Polarisation

STATES_BEYOND_S = 80.0
GRID = (6, 8)
COEFFICIENTS = 9


def annotation_xml(acquisition: Acquisition, polarisation: Polarisation) -> str:
    """Return the annotation of one polarisation."""
    return (
        HEADER
        + element(
            "product",
            header(acquisition, polarisation),
            element("generalAnnotation", _product_information(acquisition), _orbit(acquisition)),
            element("imageAnnotation", _image(acquisition), _processing()),
            element("dopplerCentroid", counted("dcEstimateList", [])),
            element("antennaPattern", counted("antennaPatternList", [])),
            element(
                "swathTiming",
                *leaves([("linesPerBurst", 0), ("samplesPerBurst", 0)]),
                counted("burstList", []),
            ),
            element("geolocationGrid", _grid(acquisition)),
            element("coordinateConversion", _conversion(acquisition)),
            element("swathMerging", _merging(acquisition)),
        )
        + "\n"
    )


def header(acquisition: Acquisition, polarisation: Polarisation) -> str:
    """Return the ``adsHeader`` that annotation, calibration and noise share."""
    return element(
        "adsHeader",
        *leaves(
            [
                ("missionId", acquisition.platform),
                ("productType", "GRD"),
                ("polarisation", polarisation),
                ("mode", "IW"),
                ("swath", "IW"),
                ("startTime", acquisition.start),
                ("stopTime", acquisition.stop),
                ("absoluteOrbitNumber", acquisition.absolute_orbit),
                ("missionDataTakeId", acquisition.datatake),
                ("imageNumber", f"{POLARISATIONS.index(polarisation) + 1:03d}"),
            ]
        ),
    )


def _product_information(acquisition: Acquisition) -> str:
    return element(
        "productInformation",
        *leaves(
            [
                ("pass", acquisition.track.direction.value.capitalize()),
                ("timelinessCategory", "Fast-24h"),
                ("platformHeading", _heading_deg(acquisition)),
                ("projection", "Ground Range"),
                ("rangeSamplingRate", 6.434523812571428e07),
                ("radarFrequency", 5.405000454334350e09),
                ("azimuthSteeringRate", 1.590368784),
            ]
        ),
    )


def _heading_deg(acquisition: Acquisition) -> float:
    orbit = acquisition.frame.orbit
    lon, lat, height = geodetic(orbit.position(np.array(0.0)))
    step = ecef(lon, lat + 1e-4, height) - ecef(lon, lat, height)
    side = ecef(lon + 1e-4, lat, height) - ecef(lon, lat, height)
    velocity = orbit.velocity(np.array(0.0))
    north = velocity @ step / np.linalg.norm(step)
    east = velocity @ side / np.linalg.norm(side)
    return float(np.degrees(np.arctan2(east, north)))


def _orbit(acquisition: Acquisition) -> str:
    frame = acquisition.frame
    start = round(frame.first_line_s - STATES_BEYOND_S, 6)
    stop = frame.first_line_s + frame.lines * frame.line_interval_s + STATES_BEYOND_S
    count = int(np.ceil((stop - start) / STATE_STEP_S)) + 1
    times = start + STATE_STEP_S * np.arange(count)
    positions, velocities = frame.orbit.position(times), frame.orbit.velocity(times)
    vectors = []
    for time, position, velocity in zip(times, positions, velocities, strict=True):
        vectors.append(
            element(
                "orbit",
                *leaves(
                    [("time", after(acquisition.epoch, float(time))), ("frame", "Earth Fixed")]
                ),
                element("position", *_xyz(position)),
                element("velocity", *_xyz(velocity)),
            )
        )
    return counted("orbitList", vectors)


def _xyz(vector: np.ndarray[tuple[int], np.dtype[np.float64]]) -> list[str]:
    return [element(axis, f"{value:.12e}") for axis, value in zip("xyz", vector, strict=True)]


def _image(acquisition: Acquisition) -> str:
    frame = acquisition.frame
    middle = acquisition.fields.incidence.at(
        np.array([frame.samples / 2.0]), np.array([frame.lines / 2.0])
    )
    return element(
        "imageInformation",
        *leaves(
            [
                ("productFirstLineUtcTime", acquisition.start),
                ("productLastLineUtcTime", acquisition.stop),
                ("ascendingNodeTime", after(acquisition.epoch, frame.orbit.node_time_s)),
                ("anchorTime", acquisition.start),
                ("productComposition", "Slice"),
                ("sliceNumber", acquisition.slice_number),
                ("slantRangeTime", 2.0 * frame.near_range_m / LIGHT_M_S),
                ("pixelValue", "Detected"),
                ("outputPixels", "16 bit Unsigned Integer"),
                ("rangePixelSpacing", PIXEL_M),
                ("azimuthPixelSpacing", 10.0),
                ("azimuthTimeInterval", frame.line_interval_s),
                ("azimuthFrequency", 1.0 / frame.line_interval_s),
                ("numberOfSamples", frame.samples),
                ("numberOfLines", frame.lines),
                ("zeroDopMinusAcqTime", 0.0),
                ("incidenceAngleMidSwath", float(middle[0])),
            ]
        ),
    )


def _processing() -> str:
    return element(
        "processingInformation",
        *leaves(
            [
                ("orbitDataFileUsed", True),
                ("rangeSpreadingLossCompensationApplied", True),
                ("srgrConversionApplied", True),
                ("detectionPerformed", True),
                ("thermalNoiseCorrectionPerformed", False),
                ("rfiMitigationPerformed", "Never"),
                ("applicationLutId", "IW_Default"),
                ("referenceRange", 8.0e5),
                ("ellipsoidName", "WGS84"),
                ("ellipsoidSemiMajorAxis", 6.378137e6),
                ("ellipsoidSemiMinorAxis", 6.356752314245e6),
                ("bistaticDelayCorrectionApplied", True),
                ("orbitSource", "Auxiliary"),
            ]
        ),
    )


def _grid(acquisition: Acquisition) -> str:
    frame = acquisition.frame
    lines = np.unique(np.linspace(0, frame.lines - 1, GRID[0]).round().astype(int))
    pixels = np.unique(np.linspace(0, frame.samples - 1, GRID[1]).round().astype(int))
    line, pixel = (axis.ravel() for axis in np.meshgrid(lines, pixels, indexing="ij"))
    point = frame.ground(line, pixel)
    lon, lat, height = geodetic(point)
    time, slant = zero_doppler(frame.orbit, point)
    angle = acquisition.fields.incidence.at(pixel, line)
    sensor = frame.orbit.position(time)
    down = np.sum((sensor - point) * sensor, axis=-1) / slant / np.linalg.norm(sensor, axis=-1)
    points = [
        element(
            "geolocationGridPoint",
            *leaves(
                [
                    ("azimuthTime", after(acquisition.epoch, float(time[k]))),
                    ("slantRangeTime", float(2.0 * slant[k] / LIGHT_M_S)),
                    ("line", line[k]),
                    ("pixel", pixel[k]),
                    ("latitude", float(lat[k])),
                    ("longitude", float(lon[k])),
                    ("height", float(height[k])),
                    ("incidenceAngle", float(angle[k])),
                    ("elevationAngle", float(np.degrees(np.arccos(down[k])))),
                ]
            ),
        )
        for k in range(line.size)
    ]
    return counted("geolocationGridPointList", points)


def _conversion(acquisition: Acquisition) -> str:
    frame = acquisition.frame
    records = [
        element(
            "coordinateConversion",
            *leaves(
                [
                    ("azimuthTime", after(acquisition.epoch, record.time_s)),
                    ("slantRangeTime", 2.0 * frame.near_range_m / LIGHT_M_S),
                    ("sr0", frame.near_range_m),
                ]
            ),
            numbers("srgrCoefficients", _padded(record.to_ground), "%.15e"),
            *leaves([("gr0", 0.0)]),
            numbers("grsrCoefficients", _padded(record.to_slant), "%.15e"),
        )
        for record in frame.records
    ]
    return counted("coordinateConversionList", records)


def _padded(coefficients: tuple[float, ...]) -> list[float]:
    return [*coefficients, *([0.0] * (COEFFICIENTS - len(coefficients)))]


def _merging(acquisition: Acquisition) -> str:
    merges = [
        element(
            "swathMerge",
            element("swath", block.swath),
            counted(
                "swathBoundsList",
                [
                    element(
                        "swathBounds",
                        *leaves(
                            [
                                ("azimuthTime", acquisition.start),
                                ("firstAzimuthLine", 0),
                                ("firstRangeSample", block.first),
                                ("lastAzimuthLine", acquisition.frame.lines - 1),
                                ("lastRangeSample", block.last),
                            ]
                        ),
                    )
                ],
            ),
        )
        for block in acquisition.luts[0].blocks
    ]
    return counted("swathMergeList", merges)
