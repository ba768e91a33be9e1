"""Doubts about a map before it is written."""

from types import SimpleNamespace

import numpy as np
import pytest

from landslidectl.detection.shift import Shift
from landslidectl.events import ProgressEvent, Warned
from landslidectl.jobs.doubts import doubt_outlines, doubt_passes, doubt_shifts
from landslidectl.terms import Pass, Polarisation, Track
from tests.detection.fakes import DESCENDING


@pytest.mark.parametrize(
    ("outlined_ha", "tested_km2", "doubted"),
    [(400.0, 10.0, False), (900.0, 10.0, True), (1200.0, 10.0, True), (0.0, 0.0, False)],
)
def test_outlines_over_most_of_the_ground_are_warned_of(
    outlined_ha: float, tested_km2: float, doubted: bool
) -> None:
    told: list[ProgressEvent] = []
    items = [SimpleNamespace(area_ha=outlined_ha / 2)] * 2
    doubt_outlines(SimpleNamespace(items=items, tested_km2=tested_km2), 0.4807, told.append)
    assert [type(one) for one in told] == [Warned] * doubted
    for one in told:
        assert isinstance(one, Warned)
        assert "threshold of 0.4807" in one.message
        assert "100%" in one.message or "90%" in one.message


@pytest.mark.parametrize(
    ("raw", "told_of"),
    [
        ({}, False),
        ({"training": {"data": "x"}}, False),
        ({"passes": ["descending"]}, True),
        ({"training": {"passes": ["descending"]}}, True),
        ({"training": {"passes": ["ascending", "descending"]}}, False),
    ],
)
def test_a_model_of_the_other_pass_is_warned_of(raw: dict[str, object], told_of: bool) -> None:
    told: list[ProgressEvent] = []
    tracks = [Track(46, Pass.DESCENDING), Track(68, Pass.ASCENDING)]
    doubt_passes(SimpleNamespace(name="nz", raw=raw), tracks, told.append)
    assert [type(one) for one in told] == [Warned] * told_of
    for one in told:
        assert isinstance(one, Warned)
        assert one.message.startswith("model nz was trained on descending tracks, not for A068:")


SNOW = Shift(DESCENDING, 2300.0, np.inf, (-4.1, -3.6), 12.5, (Polarisation.VV, Polarisation.VH))
RAIN = Shift(DESCENDING, -np.inf, np.inf, (2.1, 1.7), 80.0, (Polarisation.VV, Polarisation.VH))


def shift_doubts(shifts: list[Shift], side_db: float, explained: int = 0) -> list[Warned]:
    told: list[Warned] = []
    items = [SimpleNamespace(area_ha=6.0)] * explained
    stack = SimpleNamespace(track=DESCENDING, side_offset_db=(side_db, None))
    doubt_shifts(SimpleNamespace(shifts=shifts, explained=items), [stack], told.append)
    return told


def test_a_snow_line_is_told_with_track_elevation_and_decibels() -> None:
    (told,) = shift_doubts([SNOW], side_db=-1.8)
    assert told.code == "ground-shift"
    assert told.message.startswith(
        "orbit 46 descending: the ground above 2300 m is 4.1 dB darker in VV and 3.6 dB darker"
    )


def test_a_shift_of_the_whole_scene_is_told_once() -> None:
    assert shift_doubts([RAIN], side_db=2.0) == []
    assert len(shift_doubts([RAIN], side_db=0.4)) == 1


def test_what_a_shift_explains_is_counted() -> None:
    told = shift_doubts([RAIN], side_db=2.0, explained=2)
    assert [one.code for one in told] == ["explained-by-shift"]
    assert told[0].message.startswith("2 regions of 12 ha in all reached the threshold")
    assert shift_doubts([], side_db=0.0) == []
