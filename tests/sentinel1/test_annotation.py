"""Times, orbits and identities are read without losing what they are exact to."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from landslidectl.sentinel1.annotation import read_annotation
from landslidectl.sentinel1.archive import FolderArchive, open_archive
from landslidectl.sentinel1.calibration import read_calibration
from landslidectl.sentinel1.discover import find_scenes, open_scene
from landslidectl.sentinel1.manifest import read_manifest
from landslidectl.sentinel1.markup import read_markup
from landslidectl.sentinel1.members import take_inventory
from landslidectl.sentinel1.noise import read_noise
from landslidectl.sentinel1.orbit import DEGREE, Orbit
from landslidectl.sentinel1.range_doppler import geodetic_to_ecef
from landslidectl.terms import Polarisation
from tests.sentinel1.builders import NAME, Product, product_files, write_folder

VV = Polarisation.VV
ARCTIC = "S1A_EW_GRDM_1SDH_20221130T014342_20221130T014446_046117_058549_BB15"


@pytest.fixture(scope="module")
def real(shared_data):
    scenes = find_scenes([shared_data / "s1" / "products"]).scenes
    return [(scene, read_annotation(scene, VV)) for scene in scenes]


def seconds_of(tmp_path: Path, epoch: datetime, *instants: str) -> list[float]:
    body = "".join(f"<t><v>{instant}</v></t>" for instant in instants)
    (tmp_path / "a.xml").write_text(f"<x>{body}</x>")
    root = read_markup(FolderArchive(tmp_path, "a"), "a.xml")
    return [node.seconds("v", epoch) for node in root.children("t")]


def test_a_microsecond_is_kept_a_minute_from_the_epoch(tmp_path, real):
    """Single precision would round to four microseconds there."""
    epoch = datetime(2020, 1, 1, tzinfo=UTC)
    first, second = seconds_of(
        tmp_path, epoch, "2020-01-01T00:01:00.000001", "2020-01-01T00:01:00.000002"
    )
    assert second - first == pytest.approx(1e-6, rel=1e-6)
    for _, annotation in real:
        for times in (annotation.orbit.times_s, annotation.geolocation.azimuth_times_s):
            assert times.dtype == np.float64


def test_leap_seconds_are_ignored(tmp_path):
    epoch = datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert seconds_of(tmp_path, epoch, "2017-01-01T00:00:00.500000") == [1.5]


def test_lines_are_spread_from_the_first_to_the_last(real):
    """The rounded interval that the annotation also gives would drift."""
    for scene, annotation in real:
        information = read_markup(open_archive(scene.path), scene.members[VV].annotation).child(
            "imageAnnotation/imageInformation"
        )
        last = information.seconds("productLastLineUtcTime", annotation.epoch)
        assert annotation.line_interval_s * (annotation.lines - 1) == pytest.approx(last, abs=1e-9)
        given = information.number("azimuthTimeInterval")
        assert annotation.line_interval_s == pytest.approx(given, rel=1e-6)


def test_orbits_of_real_products_fit_to_a_centimetre(real):
    """Three degrees less, or times that are not centred, would not."""
    for _, annotation in real:
        vectors = annotation.orbit
        error = Orbit.fit(vectors).position(vectors.times_s) - vectors.positions_m
        assert np.abs(error).max() < 0.01
        coarse = Orbit.fit(vectors, DEGREE - 3).position(vectors.times_s) - vectors.positions_m
        assert np.abs(coarse).max() > 0.02
        speed = Orbit.fit(vectors).velocity(vectors.times_s) - vectors.velocities_m_s
        assert np.abs(speed).max() < 0.01


def test_the_relative_orbit_is_the_manifest_s(tmp_path):
    """The usual formula would make 112 of absolute orbit 1234, and fails for S1C and S1D anyway."""
    path = write_folder(product_files(Product(number="A"), tmp_path), tmp_path / "a.SAFE")
    scene = open_scene(path)
    assert (scene.absolute_orbit, scene.track.relative_orbit) == (1234, 46)


def test_a_scene_across_the_antimeridian_opens_as_it_is(tmp_path):
    files = product_files(Product(), tmp_path)
    corners = b"40.0,12.0 40.0,13.0 41.0,13.0 41.0,12.0"
    assert corners in files["manifest.safe"]
    files["manifest.safe"] = files["manifest.safe"].replace(
        corners, b"40.0,179.5 40.0,-177.0 41.0,-177.2 41.0,179.3"
    )
    scene = open_scene(write_folder(files, tmp_path / f"{NAME}.SAFE"))
    assert [lon for lon, _ in scene.footprint] == [179.5, -177.0, -177.2, 179.3]
    east, west = geodetic_to_ecef([180.5, -179.5], [40.0, 40.0], [0.0, 0.0])
    np.testing.assert_allclose(east, west, atol=1e-8)


@pytest.fixture(params=[Polarisation.HH, Polarisation.HV])
def irregular(request, tmp_path, shared_data):
    """Return a scene of EW, which the method does not take: no other at hand is so uneven."""
    archive = open_archive(shared_data / "s1" / "products" / f"{ARCTIC}.zip")
    inventory = take_inventory(archive, read_manifest(archive))
    like = open_scene(write_folder(product_files(Product(), tmp_path), tmp_path / "a.SAFE"))
    return replace(like, path=archive.path, members=inventory.members, ipf="3.52"), request.param


def test_tables_of_an_irregular_product_agree_with_another_reader(irregular, shared_data):
    scene, polarisation = irregular
    table = np.genfromtxt(
        shared_data / "s1" / "reference" / "lut" / f"{ARCTIC}_{polarisation.lower()}.csv",
        delimiter=",",
        names=True,
    )
    lines, pixels = np.unique(table["line"]), np.unique(table["pixel"])
    shape = len(lines), len(pixels)
    amplitude = read_calibration(scene, polarisation).sigma_nought(lines, pixels)
    np.testing.assert_allclose(amplitude, table["A_sigma"].reshape(shape), rtol=1e-5)
    noise = read_noise(scene, polarisation, read_annotation(scene, polarisation))
    assert len({len(vector.pixels) for vector in noise.ranges.vectors}) > 1
    inside = covered(noise, lines, pixels)
    assert inside.sum() == inside.size - 29
    np.testing.assert_allclose(
        noise.power(lines, pixels)[inside], table["noise_dn2"].reshape(shape)[inside], rtol=1e-3
    )


def test_where_sub_swaths_begin_no_line_has_half_the_noise(irregular):
    """The first vector holds zeros for those that begin later; it must not be blended in."""
    scene, polarisation = irregular
    noise = read_noise(scene, polarisation, read_annotation(scene, polarisation))
    lines, pixels = np.arange(0, 1300, 7), np.arange(0, 10487, 50)
    power = noise.power(lines, pixels)
    typical = np.median(power[lines > 1000], axis=0)
    assert (power / typical)[covered(noise, lines, pixels)].min() > 0.8


def covered(noise, lines, pixels):
    """Return where a sub-swath lies."""
    inside = np.zeros((len(lines), len(pixels)), dtype=bool)
    for block in noise.blocks:
        bounds = block.bounds
        rows = (bounds.first_line <= lines) & (lines <= bounds.last_line)
        inside |= rows[:, np.newaxis] & (
            (bounds.first_sample <= pixels) & (pixels <= bounds.last_sample)
        )
    return inside
