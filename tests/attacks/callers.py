"""Files that name places on the network, opened as a job opens what it is given.

``python -m tests.attacks.callers SANDBOX``: a process of its own, so that its system calls can be
traced. Each file must be refused or read without the place.
"""

import json
import sys
from pathlib import Path

from landslidectl.errors import LandslidectlError
from landslidectl.evaluation.inventory import read_inventory
from landslidectl.files.gdal_environment import drop_foreign_variables
from landslidectl.jobs.area import read_aoi
from landslidectl.sentinel1.annotation import read_annotation
from landslidectl.sentinel1.discover import open_scene
from landslidectl.sentinel1.measurement import open_measurement
from landslidectl.terms import Polarisation
from landslidectl.terrain.dem import DemOptions, build_dem
from landslidectl.terrain.landcover import find_land_cover
from tests.attacks.fuzz.readers import Sandbox

PLACE = "127.0.0.1:9"
"""The port of the service that discards everything; nobody listens there."""
VRT = """<VRTDataset rasterXSize="60" rasterYSize="60"><SRS>EPSG:4326</SRS>
<GeoTransform>68.47,0.0005,0,6.44,0,-0.0005</GeoTransform>
<VRTRasterBand dataType="Float32" band="1">
<SimpleSource><SourceFilename>{source}</SourceFilename><SourceBand>1</SourceBand></SimpleSource>
</VRTRasterBand></VRTDataset>"""
WMS = f"""<GDAL_WMS><Service name="TMS"><ServerUrl>http://{PLACE}/${{z}}/${{x}}/${{y}}</ServerUrl>
</Service><DataWindow><UpperLeftX>68.47</UpperLeftX><UpperLeftY>6.44</UpperLeftY><LowerRightX>68.5
</LowerRightX><LowerRightY>6.41</LowerRightY><TileLevel>1</TileLevel></DataWindow>
<Projection>EPSG:4326</Projection><BandsCount>1</BandsCount></GDAL_WMS>"""
OGR_VRT = """<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>{source}</SrcDataSource>
</OGRVRTLayer></OGRVRTDataSource>"""
WFS = f"<OGRWFSDataSource><URL>http://{PLACE}/wfs</URL></OGRWFSDataSource>"
GML = f"""<FeatureCollection xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
xmlns:gml="http://www.opengis.net/gml" xsi:schemaLocation="http://x http://{PLACE}/x.xsd">
<gml:featureMember/></FeatureCollection>"""
KML = f"""<kml xmlns="http://www.opengis.net/kml/2.2"><NetworkLink><Link>
<href>http://{PLACE}/x.kml</href></Link></NetworkLink></kml>"""
HTTP, CURL, S3 = f"http://{PLACE}/x.tif", f"/vsicurl/http://{PLACE}/x.none", "/vsis3/bucket/x.none"
STREAM = f"/vsicurl_streaming/http://{PLACE}/x.none"
RASTERS = {
    "curl": VRT.format(source=CURL),
    "streaming": VRT.format(source=STREAM),
    "http": VRT.format(source=HTTP),
    "s3": VRT.format(source=S3),
    "wms": WMS,
    "wms in a vrt": VRT.format(source=WMS.replace("<", "&lt;")),
}
VECTORS = {
    "curl": OGR_VRT.format(source=CURL),
    "http": OGR_VRT.format(source=HTTP),
    "wfs": WFS,
    "gml": GML,
    "link": KML,
}


def main() -> None:
    drop_foreign_variables()
    box = Sandbox(Path(sys.argv[1]))
    grid, out = box.grid.buffered(300.0), box.folder / "out.tif"
    for name, text in RASTERS.items():
        for suffix in (".vrt", ".tif"):
            path = box.put(box.folder / "callers" / name / f"x{suffix}", text.encode())
            _tell(
                f"dem {path.name}",
                name,
                lambda p=path: build_dem(p, grid, out, DemOptions("egm96")),
            )
            _tell(f"cover {path.name}", name, lambda p=path: find_land_cover([p], grid))
        sorted(box.scene.glob("measurement/*vv*"))[0].write_text(text)
        _tell("pixels", name, lambda: _open_pixels(box.scene))
    for name, text in VECTORS.items():
        for suffix in (".vrt", ".xml", ".gml", ".kml", ".geojson", ".gpkg"):
            path = box.put(box.folder / "callers" / f"{name}{suffix}", text.encode())
            _tell(f"area {suffix}", name, lambda p=path: read_aoi(p))
            _tell(f"inventory {suffix}", name, lambda p=path: read_inventory(p, grid.epsg))


def _open_pixels(path: Path) -> None:
    scene = open_scene(path)
    with open_measurement(scene, Polarisation.VV, read_annotation(scene, Polarisation.VV)):
        pass


def _tell(what: str, name: str, use: object) -> None:
    try:
        use()  # type: ignore[operator]
        ended = "read"
    except LandslidectlError as error:
        ended = type(error).__name__
    sys.stdout.write(json.dumps({"what": what, "name": name, "ended": ended}) + "\n")


if __name__ == "__main__":
    main()
