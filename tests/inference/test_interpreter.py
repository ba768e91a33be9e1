import json
import subprocess
import sys

import numpy as np
import pytest

from landslidectl.errors import ModelError
from landslidectl.files.hashing import file_digest
from landslidectl.inference.interpreter import Scorer, default_threads
from landslidectl.inference.manifest import load_model
from landslidectl.terms import BandSet, Device
from tests.inference.tiny import Head, write_model


def _model(tmp_path, head):
    write_model(tmp_path, head)
    return load_model("tiny", BandSet.VV_VH, tmp_path)


def _windows(count, seed=0):
    rng = np.random.default_rng(seed)
    levels = rng.normal(0, 4, size=(count, 1, 1, 4))
    return (levels + rng.normal(0, 2, size=(count, 64, 64, 4))).astype(np.float32)


def test_scores_are_those_of_the_network(tmp_path):
    head, windows = Head(), _windows(37)
    with Scorer(_model(tmp_path, head), threads=1) as scorer:
        scores = scorer.score(windows)
    assert scores.dtype == np.float32
    assert np.allclose(scores, head.score(windows), atol=1e-5)
    assert np.ptp(scores) > 0.2


def test_integer_input_and_output_are_coded_and_decoded(tmp_path):
    head, windows = Head(scale=0.2), _windows(20)
    with Scorer(_model(tmp_path, head), threads=1) as scorer:
        scores = scorer.score(windows)
    assert np.abs(scores - head.score(windows)).max() < 0.02
    assert np.allclose(scores * 256, np.rint(scores * 256))


@pytest.mark.parametrize("threads", [2, 3])
def test_threads_and_batches_do_not_change_a_bit(tmp_path, threads):
    model, windows = _model(tmp_path, Head()), _windows(35)
    with Scorer(model, threads=1) as one, Scorer(model, threads=threads) as several:
        whole = one.score(windows)
        single = np.concatenate([one.score(window[np.newaxis]) for window in windows])
        assert np.array_equal(whole, several.score(windows))
        assert np.array_equal(whole, single)


def test_no_windows_give_no_scores(tmp_path):
    with Scorer(_model(tmp_path, Head())) as scorer:
        assert scorer.score(np.empty((0, 64, 64, 4), np.float32)).shape == (0,)


def test_windows_of_another_shape_are_a_programming_error(tmp_path):
    with (
        Scorer(_model(tmp_path, Head()), threads=1) as scorer,
        pytest.raises(ValueError, match="model takes"),
    ):
        scorer.score(np.zeros((1, 64, 64, 2), np.float32))


def test_it_is_the_processor_that_scores(tmp_path):
    model = _model(tmp_path, Head())
    with Scorer(model, Device.AUTO, 1) as scorer:
        assert scorer.device_used is Device.CPU
    with pytest.raises(ValueError, match="GpuScorer"):
        Scorer(model, Device.GPU)


def test_default_threads_are_at_least_one():
    assert 1 <= default_threads() <= 8


@pytest.mark.parametrize("kept", [0, 100, 700])
def test_a_truncated_network_with_a_matching_digest_is_an_error(tmp_path, kept):
    folder = write_model(tmp_path, Head())
    file = folder / "model.tflite"
    file.write_bytes(file.read_bytes()[:kept])
    manifest = json.loads((folder / "model.json").read_text())
    manifest["sha256"] = file_digest(file)
    (folder / "model.json").write_text(json.dumps(manifest))
    with pytest.raises(ModelError, match="cannot be used as a network"):
        Scorer(load_model("tiny", BandSet.VV_VH, tmp_path))


def test_a_network_of_other_windows_than_its_manifest_is_an_error(tmp_path):
    write_model(tmp_path, Head(), window=32)
    with pytest.raises(ModelError, match="the manifest says"):
        Scorer(load_model("tiny", BandSet.VV_VH, tmp_path))


def test_a_file_changed_after_loading_the_manifest_is_refused(tmp_path):
    model = _model(tmp_path, Head())
    model.file.write_bytes(b"other")
    with pytest.raises(ModelError, match="SHA-256"):
        Scorer(model)


def test_the_runtime_is_silent_unless_verbose(tmp_path):
    write_model(tmp_path, Head())
    program = (
        "import sys, numpy as np\nfrom pathlib import Path\n"
        "from landslidectl.inference.interpreter import Scorer\n"
        "from landslidectl.inference.manifest import load_model\n"
        "from landslidectl.terms import BandSet, Device\n"
        f"model = load_model('tiny', BandSet.VV_VH, Path({str(tmp_path)!r}))\n"
        "with Scorer(model, Device.AUTO, 2, verbose='-v' in sys.argv) as scorer:\n"
        "    scorer.score(np.zeros((5, 64, 64, 4), np.float32))\n"
        "print('still here', file=sys.stderr)\n"
    )
    quiet = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert (quiet.stdout, quiet.stderr) == ("", "still here\n")
    loud = subprocess.run(
        [sys.executable, "-c", program, "-v"], capture_output=True, text=True, check=True
    )
    assert "XNNPACK" in loud.stderr
