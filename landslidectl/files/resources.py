"""Where the shipped models and assets are: source tree, installed wheel or frozen program."""

import sys
from pathlib import Path

from landslidectl.errors import LandslidectlError


def resource_dir(name: str) -> Path:
    """Return the folder ``models`` or ``assets`` that came with this program.

    Raises
    ------
    LandslidectlError
        If the installation is incomplete.
    """
    package = Path(__file__).resolve().parent.parent
    candidates = [package / "_bundled" / name, package.parent / name]
    frozen = getattr(sys, "_MEIPASS", None)
    if frozen:
        candidates.insert(0, Path(frozen) / name)
    for candidate in candidates:
        if candidate.is_dir():
            return candidate
    raise LandslidectlError(
        f"the folder '{name}' that belongs to the program is missing; looked in "
        + ", ".join(str(candidate) for candidate in candidates),
        "Install landslidectl again.",
    )


def asset(*parts: str) -> Path:
    """Return the path of a shipped asset, such as ``asset("geoid", "egm96_15_cm.npz")``."""
    return resource_dir("assets").joinpath(*parts)
