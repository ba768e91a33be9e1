import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from landslidectl.detection.geodesy import (
    area_scale,
    ellipsoid_area_m2,
    from_wgs84,
    projected_area_m2,
    to_wgs84,
    wrapped_lon,
)
from landslidectl.grid import Grid, utm_epsg

WHOLE_EARTH_KM2 = 510_065_621.724
ONE_DEGREE_AT_EQUATOR_KM2 = 12_308.778361


def test_whole_ellipsoid_has_its_published_area() -> None:
    area = ellipsoid_area_m2(shapely.box(-180, -90, 180, 90))
    assert area / 1e6 == pytest.approx(WHOLE_EARTH_KM2, rel=1e-9)


def test_degree_at_the_equator_has_its_published_area() -> None:
    # published for geodesic edges, whose northern one bulges by 4 m beyond the parallel
    area = ellipsoid_area_m2(shapely.box(10, 0, 11, 1))
    assert area / 1e6 == pytest.approx(ONE_DEGREE_AT_EQUATOR_KM2, rel=1e-4)


def test_zone_between_parallels_agrees_with_quadrature() -> None:
    lat = np.radians(np.linspace(40.0, 45.0, 100_001))
    e2, a = 0.00669437999014, 6378137.0
    strip = a**2 * (1 - e2) * np.cos(lat) / (1 - e2 * np.sin(lat) ** 2) ** 2
    expected = np.trapezoid(strip, lat) * np.radians(2.0)
    assert ellipsoid_area_m2(shapely.box(10, 40, 12, 45)) == pytest.approx(expected, rel=1e-9)


def test_holes_are_taken_out() -> None:
    ring = shapely.box(10, 40, 12, 42).difference(shapely.box(10.5, 40.5, 11, 41))
    whole = ellipsoid_area_m2(shapely.box(10, 40, 12, 42))
    hole = ellipsoid_area_m2(shapely.box(10.5, 40.5, 11, 41))
    assert ellipsoid_area_m2(ring) == pytest.approx(whole - hole, rel=1e-12)


@settings(max_examples=30, deadline=None)
@given(lon=st.floats(-179, 179), lat=st.floats(-79, 79), side=st.sampled_from([100.0, 3000.0]))
def test_small_square_in_utm_follows_the_scale_of_the_projection(
    lon: float, lat: float, side: float
) -> None:
    epsg = utm_epsg(lon, lat)
    corner = from_wgs84(shapely.Point(lon, lat), epsg)
    square = shapely.box(corner.x, corner.y, corner.x + side, corner.y + side)
    centre = square.centroid
    # k = k0 (1 + x'^2 / (2 R^2) + x'^4 / (24 R^4)), x' = (E - 500 km) / k0
    radius = _gaussian_radius_m(lat)
    ratio = (centre.x - 500_000.0) / 0.9996 / radius
    scale = 0.9996 * (1.0 + ratio**2 / 2.0 + ratio**4 / 24.0)
    assert projected_area_m2(square, epsg) == pytest.approx(side**2 / scale**2, rel=1e-4)


def _gaussian_radius_m(lat: float) -> float:
    e2 = 0.00669437999014
    return 6378137.0 * np.sqrt(1 - e2) / (1 - e2 * np.sin(np.radians(lat)) ** 2)


def test_area_scale_at_the_central_meridian() -> None:
    grid = Grid(32633, 499_000.0, 4_500_000.0, 10.0, 200, 200)
    assert area_scale(grid) == pytest.approx(1 / 0.9996**2, rel=1e-5)


def test_antimeridian_is_crossed_without_a_jump() -> None:
    west = from_wgs84(shapely.Point(179.99, -17.0), 32760)
    outline = to_wgs84(shapely.box(west.x, west.y, west.x + 3000, west.y + 2000), 32760)
    left, _, right, _ = outline.bounds
    assert 179.9 < left < 180 < right < 180.1
    assert ellipsoid_area_m2(outline) == pytest.approx(6e6, rel=2e-3)
    assert wrapped_lon(right) == pytest.approx(right - 360)
