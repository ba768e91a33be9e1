"""Feed the readers many cases, start a new process when one dies, and count what happened."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.attacks.fuzz.readers import READERS
from tests.attacks.fuzz.worker import Case, fault_input
from tests.attacks.world import ROOT, plant

KEPT_OF_A_KIND = 2


@dataclass(frozen=True)
class Tally:
    """What became of the cases of one reader."""

    reader: str
    outcomes: Mapping[str, int]
    faults: Mapping[str, int]
    slowest_s: float
    most_grown_mb: int
    corpus: int

    @property
    def cases(self) -> int:
        return sum(self.outcomes.values())


def shares(cases: int) -> dict[str, int]:
    """Share cases out among the readers."""
    parts = sum(reader.share for reader in READERS.values())
    return {name: -(-cases * reader.share // parts) for name, reader in READERS.items()}


def run_campaign(folder: Path, cases: int, seed: int) -> Iterator[Tally]:
    """Yield the counts of each reader; cases that an earlier call finished are not run again."""
    if not (folder / "planted" / "models" / "tiny" / "model.json").is_file():
        plant(folder / "planted")
    for name, count in shares(cases).items():
        yield _run_reader(name, folder, count, seed)


def _run_reader(name: str, folder: Path, count: int, seed: int) -> Tally:
    own = folder / name
    own.mkdir(exist_ok=True)
    record = own / f"cases-{seed}.jsonl"
    done = _read(record)
    with record.open("a", encoding="utf-8") as lines:
        while len(done) < count:
            known = len(done)
            for case in _cases(name, folder, seed, known, count):
                done.append(case)
                lines.write(json.dumps(asdict(case)) + "\n")
                lines.flush()
                if case.is_fault:
                    _save(own, case, done)
            if len(done) == known:
                raise RuntimeError(
                    f"{name}: the worker does nothing: {(own / 'stderr').read_text()}"
                )
    outcomes = Counter(case.outcome for case in done)
    faults = Counter(_kind(case) for case in done if case.is_fault)
    return Tally(
        name,
        outcomes,
        faults,
        max(case.seconds for case in done),
        max(case.grown_kb for case in done) >> 10,
        len(list((own / "corpus").iterdir())),
    )


def _cases(name: str, folder: Path, seed: int, start: int, stop: int) -> Iterator[Case]:
    """Yield the cases of one process; the last is a fault where it died of one."""
    own = folder / name
    words = ["-m", "tests.attacks.fuzz.worker", name, str(folder), str(seed), str(start), str(stop)]
    (own / "current.txt").unlink(missing_ok=True)
    last = start - 1
    with (own / "stderr").open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-X", "faulthandler", *words],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        assert process.stdout is not None
        for line in process.stdout:
            case = Case(**json.loads(line))
            last = case.number
            yield case
        code = process.wait()
    tried = int((own / "current.txt").read_text() or -1) if (own / "current.txt").exists() else -1
    if code != 0 and tried > last:
        yield Case(tried, "fault", f"the process ended with {code}: {_last_words(own)}")


def _last_words(own: Path) -> str:
    lines = (own / "stderr").read_text(errors="replace").splitlines()
    places = [line.strip() for line in lines if "/landslidectl/" in line]
    return places[0][:200] if places else " ".join(lines[-1:])[:200]


def _kind(case: Case) -> str:
    """Return what faults of one cause have in common."""
    what, at, place = case.what.rpartition(" @ ")
    return f"{what.partition(':')[0]} @ {place}" if at else case.what[:120]


def _save(own: Path, case: Case, done: Sequence[Case]) -> None:
    """Keep the input of a fault, which the worker left where it did not die of it."""
    left = fault_input(own, case.number)
    alike = sum(other.is_fault and _kind(other) == _kind(case) for other in done)
    if alike > KEPT_OF_A_KIND:
        left.unlink(missing_ok=True)
    elif not left.is_file():
        left.parent.mkdir(exist_ok=True)
        left.write_bytes((own / "current.bin").read_bytes())


def _read(record: Path) -> list[Case]:
    if not record.is_file():
        return []
    return [Case(**json.loads(line)) for line in record.read_text(encoding="utf-8").splitlines()]
