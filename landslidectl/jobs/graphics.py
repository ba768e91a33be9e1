"""A child process tries the graphics devices, so that a driver that crashes takes no job with it.

The child is this program with a hidden command; it tells what it found as lines of JSON, each as
soon as it is known, so what came before a crash is known too.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from landslidectl.errors import LandslidectlError, NoAdapter
from landslidectl.inference.manifest import MANIFEST_NAME, read_manifest
from landslidectl.inference.quiet import quiet
from landslidectl.inference.trial import Trial, try_model
from landslidectl.inference.vulkan import Adapter, AdapterKind, VulkanError, list_adapters

COMMAND = "graphics-trial"
TIMEOUT_S = 180.0


@dataclass(frozen=True, slots=True)
class Findings:
    """What the child told.

    Parameters
    ----------
    adapters : tuple of Adapter
        Devices that Vulkan lists.
    trials : tuple of Trial
        Models that are right on the device that the runtime took.
    failures : tuple of (str, str)
        Models that could not be tried or are wrong there, each with the reason.
    crash : str
        What ended the child before it was done; empty where nothing did.
    unlisted : str
        Why Vulkan lists no devices; empty where it does.
    """

    adapters: tuple[Adapter, ...] = ()
    trials: tuple[Trial, ...] = ()
    failures: tuple[tuple[str, str], ...] = ()
    crash: str = ""
    unlisted: str = ""

    @property
    def reason(self) -> str:
        """Say why no trial came out well."""
        failed = [reason for _, reason in self.failures]
        told = [self.crash, *failed] if self.crash or failed else [self.unlisted]
        return "; ".join(filter(None, told)) or "no device was found"

    @property
    def hardware(self) -> tuple[Adapter, ...]:
        """Return the devices that are no rasterisers on the processor."""
        return tuple(one for one in self.adapters if one.kind is not AdapterKind.SOFTWARE)

    @property
    def in_words(self) -> str:
        """Return the devices as one phrase."""
        return ", ".join(map(described, self.adapters)) or "none"


def described(adapter: Adapter) -> str:
    """Return a device in words, such as ``Radeon 780M (integrated, radv Mesa 24.1)``."""
    return f"{adapter.name} ({', '.join(filter(None, (adapter.kind.value, adapter.driver)))})"


def report(
    folders: Sequence[Path], threads: int | None, software_too: bool
) -> Iterator[dict[str, Any]]:
    """List the devices and try models: what the child writes, one object a line.

    Parameters
    ----------
    folders : sequence of Path
        Of the models to try; none only lists.
    threads : int, optional
        Of the processor, which the device is compared with.
    software_too : bool
        Try models also where there is nothing but rasterisers on the processor.
    """
    adapters: tuple[Adapter, ...] = ()
    try:
        with quiet():
            adapters = list_adapters()
    except VulkanError as error:
        yield {"unlisted": str(error)}
    yield {"adapters": [asdict(one) for one in adapters]}
    has_hardware = any(one.kind is not AdapterKind.SOFTWARE for one in adapters)
    if not (software_too or has_hardware or sys.platform == "darwin"):
        return
    for folder in folders:
        try:
            trial = try_model(read_manifest(folder / MANIFEST_NAME), threads)
        except LandslidectlError as error:
            yield {"model": folder.name, "failed": error.message}
            if isinstance(error, NoAdapter):
                return  # and none for the others
        else:
            yield {"trial": asdict(trial)}


def ask(folders: Sequence[Path], threads: int | None, software_too: bool) -> Findings:
    """Run the child and return what it told, whatever became of it."""
    command = [*_program(), COMMAND, *map(str, folders)]
    command += ["--threads", str(threads)] if threads else []
    command += ["--software"] if software_too else []
    try:
        ended = subprocess.run(
            command,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        return _understood(error.stdout or b"", f"no answer came within {TIMEOUT_S:g} seconds")
    except OSError as error:
        return Findings(crash=f"{command[0]} cannot be started: {error}")
    return _understood(ended.stdout, _ending(ended.returncode, ended.stderr))


def _understood(output: bytes, crash: str) -> Findings:
    adapters: list[Adapter] = []
    trials, failures, unlisted = [], [], ""
    for line in output.decode("utf-8", "replace").splitlines():
        try:
            told = json.loads(line)
        except ValueError:
            continue  # a driver has written between the lines
        if not isinstance(told, dict):
            continue
        adapters += [
            Adapter(one["name"], AdapterKind(one["kind"]), one["driver"])
            for one in told.get("adapters", ())
        ]
        unlisted = told.get("unlisted", unlisted)
        if "trial" in told:
            trials.append(Trial(**told["trial"]))
        if "failed" in told:
            failures.append((told["model"], told["failed"]))
    return Findings(tuple(adapters), tuple(trials), tuple(failures), crash, unlisted)


def _ending(code: int, stderr: bytes) -> str:
    """Say how the child ended; empty where it ended well."""
    if code == 0:
        return ""
    if code < 0:
        return f"the graphics driver crashed ({_signal_name(-code)})"
    lines = stderr.decode("utf-8", "replace").strip().splitlines()
    return f"the trial ended with code {code:#x}" + (f": {lines[-1]}" if lines else "")


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _program() -> list[str]:
    if getattr(sys, "frozen", False):
        return [sys.executable]
    return [sys.executable, "-P", "-m", "landslidectl"]


def _environment() -> dict[str, str]:
    """Return the environment, with the package first that is running now."""
    package = str(Path(__file__).resolve().parents[2])
    others = os.environ.get("PYTHONPATH")
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (package, others)))}
