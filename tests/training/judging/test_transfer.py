"""Real statistics against simulated ones: 1 where they agree, chance where they say nothing."""

import numpy as np
import pytest

from landslidectl.errors import InputError
from landslidectl.training.judging.transfer import (
    Rows,
    c2st,
    c2st_patches,
    statistic_gaps,
    transfer,
)
from landslidectl.training.patches import joined
from landslidectl.training.simulated.real_statistics import RealTable, statistics_of
from tests.training.fakes import patch_set

pytest.importorskip("sklearn", reason="the extra [train] is not installed")


@pytest.fixture(scope="module")
def patches():
    return joined([patch_set(60, seed) for seed in (1, 2)])


def real_like(patches):
    """A real table whose rows are drawn as the patches are, the same for both passes."""
    plain = patches.taken(~patches.twin)
    rows = statistics_of(plain.windows)
    return RealTable(plain.labels, rows, rows)


def test_statistics_of_the_same_kind_transfer(patches):
    record = transfer(patches, real_like(joined([patch_set(90, seed) for seed in (3, 4)])))
    assert record["real_rows"] == {"calibration": 60, "test": 60}
    for name in ("ascending", "descending"):
        found = record[name]
        assert found["simulated"]["roc_auc"] > 0.95
        low, high = found["simulated"]["roc_auc_interval"]
        assert low <= found["simulated"]["roc_auc"] <= high
        assert found["ceiling"]["roc_auc"] > 0.95
        assert found["c2st"]["other"] < 0.8
        assert found["patches"] == 40, "twins are left out"


def test_a_pass_without_patches_is_absent_and_none_is_refused(patches):
    table = real_like(patches)
    one = transfer(patches.taken(patches.ascending), table)
    assert "ascending" in one
    assert "descending" not in one
    with pytest.raises(InputError, match="both kinds"):
        transfer(patches.taken(~patches.labels), table)


def test_tables_of_one_kind_are_not_told_apart_and_others_are():
    rng = np.random.default_rng(1)
    one, same = (Rows(values) for values in rng.normal(size=(2, 150, 24)).astype(np.float32))
    shifted = Rows(same.values + 2.0)
    assert c2st(one, same) == pytest.approx(0.5, abs=0.12)
    assert c2st(one, shifted) > 0.99
    assert c2st(one, shifted.taken(np.arange(40))) > 0.99, "the larger one is thinned"
    assert c2st(one, same) == c2st(one, same)
    with pytest.raises(ValueError, match="too few"):
        c2st(one, same.taken(np.arange(5)))


def test_the_looks_of_single_events_are_no_difference():
    rng = np.random.default_rng(2)
    event = np.repeat(np.arange(10), 20)
    tables = [
        (rng.normal(size=(10, 24))[event] + 0.2 * rng.normal(size=(200, 24))).astype(np.float32)
        for _ in range(2)
    ]
    blind = c2st(*(Rows(values) for values in tables))
    by_event = c2st(*(Rows(values, event) for values in tables))
    assert blind > 0.95, "every event is known from its rows in the other folds"
    assert by_event < 0.8


def test_patches_are_compared_by_label_and_pass(patches):
    other = joined([patch_set(60, seed) for seed in (5, 6)])
    found = c2st_patches(patches, other)
    assert set(found) == {"ascending", "descending"}
    assert found["ascending"]["other"]["patches"] == [20, 20]
    assert found["ascending"]["other"]["events"] == [2, 2]
    assert all(part["auc"] < 0.85 for part in found["ascending"].values())


def test_the_statistic_that_differs_is_named():
    rng = np.random.default_rng(2)
    one, other = rng.normal(size=(2, 200, 24)).astype(np.float32)
    other[:, 7] += 3.0
    gaps = statistic_gaps(one, other)
    assert min(gaps, key=lambda name: gaps[name]) == "post_VH_std"
