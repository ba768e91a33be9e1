"""Fixtures of the jobs' tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from landslidectl.catalog.catalog import Catalog
from tests.jobs.world import World, make_world


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with Catalog(tmp_path / "catalog.db") as opened:
        yield opened


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world with three scenes before and one after the event, and names that need care."""
    return make_world(tmp_path / "wörld with spaces", monkeypatch)
