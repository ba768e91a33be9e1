"""Tiny products with the elements that the reader needs, and knobs for what can go wrong."""

import hashlib
import zipfile
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

EPOCH = datetime(2020, 1, 2, 3, 4, 5)
NAME = "S1C_IW_GRDH_1SDV_20200102T030405_20200102T030406_001234_00ABCD_1234"


@dataclass
class Product:
    """What a synthetic product says of itself."""

    family: str = "SENTINEL-1"
    number: str = "C"
    mode: str = "IW"
    product_type: str = "GRD"
    polarisations: tuple[str, ...] = ("VV", "VH")
    ipf: str = "003.71"
    lines: int = 12
    samples: int = 20
    spacing_m: float = 10.0
    noise_removed: bool = False
    noise_dn2: float = 100.0
    amplitude: float = 10.0
    numbers: np.ndarray | None = None
    is_cog: bool = False
    extra: dict[str, bytes] = field(default_factory=dict)


def stamp(seconds: float) -> str:
    return (EPOCH + timedelta(seconds=seconds)).isoformat(timespec="microseconds")


def stem(polarisation: str) -> str:
    return f"s1c-iw-grd-{polarisation.lower()}-20200102t030405-001234-00abcd-001"


def annotation_xml(product: Product, polarisation: str) -> str:
    interval = 0.0015
    orbit = ""
    for t in np.arange(-60.0, 61.0, 10.0):
        angle = 0.4 + 1.05e-3 * t
        x, y, z = 7.07e6 * np.cos(angle), 1e5, 7.07e6 * np.sin(angle)
        u, w = -7.07e6 * 1.05e-3 * np.sin(angle), 7.07e6 * 1.05e-3 * np.cos(angle)
        orbit += (
            f"<orbit><time>{stamp(t)}</time><frame>Earth Fixed</frame>"
            f"<position><x>{x}</x><y>{y}</y><z>{z}</z></position>"
            f"<velocity><x>{u}</x><y>0.0</y><z>{w}</z></velocity></orbit>"
        )
    records = "".join(
        f"<coordinateConversion><azimuthTime>{stamp(t)}</azimuthTime><sr0>800000.0</sr0>"
        f"<srgrCoefficients>0.0 1.9 -4e-06</srgrCoefficients></coordinateConversion>"
        for t in (-1.0, 0.0, 1.0)
    )
    points = ""
    for line in (0, product.lines - 1):
        for pixel in (0, product.samples - 1):
            tau = 5.8e-3 + pixel * 1e-5
            points += (
                f"<geolocationGridPoint><azimuthTime>{stamp(line * interval + (tau - 5.86e-3) / 2)}"
                f"</azimuthTime><slantRangeTime>{tau}</slantRangeTime><line>{line}</line>"
                f"<pixel>{pixel}</pixel><latitude>40.0</latitude><longitude>12.0</longitude>"
                "<height>0.0</height><incidenceAngle>38.0</incidenceAngle></geolocationGridPoint>"
            )
    return f"""<product>{header(polarisation)}
<generalAnnotation><productInformation><radarFrequency>5.405e9</radarFrequency></productInformation>
<orbitList>{orbit}</orbitList></generalAnnotation>
<imageAnnotation><imageInformation>
<productFirstLineUtcTime>{stamp(0)}</productFirstLineUtcTime>
<productLastLineUtcTime>{stamp(interval * (product.lines - 1))}</productLastLineUtcTime>
<rangePixelSpacing>{product.spacing_m}</rangePixelSpacing>
<numberOfSamples>{product.samples}</numberOfSamples><numberOfLines>{product.lines}</numberOfLines>
<incidenceAngleMidSwath>38.9</incidenceAngleMidSwath></imageInformation>
<processingInformation><thermalNoiseCorrectionPerformed>{str(product.noise_removed).lower()}
</thermalNoiseCorrectionPerformed></processingInformation></imageAnnotation>
<geolocationGrid><geolocationGridPointList>{points}</geolocationGridPointList></geolocationGrid>
<coordinateConversion><coordinateConversionList>{records}</coordinateConversionList>
</coordinateConversion><swathMerging><swathMergeList/></swathMerging></product>"""


def header(polarisation: str) -> str:
    return f"<adsHeader><polarisation>{polarisation}</polarisation></adsHeader>"


def calibration_xml(product: Product, polarisation: str) -> str:
    vectors = ""
    for line in (0, product.lines):
        pixels = f"0 {product.samples - 1}"
        values = f"{product.amplitude} {product.amplitude}"
        vectors += (
            f"<calibrationVector><line>{line}</line><pixel>{pixels}</pixel>"
            f"<sigmaNought>{values}</sigmaNought><betaNought>{values}</betaNought>"
            f"<dn>{values}</dn></calibrationVector>"
        )
    return (
        f"<calibration>{header(polarisation)}<calibrationVectorList>{vectors}"
        "</calibrationVectorList></calibration>"
    )


def noise_xml(product: Product, polarisation: str) -> str:
    version = tuple(int(part) for part in product.ipf.split("."))
    new = version >= (2, 90)
    vector, table = ("noiseRangeVector", "noiseRangeLut") if new else ("noiseVector", "noiseLut")
    body = (
        f"<{vector}><azimuthTime>{stamp(0)}</azimuthTime><line>0</line><pixel>0 5</pixel>"
        f"<{table}>{product.noise_dn2} {product.noise_dn2}</{table}></{vector}>"
    )
    return f"<noise>{header(polarisation)}<{vector}List>{body}</{vector}List></noise>"


def manifest_xml(product: Product, files: dict[str, bytes]) -> str:
    polarisations = "".join(
        f"<s:transmitterReceiverPolarisation>{one}</s:transmitterReceiverPolarisation>"
        for one in product.polarisations
    )
    kind = f"<s:productType>{product.product_type}</s:productType>"
    level = "level-0/iw" if product.product_type == "RAW" else "level-1/grd"
    objects = "".join(
        f'<dataObject><byteStream size="{len(content)}"><fileLocation href="./{name}"/>'
        f'<checksum checksumName="MD5">{hashlib.md5(content).hexdigest().upper()}</checksum>'
        "</byteStream></dataObject>"
        for name, content in files.items()
    )

    def wrapped(body: str) -> str:
        inner = f"<metadataWrap><xmlData>{body}</xmlData></metadataWrap>"
        return f"<metadataObject>{inner}</metadataObject>"

    return f"""<x:XFDU xmlns:x="urn:x" xmlns:s="urn:s" xmlns:gml="urn:gml" version="esa/{level}">
<metadataSection>{
        wrapped(
            '<s:processing name="GRD"><s:facility>'
            f'<s:software name="Sentinel-1 IPF" version="{product.ipf}"/></s:facility>'
            '<s:resource><processing><facility><software name="Sentinel-1 IPF" version="001.00"/>'
            "</facility></processing></s:resource></s:processing>"
        )
    }{
        wrapped(
            f"<s:platform><s:familyName>{product.family}</s:familyName><s:number>{product.number}"
            f"</s:number><s:instrument><s:mode>{product.mode}</s:mode></s:instrument></s:platform>"
        )
    }{
        wrapped(
            "<s:orbitReference><s:orbitNumber>1234</s:orbitNumber><s:relativeOrbitNumber>46"
            "</s:relativeOrbitNumber><s:pass>ASCENDING</s:pass></s:orbitReference>"
        )
    }{
        wrapped(
            "<s:standAloneProductInformation><s:missionDataTakeID>43981</s:missionDataTakeID>"
            f"{polarisations}{'' if product.product_type == 'RAW' else kind}"
            "</s:standAloneProductInformation>"
        )
    }{
        wrapped(
            f"<s:acquisitionPeriod><s:startTime>{stamp(0)}</s:startTime><s:stopTime>{stamp(1)}"
            "</s:stopTime></s:acquisitionPeriod>"
        )
    }{
        wrapped(
            "<s:frameSet><gml:coordinates>40.0,12.0 40.0,13.0 41.0,13.0 41.0,12.0"
            "</gml:coordinates></s:frameSet>"
        )
    }</metadataSection><dataObjectSection>{objects}</dataObjectSection></x:XFDU>"""


def product_files(product: Product, scratch: Path) -> dict[str, bytes]:
    """Return all files of a product by their relative names."""
    files: dict[str, bytes] = {}
    for one in product.polarisations:
        name = stem(one)
        files[f"annotation/{name}.xml"] = annotation_xml(product, one).encode()
        files[f"annotation/calibration/calibration-{name}.xml"] = calibration_xml(
            product, one
        ).encode()
        files[f"annotation/calibration/noise-{name}.xml"] = noise_xml(product, one).encode()
        suffix = "-cog.tiff" if product.is_cog else ".tiff"
        files[f"measurement/{name}{suffix}"] = tiff_bytes(product, scratch)
    files["manifest.safe"] = manifest_xml(product, files).encode()
    return {**files, **product.extra}


def tiff_bytes(product: Product, scratch: Path) -> bytes:
    import rasterio
    from rasterio.control import GroundControlPoint

    numbers = product.numbers
    if numbers is None:
        numbers = np.full((product.lines, product.samples), 50, dtype=np.uint16)
    path = scratch / "numbers.tiff"
    corners = [(0, 0), (0, 9), (9, 0)]
    gcps = [GroundControlPoint(row, col, 12 + col, 40 - row) for row, col in corners]
    profile = {"driver": "GTiff", "dtype": numbers.dtype, "count": 1, "gcps": gcps}
    if product.is_cog:
        profile |= {"driver": "COG", "compress": "deflate", "blocksize": 128}
    height, width = numbers.shape
    with rasterio.open(
        path, "w", height=height, width=width, crs="EPSG:4326", **profile
    ) as dataset:
        dataset.write(numbers, 1)
    content = path.read_bytes()
    path.unlink()
    return content


def write_folder(files: dict[str, bytes], folder: Path) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def write_zip(
    files: dict[str, bytes], path: Path, prefix: str = f"{NAME}.SAFE/", directories: bool = False
) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as zipped:
        if directories:
            parents = {f"{prefix}{name.rpartition('/')[0]}/" for name in files if "/" in name}
            for folder in sorted(parents | {prefix} - {""}):
                zipped.writestr(zipfile.ZipInfo(folder), b"")
        for name, content in files.items():
            zipped.writestr(prefix + name, content)
    return path


def short_named(files: dict[str, bytes]) -> dict[str, bytes]:
    """Return the files as some distributors name them: ``annotation/iw-vv.xml`` and so on."""
    renamed = dict(files)
    for one in ("vv", "vh"):
        for name in [name for name in files if stem(one) in name]:
            renamed[name.replace(stem(one), f"iw-{one}")] = renamed.pop(name)
    return renamed
