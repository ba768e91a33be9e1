"""What 8 bits changed is measured against the float weights of the very folder."""

from dataclasses import replace

import numpy as np
import pytest

from landslidectl.errors import ModelError
from landslidectl.files.resources import resource_dir
from landslidectl.inference.interpreter import Scorer
from landslidectl.inference.manifest import MANIFEST_NAME, read_manifest
from landslidectl.terms import Device
from landslidectl.training.judging.judge import score_patches
from landslidectl.training.judging.judged_tables import quantised_text
from landslidectl.training.judging.quantised import judge_quantised
from tests.training.fakes import patch_set

pytest.importorskip("tensorflow", reason="the extra [train] is not installed")


@pytest.fixture(scope="module")
def model():
    return read_manifest(resource_dir("models") / "cnn" / MANIFEST_NAME)


def test_eight_bits_are_near_the_float_weights_and_others_are_not(model):
    patches = patch_set(90, 7)
    with Scorer(model, Device.CPU) as scorer:
        scores = score_patches(scorer, patches)
    found = judge_quantised(scores, model, patches)
    assert found["patches"] == 90
    assert found["landslide"] == 30
    assert 0.0 < found["difference_p99"] < 0.02
    assert found["within_bounds"]
    shifted = judge_quantised(np.clip(scores + 0.1, 0.0, 1.0), model, patches)
    assert not shifted["within_bounds"], "a network that is off is told from one that is not"
    assert "bound 0.02" in quantised_text(found)


def test_a_folder_without_weights_cannot_be_compared(model):
    bare = replace(model, raw={name: part for name, part in model.raw.items() if name != "twins"})
    with pytest.raises(ModelError, match="no float weights"):
        judge_quantised(np.zeros(30, np.float32), bare, patch_set(30, 1))
