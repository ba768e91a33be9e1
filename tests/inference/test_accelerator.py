"""A graphics processor is used when it is right; here its network is played, see tests/graphics."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from landslidectl.errors import ModelError, NoAdapter, ResourceError
from landslidectl.files.hashing import file_digest
from landslidectl.inference.accelerator import GpuScorer, float_network
from landslidectl.inference.baselines import open_scorer
from landslidectl.inference.interpreter import Scorer
from landslidectl.inference.manifest import Model, load_model
from landslidectl.inference.probe import probe_windows
from landslidectl.terms import BandSet, Device
from tests.inference.played import LOG, Played
from tests.inference.tiny import Head, network_bytes, write_model


def test_a_device_that_is_right_is_used(tiny_model: Model, device: type[Played]) -> None:
    windows = probe_windows(tiny_model.input_shape, 5)
    with open_scorer(tiny_model, Device.GPU) as scorer, Scorer(tiny_model) as processor:
        assert isinstance(scorer, GpuScorer)
        assert (scorer.device_used, scorer.adapter) == (Device.GPU, "Fine GPU")
        assert not scorer.is_software
        assert scorer.difference == 0.0
        assert np.array_equal(scorer.score(windows), processor.score(windows))
        with pytest.raises(ValueError, match="model takes"):
            scorer.score(windows[:, :10])
    with pytest.raises(ValueError, match="closed"):
        scorer.score(windows)


def test_a_rasteriser_is_told_from_a_device(tiny_model: Model, device: type[Played]) -> None:
    device.kind = b"CPU / Software"
    with GpuScorer(tiny_model) as scorer:
        assert scorer.is_software


@pytest.mark.parametrize("offset", [0.49, 0.002, -0.002, np.nan])
def test_a_device_that_is_wrong_is_refused(
    tiny_model: Model, device: type[Played], offset: float
) -> None:
    device.offset = offset
    with pytest.raises(ResourceError, match=r"Fine GPU.*differently.*allowed is 0\.001") as caught:
        GpuScorer(tiny_model)
    assert caught.value.exit_code == 7
    assert "--device cpu" in caught.value.hint


def test_a_device_that_fails_while_it_scores_is_told(
    tiny_model: Model, device: type[Played]
) -> None:
    windows = probe_windows(tiny_model.input_shape, 2)
    with GpuScorer(tiny_model) as scorer:
        device.breaks = True
        with pytest.raises(ResourceError, match="failed while it scored: device lost"):
            scorer.score(windows)
        device.breaks, device.offset = False, np.inf
        with pytest.raises(ResourceError, match="values that are no scores"):
            scorer.score(windows)


def test_no_adapter_is_told_from_a_network_that_it_does_not_take(
    tiny_model: Model, device: type[Played], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Played, content: bytes, shape: tuple[int, int, int]) -> None:
        os.write(2, LOG % b"GPU")
        raise RuntimeError("Failed to modify graph with delegate")

    monkeypatch.setattr(device, "__init__", refuse)
    with pytest.raises(ResourceError, match="modify graph") as caught:
        GpuScorer(tiny_model)
    assert not isinstance(caught.value, NoAdapter)

    def absent(self: Played, content: bytes, shape: tuple[int, int, int]) -> None:
        os.write(2, b"ERROR: [d.cc:1] Failed to begin: INTERNAL: No adapters found\n")
        raise RuntimeError("ERROR: [compiled_model.cc:1036]")

    monkeypatch.setattr(device, "__init__", absent)
    with pytest.raises(NoAdapter, match="can use: No adapters found"):
        GpuScorer(tiny_model)


NO_DRIVER = """
import sys
from pathlib import Path
from landslidectl.errors import NoAdapter
from landslidectl.inference.accelerator import GpuScorer
from landslidectl.inference.manifest import load_model
from landslidectl.terms import BandSet
try:
    GpuScorer(load_model("tiny", BandSet.VV_VH, Path(sys.argv[1])))
except NoAdapter as error:
    print(error.message)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="Vulkan is taken away as on Linux")
def test_the_runtime_itself_finds_no_device_without_a_driver(
    tiny_model: Model, tmp_path: Path
) -> None:
    # in a process of its own: a loader that has found a driver once keeps it
    nowhere = dict.fromkeys(("VK_DRIVER_FILES", "VK_ICD_FILENAMES"), "/nowhere.json")
    ended = subprocess.run(
        [sys.executable, "-c", NO_DRIVER, str(tmp_path)],
        env={**os.environ, **nowhere},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "No adapters found" in ended.stdout
    assert len(ended.stdout.splitlines()) == 1
    assert ended.stderr == "", "the runtime's chatter stays inside"


def test_the_float_companion_runs(tmp_path: Path) -> None:
    twin = network_bytes(Head())
    folder = write_model(tmp_path, Head(scale=0.2))
    model = load_model("tiny", BandSet.VV_VH, tmp_path)
    with pytest.raises(ResourceError, match=r"no float network \(float16\.tflite\)"):
        float_network(model)
    (folder / "float16.tflite").write_bytes(twin)
    manifest = json.loads((folder / "model.json").read_text())
    digest = file_digest(folder / "float16.tflite")
    manifest["twins"] = {"float16": {"file": "float16.tflite", "sha256": digest}}
    (folder / "model.json").write_text(json.dumps(manifest))
    model = load_model("tiny", BandSet.VV_VH, tmp_path)
    assert float_network(model) == folder / "float16.tflite"
    (folder / "float16.tflite").write_bytes(b"other")
    with pytest.raises(ModelError, match="SHA-256"):
        GpuScorer(model)


def test_a_network_in_float_needs_no_companion(tiny_model: Model) -> None:
    assert float_network(tiny_model) == tiny_model.file
