"""Networks from elsewhere are tried in a child process, which may die."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from landslidectl.errors import ModelError
from landslidectl.files.resources import resource_dir
from landslidectl.inference import rehearsal
from landslidectl.inference.interpreter import Scorer
from landslidectl.inference.manifest import load_model
from landslidectl.terms import BandSet
from tests.attacks.fuzz.quick import found_before
from tests.inference.tiny import Head, write_model

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux splits processes safely"
)


ROOT = Path(__file__).resolve().parents[2]
BEHAVIOURS = {
    "crashes": (lambda: os.kill(os.getpid(), signal.SIGSEGV), "crashes the runtime (SIGSEGV)"),
    "hangs": (lambda: os.kill(os.getpid(), signal.SIGALRM), "more than 60 seconds"),
    "is slow": (lambda: time.sleep(30), "more than 1 seconds"),
    "eats memory": (lambda: np.ones(4 << 30, np.uint8), "MB of memory"),
    "fails": (lambda: 1 / 0, "division by zero"),
    "fails without a word": (lambda: next(iter(())), "StopIteration"),
    "is fine": (lambda: None, ""),
}


def told_apart(function: str, *words: str) -> str:
    """Return what a function of this module says in a process that never met TensorFlow.

    Networks are not tried beside it, and other tests of this process may have loaded it.
    """
    code = (
        "import sys; from tests.inference import test_rehearsal as here; "
        "sys.stdout.write(getattr(here, sys.argv[1])(*sys.argv[2:]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, function, *words],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def loading(folder: str, name: str) -> str:
    write_model(Path(folder), found_before("network")[name])
    model = load_model("tiny", BandSet.VV_VH, Path(folder))
    try:
        Scorer(model, threads=1)
    except ModelError as error:
        return error.message
    return "loaded"


def rehearsing_within_bounds(folder: str, name: str) -> str:
    """As ``rehearsing``, where whoever started the process bounded its memory for good."""
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (16 << 30, 16 << 30))
    return rehearsing(folder, name)


def rehearsing(folder: str, name: str) -> str:
    def run(content: bytes) -> None:
        BEHAVIOURS[name][0]()
        raise SystemExit

    write_model(Path(folder), Head())
    model = load_model("tiny", BandSet.VV_VH, Path(folder))
    rehearsal.Network = run
    if name == "is slow":
        rehearsal.MOST_S = 1
    return rehearsal.rehearse(model, b"")


@pytest.mark.parametrize("name", sorted(found_before("network")))
def test_networks_that_crashed_the_runtime_are_refused(tmp_path, name):
    said = told_apart("loading", str(tmp_path), name)
    assert "cannot be used as a network" in said
    assert str(tmp_path) in said


@pytest.mark.parametrize("name", BEHAVIOURS)
def test_whatever_the_runtime_does_this_process_goes_on(tmp_path, name):
    words = BEHAVIOURS[name][1]
    said = told_apart("rehearsing", str(tmp_path), name)
    assert (words in said) if words else (said == "")


def test_a_bound_that_others_set_does_not_lift_its_own(tmp_path):
    said = told_apart("rehearsing_within_bounds", str(tmp_path), "eats memory")
    assert "MB of memory" in said


def test_shipped_networks_are_not_tried(monkeypatch):
    monkeypatch.setattr(os, "fork", None)
    model = load_model("cnn", BandSet.VV_VH, resource_dir("models"))
    assert rehearsal.rehearse(model, b"no network at all") == ""
