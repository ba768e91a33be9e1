"""What ``manifest.safe`` says of a product: the identity card that every kind of product has."""

from dataclasses import dataclass
from datetime import datetime

from landslidectl.errors import NotAScene
from landslidectl.sentinel1.archive import MANIFEST, SceneArchive
from landslidectl.sentinel1.markup import Node, read_markup
from landslidectl.terms import Pass

PROCESSOR = "Sentinel-1 IPF"
WRAP = "metadataWrap/xmlData"
MIN_CORNERS = 3
FARTHEST_LON_DEG, FARTHEST_LAT_DEG = 360.0, 90.0


@dataclass(frozen=True, slots=True)
class ManifestFile:
    """A file that the manifest lists, with its size in bytes and its MD5 digest."""

    name: str
    size: int
    md5: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """The identity of a product, supported or not.

    Parameters
    ----------
    platform : str
        Such as ``S1A``.
    product_type : str
        ``GRD``, ``SLC``, ``OCN`` or ``RAW``.
    mode : str
        ``IW``, ``EW``, ``SM`` or ``WV``.
    polarisations : tuple of str
        As recorded, whether or not their files are there.
    direction : Pass or None
        Direction of flight, where given.
    relative_orbit, absolute_orbit : int
        At the start of the scene.
    datatake : str
        Six hexadecimal digits, as in product names.
    ipf : str
        Version of the processor, such as ``3.40``; empty where unknown.
    facility : str
        Who ran the last processing step; empty where unknown.
    start, stop : datetime
        Sensing time, aware UTC.
    timeliness : str
        Such as ``NRT-3h``.
    footprint : tuple of (lon, lat)
        Corners in degrees in the manifest's order, not closed; longitudes are not unwrapped.
    files : tuple of ManifestFile
        Everything the product should hold.
    """

    platform: str
    product_type: str
    mode: str
    polarisations: tuple[str, ...]
    direction: Pass | None
    relative_orbit: int
    absolute_orbit: int
    datatake: str
    ipf: str
    facility: str
    start: datetime
    stop: datetime
    timeliness: str
    footprint: tuple[tuple[float, float], ...]
    files: tuple[ManifestFile, ...]


def read_manifest(archive: SceneArchive) -> Manifest:
    """Read the manifest of any Sentinel-1 product.

    Raises
    ------
    NotAScene
        If it is the manifest of something else, such as a Sentinel-2 product.
    DamagedScene
        If it is missing, not well-formed or incomplete.

    Notes
    -----
    The mission letter is taken as it comes, so that later satellites need no change here.
    """
    root = read_markup(archive, _manifest_member(archive))
    platform = _platform(archive, root)
    sections = root.child("metadataSection")
    general = _general(sections)
    orbit = _wrapped(sections, "orbitReference")
    period = _wrapped(sections, "acquisitionPeriod")
    return Manifest(
        platform=platform,
        product_type=_product_type(root, general),
        mode=next((node.element.text or "" for node in root.anywhere("mode")), "").strip(),
        polarisations=_polarisations(general),
        direction=_direction(orbit),
        relative_orbit=orbit.integer("relativeOrbitNumber"),
        absolute_orbit=orbit.integer("orbitNumber"),
        datatake=_datatake(general),
        ipf=_processor_version(sections),
        facility=_facility(sections),
        start=period.instant("startTime"),
        stop=period.instant("stopTime"),
        timeliness=general.optional_text("productTimelinessCategory", "unknown"),
        footprint=_footprint(root),
        files=tuple(_files(root)),
    )


def _manifest_member(archive: SceneArchive) -> str:
    names = [name for name in archive.members() if name.lower() == MANIFEST]
    return names[0] if names else MANIFEST


def _platform(archive: SceneArchive, root: Node) -> str:
    node = next(root.anywhere("platform"), None)
    family = "" if node is None else node.optional_text("familyName")
    if node is None or family.upper() != "SENTINEL-1":
        what = f"a {family} product" if family else f"{MANIFEST} names no Sentinel-1 platform"
        raise NotAScene(archive.path, what, "Give a Sentinel-1 GRD product.")
    return f"S1{node.text('number')}"


def _wrapped(sections: Node, tag: str) -> Node:
    return sections.child(f"metadataObject/{WRAP}/{tag}")


def _general(sections: Node) -> Node:
    """Return the general information, whose element has another name in each product level."""
    for node in sections.children(f"metadataObject/{WRAP}/*"):
        if node.element.tag.endswith("ProductInformation"):
            return node
    raise sections.fault("standAloneProductInformation", "is missing")


def _product_type(root: Node, general: Node) -> str:
    found = general.optional_text("productType")
    if found:
        return found
    return "RAW" if "level-0" in root.element.get("version", "").lower() else "unknown"


def _polarisations(general: Node) -> tuple[str, ...]:
    found = {
        (node.element.text or "").strip()
        for node in general.anywhere("transmitterReceiverPolarisation")
    }
    return tuple(sorted(found - {""}, key=lambda name: (name[:1] != name[1:], name)))


def _direction(orbit: Node) -> Pass | None:
    for node in orbit.anywhere("pass"):
        text = (node.element.text or "").strip().lower()
        if text in set(Pass):
            return Pass(text)
    return None


def _datatake(general: Node) -> str:
    text = general.optional_text("missionDataTakeID")
    return f"{int(text):06X}" if text.isdecimal() else text


def _processor_version(sections: Node) -> str:
    """Return the version of the last processing step that names the processor.

    Steps are nested, the last one outermost; a breadth-first walk meets it first.
    """
    level = list(sections.children(f"metadataObject/{WRAP}/processing"))
    while level:
        for step in level:
            for software in step.children("facility/software"):
                name = software.element.get("name", "")
                version = software.element.get("version", "")
                if PROCESSOR in name and version:
                    return _plain_version(version)
        level = [inner for step in level for inner in step.children("resource/processing")]
    return ""


def _facility(sections: Node) -> str:
    """Return the name of the facility of the outermost processing step."""
    for step in sections.children(f"metadataObject/{WRAP}/processing"):
        for facility in step.children("facility"):
            return facility.element.get("name", "")
    return ""


def _plain_version(version: str) -> str:
    major, _, minor = version.strip().partition(".")
    return f"{int(major)}.{minor}" if major.isdecimal() else version.strip()


def _footprint(root: Node) -> tuple[tuple[float, float], ...]:
    """Return (lon, lat) corners; the manifest writes ``lat,lon`` pairs."""
    node = next(root.anywhere("coordinates"), None)
    if node is None:
        return ()
    try:
        pairs = [pair.split(",") for pair in (node.element.text or "").split()]
        corners = tuple((float(lon), float(lat)) for lat, lon in pairs)
    except ValueError as error:
        raise node.fault("coordinates", f"holds no lat,lon pairs ({error})") from error
    if len(corners) < MIN_CORNERS:
        raise node.fault("coordinates", f"holds {len(corners)} corners, needs 3 or more")
    for lon, lat in corners:
        if not (abs(lon) <= FARTHEST_LON_DEG and abs(lat) <= FARTHEST_LAT_DEG):
            raise node.fault("coordinates", f"lies off the Earth: latitude {lat}, longitude {lon}")
    return corners


def _files(root: Node) -> list[ManifestFile]:
    files = []
    for stream in root.children("dataObjectSection/dataObject/byteStream"):
        location = stream.child("fileLocation").element.get("href", "")
        size = stream.element.get("size", "")
        files.append(
            ManifestFile(
                location.removeprefix("./"),
                int(size) if size.isdecimal() else -1,
                stream.optional_text("checksum").lower(),
            )
        )
    return files
