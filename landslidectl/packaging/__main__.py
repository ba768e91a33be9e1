"""``python -m landslidectl.packaging``: build, describe and pack the standalone program.

From a clean clone, with nothing but Python and binutils: an environment that holds only what the
program needs, the program itself, its licences and its bill of materials, and two archives with
their digests. What is larger than it may be fails the build.
"""

import argparse
import json
import platform
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from landslidectl import __version__
from landslidectl.packaging.archives import pack_tar, pack_zip, size_of, write_sums
from landslidectl.packaging.floor import needed_glibc
from landslidectl.packaging.parts import (
    BOM,
    LICENCES,
    bill_of_materials,
    parts_of,
    python_part,
    write_licences,
)

NAME = "landslidectl"
CARD = "QUICK-START.pdf"
MAN = "landslidectl.1"
UNPACKED_MB, PACKED_MB = 260, 80
"""What a program and its ``.tar.xz`` may take, in millions of bytes."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where things lie.

    Parameters
    ----------
    root : Path
        The checkout.
    out : Path
        Folder of the program and its archives.
    environment : Path
        The runtime-only environment.
    """

    root: Path
    out: Path
    environment: Path

    @property
    def program(self) -> Path:
        """Folder of the program."""
        return self.out / NAME

    @property
    def scripts(self) -> Path:
        """Folder of the environment's commands."""
        return self.environment / ("Scripts" if sys.platform == "win32" else "bin")

    @property
    def site(self) -> Path:
        """Folder of the environment's packages."""
        ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
        return Path(_said([str(self.scripts / "python"), "-c", ask]))


def main(arguments: Sequence[str] | None = None) -> int:
    """Build; return 1 where something is larger than it may be."""
    options = _parser().parse_args(arguments)
    root = Path(__file__).resolve().parents[2]
    place = Place(root, options.out.resolve(), root / "build" / "venv")
    _say("environment")
    _make_environment(place)
    _say("program")
    _freeze(place)
    _say("licences, bill of materials, BUILD.json")
    built = _describe(place)
    sizes = {"unpacked": size_of(place.program)}
    if options.pack:
        _say("archives")
        sizes |= _pack(place, built)
    return _judge(sizes)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m landslidectl.packaging", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("dist"), help="by default dist")
    parser.add_argument("--no-pack", dest="pack", action="store_false", help="leave archives out")
    return parser


def _make_environment(place: Place) -> None:
    if not place.environment.exists():
        venv.create(place.environment, with_pip=True)
    _run([str(place.scripts / "python"), "-m", "pip", "install", f"{place.root}[build]"])


def _freeze(place: Place) -> None:
    _run(
        [
            str(place.scripts / "pyinstaller"),
            *("--noconfirm", "--log-level", "ERROR"),
            *("--distpath", str(place.out), "--workpath", str(place.root / "build")),
            str(place.root / "pyinstaller.spec"),
        ]
    )


def _describe(place: Place) -> datetime:
    """Put the licences, the bill and BUILD.json into the program; return the commit's time."""
    stdlib = Path(sysconfig.get_path("stdlib"))
    parts = (python_part(platform.python_version(), stdlib), *parts_of(place.site, NAME))
    commit = _git(place.root, "rev-parse", "HEAD") or "unknown"
    stamp = _git(place.root, "show", "-s", "--format=%ct", "HEAD") or "0"
    instant = datetime.fromtimestamp(int(stamp) or 315_532_800, UTC)
    write_licences(parts, place.program / LICENCES)
    words = {"name": NAME, "version": __version__, "commit": commit}
    bill = bill_of_materials(parts, words)
    (place.program / BOM).write_text(json.dumps(bill, indent=1) + "\n", encoding="utf-8")
    facts = {
        **words,
        "committed": instant.isoformat(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "libc": " ".join(platform.libc_ver()),
        "needs_glibc": needed_glibc(place.program),
        "packages": {part.name: part.version for part in parts},
    }
    pages = ("--card", str(place.program / CARD), "--man", str(place.program / MAN))
    _run([str(place.program / NAME), "docs", *pages])
    (place.program / "BUILD.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    return instant


def _pack(place: Place, instant: datetime) -> dict[str, int]:
    stem = f"{NAME}-{__version__}-{platform.system().lower()}-{platform.machine()}"
    tar, zipped = place.out / f"{stem}.tar.xz", place.out / f"{stem}.zip"
    pack_tar(place.program, tar, instant)
    pack_zip(place.program, zipped, instant)
    write_sums([tar, zipped], place.out)
    return {"tar.xz": tar.stat().st_size, "zip": zipped.stat().st_size}


def _judge(sizes: dict[str, int]) -> int:
    """Print the sizes; return 1 where one is above its limit."""
    limits = {"unpacked": UNPACKED_MB, "tar.xz": PACKED_MB}
    over = False
    for name, size in sizes.items():
        limit = limits.get(name)
        over |= limit is not None and size > limit * 1_000_000
        _say(f"{name} {size / 1e6:.1f} MB" + (f", may be {limit} MB" if limit else ""))
    return int(over)


def _git(root: Path, *words: str) -> str:
    try:
        return _said(["git", "-C", str(root), *words])
    except (OSError, subprocess.CalledProcessError):
        return ""


def _said(command: Sequence[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def _run(command: Sequence[str]) -> None:
    subprocess.run(command, check=True)


def _say(text: str) -> None:
    sys.stdout.write(f"packaging: {text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
