"""Networks from elsewhere are tried in a child process, which may die."""

import os
import signal
import sys
import time

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


def model_of(folder, network):
    write_model(folder, network)
    return load_model("tiny", BandSet.VV_VH, folder)


@pytest.mark.parametrize("name", sorted(found_before("network")))
def test_networks_that_crashed_the_runtime_are_refused(tmp_path, name):
    model = model_of(tmp_path, found_before("network")[name])
    with pytest.raises(ModelError, match="cannot be used as a network") as caught:
        Scorer(model, threads=1)
    assert str(model.file) in caught.value.message


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        (lambda: os.kill(os.getpid(), signal.SIGSEGV), "crashes the runtime (SIGSEGV)"),
        (lambda: os.kill(os.getpid(), signal.SIGALRM), "more than 60 seconds"),
        (lambda: time.sleep(30), "more than 1 seconds"),
        (lambda: np.ones(4 << 30, np.uint8), "MB of memory"),
        (lambda: 1 / 0, "division by zero"),
        (lambda: None, ""),
    ],
)
def test_whatever_the_runtime_does_this_process_goes_on(tmp_path, monkeypatch, behaviour, words):
    def run(content):
        behaviour()
        raise SystemExit

    model = model_of(tmp_path, Head())
    monkeypatch.setattr(rehearsal, "Network", run)
    if "1 seconds" in words:
        monkeypatch.setattr(rehearsal, "MOST_S", 1)
    assert words in rehearsal.rehearse(model, b"")


def test_shipped_networks_are_not_tried(monkeypatch):
    monkeypatch.setattr(os, "fork", None)
    model = load_model("cnn", BandSet.VV_VH, resource_dir("models"))
    assert rehearsal.rehearse(model, b"no network at all") == ""
