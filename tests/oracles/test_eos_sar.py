"""Against eos-sar, computed live: needs the extra ``oracle``."""

import zipfile

import numpy as np
import pytest

from landslidectl.sentinel1.annotation import read_annotation
from landslidectl.sentinel1.calibration import read_calibration
from landslidectl.sentinel1.discover import open_scene
from landslidectl.sentinel1.noise import read_noise
from tests.oracles.rome import imported, lay_out

metadata = imported("eos.products.sentinel1.metadata")
proj_model = imported("eos.products.sentinel1.proj_model")
calibration = imported("eos.products.sentinel1.calibration")
orbit = imported("eos.sar.orbit")
roi = imported("eos.sar.roi")
pytestmark = pytest.mark.filterwarnings("ignore")

ZIPS = ("S1A_IW_GRDH_1SDV_20210119*", "S1A_IW_GRDH_1SDV_20150203*")
# left, top, width, height; inside the azimuth blocks, at whose edges the two differ by a line
BOXES = ((800, 600, 1200, 900), (12000, 8000, 900, 700), (22000, 12000, 1200, 500))


@pytest.fixture(scope="module")
def rome(shared_data, tmp_path_factory):
    return lay_out(shared_data, tmp_path_factory.mktemp("rome"))


def test_lines_and_pixels(rome, record_property):
    meta = metadata.extract_grd_metadata(rome.annotation.read_text())
    model = proj_model.grd_model_from_meta(meta, orbit.Orbit(meta.state_vectors))
    line, pixel = rome.line_pixel()
    rows, cols, _ = model.projection(
        rome.lon.ravel(), rome.lat.ravel(), rome.heights.ravel(), crs="epsg:4979"
    )
    line_off, pixel_off = line.ravel() - rows, pixel.ravel() - cols
    record_property("line max", float(np.abs(line_off).max()))
    record_property("pixel max", float(np.abs(pixel_off).max()))
    assert np.abs(line_off).max() <= 1e-3
    assert np.abs(pixel_off).max() <= 1e-3


def sources(shared_data):
    """Yield scenes with functions that return the text of a member."""
    products = shared_data / "s1/products"
    safe = next((products / "sarsen").glob("S1B*.SAFE"))
    yield open_scene(safe), lambda member: (safe / member).read_text()
    for pattern in ZIPS:
        path = next(products.glob(pattern))

        def read(member, path=path):
            with zipfile.ZipFile(path) as archive:
                name = next(name for name in archive.namelist() if name.endswith(f"/{member}"))
                return archive.read(name).decode()

        yield open_scene(path), read


@pytest.mark.parametrize("box", BOXES)
def test_tables(shared_data, box, record_property):
    left, top, width, height = box
    lines, pixels = np.arange(top, top + height), np.arange(left, left + width)
    window = roi.Roi(left, top, width, height).to_roi()
    for scene, read in sources(shared_data):
        for polarisation, members in scene.members.items():
            # eos-sar compares versions as text of the form 003.31
            theirs = calibration.Sentinel1Calibrator(
                read(members.calibration), read(members.noise), scene.ipf.zfill(6)
            )
            calibrated = read_calibration(scene, polarisation)
            noise = read_noise(scene, polarisation, read_annotation(scene, polarisation))
            offs = {
                name: float(np.abs(ours / expected - 1).max())
                for name, ours, expected in (
                    (
                        "sigma nought",
                        calibrated.sigma_nought(lines, pixels),
                        theirs._get_calibration_array(window, "sigmaNought"),
                    ),
                    (
                        "beta nought",
                        calibrated.beta_nought(lines, pixels),
                        theirs._get_calibration_array(window, "betaNought"),
                    ),
                    ("noise", noise.power(lines, pixels), theirs._get_noise_array(window)),
                )
            }
            for name, off in offs.items():
                record_property(f"{scene.start:%Y%m%d} {polarisation} {name}", off)
            assert max(offs["sigma nought"], offs["beta nought"]) <= 1e-5
            assert offs["noise"] <= 1e-3
