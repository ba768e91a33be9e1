"""The small job, planted once for all attacks."""

from pathlib import Path

import pytest

from tests.attacks.world import plant


@pytest.fixture(scope="session")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small job that nobody may change: copy it."""
    return plant(tmp_path_factory.mktemp("attacks") / "planted")
