"""Fixtures that every room's tests share."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real inputs that are not part of the repository; skips where it is absent."""
    folder = Path(os.environ.get("LANDSLIDECTL_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"real inputs are absent: {folder} (set LANDSLIDECTL_SHARED_DATA)")
    return folder
