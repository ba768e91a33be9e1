"""Is there room to work: folders, disk, memory, processors."""

import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from landslidectl.catalog.catalog import Catalog
from landslidectl.files.processes import usable_processors
from landslidectl.files.volumes import volume_of
from landslidectl.grid import Grid
from landslidectl.jobs.checks import Check, Installation, Level
from landslidectl.jobs.preflight import (
    MEMORY_BASE_MB,
    MIN_FREE_BYTES,
    SWATH_SAMPLES,
    estimate_memory_mb,
    existing_folder,
)
from landslidectl.terms import BandSet

ELSEWHERE = "Name another folder with TMPDIR (Windows: TEMP)."
KIB = 1024


def check_catalog(installation: Installation) -> Iterator[Check]:
    """Open the catalog, or see whether one can be made."""
    path = installation.catalog
    if not path.exists():
        folder = existing_folder(path.parent)
        writable = _is_writable(folder)
        yield Check(
            "catalog",
            f"{path}: none yet; {folder} can {'' if writable else 'not '}be written",
            Level.OK if writable else Level.FAILED,
            "" if writable else "Name another file with --catalog or LANDSLIDECTL_CATALOG.",
            {"path": str(path)},
        )
        return
    with Catalog(path, only_look=True) as catalog:
        jobs = len(catalog.list_jobs())
    volume = volume_of(path)
    shared = "" if volume.has_shared_memory else f", slower journal since it lies on {volume.kind}"
    may_write = os.access(path, os.W_OK) and _is_writable(path.parent)
    yield Check(
        "catalog",
        f"{path}: {jobs} jobs{shared}{'' if may_write else ', cannot be written'}",
        Level.OK if may_write else Level.FAILED,
        "" if may_write else "Name another file with --catalog or LANDSLIDECTL_CATALOG.",
        {"path": str(path), "jobs": jobs, "file_system": volume.kind},
    )


def check_log(installation: Installation) -> Iterator[Check]:
    """See whether the log can be written; a job goes on without one."""
    path = installation.log
    if path is None:
        yield Check("log", "none is kept")
        return
    folder = existing_folder(path.parent)
    may_write = _is_writable(folder) and (not path.exists() or os.access(path, os.W_OK))
    size = path.stat().st_size if path.is_file() else 0
    yield Check(
        "log",
        f"{path}: {size / 1e6:.1f} MB" if may_write else f"{path}: cannot be written",
        Level.OK if may_write else Level.WARNING,
        "" if may_write else "Name another file with --log-file or LANDSLIDECTL_LOG_FILE.",
        {"path": str(path), "bytes": size},
    )


def check_temporary(installation: Installation) -> Iterator[Check]:
    """Write into the temporary folder."""
    del installation
    try:
        folder = Path(tempfile.gettempdir())
    except OSError as error:
        yield Check("temporary folder", str(error), Level.FAILED, ELSEWHERE)
        return
    writable, free = _is_writable(folder), shutil.disk_usage(folder).free
    fits = free >= MIN_FREE_BYTES
    yield Check(
        "temporary folder",
        f"{folder}: {'can' if writable else 'cannot'} be written, {_gb(free)} free",
        Level.FAILED if not writable else Level.OK if fits else Level.WARNING,
        "" if writable and fits else ELSEWHERE,
        {"path": str(folder), "free_bytes": free},
    )


def check_disk(installation: Installation) -> Iterator[Check]:
    """Tell the room where the user works, which is where outputs are mostly put."""
    folder = installation.folder
    free = shutil.disk_usage(folder).free
    fits = free >= MIN_FREE_BYTES
    yield Check(
        "disk",
        f"{folder}: {_gb(free)} free",
        Level.OK if fits else Level.WARNING,
        "" if fits else "Put outputs on another disk with --output.",
        {"path": str(folder), "free_bytes": free},
    )


def check_memory(installation: Installation) -> Iterator[Check]:
    """Compare the memory that is free with what a job over a whole scene takes."""
    del installation
    total, free = memory_bytes()
    if total is None:
        yield Check("memory", "this system does not tell how much there is")
        return
    whole = Grid(32654, 0.0, 0.0, 10.0, SWATH_SAMPLES, SWATH_SAMPLES)
    needed_mb = estimate_memory_mb(whole, BandSet.VV_VH)
    room_mb = (total if free is None else free) // 10**6
    level = Level.OK if room_mb >= needed_mb else Level.WARNING
    level = Level.FAILED if room_mb < MEMORY_BASE_MB else level
    told = f"{_gb(total)}" + ("" if free is None else f", {_gb(free)} free")
    yield Check(
        "memory",
        f"{told}; a whole scene takes about {needed_mb / 1000:.1f} GB and more with each thread",
        level,
        "" if level is Level.OK else "End other programs, or work on a smaller --aoi.",
        {"total_bytes": total, "free_bytes": free, "whole_scene_mb": needed_mb},
    )


def check_processors(installation: Installation) -> Iterator[Check]:
    """Tell how many processors a job may use, and which."""
    del installation
    count = usable_processors()
    name = processor_name()
    yield Check("processors", f"{count} usable, {name}", facts={"usable": count, "processor": name})


def memory_bytes() -> tuple[int | None, int | None]:
    """Return all memory and what is free of it; None for what the system does not tell."""
    if sys.platform == "linux":
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        found = {line.split(":")[0]: int(line.split()[1]) * KIB for line in lines}
        return found.get("MemTotal"), found.get("MemAvailable")
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"), None
    except (AttributeError, ValueError, OSError):
        return None, None


def processor_name() -> str:
    """Return the processor's name as the system tells it."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _is_writable(folder: Path) -> bool:
    try:
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"landslidectl")
    except OSError:
        return False
    return True


def _gb(size: int) -> str:
    return f"{size / 1e9:.1f} GB"
