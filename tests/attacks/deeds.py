"""Take the disk away from the commands beside ``detect`` that write, and give it back.

Each works on a product, and with a catalog, that lie on the small volume too. What it leaves must
be as before or as at the end of the command that nothing happened to, and the same command then
must end as that one.
"""

import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.attacks import learning
from tests.attacks.deadly import VOLUME
from tests.attacks.ruins import MORTAL, RECORD
from tests.attacks.sameness import without_run
from tests.attacks.starve import Blow, Starved, end_faults_of, give_back, mounted
from tests.attacks.told import catalog_facts, file_facts, move_catalog
from tests.attacks.world import SmallJob, copied

Facts = Mapping[str, Any]
FORMATS = ("gpkg", "geojson", "csv", "kmz", "shp")


@dataclass(frozen=True)
class Place:
    """Where a command works: a folder on a plain disk, and the volume."""

    folder: Path
    volume: Path

    @property
    def product(self) -> Path:
        (found,) = (path for path in (self.volume / "out").iterdir() if path.name[:4] == "LSD_")
        return found

    @property
    def catalog(self) -> Path:
        return self.volume / "state" / "catalog.db"

    @property
    def names(self) -> list[str]:
        """Return the detections of the product."""
        with next(self.product.glob("*_detections.csv")).open(encoding="utf-8-sig") as lines:
            return [row["det_id"] for row in csv.DictReader(lines)]


@dataclass(frozen=True)
class Deed:
    """One command.

    Parameters
    ----------
    words : callable
        Its command line, after the program's name.
    facts : callable
        What it is there for, as far as it was done; each is there whole or not at all.
    told : str
        File on the volume that its output goes to; empty: nowhere.
    variables : mapping of str to str
        More of the environment, with ``{volume}`` for the volume.
    must_succeed : bool
        Whether it needs no room on that disk.
    is_partial : bool
        Whether it does what can be done and ends with code 3 where something is left.
    """

    words: Callable[[Place], list[str]]
    facts: Callable[[Place], Facts]
    told: str = ""
    variables: Mapping[str, str] | None = None
    must_succeed: bool = False
    is_partial: bool = False


def _files(folder: str) -> Callable[[Place], Facts]:
    return lambda place: file_facts(place.volume / folder)


def _nothing(place: Place) -> Facts:
    del place
    return {}


def _export(place: Place) -> list[str]:
    formats = [word for name in FORMATS for word in ("--format", name)]
    return ["export", str(place.product), *formats, "--output", str(place.volume / "handed")]


def _export_elsewhere(place: Place) -> list[str]:
    formats = [word for name in FORMATS for word in ("--format", name)]
    return ["export", str(place.product), *formats, "--output", str(place.folder / "handed")]


DEEDS = {
    "export": Deed(_export, _files("handed")),
    "export-tmp": Deed(
        _export_elsewhere,
        lambda place: file_facts(place.folder / "handed"),
        variables={"TMPDIR": "{volume}/tmp"},
    ),
    "export-log": Deed(
        _export_elsewhere,
        lambda place: file_facts(place.folder / "handed"),
        variables={
            "LANDSLIDECTL_LOG_FILE": "{volume}/log/landslidectl.log",
            "LANDSLIDECTL_CATALOG": "{volume}/../elsewhere.db",
        },
        must_succeed=True,
    ),
    "review": Deed(
        lambda place: [
            *("review", str(place.product), "--accept", place.names[0]),
            *("--reject", ",".join(place.names[1:2]), "--reviewer", "x", "-q"),
        ],
        lambda place: catalog_facts(place.catalog, "reviews"),
    ),
    "review-import": Deed(
        lambda place: [
            *("review", str(place.product), "--reviewer", "x"),
            *("--import", str(place.folder / "edited.gpkg")),
        ],
        lambda place: catalog_facts(place.catalog, "reviews"),
    ),
    "backup": Deed(
        lambda place: ["catalog", "backup", str(place.volume / "copies" / "copy.db")],
        lambda place: catalog_facts(place.volume / "copies" / "copy.db"),
    ),
    "prune": Deed(
        lambda place: ["catalog", "prune", "--older-than", "0h", "--products", "--yes"],
        lambda place: {
            **catalog_facts(place.catalog, "jobs", "steps", "outputs"),
            **file_facts(place.volume / "out"),
        },
        is_partial=True,
    ),
    "evaluate": Deed(
        lambda place: [
            *("evaluate", str(place.product), "--inventory", str(place.folder / "truth.geojson")),
            *("--output", str(place.volume / "judged")),
        ],
        _files("judged"),
    ),
    "manual": Deed(
        lambda place: ["docs", "--html", str(place.volume / "manual" / "manual.html")],
        _files("manual"),
    ),
    "card": Deed(
        lambda place: ["docs", "--card", str(place.volume / "manual" / "card.pdf")],
        _files("manual"),
    ),
    "simulate": Deed(
        lambda place: ["simulate", str(place.volume / "event"), "--size-km", "1.5", "-q"],
        _files("event"),
    ),
    "listing": Deed(lambda place: ["jobs", "list", "--format", "csv"], _nothing, told="jobs.csv"),
    "look": Deed(lambda place: ["jobs", "show"], _nothing, must_succeed=True),
    "models-add": Deed(
        lambda place: [
            *("models", "add", str(place.folder / "models" / "tiny")),
            *("--models-dir", str(place.volume / "mine")),
        ],
        _files("mine/tiny"),
    ),
}
LEARNING = {
    "models-import": Deed(
        lambda place: [
            *("models", "import", str(place.folder / learning.WEIGHTS), "--name", "lra"),
            *("--architecture", "sar-lra", "--pass", "ascending"),
            *("--output", str(place.volume / "mine")),
        ],
        _files("mine"),
    ),
    "train": Deed(
        lambda place: [
            *("train", "--event", "east", str(place.folder / learning.STACKS)),
            *(str(place.folder / learning.TRUTH), "--name", "mine", *learning.TRAIN),
            *("--output", str(place.volume / "mine")),
        ],
        _files("mine/mine"),
    ),
}
"""Those that need TensorFlow."""
DEEDS |= LEARNING if learning.HAS_TENSORFLOW else {}


class Taker:
    """Takes the disk away from one deed in a folder of its own.

    Parameters
    ----------
    folder : Path
        Holds ``made``: a planted folder in which the small job was done.
    name : str
        Of the deed.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.deed, self.name = DEEDS[name], name
        self.made = folder / "made"
        self.place = Place(folder / "deed", folder / "volume")
        self.place.volume.mkdir(exist_ok=True)
        with mounted(self.place.volume):
            self._lay()
            self.before = self.deed.facts(self.place)
            ended = self._run("kill", 0)
            assert ended.returncode == 0, f"{name}: {ended.stderr}"
            self.calls = int(self._record()["calls"])
            self.after, self.told = self.deed.facts(self.place), self._told()

    def attack(self, blow: Blow) -> Starved:
        """Let a blow fall, give the disk back, and run the same command again."""
        with mounted(self.place.volume):
            self._lay()
            ended = self._run(blow.kind, max(blow.call, 1), blow)
            has_struck = self._record()["has_struck"]
            code = 8 if ended.returncode == 3 and self.deed.is_partial else ended.returncode
            faults = list(end_faults_of(code, ended.stderr, has_struck))
            if ended.returncode and self.deed.must_succeed:
                faults.append(f"needs the disk: {ended.stderr[-300:]}")
            give_back(self.place.volume, blow.kind)
            faults += self._ruin_faults()
            if ended.returncode or blow.room == 0:
                again = self._run("kill", 0)
                faults += self._end_faults(ended.returncode, again)
            step = self.name if has_struck else "late"
            return Starved(blow, step, ended.returncode, ended.stderr[-500:], tuple(faults))

    def _lay(self) -> None:
        for old in (self.place.folder, self.place.volume.parent / "elsewhere.db"):
            shutil.rmtree(old, ignore_errors=True) if old.is_dir() else old.unlink(missing_ok=True)
        copied(self.made, self.place.folder)
        for name in ("out", "state"):
            shutil.copytree(self.made / name, self.place.volume / name)
        move_catalog(self.place.catalog, self.made, self.place.volume)
        (self.place.volume / "tmp").mkdir()

    def _run(
        self, kind: str, call: int, blow: Blow | None = None
    ) -> subprocess.CompletedProcess[str]:
        place = self.place
        variables = {
            name: value.format(volume=place.volume)
            for name, value in (self.deed.variables or {}).items()
        }
        words = ["-m", "tests.attacks.deadly", kind, str(call), str(place.folder / RECORD)]
        prefix = MORTAL if kind == "deny" else ()
        told = place.volume / self.deed.told if self.deed.told else Path(os.devnull)
        with told.open("wb") as output:
            return subprocess.run(
                [*prefix, sys.executable, *words, *self.deed.words(place)],
                cwd=place.folder,
                env=SmallJob(
                    place.folder, volume=place.volume, has_catalog_there=True
                ).environment()
                | (blow.variables(place.volume) if blow else {VOLUME: str(place.volume)})
                | variables,
                stdout=output,
                stderr=subprocess.PIPE,
                text=True,
                errors="backslashreplace",
                check=False,
            )

    def _record(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.place.folder / RECORD).read_text())
        return content

    def _told(self) -> str:
        told = self.place.volume / self.deed.told
        return without_run(told.read_text(encoding="utf-8")) if self.deed.told else ""

    def _ruin_faults(self) -> Iterator[str]:
        found = self.deed.facts(self.place)
        for name in sorted({*found, *self.before}):
            if found.get(name) not in (self.before.get(name), self.after.get(name)):
                yield f"{name} is neither as before nor as at the end"
        yield from catalog_facts(self.place.catalog).get("damage", ())

    def _end_faults(self, first: int, again: subprocess.CompletedProcess[str]) -> Iterator[str]:
        if again.returncode != 0 and first != 0:
            yield f"the same command ended with {again.returncode}: {again.stderr[-500:]}"
            return
        found = self.deed.facts(self.place)
        for name in sorted({*found, *self.after}):
            if found.get(name) != self.after.get(name):
                yield f"{name} differs from that of the command that nothing happened to"
        if self._told() != self.told and first != 0:
            yield "what is told differs"
        if again.returncode == 0:
            yield from (f"left lying about: {left}" for left in self._left())

    def _left(self) -> list[str]:
        return sorted(
            str(path.relative_to(self.place.volume))
            for path in self.place.volume.rglob("*")
            if ".partial-" in path.name or path.parent == self.place.volume / "tmp"
        )
