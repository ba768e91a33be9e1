"""Fixtures of the scoring room's tests."""

from pathlib import Path

import pytest

from landslidectl.inference import accelerator
from landslidectl.inference.manifest import Model, load_model
from landslidectl.terms import BandSet
from tests.inference.played import Played
from tests.inference.tiny import Head, write_model


@pytest.fixture
def tiny_model(tmp_path: Path) -> Model:
    """A network of known scores, in float."""
    write_model(tmp_path, Head())
    return load_model("tiny", BandSet.VV_VH, tmp_path)


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> type[Played]:
    """A graphics device in the place of LiteRT's; its class says how it behaves."""
    played = type("Playing", (Played,), {})
    monkeypatch.setattr(accelerator, "GpuNetwork", played)
    monkeypatch.setattr(accelerator, "hush_the_end", lambda: None)
    return played
