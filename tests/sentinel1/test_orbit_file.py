"""Orbit files on the disk are found, preferred and read; without one the own orbit serves."""

import zipfile
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest

from landslidectl.errors import InputError
from landslidectl.sentinel1.annotation import read_annotation
from landslidectl.sentinel1.discover import open_scene
from landslidectl.sentinel1.geometry import scene_geometry
from landslidectl.sentinel1.orbit import Orbit
from landslidectl.sentinel1.orbit_file import (
    EMBEDDED_ORBIT,
    OrbitKind,
    find_orbit_file,
    read_orbit_file,
    scene_orbit,
)
from landslidectl.terms import Polarisation

VV = Polarisation.VV
ROME = "sarsen/S1B_IW_GRDH_1SDV_20211223T051122_20211223T051147_030148_039993_5371.SAFE"
SHIFT_M = np.array([3.0, -2.0, 5.0])
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def rome(shared_data):
    return open_scene(shared_data / "s1" / "products" / ROME)


@pytest.fixture(scope="module")
def annotation(rome):
    return read_annotation(rome, VV)


@pytest.fixture(scope="module")
def text(rome, annotation):
    """Return an orbit file made of the product's own orbit, moved by some metres."""
    orbit = Orbit.fit(annotation.orbit)
    rows = []
    for step in range(-16, 20):
        time = rome.start.replace(microsecond=0) + timedelta(seconds=10 * step)
        seconds = (time - annotation.epoch).total_seconds()
        numbers = [*(orbit.position(seconds) + SHIFT_M), *orbit.velocity(seconds)]
        axes = zip(("X", "Y", "Z", "VX", "VY", "VZ"), numbers, strict=True)
        values = "".join(f'<{axis} unit="m">{number:.6f}</{axis}>' for axis, number in axes)
        rows.append(
            f"<OSV><TAI>TAI={stamp(time + timedelta(seconds=37))}</TAI><UTC>UTC={stamp(time)}</UTC>"
            f"<Absolute_Orbit>+30148</Absolute_Orbit>{values}<Quality>NOMINAL</Quality></OSV>"
        )
    return (
        '<?xml version="1.0"?><Earth_Explorer_File><Earth_Explorer_Header><Fixed_Header>'
        f"<File_Name>{name_of(rome)}</File_Name></Fixed_Header><Variable_Header>"
        "<Ref_Frame>EARTH_FIXED</Ref_Frame><Time_Reference>UTC</Time_Reference></Variable_Header>"
        f'</Earth_Explorer_Header><Data_Block type="xml"><List_of_OSVs count="{len(rows)}">'
        f"{''.join(rows)}</List_of_OSVs></Data_Block></Earth_Explorer_File>"
    )


def stamp(time: datetime) -> str:
    return time.replace(tzinfo=None).isoformat(timespec="microseconds")


def name_of(scene, kind="POEORB", created="20220112T121512", around=DAY, platform=""):
    start, stop = (f"{time:%Y%m%dT%H%M%S}" for time in (scene.start - around, scene.stop + around))
    return f"{platform or scene.platform}_OPER_AUX_{kind}_OPOD_{created}_V{start}_{stop}"


def test_its_vectors_replace_those_of_the_annotation(tmp_path, rome, annotation, text):
    (tmp_path / f"{name_of(rome)}.EOF").write_text(text)
    vectors, origin = scene_orbit(tmp_path, rome, annotation.epoch)
    assert origin == f"precise {name_of(rome)}"
    assert np.abs(vectors.times_s - 12.5).max() < 12.5 + 100.0
    assert len(vectors.times_s) == 22
    own = Orbit.fit(annotation.orbit)
    between = np.linspace(0.0, 25.0, 11)
    found = scene_geometry(annotation, orbit=vectors).orbit
    np.testing.assert_allclose(
        found.position(between) - own.position(between), np.tile(SHIFT_M, (11, 1)), atol=0.01
    )
    unmoved = scene_geometry(annotation).orbit.position(between)
    np.testing.assert_array_equal(unmoved, own.position(between))


def test_without_a_file_that_fits_the_own_orbit_serves(tmp_path, rome, annotation, text):
    early = replace(rome, start=rome.start - 9 * DAY, stop=rome.stop - 9 * DAY)
    (tmp_path / f"{name_of(early)}.EOF").write_text(text)
    (tmp_path / f"{name_of(rome, platform='S1A')}.EOF").write_text(text)
    (tmp_path / f"{name_of(rome, around=timedelta(seconds=30))}.EOF").write_text(text)
    (tmp_path / "notes.eof").write_text("no orbit")
    (tmp_path / "broken.EOF.zip").write_bytes(b"PK")
    assert scene_orbit(tmp_path, rome, annotation.epoch) == (None, EMBEDDED_ORBIT)
    assert scene_orbit(None, rome, annotation.epoch) == (None, "annotation")
    assert scene_orbit(tmp_path / "absent", rome, annotation.epoch) == (None, "annotation")


def test_precise_is_better_and_newer_is_better(tmp_path, rome):
    names = [
        name_of(rome, "RESORB", "20220301T000000"),
        name_of(rome, "POEORB", "20220112T121512"),
        name_of(rome, "POEORB", "20220213T121512"),
    ]
    for index, name in enumerate(names):
        (tmp_path / f"{index}").mkdir()
        (tmp_path / f"{index}" / f"{name}.EOF").write_text("")
        found = find_orbit_file(tmp_path, rome)
        assert found.name == name
    assert found.kind is OrbitKind.PRECISE
    for index in (1, 2):
        (tmp_path / f"{index}" / f"{names[index]}.EOF").unlink()
    assert find_orbit_file(tmp_path, rome).kind is OrbitKind.RESTITUTED


def test_zips_and_other_names_are_taken_by_content(tmp_path, rome, annotation, text):
    with zipfile.ZipFile(tmp_path / "orbit (1).EOF.zip", "w") as zipped:
        zipped.writestr(f"{name_of(rome)}.EOF", text)
    zipped_vectors, origin = scene_orbit(tmp_path, rome, annotation.epoch)
    assert origin == f"precise {name_of(rome)}"
    (tmp_path / "orbit (1).EOF.zip").unlink()
    (tmp_path / "renamed.eof").write_text(text)
    vectors, origin = scene_orbit(tmp_path, rome, annotation.epoch)
    assert origin == f"precise {name_of(rome)}"
    np.testing.assert_array_equal(vectors.positions_m, zipped_vectors.positions_m)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (("</Earth_Explorer_File>", ""), "cannot be read"),
        (("EARTH_FIXED", "TRUE_OF_DATE"), "TRUE_OF_DATE"),
        (("<UTC>UTC=", "<UTC>UTC=x"), "cannot be read"),
        (("<UTC>UTC=20", "<UTC>UTC=00"), "before or after all radar satellites"),
        (('<VY unit="m">', '<VY unit="m">many'), "cannot be read"),
        (("<Quality>NOMINAL", "<Quality>DEGRADED"), "0 sound state vectors"),
        (("<?xml", "<!DOCTYPE html><html"), "cannot be read"),
        (('<?xml version="1.0"', '<?xml version="1.0" encoding="nix"'), "cannot be read"),
        (('<X unit="m">', '<X unit="m">9'), "where no Sentinel-1 flies"),
    ],
)
def test_a_damaged_file_is_refused_by_name(tmp_path, rome, text, change, word):
    assert change[0] in text
    path = tmp_path / f"{name_of(rome)}.EOF"
    path.write_text(text.replace(*change))
    with pytest.raises(InputError, match=word) as caught:
        scene_orbit(tmp_path, rome, rome.start)
    assert str(path) in caught.value.message
    assert "orbit inside the scene" in caught.value.hint


def test_a_gap_within_the_scene_is_damage(tmp_path, rome, annotation, text):
    path = tmp_path / f"{name_of(rome)}.EOF"
    rows = text.split("<OSV>")
    path.write_text("<OSV>".join(rows[:15] + rows[20:]))
    with pytest.raises(InputError, match="gaps"):
        read_orbit_file(find_orbit_file(tmp_path, rome), rome, annotation.epoch)
