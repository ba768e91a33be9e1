"""Which device a job takes, and what becomes of it when the device fails."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from landslidectl.catalog.catalog import Catalog
from landslidectl.errors import ResourceError
from landslidectl.events import ProgressEvent, Warned, silent
from landslidectl.inference import accelerator
from landslidectl.inference.baselines import rule_model
from landslidectl.inference.manifest import Model, load_model
from landslidectl.inference.trial import Trial
from landslidectl.inference.vulkan import Adapter, AdapterKind
from landslidectl.jobs import devices
from landslidectl.jobs.devices import ASKED_FOR, Devices, insisted, weighed
from landslidectl.jobs.graphics import Findings
from landslidectl.jobs.run import run_detect
from landslidectl.stack.contract import StackContract
from landslidectl.terms import BandSet, Device, JobStatus
from tests.inference.played import Played
from tests.inference.tiny import Head, write_model
from tests.jobs.world import World

REAL = Adapter("Fine GPU", AdapterKind.DISCRETE, "maker 1.2")
SOFT = Adapter("llvmpipe", AdapterKind.SOFTWARE, "Mesa")
QUICK = Trial("tiny", "Fine GPU", False, 1e-6, 0.1, 0.2)
GOOD = Findings((SOFT, REAL), (QUICK,))


class Machine:
    """What the child finds, and how often it was asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.findings, self.asked = GOOD, 0
        self.played: Any = type("Playing", (Played,), {})
        monkeypatch.setattr(devices, "may_have_graphics", lambda: "")
        monkeypatch.setattr(devices, "ask", self._ask)
        monkeypatch.setattr(accelerator, "GpuNetwork", self.played)
        monkeypatch.setattr(accelerator, "hush_the_end", lambda: None)

    def _ask(self, folders: list[Path], threads: int | None, software_too: bool) -> Findings:
        self.asked += 1
        return self.findings


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(monkeypatch)


@pytest.fixture
def model(tmp_path: Path) -> Model:
    write_model(tmp_path / "models", Head())
    return load_model("tiny", BandSet.VV_VH, tmp_path / "models")


def test_auto_takes_a_real_device_that_is_right_and_quicker() -> None:
    choice = weighed(GOOD)
    assert (choice.device, choice.adapter, choice.driver) == (Device.GPU, "Fine GPU", "maker 1.2")
    assert choice.why == "quicker: 0.1 ms a window against 0.2 ms on the processor"


@pytest.mark.parametrize(
    ("findings", "why"),
    [
        (Findings(), "no device was found"),
        (Findings((SOFT,)), "only software devices were found: llvmpipe"),
        (Findings((SOFT,), (QUICK,)), "only software devices were found: llvmpipe"),
        (replace(GOOD, trials=(replace(QUICK, is_software=True),)), "is a software device"),
        (replace(GOOD, trials=(replace(QUICK, gpu_ms=0.2),)), "slower: 0.2 ms a window against"),
        (Findings((REAL,), failures=(("tiny", "differs by 0.49"),)), "differs by 0.49"),
        (replace(GOOD, crash="the graphics driver crashed"), "driver crashed"),
    ],
)
def test_auto_takes_the_processor_otherwise_and_says_why(findings: Findings, why: str) -> None:
    choice = weighed(findings)
    assert choice.device is Device.CPU
    assert why in choice.why


def test_auto_costs_nothing_where_there_is_no_graphics(
    machine: Machine, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(devices, "may_have_graphics", lambda: "the system shows none")
    choice = Devices(Device.AUTO, model, 1, silent).choice()
    assert (choice.device, choice.why, machine.asked) == (Device.CPU, "the system shows none", 0)


def test_the_device_is_found_out_once_and_not_for_the_processor(
    machine: Machine, model: Model
) -> None:
    auto = Devices(Device.AUTO, model, 1, silent)
    auto.check()
    assert machine.asked == 0, "auto waits until something is to be scored"
    assert auto.choice() is auto.choice()
    assert machine.asked == 1
    choice = Devices(Device.CPU, model, 1, silent).choice()
    assert (choice.device, choice.why, machine.asked) == (Device.CPU, ASKED_FOR, 1)


def test_a_real_device_that_is_no_good_is_a_warning(machine: Machine, model: Model) -> None:
    told: list[ProgressEvent] = []
    machine.findings = Findings((REAL,), failures=(("tiny", "differs by 0.49"),))
    Devices(Device.AUTO, model, 1, told.append).choice()
    assert [event.code for event in told if isinstance(event, Warned)] == ["graphics-not-used"]
    machine.findings = Findings((SOFT,))
    told.clear()
    Devices(Device.AUTO, model, 1, told.append).choice()
    assert told == [], "a machine without graphics is no reason to warn"


def test_gpu_is_taken_even_if_it_is_slow(machine: Machine, model: Model) -> None:
    machine.findings = Findings((SOFT,), (Trial("tiny", "llvmpipe", True, 1e-7),))
    choice = insisted(model, 1)
    assert (choice.device, choice.adapter, choice.driver) == (Device.GPU, "llvmpipe", "Mesa")


@pytest.mark.parametrize(
    "findings", [Findings((SOFT,), failures=(("tiny", "too old"),)), replace(GOOD, crash="crashed")]
)
def test_gpu_that_cannot_be_used_says_what_was_found(
    machine: Machine, model: Model, findings: Findings
) -> None:
    machine.findings = findings
    with pytest.raises(ResourceError) as caught:
        Devices(Device.GPU, model, 1, silent).check()
    assert caught.value.exit_code == 7
    assert findings.reason in caught.value.message
    assert "Vulkan lists: llvmpipe (software, Mesa)" in caught.value.message
    assert "--device cpu" in caught.value.hint


def test_rules_and_rounded_networks_stay_on_the_processor(machine: Machine, tmp_path: Path) -> None:
    rule = rule_model("logratio", BandSet.VV_VH, 0.2, StackContract(), tmp_path)
    write_model(tmp_path, Head(scale=0.2))
    for model in (rule, load_model("tiny", BandSet.VV_VH, tmp_path)):
        assert Devices(Device.AUTO, model, 1, silent).choice().device is Device.CPU
        with pytest.raises(ResourceError, match="--device gpu"):
            Devices(Device.GPU, model, 1, silent).check()
    assert machine.asked == 0


def scoring(result: Any) -> dict[str, Any]:
    (told,) = json.loads(Path(result.files["metadata"]).read_text())["scoring"]
    return dict(told)


def test_the_product_says_where_it_was_scored(
    machine: Machine, world: World, catalog: Catalog
) -> None:
    told = scoring(run_detect(world.settings(), silent, catalog))
    assert {name: told[name] for name in ("track", "model", "device", "adapter", "driver")} == {
        "track": "D046",
        "model": "tiny",
        "device": "gpu",
        "adapter": "Fine GPU",
        "driver": "maker 1.2",
    }
    assert told["network"] == "model.tflite"
    assert told["windows"] > 0
    on_cpu = replace(world.settings(device=Device.CPU), overwrite=True)
    told = scoring(run_detect(on_cpu, silent, catalog))
    assert (told["device"], told["why"], told["way"]) == ("cpu", "asked for", "windows one by one")


def test_auto_goes_on_with_the_scores_that_are_there(
    machine: Machine, world: World, catalog: Catalog
) -> None:
    first = run_detect(world.settings(), silent, catalog)
    machine.findings = Findings()
    second = run_detect(world.settings(), silent, catalog)
    assert (second.skipped, machine.asked) == (7, 1), "nobody asks when nothing is to be scored"
    assert scoring(second) == scoring(first)


def test_what_cpu_and_gpu_scored_is_told_apart(
    machine: Machine, world: World, catalog: Catalog
) -> None:
    run_detect(world.settings(), silent, catalog)
    changed = replace(world.settings(device=Device.CPU), overwrite=True)
    result = run_detect(changed, silent, catalog)
    assert result.skipped == 4, "dem, two composites, stack; scores are made anew"
    assert scoring(result)["device"] == "cpu"


def test_a_device_that_fails_under_auto_leaves_the_work_to_the_processor(
    machine: Machine, world: World, catalog: Catalog
) -> None:
    machine.played.offset = np.nan
    events: list[ProgressEvent] = []
    result = run_detect(world.settings(), events.append, catalog)
    assert result.status is JobStatus.SUCCEEDED
    told = scoring(result)
    assert told["device"] == "cpu"
    assert "differently from the processor" in told["why"]
    assert "graphics-not-used" in [one.code for one in events if isinstance(one, Warned)]
    steps = [step for step in catalog.list_steps(result.job_id) if step.name == "score"]
    assert [step.status for step in steps] == ["failed", "done"]
    assert run_detect(world.settings(), silent, catalog).skipped == 7


def test_a_device_that_fails_under_gpu_ends_the_job(
    machine: Machine, world: World, catalog: Catalog
) -> None:
    machine.played.offset = np.nan
    with pytest.raises(ResourceError, match="differently"):
        run_detect(world.settings(device=Device.GPU), silent, catalog)


def test_gpu_is_refused_before_any_work(machine: Machine, world: World, catalog: Catalog) -> None:
    machine.findings = Findings()
    with pytest.raises(ResourceError, match="--device gpu: no device was found"):
        run_detect(world.settings(device=Device.GPU), silent, catalog)
    assert world.geocoded == []
