"""Whole jobs on a graphics device: what was used is told, and they go on where they stopped."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import rasterio

from landslidectl.catalog.catalog import Catalog
from landslidectl.errors import ResourceError
from landslidectl.events import silent
from landslidectl.inference.vulkan import AdapterKind
from landslidectl.jobs import devices
from landslidectl.jobs.checks import Installation, Level
from landslidectl.jobs.doctor import examine
from landslidectl.jobs.graphics import Findings
from landslidectl.jobs.run import run_detect
from landslidectl.jobs.workspace import Workspace
from landslidectl.terms import Device
from tests.graphics.conftest import SHIPPED
from tests.jobs.world import World, make_world

MakeWorld = Callable[[str], World]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakeWorld:
    return lambda name: make_world(tmp_path / name, monkeypatch)


def _scores(world: World) -> np.ndarray:
    with rasterio.open(Workspace(world.settings().output).score("D046")) as raster:
        return np.asarray(raster.read(1))


def test_a_job_on_the_graphics_processor(
    make: MakeWorld, findings: Findings, tmp_path: Path
) -> None:
    with Catalog(tmp_path / "catalog.db") as catalog:
        world = make("gpu")
        result = run_detect(world.settings(device=Device.GPU), silent, catalog)
        again = run_detect(world.settings(device=Device.GPU), silent, catalog)
        (told,) = json.loads(Path(result.files["metadata"]).read_text())["scoring"]
        assert told["device"] == "gpu"
        assert (told["adapter"], told["why"]) == (findings.trials[0].adapter, "asked for")
        assert told["way"] == "windows one by one"
        assert again.skipped == 7, "nothing is scored twice"
        on_gpu = _scores(world)

        other = make("cpu")
        run_detect(other.settings(device=Device.CPU), silent, catalog)
        assert np.allclose(on_gpu, _scores(other), atol=1e-3, equal_nan=True)


def test_auto_never_takes_a_software_device(
    make: MakeWorld, findings: Findings, tmp_path: Path
) -> None:
    if findings.hardware:
        pytest.skip("there is a real graphics device")
    with Catalog(tmp_path / "catalog.db") as catalog:
        result = run_detect(make("auto").settings(device=Device.AUTO), silent, catalog)
    (told,) = json.loads(Path(result.files["metadata"]).read_text())["scoring"]
    assert told["device"] == "cpu"
    assert told["why"], "the reason is told"


def test_the_doctor_says_that_the_networks_are_right(findings: Findings, tmp_path: Path) -> None:
    installation = Installation(SHIPPED, tmp_path / "catalog.db", tmp_path)
    found = {check.name: check for section, check in examine(installation) if section == "Devices"}
    assert findings.adapters[0].name in found["graphics"].detail
    for name in ("cnn", "cbam", "resnet"):
        assert found[f"gpu, {name}"].level is Level.OK
        assert found[f"gpu, {name}"].facts["difference"] < 1e-3
    if findings.adapters[0].kind is AdapterKind.SOFTWARE:
        assert found["--device auto"].facts["device"] == "cpu"


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler to make a bad driver with")
def test_a_driver_that_crashes_takes_no_job_with_it(
    make: MakeWorld, findings: Findings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, library, manifest = (tmp_path / name for name in ("bad.c", "libbad.so", "bad.json"))
    source.write_text(
        "#include <signal.h>\n__attribute__((constructor)) static void b(void){raise(SIGSEGV);}\n"
    )
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source], check=True)
    driver = {"library_path": str(library), "api_version": "1.1.0"}
    manifest.write_text(json.dumps({"file_format_version": "1.0.0", "ICD": driver}))
    for variable in ("VK_DRIVER_FILES", "VK_ICD_FILENAMES"):
        monkeypatch.setenv(variable, str(manifest))
    monkeypatch.setattr(devices, "may_have_graphics", lambda: "")
    with Catalog(tmp_path / "catalog.db") as catalog:
        world = make("crash")
        with pytest.raises(ResourceError, match=r"driver crashed \(SIGSEGV\)"):
            run_detect(world.settings(device=Device.GPU), silent, catalog)
        result = run_detect(world.settings(device=Device.AUTO), silent, catalog)
    (told,) = json.loads(Path(result.files["metadata"]).read_text())["scoring"]
    assert (told["device"], told["why"]) == ("cpu", "the graphics driver crashed (SIGSEGV)")
