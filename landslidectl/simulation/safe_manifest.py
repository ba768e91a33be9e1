"""The manifest of a product: what it is, where, when, and which files belong to it."""

import hashlib
from collections.abc import Mapping
from datetime import timedelta

import numpy as np

from landslidectl.simulation.geodesy import geodetic
from landslidectl.simulation.identity import POLARISATIONS, SOFTWARE, Acquisition
from landslidectl.simulation.markup import HEADER, after, element, instant, leaves
from landslidectl.terms import SIMULATION_FACILITY

NAMESPACES = {
    "xmlns__xsi": "http://www.w3.org/2001/XMLSchema-instance",
    "xmlns__gml": "http://www.opengis.net/gml",
    "xmlns__xfdu": "urn:ccsds:schema:xfdu:1",
    "xmlns__safe": "http://www.esa.int/safe/sentinel-1.0",
    "xmlns__s1": "http://www.esa.int/safe/sentinel-1.0/sentinel-1",
    "xmlns__s1sar": "http://www.esa.int/safe/sentinel-1.0/sentinel-1/sar",
    "xmlns__s1sarl1": "http://www.esa.int/safe/sentinel-1.0/sentinel-1/sar/level-1",
}
SCHEMAS = {
    "measurement/": "s1Level1MeasurementSchema",
    "annotation/calibration/calibration": "s1Level1CalibrationSchema",
    "annotation/calibration/noise": "s1Level1NoiseSchema",
    "annotation/": "s1Level1ProductSchema",
}


def manifest_xml(acquisition: Acquisition, members: Mapping[str, bytes]) -> str:
    """Return ``manifest.safe`` for the members, with their sizes and MD5 sums."""
    sections = [
        _wrapped("processing", "Processing", _processing(acquisition), "PROVENANCE", "PDI"),
        _wrapped("platform", "Platform Description", _platform(acquisition)),
        _wrapped("measurementOrbitReference", "Orbit Reference", _orbit(acquisition)),
        _wrapped("generalProductInformation", "General Product Information", _product(acquisition)),
        _wrapped("acquisitionPeriod", "Acquisition Period", _period(acquisition)),
        _wrapped("measurementFrameSet", "Frame Set", _footprint(acquisition)),
    ]
    objects = [_data_object(name, content) for name, content in sorted(members.items())]
    units = [
        element(
            "xfdu:contentUnit",
            element("dataObjectPointer", dataObjectID=_object_id(name)),
            unitType="Measurement Data Unit" if name.startswith("meas") else "Metadata Unit",
            repID=_schema(name),
        )
        for name in sorted(members)
    ]
    package = element(
        "xfdu:contentUnit",
        *units,
        unitType="SAFE Archive Information Package",
        textInfo="Sentinel-1 IW Level-1 GRD Product",
    )
    return (
        HEADER
        + element(
            "xfdu:XFDU",
            element("informationPackageMap", package),
            element("metadataSection", *sections),
            element("dataObjectSection", *objects),
            **NAMESPACES,
            version="esa/safe/sentinel-1.0/sentinel-1/sar/level-1/grd/standard/iwdp",
        )
        + "\n"
    )


def _wrapped(
    identity: str, title: str, content: str, kind: str = "DESCRIPTION", category: str = "DMD"
) -> str:
    wrap = element(
        "metadataWrap",
        element("xmlData", content),
        mimeType="text/xml",
        vocabularyName="SAFE",
        textInfo=title,
    )
    return element("metadataObject", wrap, ID=identity, classification=kind, category=category)


def _processing(acquisition: Acquisition) -> str:
    done = acquisition.stop + timedelta(hours=2)
    software = element("safe:software", name="Sentinel-1 IPF", version=SOFTWARE)
    facility = element(
        "safe:facility", software, country="none", name=SIMULATION_FACILITY, site="simulated"
    )
    return element(
        "safe:processing",
        facility,
        name="GRD Post Processing",
        start=instant(done),
        stop=instant(done + timedelta(minutes=10)),
    )


def _platform(acquisition: Acquisition) -> str:
    mode = element(
        "s1sarl1:instrumentMode", *leaves([("s1sarl1:mode", "IW"), ("s1sarl1:swath", "IW")])
    )
    instrument = element(
        "safe:instrument",
        element("safe:familyName", "Synthetic Aperture Radar", abbreviation="SAR"),
        element("safe:extension", mode),
    )
    return element(
        "safe:platform",
        *leaves(
            [
                ("safe:familyName", "SENTINEL-1"),
                ("safe:number", acquisition.platform[2]),
            ]
        ),
        instrument,
    )


def _orbit(acquisition: Acquisition) -> str:
    both = ("start", "stop")
    absolute, relative = acquisition.absolute_orbit, acquisition.track.relative_orbit
    node = after(acquisition.epoch, acquisition.frame.orbit.node_time_s)
    properties = element(
        "s1:orbitProperties",
        *leaves(
            [
                ("s1:pass", acquisition.track.direction.value.upper()),
                ("s1:ascendingNodeTime", node),
            ]
        ),
    )
    return element(
        "safe:orbitReference",
        *[element("safe:orbitNumber", str(absolute), type=end) for end in both],
        *[element("safe:relativeOrbitNumber", str(relative), type=end) for end in both],
        *leaves([("safe:cycleNumber", acquisition.cycle), ("safe:phaseIdentifier", 1)]),
        element("safe:extension", properties),
    )


def _product(acquisition: Acquisition) -> str:
    prefix = "s1sarl1:"
    return element(
        f"{prefix}standAloneProductInformation",
        *leaves(
            [
                (f"{prefix}instrumentConfigurationID", 7),
                (f"{prefix}missionDataTakeID", acquisition.datatake),
                *[(f"{prefix}transmitterReceiverPolarisation", pol) for pol in POLARISATIONS],
                (f"{prefix}productClass", "S"),
                (f"{prefix}productClassDescription", "SAR Standard L1 Product"),
                (f"{prefix}productComposition", "Slice"),
                (f"{prefix}productType", "GRD"),
                (f"{prefix}productTimelinessCategory", "Fast-24h"),
                (f"{prefix}sliceProductFlag", True),
                (f"{prefix}segmentStartTime", acquisition.start),
                (f"{prefix}sliceNumber", acquisition.slice_number),
                (f"{prefix}totalSlices", acquisition.slices),
            ]
        ),
    )


def _period(acquisition: Acquisition) -> str:
    return element(
        "safe:acquisitionPeriod",
        *leaves([("safe:startTime", acquisition.start), ("safe:stopTime", acquisition.stop)]),
    )


def _footprint(acquisition: Acquisition) -> str:
    frame = acquisition.frame
    far, last = frame.samples - 1.0, frame.lines - 1.0
    lines, pixels = np.array([last, last, 0.0, 0.0]), np.array([0.0, far, far, 0.0])
    lon, lat, _ = geodetic(frame.ground(lines, pixels))
    text = " ".join(f"{y:.6f},{x:.6f}" for x, y in zip(lon, lat, strict=True))
    ring = element(
        "safe:footPrint",
        element("gml:coordinates", text),
        srsName="http://www.opengis.net/gml/srs/epsg.xml#4326",
    )
    return element("safe:frameSet", element("safe:frame", ring))


def _data_object(name: str, content: bytes) -> str:
    digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
    stream = element(
        "byteStream",
        element("fileLocation", locatorType="URL", href=f"./{name}"),
        element("checksum", digest, checksumName="MD5"),
        mimeType="application/octet-stream" if name.endswith(".tiff") else "text/xml",
        size=str(len(content)),
    )
    return element("dataObject", stream, ID=_object_id(name), repID=_schema(name))


def _schema(name: str) -> str:
    return next(schema for prefix, schema in SCHEMAS.items() if name.startswith(prefix))


def _object_id(name: str) -> str:
    stem = name.rsplit("/", 1)[-1].rsplit(".", 1)[0].replace("-", "")
    return stem if _schema(name) != SCHEMAS["annotation/"] else f"product{stem}"
