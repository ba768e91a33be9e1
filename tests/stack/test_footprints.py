"""Outlines across the antimeridian are cut there, and put together again to be measured."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.warp import transform

from landslidectl.stack.footprints import (
    buffered,
    continuous,
    equal_area,
    footprint,
    outline,
    polygonal,
    unrolled,
    wrapped,
)

from .scenes import make_scene

# made-up corners as far apart as those of a real product: -179.8 to 177.0 degrees
CROSSING = ((-179.8, -17.9), (177.5, -17.5), (177.0, -19.0), (179.6, -19.4))


def test_footprint_of_a_product_across_the_antimeridian() -> None:
    shape = footprint(make_scene(footprint=CROSSING))
    assert shape.geom_type == "MultiPolygon"
    assert shape.is_valid
    west, _, east, _ = shape.bounds
    assert (west, east) == (-180.0, 180.0)
    assert shape.contains(shapely.Point(178.5, -18.5))
    assert shape.contains(shapely.Point(-179.95, -17.95))
    assert not shape.intersects(shapely.Point(0.0, -18.5))
    assert continuous(shape).bounds == pytest.approx((177.0, -19.4, 180.2, -17.5))
    assert shape.area == pytest.approx(4.245, abs=0.2)


def test_any_start_and_sense_of_the_ring_gives_the_same_outline() -> None:
    reference = outline(CROSSING)
    for start in range(4):
        ring = CROSSING[start:] + CROSSING[:start]
        assert outline(ring).equals(reference)
        assert outline(ring[::-1]).equals(reference)


def test_footprint_elsewhere_is_the_ring_itself() -> None:
    ring = ((12.0, 41.0), (15.0, 41.4), (14.6, 43.0), (11.6, 42.6))
    assert outline(ring).equals(shapely.Polygon(ring))


def test_a_band_around_the_globe_is_not_taken_for_a_crossing() -> None:
    world = shapely.box(-180.0, -60.0, 180.0, 60.0)
    assert unrolled(world).equals(world)


@settings(max_examples=60, deadline=None)
@given(
    west=st.floats(-539.0, 539.0),
    south=st.floats(-79.0, 78.0),
    width=st.floats(0.01, 12.0),
    height=st.floats(0.01, 4.0),
)
def test_wrapped_and_continuous_keep_the_ground(west, south, width, height) -> None:
    box = shapely.box(west, south, west + width, south + height)
    inside = wrapped(box)
    assert inside.is_valid
    assert inside.bounds[0] >= -180.0 and inside.bounds[2] <= 180.0
    assert inside.area == pytest.approx(box.area)
    for lon in np.linspace(west, west + width, 5)[1:-1]:
        point = shapely.Point((lon + 180.0) % 360.0 - 180.0, south + height / 2)
        assert inside.distance(point) < 1e-9
    whole = continuous(inside)
    # a rest thinner than a rounding error may stay apart
    assert whole.bounds[2] - whole.bounds[0] == pytest.approx(width, abs=1e-6)
    assert whole.area == pytest.approx(box.area)


def test_continuous_welds_the_seam_and_leaves_the_rest_alone() -> None:
    split = shapely.union_all(
        [shapely.box(179.5, -17.5, 180.0, -16.5), shapely.box(-180.0, -17.5, -179.5, -16.5)]
    )
    assert continuous(split).equals(shapely.box(179.5, -17.5, 180.5, -16.5))
    assert continuous(split).geom_type == "Polygon"
    apart = shapely.union_all([shapely.box(-5.0, 0.0, -4.0, 1.0), shapely.box(4.0, 0.0, 5.0, 1.0)])
    assert continuous(apart).equals(apart)
    islands = shapely.union_all(
        [shapely.box(176.0, 0.0, 177.0, 1.0), shapely.box(-178.0, 0.0, -177.0, 1.0)]
    )
    assert continuous(islands).bounds == (176.0, 0.0, 183.0, 1.0)


def test_buffer_goes_on_across_the_antimeridian() -> None:
    grown = buffered(shapely.box(179.0, -0.5, 180.0, 0.5), 0.1)
    assert grown.contains(shapely.Point(-179.95, 0.0))
    assert not grown.intersects(shapely.Point(-179.85, 0.0))
    assert grown.bounds[0] == -180.0


def test_buffer_is_as_wide_as_high_on_the_ground() -> None:
    grown = buffered(shapely.box(10.0, 59.9, 11.0, 60.1), 0.1)
    west, south, east, north = grown.bounds
    assert (south, north) == pytest.approx((59.8, 60.2))
    assert (west, east) == pytest.approx((9.8, 11.2))


@pytest.mark.parametrize("lat", [-70.0, -17.0, 0.0, 45.0, 68.0])
def test_equal_area_shares_agree_with_the_ellipsoid(lat: float) -> None:
    def ease_area(shape: shapely.Geometry) -> float:
        return shapely.transform(
            shape,
            lambda points: np.column_stack(
                transform("EPSG:4326", "EPSG:6933", points[:, 0], points[:, 1])
            ),
        ).area

    south, whole = shapely.box(10.0, lat, 14.0, lat + 1), shapely.box(10.0, lat, 14.0, lat + 8)
    share = equal_area(south).area / equal_area(whole).area
    assert share == pytest.approx(ease_area(south) / ease_area(whole), rel=1e-3)


def test_polygonal_drops_where_outlines_only_touch() -> None:
    square, line = shapely.box(0, 0, 1, 1), shapely.LineString([(2, 0), (2, 1)])
    nested = shapely.GeometryCollection([line, shapely.GeometryCollection([square, line])])
    assert polygonal(nested).equals(square)
    assert polygonal(line).is_empty
    assert wrapped(line).is_empty


def test_buffer_of_an_area_across_the_antimeridian_has_no_seam() -> None:
    ring = ((179.5, -17.5), (-179.5, -17.5), (-179.5, -16.5), (179.5, -16.5))
    grown = continuous(buffered(outline(ring), 0.1))
    assert grown.geom_type == "Polygon"
    assert not grown.interiors
    assert grown.bounds == pytest.approx((179.395, -17.6, 180.605, -16.4), abs=1e-3)
