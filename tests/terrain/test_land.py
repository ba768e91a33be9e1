"""The shipped mask of one-degree cells with land."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landslidectl.errors import LandslidectlError
from landslidectl.files.resources import asset
from landslidectl.terrain import land
from landslidectl.terrain.land import LandMask

MASK = LandMask.load()


@pytest.mark.parametrize(
    ("cell", "has_land"),
    [
        ((41, 12), True),  # Rome
        ((40, 11), False),  # Tyrrhenian Sea
        ((-17, 179), True),  # Taveuni, Fiji, across the date line
        ((-17, -180), True),
        ((-10, -150), False),  # Pacific
        ((-1, -30), False),  # Atlantic
        ((19, -156), True),  # Hawaii
        ((41, 50), True),  # Caspian Sea: elevation models have tiles there
        ((89, 0), False),
        ((-90, 0), True),
        ((0, 0), False),
    ],
)
def test_known_cells(cell: tuple[int, int], has_land: bool) -> None:
    assert MASK.has_land(cell) is has_land


@pytest.mark.parametrize(
    ("lon", "lat"),
    [
        (-28.0, 38.7),  # Azores
        (-10.8, 6.3),  # Monrovia
        (-109.35, -27.12),  # Easter Island
        (-12.28, -37.11),  # Tristan da Cunha
        (55.5, -21.1),  # Reunion
        (-61.2, 13.3),  # Saint Vincent
        (-62.2, 16.7),  # Montserrat
        (141.99, 42.7),  # Hokkaido
        (167.8, -15.4),  # Vanuatu
        (-36.5, -54.3),  # South Georgia
    ],
)
def test_land_with_landslides_is_land(lon: float, lat: float) -> None:
    assert not MASK.is_sea(np.array([lon]), np.array([lat]))[0]


def test_share_of_land() -> None:
    """Whole cells along every coast: more than the 29 % of the Earth's surface."""
    weight = np.cos(np.radians(np.arange(-89.5, 90.0)))[:, None]
    share = float((MASK.cells * weight).sum() / (weight.sum() * 360))
    assert 0.33 < share < 0.37


def test_file_is_small() -> None:
    folder = asset("land")
    assert (folder / "README.txt").exists()
    assert sum(path.stat().st_size for path in folder.iterdir()) < 20_000


@given(st.floats(-180, 180), st.floats(-89.9, 89.9), st.integers(-2, 2))
def test_any_turn_gives_the_same(lon: float, lat: float, turns: int) -> None:
    there = round(lon, 3) + 0.0005
    moved = np.array([there + 360.0 * turns])
    assert MASK.is_sea(moved, np.array([lat])) == MASK.is_sea(np.array([there]), np.array([lat]))


def test_sea_begins_a_little_beside_the_degree_line() -> None:
    lat = np.array([41.0 + 0.001, 41.0 + 0.01])
    lon = np.array([11.5, 11.5])
    assert MASK.has_land((41, 11)), "the cell beside the sea cell N40E011"
    assert MASK.is_sea(lon, lat).tolist() == [False, False]
    assert MASK.is_sea(lon, lat, within_deg=0.002).tolist() == [True, False]


def test_damaged_mask_is_an_error(tmp_path, monkeypatch) -> None:
    path = tmp_path / "land.npz"
    np.savez(path, land=np.zeros((3, 4), np.uint8))
    monkeypatch.setattr(land, "asset", lambda *parts: path)
    with pytest.raises(LandslidectlError, match="expected uint8"):
        LandMask.load()
    path.write_bytes(b"no zip")
    with pytest.raises(LandslidectlError, match="cannot be read"):
        LandMask.load()
