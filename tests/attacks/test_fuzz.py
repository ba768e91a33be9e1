"""Mutated inputs end in a result or in an error of their kind: the quick half."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from landslidectl.errors import ModelError, UsageError
from tests.attacks.fuzz.campaign import shares
from tests.attacks.fuzz.quick import FOUND
from tests.attacks.fuzz.readers import READERS
from tests.attacks.fuzz.sandbox import Reader
from tests.attacks.fuzz.worker import Worker
from tests.attacks.world import ROOT

CASES, SEED = 600, 20_260_101


def test_every_reader_survives_its_cases(planted: Path, tmp_path: Path) -> None:
    (tmp_path / "planted").symlink_to(planted)
    words = ["-X", "faulthandler", "-m", "tests.attacks.fuzz.quick", str(tmp_path), str(SEED)]
    done = subprocess.run(
        [sys.executable, *words, str(CASES)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=1800,
        check=False,
    )
    cases = [json.loads(line) for line in done.stdout.splitlines()]
    last = cases[-1]["name"] if cases else "nothing"
    assert done.returncode == 0, f"died after {last}: {done.stderr[-2000:]}"
    faults = [case for case in cases if case["outcome"] == "fault"]
    assert not faults, "\n".join(f"{case['name']}: {case['what']}" for case in faults)
    assert len(cases) == sum(shares(CASES).values()) + len(list(FOUND.glob("*.xz")))
    outcomes = {case["outcome"] for case in cases}
    assert {"result", "DamagedScene", "AoiError", "DemError", "ConfigError"} <= outcomes


@pytest.mark.parametrize(
    ("behaviour", "outcome"),
    [
        (None, "result"),
        (ModelError("no"), "ModelError"),
        (UsageError("no"), "fault"),
        (ZeroDivisionError(), "fault"),
        (MemoryError(), "fault"),
        (SystemExit(1), "fault"),
    ],
)
def test_what_counts_as_a_fault(
    planted: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    behaviour: BaseException | None,
    outcome: str,
) -> None:
    def read(box: Any, content: bytes) -> None:
        del box
        if content != b"sound" and behaviour is not None:
            raise behaviour

    reader = Reader(lambda box: [b"sound"], lambda rng, content: content + b"!", read)
    monkeypatch.setitem(READERS, "fake", reader)
    (tmp_path / "planted").symlink_to(planted)
    worker = Worker("fake", tmp_path, SEED, guided=False)
    assert [case.outcome for case in worker.run(0, 2)] == [outcome] * 2
