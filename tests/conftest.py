"""Fixtures that every room's tests share."""

import os
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# a run depends neither on how busy the machine is nor on luck: what fails once fails always
settings.register_profile(
    "suite", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("suite")


def pytest_configure() -> None:
    """Let Ctrl-C and a closed terminal end what tests start, behind nohup too."""
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real inputs that are not part of the repository; skips where it is absent."""
    folder = Path(os.environ.get("LANDSLIDECTL_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"real inputs are absent: {folder} (set LANDSLIDECTL_SHARED_DATA)")
    return folder
