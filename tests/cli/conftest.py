"""Fixtures of the command line's tests."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from landslidectl.events import silent
from landslidectl.jobs.demo import plant_event
from landslidectl.simulation.spec import EventSpec
from tests.inference.tiny import Head, write_model


@pytest.fixture(autouse=True)
def own_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run in an empty folder, with a catalog, models and a state folder of its own."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv("LANDSLIDECTL_CATALOG", str(tmp_path / "catalog.db"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return here


@pytest.fixture
def runner() -> CliRunner:
    return CliRunner()


@pytest.fixture(scope="session")
def pristine_event(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small event beside a tiny model; not to be changed."""
    folder = tmp_path_factory.mktemp("pristine")
    plant_event(folder / "event", EventSpec(seed=5, size_km=1.5, n_pre=2), silent)
    write_model(folder / "models", Head(weights=(0.0, 0.0, 1.5, 1.5), bias=-1.0))
    return folder


@pytest.fixture
def event(pristine_event: Path, own_world: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small event in the folder the test runs in, and a tiny model."""
    shutil.copytree(pristine_event / "event", own_world, dirs_exist_ok=True)
    monkeypatch.setenv("LANDSLIDECTL_MODELS_DIR", str(pristine_event / "models"))
    monkeypatch.setenv("LANDSLIDECTL_MODEL", "tiny")
    monkeypatch.setenv("LANDSLIDECTL_DEVICE", "cpu")
    return own_world
