"""Doubts about a map before it is written."""

from types import SimpleNamespace

import pytest

from landslidectl.events import ProgressEvent, Warned
from landslidectl.jobs.doubts import doubt_outlines, doubt_passes
from landslidectl.terms import Pass, Track


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
