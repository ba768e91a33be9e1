"""The annotation of one polarisation: timing, orbit, range records, geolocation grid."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from landslidectl.errors import DamagedScene
from landslidectl.sentinel1.archive import COPY_AGAIN, SceneArchive, open_archive
from landslidectl.sentinel1.markup import Node, read_markup
from landslidectl.sentinel1.scene import Scene
from landslidectl.terms import Polarisation

FloatArray = NDArray[np.float64]
HIGH_RESOLUTION_M = 15.0
MIN_STATE_VECTORS = 4
MOST_TERMS, FARTHEST_M = 32, 1e8
"""Products have nine terms and look across less than 1,000 km."""
MOST_LINES, MOST_SAMPLES = 1_000_000, 100_000
"""Many times those of any product; what is made of them has to fit into memory."""


@dataclass(frozen=True, slots=True, eq=False)
class StateVectors:
    """Orbit state vectors, Earth-fixed.

    Parameters
    ----------
    times_s : (n,) float64
        Seconds from the epoch of the annotation.
    positions_m, velocities_m_s : (n, 3) float64
        ECEF (ITRF) metres and metres per second.
    """

    times_s: FloatArray
    positions_m: FloatArray
    velocities_m_s: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class GroundRangeRecords:
    """Slant range to ground range polynomials, one record about every second.

    Parameters
    ----------
    times_s : (n,) float64
        Azimuth times, ascending, seconds from the epoch.
    origins_m : (n,) float64
        Slant range (one way) at which each polynomial is expanded.
    coefficients : (n, k) float64
        Ascending powers; ground range in metres.
    """

    times_s: FloatArray
    origins_m: FloatArray
    coefficients: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class GeolocationGrid:
    """ESA's own geolocation of a coarse grid of pixels; all arrays (n,) float64.

    ``azimuth_times_s`` in seconds from the epoch, ``slant_range_times_s`` two-way, heights above
    the ellipsoid, incidence on the ellipsoid.
    """

    azimuth_times_s: FloatArray
    slant_range_times_s: FloatArray
    lines: FloatArray
    pixels: FloatArray
    lon_deg: FloatArray
    lat_deg: FloatArray
    heights_m: FloatArray
    incidence_deg: FloatArray


@dataclass(frozen=True, slots=True)
class SwathBounds:
    """A rectangle of lines and samples, both ends included, that one sub-swath fills."""

    swath: str
    first_line: int
    last_line: int
    first_sample: int
    last_sample: int


@dataclass(frozen=True, slots=True, eq=False)
class Annotation:
    """What the annotation says of one polarisation.

    Parameters
    ----------
    epoch : datetime
        Zero-Doppler time of the first line, aware UTC; all other times are seconds from it.
    line_interval_s : float
        Last minus first line time over (lines - 1).
    lines, samples : int
        Shape of the measurement.
    pixel_spacing_m : float
        Ground range spacing.
    orbit, ground_range, geolocation
        See there.
    swath_bounds : tuple of SwathBounds
        Which sub-swath each pixel was cut from.
    thermal_noise_removed : bool
        Whether the processor already subtracted the thermal noise.
    radar_frequency_hz : float
        Carrier frequency.
    incidence_mid_deg : float
        Incidence at mid-swath.
    """

    epoch: datetime
    line_interval_s: float
    lines: int
    samples: int
    pixel_spacing_m: float
    orbit: StateVectors
    ground_range: GroundRangeRecords
    geolocation: GeolocationGrid
    swath_bounds: tuple[SwathBounds, ...]
    thermal_noise_removed: bool
    radar_frequency_hz: float
    incidence_mid_deg: float

    @property
    def resolution_class(self) -> str:
        """Return ``H`` (10 m pixels) or ``M``."""
        return "H" if self.pixel_spacing_m <= HIGH_RESOLUTION_M else "M"


def read_annotation(scene: Scene, polarisation: Polarisation) -> Annotation:
    """Read the annotation of one polarisation.

    Raises
    ------
    DamagedScene
        If the member is missing, not well-formed or incomplete.

    Source: Sentinel-1 Product Specification S1-RS-MDA-52-7441, level-1 product annotation.
    """
    return parse_annotation(open_archive(scene.path), scene.members[polarisation].annotation)


def parse_annotation(archive: SceneArchive, member: str) -> Annotation:
    """Read an annotation by the name of its member."""
    root = read_markup(archive, member)
    information = root.child("imageAnnotation/imageInformation")
    epoch = information.instant("productFirstLineUtcTime")
    lines = information.integer("numberOfLines")
    samples = information.integer("numberOfSamples")
    if lines > MOST_LINES or not 1 <= samples <= MOST_SAMPLES:
        raise information.fault("numberOfSamples", f"or -Lines is no scene's: {samples}, {lines}")
    duration_s = information.seconds("productLastLineUtcTime", epoch)
    if lines < 2 or duration_s <= 0.0:
        raise information.fault("productLastLineUtcTime", "is not after the first line")
    return Annotation(
        epoch=epoch,
        line_interval_s=duration_s / (lines - 1),
        lines=lines,
        samples=samples,
        pixel_spacing_m=information.number("rangePixelSpacing"),
        orbit=_state_vectors(root, epoch),
        ground_range=_ground_range_records(root, epoch),
        geolocation=_geolocation_grid(root, epoch),
        swath_bounds=_swath_bounds(root),
        thermal_noise_removed=root.child("imageAnnotation/processingInformation").flag(
            "thermalNoiseCorrectionPerformed"
        ),
        radar_frequency_hz=root.number("generalAnnotation/productInformation/radarFrequency"),
        incidence_mid_deg=information.number("incidenceAngleMidSwath"),
    )


def _state_vectors(root: Node, epoch: datetime) -> StateVectors:
    nodes = root.some("generalAnnotation/orbitList/orbit")
    if len(nodes) < MIN_STATE_VECTORS:
        raise root.fault("orbitList", f"holds {len(nodes)} state vectors, needs 4 or more")
    foreign = {node.optional_text("frame", "Earth Fixed") for node in nodes} - {"Earth Fixed"}
    if foreign:
        raise root.fault("orbitList/orbit/frame", f"is {sorted(foreign)[0]}, not Earth Fixed")
    return StateVectors(
        np.array([node.seconds("time", epoch) for node in nodes]),
        np.array([[node.number(f"position/{axis}") for axis in "xyz"] for node in nodes]),
        np.array([[node.number(f"velocity/{axis}") for axis in "xyz"] for node in nodes]),
    )


def _ground_range_records(root: Node, epoch: datetime) -> GroundRangeRecords:
    path = "coordinateConversion/coordinateConversionList/coordinateConversion"
    nodes = sorted(root.some(path), key=lambda node: node.seconds("azimuthTime", epoch))
    polynomials = [node.numbers("srgrCoefficients") for node in nodes]
    terms = max(len(values) for values in polynomials)
    origins_m = np.array([node.number("sr0") for node in nodes])
    if terms > MOST_TERMS or np.abs(origins_m).max() > FARTHEST_M:
        raise root.fault(path, f"is no range: {terms} srgrCoefficients, sr0 {origins_m.max():g}")
    coefficients = np.zeros((len(nodes), terms))
    for row, values in zip(coefficients, polynomials, strict=True):
        row[: len(values)] = values
    times_s = np.array([node.seconds("azimuthTime", epoch) for node in nodes])
    if np.any(np.diff(times_s) <= 0.0):
        raise root.fault(path, "has two records of the same time")
    return GroundRangeRecords(times_s, origins_m, coefficients)


def _geolocation_grid(root: Node, epoch: datetime) -> GeolocationGrid:
    nodes = root.some("geolocationGrid/geolocationGridPointList/geolocationGridPoint")
    names = (
        "slantRangeTime",
        "line",
        "pixel",
        "longitude",
        "latitude",
        "height",
        "incidenceAngle",
    )
    columns = [np.array([node.number(name) for node in nodes]) for name in names]
    return GeolocationGrid(
        np.array([node.seconds("azimuthTime", epoch) for node in nodes]), *columns
    )


def _swath_bounds(root: Node) -> tuple[SwathBounds, ...]:
    return tuple(
        SwathBounds(
            merge.text("swath"),
            bounds.integer("firstAzimuthLine"),
            bounds.integer("lastAzimuthLine"),
            bounds.integer("firstRangeSample"),
            bounds.integer("lastRangeSample"),
        )
        for merge in root.children("swathMerging/swathMergeList/swathMerge")
        for bounds in merge.children("swathBoundsList/swathBounds")
    )


def check_shape(scene: Scene, annotation: Annotation, found: tuple[int, int]) -> None:
    """Refuse a measurement whose (lines, samples) differ from the annotation.

    Raises
    ------
    DamagedScene
        With both shapes.
    """
    expected = (annotation.lines, annotation.samples)
    if found != expected:
        raise DamagedScene(
            scene.path,
            f"the measurement has {found[0]} lines of {found[1]} samples, the annotation says "
            f"{expected[0]} of {expected[1]}",
            COPY_AGAIN,
        )
