"""A disk that fills up or becomes read-only at any step: the quick half."""

from pathlib import Path

import pytest

from tests.attacks.deeds import Taker
from tests.attacks.full import made
from tests.attacks.starve import Blow, Starver, mountable

POINTS = (("fill", 0.45, False), ("fill", 0.75, True), ("lock", 0.2, False), ("deny", 0.6, True))
"""The blow, after which share of the calls it falls, and whether the catalog is hit too."""


@pytest.fixture(scope="module")
def folder(planted: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("starve")
    (place / "volume").mkdir()
    reason = mountable(place / "volume")
    if reason:
        pytest.skip(reason)
    (place / "planted").symlink_to(planted)
    return place


@pytest.fixture(scope="module")
def starver(folder: Path) -> Starver:
    return Starver(folder)


@pytest.mark.parametrize(("kind", "share", "has_catalog_there"), POINTS)
def test_the_job_says_what_is_wrong_and_goes_on_afterwards(
    starver: Starver, kind: str, share: float, has_catalog_there: bool
) -> None:
    call = int(share * starver.yardstick.calls)
    starved = starver.attack(Blow(kind, call, has_catalog_there=has_catalog_there))
    assert not starved.faults, starved
    assert starved.exit_code in (7, 8), starved


@pytest.mark.parametrize(("name", "kind", "share"), [("export", "fill", 0.5), ("prune", "lock", 0)])
def test_another_command_leaves_all_or_nothing(
    folder: Path, name: str, kind: str, share: float
) -> None:
    made(folder)
    taker = Taker(folder, name)
    starved = taker.attack(Blow(kind, int(share * taker.calls)))
    assert not starved.faults, starved
    assert starved.exit_code in (7, 8), starved
