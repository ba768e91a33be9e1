"""A disk that fills up or becomes read-only at any step: the quick half."""

from pathlib import Path

import pytest

from tests.attacks.starve import Starver, mountable

POINTS = (
    ("fill", 0.45, False),
    ("fill", 0.75, True),
    ("lock", 0.2, False),
)
"""The blow, after which share of the calls it falls, and whether the catalog is hit too."""


@pytest.fixture(scope="module")
def starver(planted: Path, tmp_path_factory: pytest.TempPathFactory) -> Starver:
    folder = tmp_path_factory.mktemp("starve")
    reason = mountable(folder)
    if reason:
        pytest.skip(reason)
    (folder / "planted").symlink_to(planted)
    return Starver(folder)


@pytest.mark.parametrize(("blow", "share", "has_catalog_there"), POINTS)
def test_the_job_says_what_is_wrong_and_goes_on_afterwards(
    starver: Starver, blow: str, share: float, has_catalog_there: bool
) -> None:
    starved = starver.attack(blow, int(share * starver.yardstick.calls), has_catalog_there)
    assert not starved.faults, starved
    assert starved.exit_code in (7, 8), starved
