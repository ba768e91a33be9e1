import pytest

from landslidectl.inference.remaining import Remaining

PER_STRIP = 100


def _told(shares, scored_s=0.01, passed_s=0.001, lost=0):
    """Return what is told after each strip, and what was really left."""
    scored = [round(PER_STRIP * share) for share in shares]
    costs = [count * scored_s + PER_STRIP * passed_s for count in scored]
    remaining = Remaining(PER_STRIP * len(shares), sum(scored) + lost * len(shares))
    told, left = [], []
    for index, count in enumerate(scored):
        remaining.add(costs[index], PER_STRIP, count, lost)
        told.append(remaining.seconds())
        left.append(sum(costs[index + 1 :]))
    return told, left


def test_skipped_windows_do_not_make_the_rest_look_short_nor_long():
    for shares in ([0.1, 0.3] * 5 + [1.0, 0.9] * 15, [1.0, 0.8] * 10 + [0.0] * 20):
        told, left = _told(shares)
        assert told[5:] == pytest.approx(left[5:], rel=0.02, abs=0.01)


def test_windows_that_lack_pixels_are_taken_off_as_they_are_met():
    told, left = _told([0.2, 0.6, 0.4] * 10, lost=20)
    pending = [20 * 0.01 * (29 - index) for index in range(30)]
    expected = [after + more for after, more in zip(left, pending, strict=True)]
    assert told[5:] == pytest.approx(expected[5:], rel=0.02, abs=0.01)
    assert told[-1] == pytest.approx(0.0, abs=1e-9)


def test_strips_that_are_all_alike_are_told_right_too():
    told, left = _told([0.5] * 20)
    assert told[3:] == pytest.approx(left[3:], rel=0.05, abs=0.01)


def test_nothing_is_told_before_anything_is_known():
    assert Remaining(1000, 500).seconds() is None
    told, _ = _told([0.5] * 200)
    assert told[:3] == [None, None, None]
    assert told[4] is not None


def test_a_raster_without_a_window_to_score_is_told_by_its_rows():
    told, left = _told([0.0] * 20)
    assert told[2:] == pytest.approx(left[2:])


def test_a_machine_that_became_slow_is_believed():
    remaining = Remaining(200 * PER_STRIP, 200 * PER_STRIP)
    for seconds in [1.0] * 50 + [3.0] * 100:
        remaining.add(seconds, PER_STRIP, PER_STRIP, 0)
    assert remaining.seconds() == pytest.approx(150.0, rel=0.05)
