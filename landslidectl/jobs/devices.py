"""Where a job's model runs: on the processor, or on a graphics processor that is right and quicker.

``auto`` takes a graphics processor only when a child process has shown that it gives the scores of
the processor in less time. It is chosen when the first track is to be scored, since a job that
goes on where it stopped may have nothing to score. What is asked for by name is tried at once,
before hours of work lead up to it.
"""

from dataclasses import dataclass
from typing import Any

from landslidectl.errors import LandslidectlError, ResourceError
from landslidectl.events import Reporter, Warned
from landslidectl.inference.accelerator import ON_THE_PROCESSOR, float_network
from landslidectl.inference.manifest import Model
from landslidectl.inference.vulkan import may_have_graphics
from landslidectl.jobs.graphics import Findings, ask
from landslidectl.terms import Device

ASKED_FOR = "asked for"


@dataclass(frozen=True, slots=True)
class Choice:
    """Where a model runs, and why.

    Parameters
    ----------
    device : Device
        ``CPU`` or ``GPU``.
    why : str
        One phrase.
    adapter, driver : str
        Of a graphics processor.
    """

    device: Device
    why: str
    adapter: str = ""
    driver: str = ""

    def facts(self, model: Model) -> dict[str, Any]:
        """Return, JSON-ready, what a product tells of the device beside its kind."""
        facts = {"why": self.why, "network": model.file.name}
        if self.device is Device.GPU:
            facts |= {"network": float_network(model).name, "adapter": self.adapter}
            facts |= {"driver": self.driver}
        return facts


class Devices:
    """Where the tracks of one job are scored.

    Parameters
    ----------
    asked : Device
        By the user.
    model : Model
    threads : int or None
        That the processor may use.
    reporter : Reporter
        Told of a graphics processor that is there and not used for a bad reason.
    """

    def __init__(
        self, asked: Device, model: Model, threads: int | None, reporter: Reporter
    ) -> None:
        self.asked = asked
        self._model, self._threads, self._reporter = model, threads, reporter
        self._choice: Choice | None = None

    def check(self) -> None:
        """Try a graphics processor that is asked for by name.

        Raises
        ------
        ResourceError
            If there is none, or it is wrong.
        """
        if self.asked is Device.GPU:
            self.choice()

    def choice(self) -> Choice:
        """Return where the model runs; found out once.

        Raises
        ------
        ResourceError
            As `check`.
        """
        if self._choice is None:
            if self.asked is Device.CPU:
                self._choice = Choice(Device.CPU, ASKED_FOR)
            elif self.asked is Device.GPU:
                self._choice = insisted(self._model, self._threads)
            else:
                self._choice = self._automatic()
        return self._choice

    def fall_back(self, error: ResourceError) -> bool:
        """Go on with the processor after a graphics processor failed, where the user left it open.

        Returns
        -------
        bool
            False where there is nothing to fall back to.
        """
        if self.asked is not Device.AUTO or self.choice().device is not Device.GPU:
            return False
        self._choice = Choice(Device.CPU, error.message)
        self._warn(error.message)
        return True

    def _automatic(self) -> Choice:
        why = may_have_graphics() or _unfit(self._model)
        if why:
            return Choice(Device.CPU, why)
        findings = ask([self._model.folder], self._threads, software_too=False)
        choice = weighed(findings)
        if findings.hardware and (findings.crash or findings.failures):
            self._warn(choice.why)
        return choice

    def _warn(self, why: str) -> None:
        message = f"the model runs on the processor: {why}"
        self._reporter(Warned(message, "graphics-not-used"))


def insisted(model: Model, threads: int | None) -> Choice:
    """Return the graphics processor, which the user asked for.

    Raises
    ------
    ResourceError
        With what was looked for and found, if none can be used.
    """
    if why := _unfit(model):
        raise ResourceError(f"--device gpu: {why}", ON_THE_PROCESSOR)
    findings = ask([model.folder], threads, software_too=True)
    if findings.trials and not findings.crash:
        return _graphics(findings, ASKED_FOR)
    raise ResourceError(
        f"--device gpu: {findings.reason}. Devices that Vulkan lists: {findings.in_words}",
        f"{ON_THE_PROCESSOR} What is there: landslidectl doctor.",
    )


def weighed(findings: Findings) -> Choice:
    """Return what ``auto`` takes: a real device that is right and quicker, else the processor."""
    if findings.adapters and not findings.hardware:
        names = ", ".join(one.name for one in findings.adapters)
        return Choice(Device.CPU, f"only software devices were found: {names}")
    if findings.crash or not findings.trials:
        return Choice(Device.CPU, findings.reason)
    trial = findings.trials[0]
    if trial.is_software or trial.gpu_ms is None or trial.cpu_ms is None:
        return Choice(Device.CPU, f"{trial.adapter} is a software device")
    times = f"{trial.gpu_ms:.3g} ms a window against {trial.cpu_ms:.3g} ms on the processor"
    if trial.gpu_ms >= trial.cpu_ms:
        return Choice(Device.CPU, f"{trial.adapter or 'the graphics processor'} is slower: {times}")
    return _graphics(findings, f"quicker: {times}")


def _graphics(findings: Findings, why: str) -> Choice:
    name = findings.trials[0].adapter
    drivers = [one.driver for one in findings.adapters if one.name == name]
    return Choice(Device.GPU, why, name, drivers[0] if drivers else "")


def _unfit(model: Model) -> str:
    """Say why a model cannot run on a graphics processor at all; empty where it can."""
    if model.is_rule:
        return "a rule runs on the processor"
    try:
        float_network(model)
    except LandslidectlError as error:
        return error.message
    return ""
