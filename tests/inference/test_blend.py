import numpy as np

from landslidectl.grid import Window
from landslidectl.inference.blend import Blend
from landslidectl.inference.judged import SKIPPED_SCORE
from landslidectl.inference.windows import window_origins


def _blended(scores, shape, each, block_rows):
    rows, cols = (window_origins(length, 64, 32) for length in shape)
    blend, parts = Blend(cols, 64), []
    missing = np.zeros(shape, dtype=bool)
    missing[70:80, 90:100] = True
    for first in range(0, shape[0], block_rows):
        block = Window(first, 0, min(block_rows, shape[0] - first), shape[1])
        for index, origin in enumerate(rows):
            if first <= origin < first + block.rows:
                blend.add(origin, scores[index])
        parts.append(blend.rows(block, missing[first : first + block.rows], each))
    return np.concatenate(parts), missing


def test_blocks_and_the_order_of_pieces_do_not_change_a_bit():
    shape = (300, 1100)
    count = tuple(len(window_origins(length, 64, 32)) for length in shape)
    scores = np.random.default_rng(1).random(count).astype(np.float32)
    scores[2, 3:9] = np.nan
    forward, missing = _blended(scores, shape, map, 256)
    backward, _ = _blended(
        scores, shape, lambda work, pieces: map(work, reversed(list(pieces))), 50
    )
    assert np.array_equal(forward, backward, equal_nan=True)
    assert np.isnan(forward[missing]).all()
    assert not np.isnan(forward[~missing]).any(), "other windows cover those without a score"


def test_equal_scores_blend_to_themselves_and_no_scores_to_none():
    shape = (130, 200)
    count = tuple(len(window_origins(length, 64, 32)) for length in shape)
    same, missing = _blended(np.full(count, 0.625, np.float32), shape, map, 64)
    assert np.array_equal(same[~missing], np.full((~missing).sum(), 0.625, np.float32))
    none, _ = _blended(np.full(count, np.nan, np.float32), shape, map, 64)
    assert np.isnan(none).all()


def test_pixels_whose_windows_were_skipped_say_so_and_the_others_stay():
    shape = (300, 1100)
    count = tuple(len(window_origins(length, 64, 32)) for length in shape)
    scores = np.random.default_rng(1).random(count).astype(np.float32)
    scores[:, :6] = SKIPPED_SCORE
    scores[:, 20:24] = np.nan
    lacking = scores.copy()
    lacking[:, :6] = np.nan
    found, missing = _blended(scores, shape, map, 256)
    other, _ = _blended(scores, shape, map, 50)
    without, _ = _blended(lacking, shape, map, 256)
    skipped = np.zeros(shape, dtype=bool)
    skipped[:, : 6 * 32] = True
    assert np.array_equal(found, other, equal_nan=True)
    assert (found[skipped & ~missing] == SKIPPED_SCORE).all()
    assert np.isnan(found[missing]).all()
    assert np.isnan(found[:, 21 * 32 : 24 * 32]).all(), "windows there lack too much"
    assert np.array_equal(found[~skipped], without[~skipped], equal_nan=True)


def test_a_pixel_between_a_skipped_window_and_one_that_lacks_pixels_is_skipped():
    scores = np.array([[SKIPPED_SCORE, np.nan, np.nan]], dtype=np.float32)
    found, _ = _blended(scores, (64, 128), map, 64)
    assert (found[:, :64] == SKIPPED_SCORE).all(), "but for the mask it would have had a score"
    assert np.isnan(found[:, 64:]).all()
