"""A trial times what a job would do, on a device that is played."""

from typing import Any

import pytest

from landslidectl.errors import ResourceError
from landslidectl.inference.manifest import Model
from landslidectl.inference.trial import try_model


def test_a_real_device_is_timed_against_the_processor(tiny_model: Model, device: Any) -> None:
    trial = try_model(tiny_model, threads=1)
    assert (trial.model, trial.adapter, trial.is_software) == ("tiny", "Fine GPU", False)
    assert trial.difference == 0.0
    assert trial.gpu_ms is not None
    assert trial.cpu_ms is not None
    assert 0.0 < trial.cpu_ms < 1000.0
    assert 0.0 < trial.gpu_ms < 1000.0


def test_a_rasteriser_is_not_worth_the_time(tiny_model: Model, device: Any) -> None:
    device.kind = b"CPU / Software"
    trial = try_model(tiny_model, threads=1)
    assert trial.is_software
    assert (trial.gpu_ms, trial.cpu_ms) == (None, None)


def test_a_device_that_is_wrong_has_no_trial(tiny_model: Model, device: Any) -> None:
    device.offset = 0.3
    with pytest.raises(ResourceError, match="differently"):
        try_model(tiny_model, threads=1)
