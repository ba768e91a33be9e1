"""Doubts about a map before it is written."""

from types import SimpleNamespace

import pytest

from landslidectl.events import ProgressEvent, Warned
from landslidectl.jobs.publish import _doubt


@pytest.mark.parametrize(
    ("outlined_ha", "tested_km2", "doubted"),
    [(400.0, 10.0, False), (900.0, 10.0, True), (1200.0, 10.0, True), (0.0, 0.0, False)],
)
def test_outlines_over_most_of_the_ground_are_warned_of(
    outlined_ha: float, tested_km2: float, doubted: bool
) -> None:
    told: list[ProgressEvent] = []
    items = [SimpleNamespace(area_ha=outlined_ha / 2)] * 2
    _doubt(SimpleNamespace(items=items, tested_km2=tested_km2), 0.4807, told.append)
    assert [type(one) for one in told] == [Warned] * doubted
    for one in told:
        assert isinstance(one, Warned)
        assert "threshold of 0.4807" in one.message
        assert "100%" in one.message or "90%" in one.message
