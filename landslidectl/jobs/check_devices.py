"""Where models can run: the processor with 8-bit values, and graphics processors."""

import time
from collections.abc import Iterator

from landslidectl.errors import LandslidectlError
from landslidectl.inference.accelerator import float_network
from landslidectl.inference.choice import networks
from landslidectl.inference.interpreter import Scorer
from landslidectl.inference.manifest import Model
from landslidectl.inference.network import Network
from landslidectl.inference.probe import largest_difference, probe_windows
from landslidectl.inference.quiet import quiet
from landslidectl.inference.trial import Trial
from landslidectl.inference.vulkan import may_have_graphics
from landslidectl.jobs.checks import Check, Installation, Level
from landslidectl.jobs.devices import Choice, weighed
from landslidectl.jobs.graphics import Findings, ask, described
from landslidectl.terms import BandSet, Device

WINDOWS = 64
ROUNDING = 0.05
"""Rounding to 8 bits moves a score of the probe by up to 0.021; a broken kernel by far more."""


def check_processor(installation: Installation) -> Iterator[Check]:
    """Score the probe with each 8-bit network and with its float companion."""
    for model in _models(installation):
        windows = probe_windows(model.input_shape, WINDOWS)
        with Scorer(model, Device.CPU, threads=1) as scorer:
            scorer.score(windows)
            began = time.process_time()
            scores = scorer.score(windows)
            ms = 1000.0 * (time.process_time() - began) / WINDOWS
        with quiet():
            apart = largest_difference(
                scores, Network(float_network(model).read_bytes()).score(windows)
            )
        right = apart <= ROUNDING
        yield Check(
            f"cpu, {model.folder.name}",
            f"8 bits within {apart:.3f} of float, {ms:.2f} ms a window alone",
            Level.OK if right else Level.FAILED,
            "" if right else "This processor or its LiteRT computes wrong scores; please report.",
            {"difference": apart, "ms_a_window": ms},
        )


def check_graphics(installation: Installation) -> Iterator[Check]:
    """List the graphics devices and try the networks on what the runtime takes."""
    findings = ask([model.folder for model in _models(installation)], None, software_too=True)
    facts = {
        "adapters": [
            {"name": one.name, "kind": one.kind.value, "driver": one.driver}
            for one in findings.adapters
        ]
    }
    if findings.adapters:
        listed = "; ".join(map(described, findings.adapters))
    else:
        listed = f"none: {findings.unlisted or findings.reason}"
    yield Check("graphics", listed, facts=facts)
    yield from (_tried(trial) for trial in findings.trials)
    yield from _refused(findings)
    why_not = may_have_graphics()
    choice = Choice(Device.CPU, why_not) if why_not else weighed(findings)
    yield Check(
        "--device auto",
        f"takes the {'processor' if choice.device is Device.CPU else choice.adapter}: {choice.why}",
        facts={"device": choice.device.value, "why": choice.why},
    )


def _refused(findings: Findings) -> Iterator[Check]:
    """Tell of devices that are there and of no use; only of a real one it is a pity."""
    if not findings.adapters:
        return
    level = Level.WARNING if findings.hardware else Level.OK
    hint = "A newer graphics driver may help." if findings.hardware else ""
    if findings.crash:
        yield Check("gpu", findings.crash, level, hint)
    for name, reason in findings.failures:
        yield Check(f"gpu, {name}", reason, level, hint)


def _tried(trial: Trial) -> Check:
    timed = (
        "not timed, it is a software device"
        if trial.gpu_ms is None
        else f"{trial.gpu_ms:.3g} ms a window, processor {trial.cpu_ms:.3g} ms"
    )
    return Check(
        f"gpu, {trial.model}",
        f"right on {trial.adapter or 'the device'}: within {trial.difference:.1e} of the "
        f"processor; {timed}",
        facts={"difference": trial.difference, "gpu_ms": trial.gpu_ms, "cpu_ms": trial.cpu_ms},
    )


def _models(installation: Installation) -> list[Model]:
    """Return the models for both polarisations that have a float companion."""
    found = []
    for model in networks(installation.models_dir):
        try:
            float_network(model)
        except LandslidectlError:
            continue
        if model.bands is BandSet.VV_VH:
            found.append(model)
    return found
