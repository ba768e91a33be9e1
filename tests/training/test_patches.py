import numpy as np
import pytest

from landslidectl.errors import InputError
from landslidectl.terms import BandSet
from landslidectl.training.patches import as_input, joined, read_folder, read_patches, save_patches
from tests.training.fakes import patch_set


def test_more_than_five_percent_is_a_landslide():
    patches = patch_set(9, 1)
    cover = np.array([0.0, 0.05, 0.0501] * 3, np.float32)
    changed = type(patches)(
        **{n: getattr(patches, n) for n in patches.__slots__ if n != "cover"}, cover=cover
    )
    assert changed.labels.tolist() == [False, False, True] * 3


def test_files_are_read_back_and_repeat_to_the_byte(tmp_path):
    patches = patch_set(12, 2)
    first = save_patches(patches, tmp_path / "seed-2.npz")
    second = save_patches(patches, tmp_path / "again.npz")
    assert first.read_bytes() == second.read_bytes()
    back = read_patches(first)
    for name in patches.__slots__:
        np.testing.assert_array_equal(getattr(back, name), getattr(patches, name))
    assert np.abs(back.windows.astype(np.float32) - patches.windows).max() == 0


def test_joined_pairs_stay_pairs(tmp_path):
    sets = [patch_set(12, seed) for seed in (4, 3)]
    for patches in sets:
        save_patches(patches, tmp_path / f"seed-{patches.seed[0]}.npz")
    whole = read_folder(tmp_path)
    assert len(whole) == 24
    assert whole.seed[0] == 3, "files are read in order of their names"
    numbers, counts = np.unique(whole.pair[whole.pair >= 0], return_counts=True)
    assert (counts == 2).all()
    assert numbers.size == 8
    assert len(joined(sets)) == 24


def test_bands_of_a_vv_model_are_chosen():
    patches = patch_set(6, 5)
    chosen = as_input(patches.windows, BandSet.VV)
    assert chosen.dtype == np.float32
    assert np.array_equal(chosen, patches.windows[..., [0, 2]].astype(np.float32))


def test_missing_and_damaged_sets_are_named(tmp_path):
    with pytest.raises(InputError, match="holds no patches"):
        read_folder(tmp_path)
    (tmp_path / "seed-1.npz").write_bytes(b"PK\x03\x04 no archive")
    with pytest.raises(InputError, match=r"seed-1\.npz"):
        read_folder(tmp_path)
