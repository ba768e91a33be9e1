"""The child that tries graphics devices: whatever becomes of it, the job goes on."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from landslidectl.errors import NoAdapter, ResourceError
from landslidectl.inference.manifest import Model
from landslidectl.inference.trial import Trial
from landslidectl.inference.vulkan import Adapter, AdapterKind, VulkanError
from landslidectl.jobs import graphics
from landslidectl.jobs.graphics import Findings, ask, described, report
from tests.inference.tiny import Head, write_model

REAL = Adapter("Fine GPU", AdapterKind.DISCRETE, "maker 1.2")
SOFT = Adapter("llvmpipe", AdapterKind.SOFTWARE, "Mesa")
LISTED = {"adapters": [{"name": "Fine GPU", "kind": "discrete", "driver": "maker 1.2"}]}
TRIED = {
    "trial": {
        "model": "tiny",
        "adapter": "Fine GPU",
        "is_software": False,
        "difference": 1e-6,
        "gpu_ms": 0.1,
        "cpu_ms": 0.2,
    }
}


def play(monkeypatch: pytest.MonkeyPatch, *lines: object, ending: str = "") -> None:
    """Let the child write lines and end in a way of its own."""
    told = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    code = f"import os, sys, signal, time; sys.stdout.write({told!r}); sys.stdout.flush(); {ending}"
    monkeypatch.setattr(graphics, "_program", lambda: [sys.executable, "-c", code])


def test_what_the_child_tells_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    play(monkeypatch, LISTED, "MESA: warning, not JSON", "[1]", TRIED)
    findings = ask([Path("tiny")], 2, software_too=False)
    assert findings.adapters == findings.hardware == (REAL,)
    assert findings.trials == (Trial("tiny", "Fine GPU", False, 1e-6, 0.1, 0.2),)
    assert findings.crash == ""
    assert findings.in_words == "Fine GPU (discrete, maker 1.2)"


def test_a_driver_that_crashes_kills_only_the_child(monkeypatch: pytest.MonkeyPatch) -> None:
    play(monkeypatch, LISTED, ending="os.kill(os.getpid(), signal.SIGSEGV)")
    findings = ask([Path("tiny")], None, software_too=False)
    assert findings.hardware == (REAL,), "what came before is known"
    assert findings.reason == "the graphics driver crashed (SIGSEGV)"


def test_a_child_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(command: list[str], timeout: float, **how: object) -> None:
        raise subprocess.TimeoutExpired(command, timeout, json.dumps(LISTED).encode())

    monkeypatch.setattr(graphics.subprocess, "run", hang)
    findings = ask([], None, software_too=False)
    assert findings.crash == f"no answer came within {graphics.TIMEOUT_S:g} seconds"
    assert findings.hardware == (REAL,)


def test_a_child_that_fails_says_its_last_words(monkeypatch: pytest.MonkeyPatch) -> None:
    play(monkeypatch, ending="raise ValueError('out of sorts')")
    assert ask([], None, software_too=False).reason.endswith("0x1: ValueError: out of sorts")
    monkeypatch.setattr(graphics, "_program", lambda: ["/nowhere/python"])
    assert "cannot be started" in ask([], None, software_too=False).reason


def test_the_real_child_lists_what_the_loader_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    """Through the program's own hidden command, with no driver named that exists."""
    for variable in ("VK_DRIVER_FILES", "VK_ICD_FILENAMES"):
        monkeypatch.setenv(variable, "/nowhere.json")
    findings = ask([], 1, software_too=False)
    if sys.platform == "linux":
        assert "Vulkan" in findings.unlisted
    assert (findings.crash, findings.trials) == ("", ())


@pytest.fixture
def folders(tmp_path: Path) -> list[Path]:
    return [write_model(tmp_path / name, Head()) for name in "ab"]


def listing(monkeypatch: pytest.MonkeyPatch, *adapters: Adapter) -> None:
    monkeypatch.setattr(graphics, "list_adapters", lambda: adapters)
    trial = Trial("tiny", "Fine GPU", False, 1e-6)
    monkeypatch.setattr(graphics, "try_model", lambda model, threads: trial)


def test_rasterisers_are_tried_only_on_demand(
    monkeypatch: pytest.MonkeyPatch, folders: list[Path]
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    listing(monkeypatch, SOFT)
    assert [list(line) for line in report(folders, 1, software_too=False)] == [["adapters"]]
    told = [list(line) for line in report(folders, 1, software_too=True)]
    assert told == [["adapters"], ["trial"], ["trial"]]
    listing(monkeypatch, SOFT, REAL)
    assert len(list(report(folders, 1, software_too=False))) == 3


def test_no_loader_and_no_adapter_are_told(
    monkeypatch: pytest.MonkeyPatch, folders: list[Path]
) -> None:
    def absent() -> None:
        raise VulkanError("no loader")

    def refuse(model: Model, threads: int | None) -> Trial:
        raise NoAdapter("none at all")

    monkeypatch.setattr(graphics, "list_adapters", absent)
    monkeypatch.setattr(graphics, "try_model", refuse)
    told = list(report(folders, 1, software_too=True))
    assert told == [
        {"unlisted": "no loader"},
        {"adapters": []},
        {"model": "tiny", "failed": "none at all"},
    ], "what no network finds need not be tried with each"

    def wrong(model: Model, threads: int | None) -> Trial:
        raise ResourceError("wrong scores")

    monkeypatch.setattr(graphics, "try_model", wrong)
    assert len(list(report(folders, 1, software_too=True))) == 4


def test_reasons_in_words() -> None:
    assert Findings().reason == "no device was found"
    assert Findings(unlisted="no loader").reason == "no loader"
    assert Findings(failures=(("cnn", "wrong"),), unlisted="no loader").reason == "wrong"
    assert described(Adapter("A", AdapterKind.OTHER)) == "A (other)"
    assert signal.SIGSEGV.name in graphics._ending(-signal.SIGSEGV, b"")
    assert graphics._ending(-250, b"").endswith("(signal 250)")


def test_the_standalone_program_calls_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert graphics._program() == [sys.executable]
