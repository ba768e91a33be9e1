from dataclasses import replace

import numpy as np
import pytest

from landslidectl.simulation.fields import centres
from landslidectl.simulation.landcover import Cover
from landslidectl.simulation.snow import WetSnow, snowed
from landslidectl.simulation.spec import EventSpec
from landslidectl.simulation.view import build_landscape

SPEC = EventSpec(seed=5, size_km=1.6, lon=13.5, lat=42.5)


@pytest.fixture(scope="module")
def quiet():
    return build_landscape(replace(SPEC, slides=False)).quiet


def test_snow_darkens_what_lies_above_its_line_and_nothing_else(quiet):
    snow = WetSnow(0.4, vv_db=-4.5, vh_db=-4.0, edge_m=50.0, forest=1.0)
    white = snowed(quiet, snow)
    heights = centres(quiet.fine[::2, ::2])
    line, land = snow.line_m(heights), quiet.classes != Cover.WATER
    high, low = land & (heights > line + 25.0), heights < line - 25.0
    np.testing.assert_allclose((white.vv_db - quiet.vv_db)[high], -4.5, atol=1e-4)
    np.testing.assert_allclose((white.vh_db - quiet.vh_db)[high], -4.0, atol=1e-4)
    assert np.array_equal(white.vv_db[low], quiet.vv_db[low])
    assert np.mean(heights > line) == pytest.approx(0.4, abs=0.01)
    change = white.vv_db - quiet.vv_db
    assert ((change <= 1e-4) & (change >= -4.5001)).all()


def test_a_canopy_hides_part_of_the_snow_and_water_all(quiet):
    change = snowed(quiet, WetSnow(1.0, edge_m=1e-3, forest=0.5)).vv_db - quiet.vv_db
    highest = {cover: change[quiet.classes == cover].min(initial=0.0) for cover in Cover}
    assert highest[Cover.FOREST] == pytest.approx(-2.25, abs=1e-4)
    assert highest[Cover.WATER] == 0.0


def test_snow_lies_after_the_event_alone():
    plain = build_landscape(SPEC)
    white = build_landscape(replace(SPEC, snow=WetSnow(0.5)))
    assert np.array_equal(plain.before.vv_db, white.before.vv_db)
    assert white.after.vv_db.mean() < plain.after.vv_db.mean() - 0.5
    assert [one.slide_id for one in white.slides] == [one.slide_id for one in plain.slides]
