"""Products compared as jobs leave them: run twice, killed and taken up, released again."""

from pathlib import Path

import pytest

from landslidectl.catalog.catalog import Catalog
from landslidectl.errors import Terminated, UsageError
from landslidectl.events import silent
from landslidectl.jobs import publish
from landslidectl.jobs.compare import compare_pair, follow_pair, open_pair
from landslidectl.jobs.run import run_detect
from tests.jobs.world import World


def test_a_killed_and_resumed_job_makes_the_same_product(
    world: World, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise Terminated("killed")

    run_detect(world.settings(), silent, catalog)
    other = world.settings(output=world.folder / "resumed")
    with monkeypatch.context() as patched:
        patched.setattr(publish, "find_detections", killed)
        with pytest.raises(Terminated):
            run_detect(other, silent, catalog)
    resumed = run_detect(other, silent, catalog)
    assert resumed.skipped > 0
    comparison = compare_pair(open_pair(str(world.settings().output), resumed.job_id, catalog.path))
    assert comparison.found == ()


def test_the_newest_release_of_a_folder_is_taken(world: World, catalog: Catalog) -> None:
    first = run_detect(world.settings(), silent, catalog)
    world.add(6.0)
    run_detect(world.settings(), silent, catalog)
    pair = open_pair(first.job_id, str(world.settings().output), catalog.path)
    assert (pair.a.metadata["release"], pair.b.metadata["release"]) == (1, 2)
    comparison = compare_pair(pair)
    told = {f"{item.part}: {item.what}" for item in comparison.differences}
    assert "metadata: release" in told
    assert any(item.startswith("detections: rows") for item in told)
    changes = follow_pair(pair)
    assert [len(items) for items in changes.groups.values()][:3] == [0, 0, 1]


def test_a_word_that_is_neither_is_told(world: World, catalog: Catalog, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="'nix' is no folder"):
        open_pair("nix", str(tmp_path), catalog.path)
