"""The contract travels through JSON unchanged and names what differs."""

import json

import pytest

from landslidectl.errors import StackError
from landslidectl.stack.contract import StackContract
from landslidectl.terms import Radiometry, Speckle


def test_round_trip_through_json() -> None:
    contract = StackContract(noise_floor_db=-40.0, pixel_m=20.0)
    assert StackContract.from_dict(json.loads(json.dumps(contract.as_dict()))) == contract


@pytest.mark.parametrize("change", [{"extra": 1}, {"version": "one"}, {"pixel_m": None}])
def test_wrong_fields_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(StackError, match="contract"):
        StackContract.from_dict({**StackContract().as_dict(), **change})


def test_missing_field_is_refused() -> None:
    values = StackContract().as_dict()
    del values["resampling"]
    with pytest.raises(StackError, match="resampling"):
        StackContract.from_dict(values)


def test_differences_are_named() -> None:
    words = StackContract().differences(StackContract(pixel_m=20.0))
    assert words == ("pixel_m 10.0, not 20.0",)


def test_unknown_processing_is_refused() -> None:
    StackContract(noise_floor_db=-30.0, pixel_m=20.0).check_supported()
    StackContract(radiometry=Radiometry.GAMMA0, speckle_filter=Speckle.LEE).check_supported()
    with pytest.raises(StackError, match="nearest"):
        StackContract(resampling="nearest").check_supported()
    with pytest.raises(StackError, match="beta0"):
        StackContract.from_dict(StackContract().as_dict() | {"radiometry": "beta0"})
