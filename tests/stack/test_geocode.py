"""Geocoding puts radar values where the geometry says, without gaps between slices."""

import shutil
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from landslidectl.errors import SceneOutsideGrid, StackError
from landslidectl.files.rasters import open_raster, read_bands
from landslidectl.grid import Bounds, Grid, Window
from landslidectl.sentinel1.radiometry import RadiometryOptions
from landslidectl.sentinel1.range_doppler import geodetic_to_ecef, solve_zero_doppler
from landslidectl.stack import geocode
from landslidectl.stack.contract import StackContract
from landslidectl.stack.geocode import GeocodeOptions, geocode_scene
from landslidectl.stack.geocoded import open_geocoded
from landslidectl.stack.geolocate import build_geolocator
from landslidectl.terms import Pass, Polarisation, Radiometry

from .scenes import LevelDem, circular_geometry, grid_at, make_scene


class PlaneSource:
    """Sigma nought is a plane over (line, pixel) of the first slice, NaN outside the scene."""

    def __init__(self, geometry, scale: float, line_shift: int) -> None:
        self.shape = (geometry.lines, geometry.samples)
        self.scale, self.line_shift = scale, line_shift
        self.measurement = SimpleNamespace(checksum=7)

    def read_into(self, window: Window, out: np.ndarray) -> None:
        line = np.arange(window.row, window.row + window.rows)[:, None]
        pixel = np.arange(window.col, window.col + window.cols)
        assert line[0, 0] >= 0
        assert line[-1, 0] < self.shape[0]
        values = (line + self.line_shift) * 1e-3 - pixel * 1e-4
        out[:] = self.scale * values


@contextmanager
def radar(monkeypatch, geometry, line_shift: int = 0):
    """Replace the product's files by an analytic scene."""

    @contextmanager
    def opened(scene, polarisations, options, disk):
        scales = {Polarisation.VV: 1.0, Polarisation.VH: 0.5}
        yield [PlaneSource(geometry, scales[name], line_shift) for name in polarisations]

    with monkeypatch.context() as patch:
        annotation = SimpleNamespace(epoch=None)
        patch.setattr(geocode, "read_annotation", lambda scene, polarisation: annotation)
        patch.setattr(geocode, "scene_orbit", lambda folder, scene, epoch: (None, "annotation"))
        patch.setattr(geocode, "scene_geometry", lambda annotation, bistatic, orbit: geometry)
        patch.setattr(geocode, "open_sigma_noughts", opened)
        yield


def cut(geometry, first_line: int, lines: int):
    """Return the geometry of a slice of a scene: its clock starts at its own first line."""
    shift_s = first_line * geometry.line_interval_s
    orbit = replace(geometry.orbit, centre_s=geometry.orbit.centre_s - shift_s)
    records = geometry.ground_range.records
    ground_range = replace(
        geometry.ground_range, records=replace(records, times_s=records.times_s - shift_s)
    )
    return replace(geometry, orbit=orbit, ground_range=ground_range, lines=lines)


@pytest.mark.parametrize("direction", list(Pass))
def test_values_lie_where_the_geometry_says(tmp_path, monkeypatch, direction) -> None:
    geometry, centre = circular_geometry(42.0, direction)
    grid = grid_at(*centre, 1100, 300)
    dem = LevelDem(grid.buffered(200.0), 750.0)
    with radar(monkeypatch, geometry):
        geocoded = geocode_scene(make_scene(), dem, grid, tmp_path / "scene.tif")
    values = read_bands(geocoded.path)
    window = Window(0, 0, *grid.shape)
    line, pixel = build_geolocator(geometry, grid).line_pixel(window, np.full(grid.shape, 750.0))
    np.testing.assert_allclose(values[0], line * 1e-3 - pixel * 1e-4, atol=2e-5)
    np.testing.assert_allclose(values[1], 0.5 * values[0], atol=2e-5)
    assert open_geocoded(geocoded.path) == geocoded


def test_an_orbit_file_moves_the_map_and_is_recorded(tmp_path, monkeypatch) -> None:
    """Its vectors, 3 lines ahead of the annotation's, decide where values lie."""
    geometry, centre = circular_geometry(42.0, Pass.ASCENDING)
    grid = grid_at(*centre, 64, 64)
    dem = LevelDem(grid.buffered(200.0), 750.0)
    ahead, vectors, name = cut(geometry, 3, geometry.lines), object(), "precise S1A_OPER_AUX_POEORB"

    def orbit_of(folder, scene, epoch):
        return (vectors, name) if folder else (None, "annotation")

    maps = []
    with radar(monkeypatch, geometry), monkeypatch.context() as patch:
        patch.setattr(geocode, "scene_orbit", orbit_of)
        patch.setattr(
            geocode,
            "scene_geometry",
            lambda annotation, bistatic, orbit: ahead if orbit is vectors else geometry,
        )
        for number, folder in enumerate((None, tmp_path)):
            out, options = tmp_path / f"{number}.tif", GeocodeOptions(orbits=folder)
            maps.append(geocode_scene(make_scene(), dem, grid, out, options))
    assert [one.orbit for one in maps] == ["annotation", name]
    assert open_geocoded(maps[1].path).orbit == name
    own, moved = (read_bands(one.path)[0] for one in maps)
    np.testing.assert_allclose(moved - own, -3e-3, atol=2e-5)


@pytest.mark.parametrize("radiometry", list(Radiometry))
def test_the_contract_s_radiometry_is_what_is_done(tmp_path, monkeypatch, radiometry) -> None:
    """Earth Engine floors what is darker than the noise and leaves the bistatic residual in."""
    geometry, centre = circular_geometry(42.0, Pass.ASCENDING)
    grid = grid_at(*centre, 64, 64)
    seen = []
    with radar(monkeypatch, geometry), monkeypatch.context() as patch:
        opened = geocode.open_sigma_noughts

        def opening(scene, polarisations, options, disk):
            seen.append(options.mode.value)
            return opened(scene, polarisations, options, disk)

        def geometry_of(annotation, bistatic, orbit):
            seen.append(bistatic)
            return geometry

        patch.setattr(geocode, "open_sigma_noughts", opening)
        patch.setattr(geocode, "scene_geometry", geometry_of)
        options = GeocodeOptions(contract=StackContract(radiometry=radiometry))
        dem = LevelDem(grid.buffered(200.0))
        geocode_scene(make_scene(), dem, grid, tmp_path / "scene.tif", options)
    is_gee = radiometry is Radiometry.GEE
    assert seen == [not is_gee, "gee" if is_gee else "accurate"]


@pytest.mark.parametrize("direction", list(Pass))
def test_a_short_scene_fills_only_its_part(tmp_path, monkeypatch, direction) -> None:
    """Strips that the scene misses are never written; they must read as not observed."""
    whole, centre = circular_geometry(42.0, direction)
    grid = grid_at(*centre, 2000, 60)
    middle = build_geolocator(whole, grid).extent(Window(1000, 30, 1, 1), 300.0, 300.0)
    geometry = cut(whole, round(middle.line_min) - 150, 300)
    with radar(monkeypatch, geometry):
        geocoded = geocode_scene(make_scene(), LevelDem(grid), grid, tmp_path / "scene.tif")
    line, _ = build_geolocator(geometry, grid).line_pixel(
        Window(0, 0, *grid.shape), np.full(grid.shape, 300.0)
    )
    inside = (line >= -0.5) & (line <= geometry.lines - 0.5)
    assert 0.1 < inside.mean() < 0.3
    np.testing.assert_array_equal(np.isfinite(read_bands(geocoded.path)[0]), inside)


def test_slices_meet_without_a_gap(tmp_path, monkeypatch) -> None:
    whole, centre = circular_geometry(42.0, Pass.DESCENDING)
    grid = grid_at(*centre, 200, 200)
    dem = LevelDem(grid)
    line, _ = build_geolocator(whole, grid).line_pixel(
        Window(0, 0, 200, 200), np.full((200, 200), 300.0)
    )
    seam = int(np.median(line))
    parts = []
    for number, (first, lines) in enumerate(((0, seam), (seam, whole.lines - seam))):
        part = cut(whole, first, lines)
        with radar(monkeypatch, part, first):
            geocoded = geocode_scene(make_scene(), dem, grid, tmp_path / f"{number}.tif")
        parts.append(read_bands(geocoded.path)[0])
    observed = [np.isfinite(part) for part in parts]
    assert observed[0].any()
    assert observed[1].any()
    assert (observed[0] | observed[1]).all()
    assert not (observed[0] & observed[1]).any()
    with radar(monkeypatch, whole):
        expected = geocode_scene(make_scene(), dem, grid, tmp_path / "whole.tif")
    merged = np.where(observed[0], parts[0], parts[1])
    np.testing.assert_allclose(merged, read_bands(expected.path)[0], atol=6e-4)


def test_a_scene_beside_the_grid_is_refused(tmp_path, monkeypatch) -> None:
    geometry, (lon, lat) = circular_geometry(42.0, Pass.DESCENDING)
    grid = grid_at(lon + 4.0, lat, 50, 50)
    with radar(monkeypatch, geometry), pytest.raises(SceneOutsideGrid, match="does not reach"):
        geocode_scene(make_scene(), LevelDem(grid), grid, tmp_path / "scene.tif")
    assert not list(tmp_path.iterdir())


def test_voids_are_not_observed(tmp_path, monkeypatch) -> None:
    geometry, centre = circular_geometry(42.0, Pass.DESCENDING)
    grid = grid_at(*centre, 40, 40)

    class Holey(LevelDem):
        def heights(self, window: Window) -> np.ndarray:
            heights = super().heights(window)
            heights[5:7, 8] = np.nan
            return heights

    with radar(monkeypatch, geometry):
        geocoded = geocode_scene(make_scene(), Holey(grid), grid, tmp_path / "scene.tif")
    missing = np.isnan(read_bands(geocoded.path))
    assert missing.sum() == 4
    assert missing[:, 5:7, 8].all()


def test_refusals_name_the_reason(tmp_path) -> None:
    grid = Grid(32633, 300_000.0, 4_650_000.0, 10.0, 50, 50)
    out, scene = tmp_path / "scene.tif", make_scene()
    single = make_scene(polarisations=(Polarisation.VV,))
    wants_both = GeocodeOptions(polarisations=(Polarisation.VV, Polarisation.VH))
    with pytest.raises(StackError, match="VH is needed, the scene has VV"):
        geocode_scene(single, LevelDem(grid), grid, out, wants_both)
    shifted = replace(grid, left=grid.left + 500.0)
    with pytest.raises(StackError, match="does not contain the grid"):
        geocode_scene(scene, LevelDem(shifted), grid, out)
    with pytest.raises(StackError, match="does not contain the grid"):
        geocode_scene(scene, LevelDem(replace(grid, left=grid.left - 3.0, cols=60)), grid, out)
    with pytest.raises(StackError, match=r"20 m.*10 m"):
        contract = StackContract(pixel_m=20.0)
        geocode_scene(scene, LevelDem(grid), grid, out, GeocodeOptions(contract=contract))
    with pytest.raises(StackError, match="nearest"):
        contract = StackContract(resampling="nearest")
        geocode_scene(scene, LevelDem(grid), grid, out, GeocodeOptions(contract=contract))


@pytest.fixture(scope="module")
def rome_scene(shared_data: Path, tmp_path_factory):
    """The real product over Rome, filled with the real numbers of another scene, 20 x 20 times."""
    from landslidectl.files.gdal_environment import gdal_session
    from landslidectl.sentinel1.discover import open_scene

    real = next((shared_data / "s1/products/sarsen").glob("S1B*.SAFE"))
    folder = tmp_path_factory.mktemp("rome") / real.name
    shutil.copytree(real, folder, copy_function=shutil.copyfile)
    scene = open_scene(folder)
    measurement = folder / scene.members[Polarisation.VV].measurement
    numbers = read_bands(next((shared_data / "s1/pixels").glob("S1A*/measurement/iw-vv.tiff")))[0]
    measurement.unlink()
    # only the lines that Rome needs are filled: the file stays sparse and small
    import rasterio

    profile = {"driver": "GTiff", "width": 26102, "height": 16705, "count": 1, "dtype": "uint16"}
    first, last = 7000, 9000
    filled = np.zeros((last - first, 26102), np.uint16)
    source = numbers[first // 20 : last // 20]
    filled[:, : 20 * numbers.shape[1]] = np.kron(source, np.ones((20, 20), np.uint16))
    with (
        gdal_session(),
        rasterio.open(measurement, "w", **profile, blockysize=1, SPARSE_OK=True) as dataset,
    ):
        dataset.write(filled, 1, window=rasterio.windows.Window(0, first, 26102, last - first))
    yield scene
    shutil.rmtree(folder)


@pytest.mark.filterwarnings("ignore:Dataset has no geotransform")
def test_real_product_over_rome_agrees_with_sarsen(shared_data, rome_scene, tmp_path) -> None:
    """The reference holds beta nought, without noise removal or bistatic correction, at 30 m."""
    import rasterio
    from rasterio.warp import transform

    from landslidectl.sentinel1.annotation import read_annotation
    from landslidectl.sentinel1.calibration import read_calibration
    from landslidectl.sentinel1.geometry import scene_geometry
    from landslidectl.terrain.dem import DemOptions, build_dem

    x, y = transform("EPSG:4326", "EPSG:32633", [12.47, 12.53], [41.97, 42.03])
    grid = Grid.covering(32633, Bounds(x[0], y[0], x[1], y[1]))
    # the references took the heights as ellipsoidal: here without a word of what they are
    with open_raster(shared_data / "s1/dem/Rome-30m-DEM.tif") as dataset:
        profile = dataset.profile | {"crs": "EPSG:4326"}
        with rasterio.open(tmp_path / "rome.tif", "w", **profile) as copy:
            copy.write(dataset.read())
    dem = build_dem(tmp_path / "rome.tif", grid, tmp_path / "dem.tif", DemOptions("ellipsoid"))
    options = GeocodeOptions(bistatic=False, radiometry=RadiometryOptions(remove_noise=False))
    geocoded = geocode_scene(rome_scene, dem, grid, tmp_path / "rome.tif", options)
    assert geocoded.polarisations == (Polarisation.VV,)

    whole = Window(0, 0, *grid.shape)
    annotation = read_annotation(rome_scene, Polarisation.VV)
    geometry = scene_geometry(annotation, bistatic=False)
    heights = dem.heights(whole)
    line, pixel = build_geolocator(geometry, grid).line_pixel(whole, heights)
    cols, rows = np.meshgrid(np.arange(grid.cols) + 0.5, np.arange(grid.rows) + 0.5)
    lon, lat = transform(
        "EPSG:32633",
        "EPSG:4326",
        (grid.left + cols * 10).ravel().tolist(),
        (grid.top - rows * 10).ravel().tolist(),
    )
    at = np.array(lon).reshape(grid.shape), np.array(lat).reshape(grid.shape)

    solved = solve_zero_doppler(geometry.orbit, geodetic_to_ecef(*at, heights), 12.0)
    line_exact, pixel_exact = geometry.line_pixel(*solved)
    assert np.abs(line - line_exact).max() < 1e-4
    assert np.abs(pixel - pixel_exact).max() < 5e-3
    geocoding = shared_data / "s1/reference/geocoding"
    assert np.abs(line - sampled(geocoding / "rome_row_eos.tif", *at)).max() < 1e-3
    assert np.abs(pixel - sampled(geocoding / "rome_col_eos.tif", *at)).max() < 5e-3

    table = read_calibration(rome_scene, Polarisation.VV)
    whole_line, whole_pixel = np.rint(line).astype(int), np.rint(pixel).astype(int)
    lines = np.arange(whole_line.min(), whole_line.max() + 1)
    pixels = np.arange(whole_pixel.min(), whole_pixel.max() + 1)
    ratio = table.sigma_nought(lines, pixels) / table.beta_nought(lines, pixels)
    beta = read_bands(geocoded.path)[0]
    beta *= ratio[whole_line - lines[0], whole_pixel - pixels[0]] ** 2
    reference = sampled(shared_data / "s1/reference/sarsen/rome_semireal_gtc_linear.tif", *at)
    difference_db = 10 * np.log10(beta / reference)
    assert np.isfinite(difference_db).mean() > 0.99
    assert abs(np.nanmedian(difference_db)) < 0.001
    assert np.nanmedian(np.abs(difference_db)) < 0.001
    assert np.nanpercentile(np.abs(difference_db), 90) < 0.2


def sampled(path: Path, lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    """Sample a raster in degrees bilinearly, as GDAL's own warper does only approximately."""
    with open_raster(path) as dataset:
        values, transform = dataset.read(1).astype(float), dataset.transform
    col = (lon - transform.c) / transform.a - 0.5
    row = (lat - transform.f) / transform.e - 0.5
    i, j = np.floor(row).astype(int), np.floor(col).astype(int)
    u, v = row - i, col - j
    upper = (1 - v) * values[i, j] + v * values[i, j + 1]
    lower = (1 - v) * values[i + 1, j] + v * values[i + 1, j + 1]
    return (1 - u) * upper + u * lower
