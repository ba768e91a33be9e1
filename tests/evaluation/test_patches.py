"""Windows of 64 pixels: labels by the 5 % rule, scores from the middle, and what follows."""

from pathlib import Path

import numpy as np
import pytest
import shapely

from landslidectl.evaluation.judge import judge_event
from landslidectl.evaluation.patches import SIDE, Patches, PixelCounts, centre_score
from landslidectl.evaluation.tables import outcomes, patch_table, pixel_row
from landslidectl.terms import Quality
from tests.evaluation.world import (
    NAN,
    clear,
    rectangle,
    write_inventory,
    write_product,
)


def window(row: int, col: int) -> tuple[slice, slice]:
    return slice(row * SIDE, (row + 1) * SIDE), slice(col * SIDE, (col + 1) * SIDE)


def test_labels_scores_and_outcomes_of_twelve_windows(tmp_path: Path):
    score = np.full((192, 256), 0.1, dtype="float32")
    score[window(0, 0)] = 0.9  # holds a slide: true positive
    score[window(0, 1)] = 0.8  # holds 5 % exactly: not enough, so false positive
    score[window(2, 3)] = NAN
    quality = clear()
    quality[window(1, 3)][:33] |= int(Quality.WATER)
    shapes = [
        rectangle(0, 0, 5, 41),  # 205 of 4096 pixels
        rectangle(0, SIDE, 4, 51),  # 204 of 4096 pixels
        rectangle(SIDE, 0, 20, 20),  # missed
        rectangle(SIDE, 3 * SIDE, 33, 64),  # under water
    ]
    product = write_product(tmp_path, score, quality=quality)
    judgement, _ = judge_event(product, write_inventory(tmp_path / "slides.gpkg", shapes))
    patches = judgement.survey.patches
    assert len(patches) == 10, "one window is not observed, of one less than half is judged"
    assert patches.label.sum() == 2
    table = patch_table(patches, 0.6)
    row = table["at_threshold"]
    kinds = ("true_positive", "false_positive", "false_negative", "true_negative")
    assert [row[kind] for kind in kinds] == [1, 1, 1, 7]
    assert (row["accuracy"], row["precision"], row["recall"], row["f1"]) == (0.8, 0.5, 0.5, 0.5)
    assert table["roc_auc"] == pytest.approx((8 + 0.5 * 7) / 16)
    assert table["prevalence"] == 0.2
    at = {row["threshold"]: row for row in table["at_thresholds"]}
    assert at[0.85]["precision"] == 1.0 and at[0.95]["precision"] is None
    assert at[0.1]["recall"] == 1.0
    assert table["curve"][-1]["precision"] == pytest.approx(0.2)
    pixels = judgement.survey.pixels
    assert pixels.both == 205 + 204
    assert pixels.only_mapped == 400
    assert pixels.only_detected == 2 * 4096 - 409


def test_a_window_half_masked_is_labelled_by_what_was_judged(tmp_path: Path):
    score = np.full((192, 256), 0.1, dtype="float32")
    quality = clear()
    quality[window(0, 0)][:32] |= int(Quality.SHADOW)
    product = write_product(tmp_path, score, quality=quality)
    visible = rectangle(40, 0, 2, 52)  # 104 of 2048 judged pixels
    patches = judge_event(product, write_inventory(tmp_path / "a.gpkg", [visible]))[
        0
    ].survey.patches
    assert len(patches) == 12
    assert patches.label.tolist().count(True) == 1


def test_the_score_is_that_of_the_middle():
    score = np.zeros((3, SIDE, SIDE), dtype=np.float32)
    score[0, 31:33, 31:33] = [[0.2, 0.4], [0.6, NAN]]
    score[1, 31:33, 31:33] = NAN
    score[1, 0, 0] = 1.0
    judged = np.isfinite(score)
    judged[1, 0, 1:] = judged[1, 1:] = False
    found = centre_score(score.reshape(3, -1), judged.reshape(3, -1))
    assert found.tolist() == pytest.approx([0.4, 1.0, 0.0])


def test_nothing_mapped_makes_everything_false(tmp_path: Path):
    score = np.full((192, 256), 0.1, dtype="float32")
    score[window(1, 1)] = 0.9
    product = write_product(tmp_path, score)
    judgement, _ = judge_event(product, write_inventory(tmp_path / "none.gpkg", []))
    tables = judgement.tables()
    row = tables["objects"]["all"]
    assert (row["detections"], row["true"], row["precision"]) == (1, 0, 0.0)
    assert row["recall"] is None and row["f1"] is None
    patches = tables["patches"]
    assert patches["roc_auc"] is None and patches["curve"] == []
    assert patches["at_threshold"]["false_positive"] == 1
    assert patches["at_threshold"]["precision"] == 0.0
    assert tables["pixels"]["intersection_over_union"] == 0.0


def test_the_area_of_interest_limits_everything(tmp_path: Path):
    score = np.full((192, 256), 0.9, dtype="float32")
    area = rectangle(0, 0, 64, 128)
    product = write_product(tmp_path, score, area=area)
    shapes = [rectangle(10, 10, 20, 20), rectangle(150, 150, 20, 20)]
    judgement, _ = judge_event(product, write_inventory(tmp_path / "a.gpkg", shapes))
    tables = judgement.tables()
    assert tables["areas"]["judged_km2"] == pytest.approx(0.64 * 1.28, rel=2e-2)
    assert tables["patches"]["patches"] == 2
    assert tables["counts"]["slides"]["outside the area"] == 1
    assert tables["pixels"]["judged_pixels"] == pytest.approx(64 * 128, abs=200)


def test_an_area_smaller_than_a_window_still_counts_pixels(tmp_path: Path):
    score = np.full((192, 256), 0.1, dtype="float32")
    product = write_product(tmp_path, score, area=rectangle(5, 5, 30, 30))
    inventory = write_inventory(tmp_path / "a.gpkg", [rectangle(10, 10, 5, 5)])
    tables = judge_event(product, inventory)[0].tables()
    assert tables["patches"]["patches"] == 0
    assert tables["patches"]["at_threshold"]["f1"] is None
    assert tables["pixels"]["recall"] == 0.0


def test_patches_of_two_events_keep_their_groups_apart():
    def some(seed: int) -> Patches:
        rng = np.random.default_rng(seed)
        label = rng.random(200) < 0.2
        score = (0.3 * label + 0.7 * rng.random(200)).astype(np.float32)
        group = np.repeat(np.arange(25), 8)
        return Patches(label, score, score >= 0.6, np.full(200, -1), group)

    both = some(1).plus(some(2))
    assert len(np.unique(both.group)) == 50
    table = patch_table(both, None)
    for key in ("roc_auc", "average_precision"):
        low, high = table[f"{key}_ci"]
        assert low <= table[key] <= high
        assert 0.0 < high - low < 0.4
    for key in ("accuracy", "precision", "recall", "f1"):
        low, high = table["at_threshold"][f"{key}_ci"]
        assert low <= table["at_threshold"][key] <= high
    assert table == patch_table(some(1).plus(some(2)), None), "seeded"
    kinds = outcomes(both.label, both.positive)
    assert sum(int(kind.sum()) for kind in kinds) == 400


def test_pixel_figures():
    row = pixel_row(PixelCounts(30, 60, 10, 900).plus(PixelCounts()))
    assert row["intersection_over_union"] == 0.3
    assert (row["precision"], row["recall"]) == (30 / 90, 0.75)
    assert (row["outlined_share"], row["mapped_share"]) == (0.09, 0.04)
    assert pixel_row(PixelCounts())["precision"] is None


def test_slides_that_lie_elsewhere_are_refused(tmp_path: Path):
    from landslidectl.errors import ProductError

    product = write_product(tmp_path, np.full((192, 256), 0.1, dtype="float32"))
    far = shapely.affinity.translate(rectangle(1, 1, 9, 9), 50_000.0, 0.0)
    with pytest.raises(ProductError, match="none of its 1 slides lies in the area") as caught:
        judge_event(product, write_inventory(tmp_path / "a.gpkg", [far]))
    assert "coordinate" in caught.value.hint
