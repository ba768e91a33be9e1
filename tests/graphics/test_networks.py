"""The shipped networks on a graphics device give the scores of the processor."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from landslidectl.inference.accelerator import GpuScorer, float_network
from landslidectl.inference.blocks import ONE_BY_ONE, BlockScorer, WindowBlock
from landslidectl.inference.interpreter import Scorer
from landslidectl.inference.manifest import read_manifest
from landslidectl.inference.network import Network
from landslidectl.inference.probe import probe_pixels
from landslidectl.inference.quiet import quiet
from landslidectl.jobs.graphics import Findings
from landslidectl.terms import Device
from tests.graphics.conftest import SHIPPED

COUNT = 18
"""One batch and two windows more."""


def windows(shape: tuple[int, int, int]) -> np.ndarray:
    """Windows that the probe batch has not: darker ground, other changes."""
    rows, cols, bands = shape
    pixels = probe_pixels(bands, rows, cols * COUNT)[:, ::-1, ::-1] - 1.0
    return np.stack(
        [pixels[:, :, cols * at : cols * (at + 1)].transpose(1, 2, 0) for at in range(COUNT)]
    )


@pytest.mark.parametrize("name", ["cnn", "cbam", "resnet", "cnn_vv", "cbam_vv", "resnet_vv"])
def test_scores_are_those_of_the_processor(name: str, findings: Findings) -> None:
    model = read_manifest(SHIPPED / name / "model.json")
    given = windows(model.input_shape)
    with GpuScorer(model) as scorer:
        scores = scorer.score(given)
        assert (scorer.device_used, scorer.file.name) == (Device.GPU, "float16.tflite")
        assert scorer.adapter == findings.trials[0].adapter
        assert scorer.difference < 1e-3
    with quiet():
        expected = Network(float_network(model).read_bytes()).score(given)
    assert scores.dtype == np.float32
    assert np.abs(scores - expected).max() < 1e-3
    assert np.ptp(expected) > 0.5, "the windows tell the network's answers apart"
    with Scorer(model, Device.CPU, threads=1) as rounded:
        assert np.abs(scores - rounded.score(given)).max() < 0.05


def test_a_block_goes_window_by_window_and_says_why(findings: Findings) -> None:
    model = read_manifest(SHIPPED / "cnn_vv" / "model.json")
    pixels = probe_pixels(2, 64, 96)
    pixels[:, :2, :2] = np.nan
    block = WindowBlock(pixels, np.isnan(pixels[0]), (0,), (0, 32), 64)
    with GpuScorer(model, threads=2) as scorer, BlockScorer(scorer, 32, 0.25) as blocks:
        found = blocks.score(block)
        assert (blocks.way, blocks.reason) == (
            ONE_BY_ONE,
            "a graphics processor takes whole windows",
        )
    with Scorer(model, Device.CPU, threads=1) as scorer, BlockScorer(scorer, 32, 0.25) as blocks:
        assert np.allclose(found, blocks.score(block), atol=0.05)


def test_nothing_the_runtime_writes_reaches_the_terminal(findings: Findings) -> None:
    program = (
        "import sys\nfrom pathlib import Path\n"
        "from landslidectl.inference.accelerator import GpuScorer\n"
        "from landslidectl.inference.manifest import read_manifest\n"
        f"model = read_manifest(Path({str(SHIPPED / 'cnn_vv' / 'model.json')!r}))\n"
        "with GpuScorer(model, verbose='-v' in sys.argv) as scorer:\n"
        "    print(scorer.adapter)\n"
        "print('still here', file=sys.stderr)\n"
    )
    root = Path(__file__).parents[2]
    run = [sys.executable, "-c", program]
    quietly = subprocess.run(run, cwd=root, capture_output=True, text=True, check=True)
    assert quietly.stdout == findings.trials[0].adapter + "\n"
    assert quietly.stderr == "still here\n"
    loud = subprocess.run([*run, "-v"], cwd=root, capture_output=True, text=True, check=True)
    assert loud.stdout == quietly.stdout
    assert "Selected adapter" in loud.stderr
