"""Against sarsen, computed live: needs the extra ``oracle``."""

import numpy as np
import pytest

from landslidectl.files.rasters import open_raster, read_bands
from landslidectl.sentinel1.calibration import read_calibration
from landslidectl.sentinel1.radiometry import RadiometryOptions
from landslidectl.stack.geocode import GeocodeOptions, geocode_scene
from landslidectl.terms import Polarisation
from tests.oracles.rome import imported, lay_out

sarsen = imported("sarsen")
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def rome(shared_data, tmp_path_factory):
    return lay_out(shared_data, tmp_path_factory.mktemp("rome"))


@pytest.fixture(scope="module")
def product(rome):
    return sarsen.Sentinel1SarProduct(str(rome.scene.path), "IW/VV")


def test_lines_and_pixels(rome, product, record_property):
    """sarsen's iteration stops when the satellite is within a metre, 0.05 line on average."""
    apps, orbit, scene = (imported(f"sarsen.{name}") for name in ("apps", "orbit", "scene"))
    heights = scene.convert_to_dem_ecef(scene.open_dem_raster(str(rome.dem.path)))
    interpolator = orbit.OrbitPolyfitInterpolator.from_position(product.state_vectors())
    # sarsen sorts rows from the south
    found = apps.simulate_acquisition(heights, interpolator).sortby("y", ascending=False)
    ground = product.slant_range_time_to_ground_range(found.azimuth_time, found.slant_range_time)
    measured = product.measurement
    first, attributes = measured.azimuth_time.values[0], measured.attrs
    seconds = (found.azimuth_time.values - first) / np.timedelta64(1, "ns") * 1e-9
    line, pixel = rome.line_pixel()
    line_off = line - seconds / attributes["azimuth_time_interval"]
    pixel_off = pixel - ground.values / attributes["range_pixel_spacing"]
    for name, off in (("line", line_off), ("pixel", pixel_off)):
        record_property(f"{name} median", float(np.median(off)))
        record_property(f"{name} max", float(np.abs(off).max()))
    assert np.abs(line_off).max() <= 0.09
    assert np.ptp(line_off) <= 0.09
    assert np.abs(pixel_off).max() <= 0.01


def test_terrain_corrected_beta_nought(rome, product, tmp_path, record_property):
    out = tmp_path / "sarsen.tif"
    sarsen.terrain_correction(
        product, str(rome.dem.path), output_urlpath=str(out), interp_method="linear"
    )
    with open_raster(out) as dataset:
        theirs = dataset.read(1)[:: -1 if dataset.transform.e > 0 else 1]
    options = GeocodeOptions(bistatic=False, radiometry=RadiometryOptions(remove_noise=False))
    ours = geocode_scene(rome.scene, rome.dem, rome.grid, tmp_path / "ours.tif", options)
    line, pixel = rome.line_pixel()
    table = read_calibration(rome.scene, Polarisation.VV)
    rows, cols = np.rint(line).astype(int), np.rint(pixel).astype(int)
    lines = np.arange(rows.min(), rows.max() + 1)
    pixels = np.arange(cols.min(), cols.max() + 1)
    ratio = table.sigma_nought(lines, pixels) / table.beta_nought(lines, pixels)
    beta = read_bands(ours.path)[0] * ratio[rows - lines[0], cols - pixels[0]] ** 2
    difference_db = 10 * np.log10(beta / theirs)
    record_property("median dB", float(np.nanmedian(difference_db)))
    record_property("99 % |dB|", float(np.nanpercentile(np.abs(difference_db), 99)))
    assert np.isfinite(difference_db).mean() > 0.999
    assert abs(np.nanmedian(difference_db)) < 0.01
    assert np.nanpercentile(np.abs(difference_db), 99) < 0.1
