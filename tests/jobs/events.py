"""The instant that the jobs' tests share."""

from datetime import UTC, datetime

SHOCK = datetime(2018, 9, 5, 18, 7, 59, tzinfo=UTC)
