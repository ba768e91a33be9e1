"""The built program, where one stands in ``dist/``: what is in it, and that it does the same."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "dist" / "landslidectl"
PROGRAM = FOLDER / "landslidectl"
NEVER = (
    "tensorflow", "keras", "torch", "sklearn", "scipy", "pandas", "pip", "setuptools", "pytest",
    "hypothesis", "mypy", "ruff", "PyInstaller",
)  # fmt: skip
POISON = dict.fromkeys(
    ("PROJ_LIB", "PROJ_DATA", "GDAL_DATA", "GDAL_DRIVER_PATH", "PYTHONPATH", "PYTHONHOME"),
    "/nowhere",
)

pytestmark = pytest.mark.skipif(
    not PROGRAM.is_file(),
    reason="no standalone program in dist/ (python -m landslidectl.packaging)",
)


def run(*words: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the program with foreign variables and nothing else."""
    command = [str(PROGRAM), *(str(word) for word in words)]
    return subprocess.run(command, cwd=cwd, env=POISON, capture_output=True, text=True, check=False)


def test_nothing_is_in_it_that_no_user_needs() -> None:
    names = {path.name.split("-")[0].split(".")[0] for path in (FOLDER / "_internal").iterdir()}
    assert not names & set(NEVER)
    archives = FOLDER / "_internal" / "landslidectl"
    assert not archives.exists(), "modules lie in the program's archive, not beside it"


def test_everything_is_in_it_that_a_user_needs() -> None:
    inside = FOLDER / "_internal"
    for name in ("models/resnet/model.tflite", "assets/docs/manual.md", "assets/schemas"):
        assert (inside / name).exists(), name
    assert (FOLDER / "landslidectl.1").read_text().startswith(".TH LANDSLIDECTL 1 ")
    assert list(inside.glob("ai_edge_litert/libLiteRtWebGpuAccelerator*"))


def test_it_is_described() -> None:
    built = json.loads((FOLDER / "BUILD.json").read_text())
    assert built["packages"]["rasterio"] and len(built["commit"]) in (7, 40)
    if sys.platform == "linux":
        assert (2, 28) <= tuple(map(int, built["needs_glibc"].split("."))) < (3, 0)
    bill = json.loads((FOLDER / "sbom.cdx.json").read_text())
    names = {part["name"] for part in bill["components"]}
    assert {"python", "numpy", "rasterio", "pyogrio", "ai-edge-litert"} <= names
    assert not names & set(NEVER)
    listed = (FOLDER / "licences" / "LIST.txt").read_text()
    assert all(f"{name} " in listed for name in names)


def test_one_gdal_serves_both_libraries(tmp_path: Path) -> None:
    said = run("doctor", "--json", cwd=tmp_path)
    files = [p for p in (FOLDER / "_internal").rglob("libgdal*") if not p.is_symlink()]
    if sys.version_info < (3, 12):
        assert len(files) == 1
    checks = {check["name"]: check for check in json.loads(said.stdout)["checks"]}
    for library in ("rasterio", "pyogrio"):
        assert checks[library]["level"] == checks[f"{library} data"]["level"] == "ok", checks


def test_it_gives_the_product_of_the_installed_package(tmp_path: Path) -> None:
    """Simulate with the program, map with both, and let each hold the two side by side."""
    place = tmp_path / "Küste Süd"
    place.mkdir()
    done = run("demo", "d", cwd=place)
    assert done.returncode == 0, done.stderr
    event = json.loads((place / "d/event.json").read_text())["event"][0]
    asked = ("detect", "d/scenes", "--event", event, "--aoi", "d/aoi.geojson", "--dem", "d/dem")
    done = run(*asked, "--model", "cnn", "--output", "frozen", cwd=place)
    assert done.returncode == 0, done.stderr
    installed = [sys.executable, "-m", "landslidectl", *asked, "--model", "cnn"]
    kept = {name: value for name, value in os.environ.items() if name != "LD_LIBRARY_PATH"}
    subprocess.run(
        [*installed, "--output", "installed"], cwd=place, env=kept, check=True, capture_output=True
    )
    told = run("compare", "frozen", "installed", cwd=place)
    assert told.returncode == 0, told.stdout + told.stderr
