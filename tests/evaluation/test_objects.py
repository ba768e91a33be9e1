"""What becomes of slides and detections, and the tables that follow."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landslidectl.detection.geodesy import area_scale
from landslidectl.evaluation.ground import Bit, Ground, survey_ground
from landslidectl.evaluation.inventory import read_inventory
from landslidectl.evaluation.judge import judge_event
from landslidectl.evaluation.objects import (
    Fate,
    Layers,
    Objects,
    Place,
    Verdict,
    match_objects,
    place_of,
)
from landslidectl.evaluation.product import open_product
from landslidectl.evaluation.tables import (
    SIZE_CLASSES,
    aspect_rows,
    fate_counts,
    object_row,
    outline_rows,
    size_rows,
    slope_rows,
)
from landslidectl.terms import Quality
from tests.evaluation.conftest import SLIDES, Event
from tests.evaluation.world import GRID, clear, rectangle, write_inventory, write_product

ALL = np.uint8(Bit.AREA | Bit.OBSERVED)


@pytest.fixture(scope="module")
def objects(event: Event) -> Objects:
    return judge_event(event.product, event.inventory)[0].objects


def test_every_slide_and_detection_has_its_fate(objects: Objects):
    fates = dict(zip(SLIDES, objects.fates, strict=True))
    assert fates == {
        "found": Fate.FOUND,
        "missed": Fate.MISSED,
        "found, small": Fate.FOUND,
        "masked": Fate.MASKED,
        "not observed": Fate.NOT_OBSERVED,
        "outside": Fate.OUTSIDE,
    }
    by_area = dict(zip((d.area_m2 for d in objects.detections), objects.verdicts, strict=True))
    assert by_area == {
        202_500.0: Verdict.TRUE,
        240_000.0: Verdict.FALSE,
        40_000.0: Verdict.UNDECIDED,
    }


def test_the_totals_leave_out_what_was_not_seen_and_what_is_small(objects: Objects):
    row = object_row("all", objects)
    assert (row["slides"], row["found"], row["missed"]) == (2, 1, 1)
    assert (row["detections"], row["true"], row["false"]) == (2, 1, 1)
    assert row["recall"] == row["precision"] == row["f1"] == 0.5
    counts = fate_counts(objects, 4.0)
    assert counts["slides_in_inventory"] == 6
    assert counts["slides"]["masked"] == counts["slides"]["not observed"] == 1
    assert counts["detections"] == {"true": 1, "false": 1, "undecided": 1}
    assert counts["false_per_100_km2"] == 25.0
    assert fate_counts(objects, 0.0)["false_per_100_km2"] is None


def test_by_size(objects: Objects):
    rows = {row["class"]: (row["slides"], row["found"]) for row in size_rows(objects)}
    assert list(rows) == list(SIZE_CLASSES)
    assert rows["below 2,000 m2"] == (1, 1)
    assert rows["5,000-20,000 m2"] == (1, 0)
    assert rows["20,000-50,000 m2"] == (1, 1)
    outlines = {row["class"]: (row["detections"], row["true"]) for row in outline_rows(objects)}
    assert outlines == {
        "below 5 ha": (0, 0),
        "5-20 ha": (0, 0),
        "20-50 ha": (2, 1),
        "over 50 ha": (0, 0),
    }


def test_by_slope_and_aspect(objects: Objects):
    slopes = {row["class"]: row for row in slope_rows(objects)}
    assert (slopes["30-40°"]["slides"], slopes["30-40°"]["found"]) == (1, 1)
    assert (slopes["10-20°"]["slides"], slopes["10-20°"]["found"]) == (1, 0)
    assert (slopes["30-40°"]["true"], slopes["10-20°"]["false"]) == (1, 1)
    assert slopes["0-10°"]["recall"] is None
    aspects = {row["class"]: row for row in aspect_rows(objects)}
    assert (aspects["E"]["found"], aspects["E"]["true"]) == (1, 1)
    assert (aspects["N"]["missed"], aspects["N"]["false"]) == (1, 1)
    assert sum(row["slides"] for row in aspects.values()) == 2


def test_places_are_told_in_pixels_of_the_area():
    bits = np.full(GRID.shape, ALL)
    bits[:, 50:] |= np.uint8(Bit.MASKED)
    bits[:, 100:] = np.uint8(Bit.AREA)
    bits[:, 200:] = 0
    ground = Ground(GRID, bits)
    place = place_of(rectangle(10, 40, 2, 170), ground, Layers())
    assert (place.judged, place.masked, place.unobserved) == (20, 100, 200)
    assert not place.is_seen and not place.is_outside
    assert np.isnan(place.slope_deg) and place.cover == -1
    assert place_of(rectangle(10, 210, 2, 9), ground, Layers()).is_outside
    assert place_of(rectangle(10, 900, 2, 9), ground, Layers()).is_outside


def test_a_slide_smaller_than_a_pixel_stands_on_the_pixel_it_is_in():
    ground = Ground(GRID, np.full(GRID.shape, ALL))
    tiny = rectangle(10, 10, 1, 1).buffer(-3.0)
    moved = rectangle(10, 10, 1, 1).buffer(-4.5)
    import shapely

    corner = shapely.affinity.translate(moved, -4.0, 4.0)
    for shape in (tiny, corner):
        place = place_of(shape, ground, Layers())
        assert (place.judged, place.is_seen) == (1, True)


def test_large_outlines_are_counted_block_by_block(monkeypatch: pytest.MonkeyPatch, event: Event):
    product = open_product(event.product)
    inventory = read_inventory(event.inventory, product.grid.epsg)
    ground = survey_ground(product, inventory)
    whole = match_objects(product, inventory, ground, Layers())
    monkeypatch.setattr("landslidectl.evaluation.objects.BLOCK_SIDE", 7)
    monkeypatch.setattr("landslidectl.evaluation.ground.BLOCK_SIDE", 50)
    blocks = match_objects(product, inventory, survey_ground(product, inventory), Layers())
    assert [(p.judged, p.masked, p.unobserved) for p in whole.slides + whole.detections] == [
        (p.judged, p.masked, p.unobserved) for p in blocks.slides + blocks.detections
    ]
    assert (whole.fates, whole.verdicts) == (blocks.fates, blocks.verdicts)


places = st.builds(
    Place,
    area_m2=st.floats(10.0, 1e6),
    judged=st.just(4),
    masked=st.just(0),
    unobserved=st.just(0),
    slope_deg=st.floats(0.0, 90.0) | st.just(float("nan")),
    aspect_deg=st.floats(0.0, 359.9) | st.just(float("nan")),
    cover=st.sampled_from([-1, 10, 30]),
)


@given(
    st.lists(st.tuples(places, st.sampled_from(Fate)), max_size=12),
    st.lists(st.tuples(places, st.sampled_from(Verdict)), max_size=12),
)
def test_classes_add_up_to_the_totals(slides, detections):
    objects = Objects(
        tuple(place for place, _ in slides),
        tuple(fate for _, fate in slides),
        tuple(place for place, _ in detections),
        tuple(verdict for _, verdict in detections),
    )
    total = object_row("all", objects)
    for rows in (slope_rows(objects), aspect_rows(objects)):
        for key in ("slides", "found", "missed", "detections", "true", "false"):
            assert sum(row[key] for row in rows) == total[key]
    assert sum(row["slides"] for row in size_rows(objects)[1:]) == total["slides"]
    assert sum(row["true"] for row in outline_rows(objects)) == total["true"]
    assert object_row("twice", objects.plus(objects))["slides"] == 2 * total["slides"]


def test_ground_that_was_skipped_is_masked_and_not_unobserved(tmp_path):
    score, quality = np.full(GRID.shape, 0.1, dtype="float32"), clear()
    score[:40] = score[:, :20] = np.nan
    quality[:40] |= int(Quality.SKIPPED)
    product = open_product(write_product(tmp_path, score, quality=quality))
    slides = write_inventory(tmp_path / "slides.gpkg", [rectangle(5, 100, 8, 8)], GRID.epsg)
    inventory = read_inventory(slides, GRID.epsg)
    ground = survey_ground(product, inventory)
    pixel_km2 = area_scale(GRID) * 1e-4
    areas = {name: area / pixel_km2 for name, area in ground.areas_km2().items()}
    assert areas == pytest.approx(
        {"judged_km2": 152 * 236, "masked_km2": 40 * 256, "not_observed_km2": 152 * 20}
    )
    assert match_objects(product, inventory, ground, Layers()).fates == (Fate.MASKED,)
