"""The time that a job may take."""

import pytest

from landslidectl.grid import Grid
from landslidectl.jobs.estimate import Duration, estimate_duration, scoring_seconds
from landslidectl.stack.plans import TrackPlan
from tests.stack.scenes import make_scene

SMALL = Grid(32654, 500000.0, 4_700_000.0, 10.0, 1000, 1000)
LARGE = Grid(32654, 500000.0, 4_700_000.0, 10.0, 4000, 4000)


def track(pre: int) -> TrackPlan:
    scenes = [make_scene(-12.0 * (number + 1)) for number in range(pre)]
    return TrackPlan(scenes[0].track, tuple(scenes), (make_scene(3.0),), 0.0)


@pytest.mark.parametrize(
    ("least", "most", "words"),
    [(4.2, 16.0, "4 to 16 seconds"), (70.0, 290.0, "1 to 5 minutes"), (4000, 16000, "1.1 to 4.4")],
)
def test_a_span_is_told_in_a_unit_that_suits_it(least: float, most: float, words: str) -> None:
    assert str(Duration(least, most)).startswith(words)


def test_more_ground_scenes_and_windows_take_longer_and_more_threads_less() -> None:
    def seconds(
        grid: Grid = SMALL, pre: int = 3, windows_s: float = 1.0, threads: int = 1
    ) -> float:
        return estimate_duration(grid, [track(pre)], windows_s, threads).most_s

    usual = seconds()
    assert seconds(grid=LARGE) > usual
    assert seconds(pre=9) > usual
    assert seconds(windows_s=10.0) > usual
    assert seconds(threads=4) < usual
    span = estimate_duration(SMALL, [track(3)], 1.0, 1)
    assert 0.0 < span.least_s < span.most_s


def test_a_denser_stride_and_a_larger_network_take_longer_to_score() -> None:
    usual = scoring_seconds(LARGE, 32, 64, 3e7)
    assert scoring_seconds(LARGE, 16, 64, 3e7) == pytest.approx(4 * usual, rel=0.05)
    assert scoring_seconds(LARGE, 32, 64, 6e7) == pytest.approx(2 * usual)
    assert scoring_seconds(LARGE, 32, 64, None) > usual, "what is not known is taken as slow"
