"""An orbit file made of a scene's own orbit, and how such files are named."""

from datetime import datetime, timedelta
from pathlib import Path

from landslidectl.files.zips import zip_bytes
from landslidectl.sentinel1.annotation import read_annotation
from landslidectl.sentinel1.discover import open_scene
from landslidectl.sentinel1.orbit import Orbit
from landslidectl.sentinel1.scene import Scene
from landslidectl.terms import Polarisation

DAY = timedelta(days=1)
AXES = ("X", "Y", "Z", "VX", "VY", "VZ")


def name_of(scene: Scene) -> str:
    """Return the name of a precise orbit file that covers a scene."""
    start, stop = (f"{time:%Y%m%dT%H%M%S}" for time in (scene.start - DAY, scene.stop + DAY))
    return f"{scene.platform}_OPER_AUX_POEORB_OPOD_20231001T121512_V{start}_{stop}"


def orbit_file(path: Path) -> bytes:
    """Return an orbit file for a scene."""
    scene = open_scene(path)
    annotation = read_annotation(scene, Polarisation.VV)
    orbit = Orbit.fit(annotation.orbit)
    rows = []
    for step in range(-14, 16):
        time = scene.start.replace(microsecond=0) + timedelta(seconds=10 * step)
        seconds = (time - annotation.epoch).total_seconds()
        numbers = [*orbit.position(seconds), *orbit.velocity(seconds)]
        axes = zip(AXES, numbers, strict=True)
        values = "".join(f'<{axis} unit="m">{number:.6f}</{axis}>' for axis, number in axes)
        times = f"<UTC>UTC={_stamp(time)}</UTC><Absolute_Orbit>+30148</Absolute_Orbit>"
        rows.append(f"<OSV>{times}{values}<Quality>NOMINAL</Quality></OSV>")
    return (
        '<?xml version="1.0"?><Earth_Explorer_File><Earth_Explorer_Header><Fixed_Header>'
        f"<File_Name>{name_of(scene)}</File_Name></Fixed_Header><Variable_Header>"
        "<Ref_Frame>EARTH_FIXED</Ref_Frame></Variable_Header></Earth_Explorer_Header>"
        f'<Data_Block type="xml"><List_of_OSVs count="{len(rows)}">{"".join(rows)}'
        "</List_of_OSVs></Data_Block></Earth_Explorer_File>"
    ).encode()


def zipped_orbit(path: Path) -> bytes:
    """Return the same as it is handed out, in a zip."""
    return zip_bytes([(f"{name_of(open_scene(path))}.EOF", orbit_file(path))])


def _stamp(time: datetime) -> str:
    return time.replace(tzinfo=None).isoformat(timespec="microseconds")
