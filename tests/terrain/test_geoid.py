import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landslidectl.errors import LandslidectlError
from landslidectl.terrain import geoid
from landslidectl.terrain.geoid import Geoid, geoid_undulation

EGM96 = Geoid.load()


@pytest.fixture
def grid() -> Geoid:
    return EGM96


def test_points_published_with_the_model() -> None:
    """The check points that NGA gives with its own EGM96 interpolation programs."""
    lat = np.array([38.628155, -14.621217, 46.874319, -23.617446, 38.625473, -0.466744])
    lon = np.array([269.779155, 305.021114, 102.448729, 133.874712, 359.9995, 0.0023])
    published = [-31.628, -2.969, -43.575, 15.871, 50.066, 17.329]
    assert geoid_undulation(lon, lat) == pytest.approx(published, abs=0.06)


def test_rome() -> None:
    assert geoid_undulation(12.5, 41.9) == pytest.approx(48.48, abs=0.02)


def test_nodes_are_returned_as_stored(grid: Geoid) -> None:
    assert grid.undulation(-180.0, 90.0) == pytest.approx(grid.undulation_cm[0, 0] / 100)
    assert grid.undulation(-179.75, 0.0) == pytest.approx(grid.undulation_cm[360, 1] / 100)
    assert grid.undulation(13.0, 42.0) == pytest.approx(grid.undulation_cm[192, 772] / 100)


def test_poles_are_one_value(grid: Geoid) -> None:
    lon = np.linspace(-180, 180, 37)
    assert np.ptp(grid.undulation(lon, 90.0)) < 0.01
    assert np.ptp(grid.undulation(lon, -90.0)) < 0.01


def test_date_line_has_no_step(grid: Geoid) -> None:
    lat = np.linspace(-80, 80, 161)
    west, east = grid.undulation(-180.0 + 1e-7, lat), grid.undulation(180.0 - 1e-7, lat)
    assert np.abs(west - east).max() < 1e-4
    between = grid.undulation(179.875, lat)
    ends = (grid.undulation(179.75, lat) + grid.undulation(180.0, lat)) / 2
    assert between == pytest.approx(ends, abs=1e-6)


@given(st.floats(-180, 180), st.floats(-90, 90), st.integers(-2, 2))
def test_any_turn_gives_the_same(lon: float, lat: float, turns: int) -> None:
    assert EGM96.undulation(lon + 360.0 * turns, lat) == pytest.approx(
        EGM96.undulation(lon, lat), abs=1e-6
    )
    assert -107.0 <= float(EGM96.undulation(lon, lat)) <= 85.5


def test_shape_is_kept_and_nan_stays_nan() -> None:
    lon = np.array([[10.0, np.nan], [12.0, 13.0]])
    out = geoid_undulation(lon, np.full((2, 2), 45.0))
    assert out.shape == (2, 2)
    assert np.isnan(out).tolist() == [[False, True], [False, False]]


def test_damaged_grid_is_an_error(tmp_path, monkeypatch) -> None:
    path = tmp_path / "egm96_15_cm.npz"
    np.savez(path, n=np.zeros((3, 4), np.int16))
    monkeypatch.setattr(geoid, "asset", lambda *parts: path)
    with pytest.raises(LandslidectlError, match="expected int16"):
        Geoid.load()
    path.write_bytes(b"no zip")
    with pytest.raises(LandslidectlError, match="cannot be read"):
        Geoid.load()
