"""A killed job goes on and ends as if nobody had killed it: the quick half."""

import shutil
from pathlib import Path

import pytest
import rasterio

from tests.attacks.kill import Killer
from tests.attacks.sameness import essence, only_product, sums_hold

JOBS, SEED = 5, 20_260_101


@pytest.fixture(scope="module")
def killer(planted: Path, tmp_path_factory: pytest.TempPathFactory) -> Killer:
    folder = tmp_path_factory.mktemp("kill")
    (folder / "planted").symlink_to(planted)
    return Killer(folder)


def test_what_makes_a_product_another_one_is_noticed(killer: Killer, tmp_path: Path) -> None:
    sound = killer.yardstick.essence
    assert len(sound) > 10
    product = tmp_path / "out" / "LSD_x"
    shutil.copytree(only_product(killer.folder / "job" / "out"), product)
    assert sums_hold(product)
    before = essence(product)
    (score,) = product.glob("*_score.tif")
    with rasterio.open(score, "r+", IGNORE_COG_LAYOUT_BREAK="YES") as dataset:
        values = dataset.read()
        values[0, 70, 70] += 1e-6
        dataset.write(values)
    (table,) = product.glob("*.csv")
    table.write_text(table.read_text().replace("low", "high"))
    changed = [name for name, said in essence(product).items() if said != before[name]]
    assert sorted(name.rpartition("_")[2] for name in changed) == ["detections.csv", "score.tif"]
    assert not sums_hold(product)


@pytest.mark.parametrize("number", range(JOBS))
def test_a_killed_job_ends_as_if_nobody_had_killed_it(killer: Killer, number: int) -> None:
    killed = killer.attack(number, SEED)
    assert not killed.faults, killed
