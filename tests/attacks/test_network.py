"""No socket is opened, whatever the files say, and a machine without a network is no hindrance."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.attacks.callers import RASTERS, VECTORS
from tests.attacks.sameness import essence, only_product
from tests.attacks.world import ROOT, SmallJob, copied

INTERNET = re.compile(r"\b(socket|connect|sendto)\(.*AF_INET6?\b.*")
PROBE = re.compile(r"socket\(AF_INET6, SOCK_DGRAM[^)]*\)")
"""By which the HTTP library asks, before it looks at anything else, if the system knows IPv6."""


def calls_of(words: Sequence[str], trace: Path, **how: object) -> list[str]:
    """Return every system call of a program, and of all it starts, that is about the internet."""
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not installed")
    kinds = ["-f", "-qq", "-e", "trace=socket,connect,sendto", "-o", str(trace)]
    done = subprocess.run(
        [strace, *kinds, *words], capture_output=True, text=True, timeout=300, check=False, **how
    )
    if "ptrace" in done.stderr and not trace.read_text():
        pytest.skip(f"processes cannot be traced here: {done.stderr.strip()[:200]}")
    assert done.returncode == 0, done.stderr
    trace.with_suffix(".out").write_text(done.stdout)
    return [line for line in trace.read_text().splitlines() if INTERNET.search(line)]


@pytest.fixture(scope="module")
def usual(planted: Path, tmp_path_factory: pytest.TempPathFactory) -> SmallJob:
    """A job that nothing stands in the way of."""
    job = SmallJob(copied(planted, tmp_path_factory.mktemp("network") / "usual"))
    done = job.run()
    assert done.returncode == 0, done.stderr
    return job


def test_a_job_opens_no_socket(planted: Path, tmp_path: Path) -> None:
    job = SmallJob(copied(planted, tmp_path / "job"))
    how = {"cwd": job.folder, "env": job.environment()}
    assert calls_of(job.command, tmp_path / "calls", **how) == []
    assert only_product(job.out).is_dir()


def test_an_opened_socket_would_be_seen(tmp_path: Path) -> None:
    code = "import socket; socket.socket(); socket.socket(socket.AF_INET6)"
    assert len(calls_of([sys.executable, "-c", code], tmp_path / "calls")) == 2


def test_files_that_name_a_server_call_nobody(planted: Path, tmp_path: Path) -> None:
    shutil.copytree(planted, tmp_path / "sandbox")
    words = [sys.executable, "-m", "tests.attacks.callers", str(tmp_path / "sandbox")]
    environment = os.environ | {"no_proxy": "*", "PYTHONPATH": str(ROOT)}
    calls = calls_of(words, tmp_path / "calls", cwd=ROOT, env=environment)
    assert [line for line in calls if not PROBE.search(line)] == []
    told = [json.loads(line) for line in (tmp_path / "calls.out").read_text().splitlines()]
    assert {one["name"] for one in told} == {*RASTERS, *VECTORS}
    assert [one for one in told if one["ended"] == "read"] == []


def test_without_a_network_the_product_is_the_same(usual: SmallJob) -> None:
    apart = ["unshare", "--user", "--map-root-user", "--net"]
    try:
        subprocess.run([*apart, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no empty network namespace can be made here: {error}")
    expected = essence(only_product(usual.out))
    for path in (usual.out, usual.folder / "state"):
        shutil.rmtree(path)
    done = usual.run(apart)
    assert done.returncode == 0, done.stderr
    assert essence(only_product(usual.out)) == expected
