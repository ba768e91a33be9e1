"""What of the environment could have led the program to files, code or words of others."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from landslidectl.jobs.checks import Check, Installation, Level

OURS = (
    *("landslidectl", "numpy", "rasterio", "pyogrio", "shapely", "ai_edge_litert"),
    *("sqlite_utils", "typer", "rich", "isal", "platformdirs", "PIL"),
)
PYTHON_PATHS = ("PYTHONPATH", "PYTHONHOME")
LIBRARY_PATHS = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH")
PRELOADED = ("LD_PRELOAD", "DYLD_INSERT_LIBRARIES")
LOADED_FILES = Path("/proc/self/maps")
Finder = Callable[[list[Path]], set[str]]


def check_environment(installation: Installation) -> Iterator[Check]:
    """Tell of variables that lead to files of others, and whether anything was taken from there."""
    yield _dropped(installation.dropped)
    yield from _told("modules from", PYTHON_PATHS, _modules)
    yield from _told("libraries from", LIBRARY_PATHS, _libraries)
    for name in PRELOADED:
        if os.environ.get(name):
            detail = f"{name}={os.environ[name]} puts code of others into the program"
            yield Check(name, detail, Level.WARNING, f"Start landslidectl without {name}.")
    yield _names()


def _dropped(dropped: Mapping[str, str]) -> Check:
    if not dropped:
        return Check("environment", "no variable points GDAL or PROJ at foreign files")
    told = ", ".join(f"{name}={value}" for name, value in sorted(dropped.items()))
    return Check(
        "environment",
        f"not used, since it belongs to another program: {told}",
        Level.WARNING,
        facts={"dropped": dict(dropped)},
    )


def _told(what: str, names: Iterable[str], found_below: Finder) -> Iterator[Check]:
    """Tell of paths that were set, and what was really taken from below them."""
    for name in names:
        folders = _foreign_folders(os.environ.get(name, ""))
        if not folders:
            continue
        value = f"{name}={os.pathsep.join(map(str, folders))}"
        taken = sorted(found_below(folders))
        facts = {"value": os.environ[name], "taken": taken}
        if taken:
            detail = f"{value}: {what} there: {', '.join(taken)}"
            hint = f"Start landslidectl without {name} if you did not mean this."
            yield Check(name, detail, Level.WARNING, hint, facts)
        else:
            yield Check(name, f"{value}: nothing was taken from there", facts=facts)


def _foreign_folders(paths: str) -> list[Path]:
    """Return the folders of a variable, but for those that a standalone program put there."""
    bundle = getattr(sys, "_MEIPASS", None)
    own = [Path(bundle)] if bundle else []
    folders = [Path(part).absolute() for part in paths.split(os.pathsep) if part]
    return [folder for folder in folders if not _is_below(folder, own)]


def _modules(folders: list[Path]) -> set[str]:
    """Return which modules that the program needs were found in folders.

    What merely lies somewhere below, as an environment inside a checkout, was found otherwise;
    below a home of Python it is in ``lib``.
    """
    homes = [folder / "lib" for folder in folders]
    taken = set()
    for name in OURS:
        place = getattr(sys.modules.get(name), "__file__", None)
        if not place:
            continue
        entry = os.path.realpath(Path(place).parent.parent)
        if entry in map(os.path.realpath, folders) or _is_below(Path(place), homes):
            taken.add(name)
    return taken


def _libraries(folders: list[Path]) -> set[str]:
    """Return which loaded libraries lie below folders."""
    return {path.name for path in loaded_libraries() if _is_below(path, folders)}


def loaded_libraries() -> set[Path]:
    """Return the shared libraries of this process; none where the system does not tell."""
    try:
        text = LOADED_FILES.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return set()
    rows = (line.split(maxsplit=5) for line in text.splitlines())
    return {Path(row[5]) for row in rows if len(row) == 6 and ".so" in row[5]}


def _is_below(path: Path, folders: list[Path]) -> bool:
    real = Path(os.path.realpath(path))
    return any(real.is_relative_to(os.path.realpath(folder)) for folder in folders)


def _names() -> Check:
    """Tell how names of files are written, and whether paths may be long."""
    coding = sys.getfilesystemencoding()
    facts = {"file_names": coding, "long_paths": _long_paths()}
    if coding.lower().replace("-", "") != "utf8":
        detail = f"names of files are written as {coding}: others cannot be opened"
        return Check("names", detail, Level.WARNING, "Set PYTHONUTF8=1.", facts)
    if facts["long_paths"] is False:
        hint = "Switch LongPathsEnabled on, or work in a folder with a short path."
        detail = "Windows takes no path of more than 260 characters"
        return Check("names", detail, Level.WARNING, hint, facts)
    return Check("names", "names of files are UTF-8", facts=facts)


def _long_paths() -> bool | None:
    """Return whether Windows takes long paths; None elsewhere."""
    if sys.platform != "win32":
        return None
    import winreg  # noqa: PLC0415

    place = r"SYSTEM\CurrentControlSet\Control\FileSystem"
    try:
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, place) as key:
            return bool(winreg.QueryValueEx(key, "LongPathsEnabled")[0])
    except OSError:
        return False
