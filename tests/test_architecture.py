"""The rules of the house that a reader relies on: who may import whom, and what nobody imports."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "landslidectl"
WORDS = ("errors", "terms", "grid", "events")
STAGES = ("sentinel1", "terrain", "stack", "inference", "detection", "products")
ROOMS = {
    "files": (),
    "sentinel1": ("files",),
    "terrain": ("files", "sentinel1"),
    "stack": ("files", *STAGES[:2]),
    "inference": ("files", *STAGES[:3]),
    "detection": ("files", *STAGES[:4]),
    "products": ("files", *STAGES[:5]),
    "evaluation": ("files", *STAGES),
    "catalog": ("files",),
    "simulation": ("files",),
    "training": ("files", "simulation", "evaluation", *STAGES),
    "manual": ("files", "products"),
    "packaging": (),
    "jobs": ("files", "catalog", "simulation", "evaluation", *STAGES),
    "cli": ("files", "catalog", "simulation", "jobs", "evaluation", "manual", *STAGES),
}
# Commands that convert, train or judge networks reach the training room, but only when they run, so
# that the program starts and works without TensorFlow.
WHEN_RUN = {
    f"cli/{name}_command{s}.py": ("training",)
    for name, s in (("model", "s"), ("train", ""), ("evaluate", ""))
}
ONLY_IN = {
    "sqlite3": ("catalog/",),
    "sqlite_utils": ("catalog/",),
    "typer": ("cli/",),
    "rich": ("cli/",),
    "markdown_it": ("manual/html.py",),
    "ai_edge_litert": ("inference/network.py", "inference/accelerator.py", "inference/graph.py"),
    "ctypes": ("inference/vulkan.py", "files/processes.py", "files/volumes.py"),
    "tensorflow": ("training/",),
    "keras": ("training/",),
}
HEAVY = {"numpy", "rasterio", "pyogrio", "shapely", "ai_edge_litert", "tensorflow", "PIL"}
NETWORK = {"socket", "http", "urllib.request", "ftplib", "smtplib", "requests", "asyncio", "ssl"}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def relative(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


@pytest.mark.parametrize("path", modules(), ids=relative)
def test_imports_run_downwards(path: Path) -> None:
    room = relative(path).split("/")[0].removesuffix(".py")
    for name in imports_of(path):
        parts = name.split(".")
        if parts[0] != "landslidectl" or len(parts) < 2:
            continue
        target = parts[1]
        if target in WORDS or target in (room, "__version__") or room == "__main__":
            continue
        assert room in ROOMS, f"{relative(path)}: a word imports {name}"
        allowed = (*ROOMS[room], *WHEN_RUN.get(relative(path), ()))
        assert target in allowed, f"{relative(path)} must not import {name}"


@pytest.mark.parametrize("name", WHEN_RUN)
def test_what_is_reached_when_a_command_runs_is_not_imported_before(name: str) -> None:
    tree = ast.parse((PACKAGE / name).read_text(encoding="utf-8"))
    inside = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("landslidectl."):
            room = str(node.module).split(".")[1]
            assert id(node) in inside or room not in WHEN_RUN[name], node.module


@pytest.mark.parametrize("path", modules(), ids=relative)
def test_outside_libraries_stay_in_their_room(path: Path) -> None:
    for name in imports_of(path):
        top = name.split(".")[0]
        if top in ONLY_IN:
            assert relative(path).startswith(ONLY_IN[top]), f"{relative(path)} imports {name}"


@pytest.mark.parametrize("path", modules(), ids=relative)
def test_nothing_imports_a_network_module(path: Path) -> None:
    for name in imports_of(path):
        assert name not in NETWORK and name.split(".")[0] not in NETWORK, (
            f"{relative(path)}: {name}"
        )


def test_only_one_module_sets_gdal_up() -> None:
    for path in modules():
        if relative(path) == "files/gdal_environment.py":
            continue
        text = path.read_text(encoding="utf-8")
        assert "rasterio.Env(" not in text, relative(path)
        assert "set_gdal_config_options" not in text, relative(path)
        assert 'os.environ["GDAL' not in text and 'os.environ["PROJ' not in text, relative(path)


def test_import_and_help_load_no_heavy_library() -> None:
    code = (
        "import sys, contextlib, io\n"
        "import landslidectl\n"
        "from landslidectl.cli.app import main\n"
        "sys.argv = ['landslidectl', '--help']\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):\n"
        "    main()\n"
        f"print(sorted({HEAVY!r} & set(sys.modules)))\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]", run.stdout
