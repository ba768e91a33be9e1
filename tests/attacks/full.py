"""A full disk, or one that cannot be written, at every writing step: the long half."""

import json
import random
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.attacks import learning
from tests.attacks.deeds import DEEDS, Taker
from tests.attacks.fuzz.mutate_sqlite import CALLED_BY_TRIGGERS
from tests.attacks.starve import Blow, Starver
from tests.attacks.world import SmallJob, copied, plant

JOBS = ("detect", "watch-once")
KINDS = ("fill", "fill", "lock", "fill", "deny")
ROOMS = (0, 4 << 10, 0, 64 << 10, 1 << 20)
"""Bytes that are left when the disk fills up: nothing, or some that a file under way takes."""
SPREAD = 0.618_033_988_749_895
"""Multiples of the golden ratio, without their whole parts, lie evenly however many there are."""
DEED_SHARE = 20


@dataclass(frozen=True)
class Point:
    """Where one blow fell in one command, and what came of it."""

    command: str
    number: int
    seed: int
    kind: str
    call: int
    calls: int
    step: str
    exit_code: int
    faults: tuple[str, ...]


def made(folder: Path) -> Path:
    """Return a folder with the small job done in it, made once, beside one where it is not."""
    planted, done = folder / "planted", folder / "made"
    if not (done / "edited.gpkg").is_file():
        shutil.rmtree(done, ignore_errors=True)
        if not (planted / "models" / "tiny" / "model.json").is_file():
            shutil.rmtree(planted, ignore_errors=True)
            plant(planted)
        ended = SmallJob(copied(planted, done)).run()
        assert ended.returncode == 0, ended.stderr
        (found,) = done.glob("out/LSD_*/*_detections.gpkg")
        (done / "edited.gpkg").write_bytes(_edited(found))
    return done


def _edited(path: Path) -> bytes:
    """Return a GeoPackage in which a person rejected the first detection."""
    with tempfile.TemporaryDirectory() as name:
        copy = Path(shutil.copy(path, name))
        with closing(sqlite3.connect(copy)) as database, database:
            for function in CALLED_BY_TRIGGERS:
                database.create_function(function, 1, lambda _: None)
            database.execute("UPDATE detections SET review='rejected' WHERE rowid=1")
        return copy.read_bytes()


class _Attacker:
    def __init__(self, folder: Path, command: str) -> None:
        self.command = command
        is_job = command in JOBS
        self.takes = Starver(folder, command) if is_job else Taker(folder, command)
        self.calls = (
            self.takes.yardstick.calls if isinstance(self.takes, Starver) else self.takes.calls
        )

    def attack(self, number: int, seed: int) -> Point:
        """Let the blow of a number fall."""
        place = (random.Random(seed).random() + number * SPREAD) % 1.0
        kind = KINDS[number % len(KINDS)]
        blow = Blow(
            kind,
            1 + int(place * self.calls),
            room=ROOMS[number // len(KINDS) % len(ROOMS)] if kind == "fill" else 0,
            has_catalog_there=number % 2 == 0,
        )
        ended = self.takes.attack(blow)
        return Point(
            self.command,
            number,
            seed,
            kind,
            blow.call,
            self.calls,
            ended.step,
            ended.exit_code,
            ended.faults,
        )


def run_long(folder: Path, count: int, seed: int) -> Iterator[Point]:
    """Yield the ends of ``count`` blows for a job, and a share of them for every other command.

    Those that an earlier call came to are read back.
    """
    record = folder / "points.jsonl"
    rows = record.read_text(encoding="utf-8").splitlines() if record.is_file() else []
    known = [_point(row) for row in rows]
    done = {(one.command, one.number): one for one in known if one.seed == seed}
    shares = {"detect": count, "watch-once": count // 4}
    shares |= dict.fromkeys(DEEDS, max(1, count // DEED_SHARE))
    if any(
        (command, number) not in done for command in shares for number in range(shares[command])
    ):
        learning.prepare(made(folder))
    for command, share in shares.items():
        attacker = None
        for number in range(share):
            if (command, number) not in done:
                attacker = attacker or _Attacker(folder, command)
                done[command, number] = attacker.attack(number, seed)
                with record.open("a", encoding="utf-8") as lines:
                    lines.write(json.dumps(asdict(done[command, number])) + "\n")
            yield done[command, number]


def _point(row: str) -> Point:
    content = json.loads(row)
    return Point(**{**content, "faults": tuple(content["faults"])})
