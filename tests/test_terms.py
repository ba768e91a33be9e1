from datetime import UTC, datetime, timedelta, timezone

import pytest

from landslidectl.terms import BandSet, EventTime, Pass, Quality, Track, utc_instant


def test_bands_follow_the_method():
    assert BandSet.VV_VH.band_names == ("post_VV", "post_VH", "diff_VV", "diff_VH")
    assert BandSet.VV.band_names == ("post_VV", "diff_VV")


def test_track_names():
    track = Track(46, Pass.DESCENDING)
    assert track.name == "D046"
    assert str(track) == "orbit 46 descending"


def test_quality_bits_are_those_of_the_contract():
    assert [int(bit) for bit in Quality] == [1, 2, 4, 8, 16, 32, 64, 128]


def test_event_time_is_turned_into_utc():
    japan = timezone(timedelta(hours=9))
    event = EventTime(
        datetime(2018, 9, 6, 3, 7, 59, tzinfo=japan), datetime(2018, 9, 6, 3, 7, 59, tzinfo=japan)
    )
    assert event.first == datetime(2018, 9, 5, 18, 7, 59, tzinfo=UTC)
    assert event.first.tzinfo is UTC


def test_event_time_refuses_naive_and_reversed_instants():
    instant = datetime(2018, 9, 5, tzinfo=UTC)
    with pytest.raises(ValueError, match="time zone"):
        EventTime(datetime(2018, 9, 5), instant)
    with pytest.raises(ValueError, match="before"):
        EventTime(instant, instant - timedelta(seconds=1))


@pytest.mark.parametrize(
    "text",
    [
        "2018-09-05T18:07:59",
        "2018-09-05T18:07:59Z",
        "2018-09-06T03:07:59+09:00",
    ],
)
def test_instants_are_utc_whatever_their_zone(text):
    assert utc_instant(text) == datetime(2018, 9, 5, 18, 7, 59, tzinfo=UTC)
    assert utc_instant(text).tzinfo is UTC


@pytest.mark.parametrize(
    "text", ["", "yesterday", "0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00"]
)
def test_what_is_no_instant_of_a_satellite_is_a_value_error(text):
    with pytest.raises(ValueError, match=r"isoformat|radar satellites"):
        utc_instant(text)
