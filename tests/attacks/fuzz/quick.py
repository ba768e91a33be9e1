"""A few cases of every reader in one process, for every day.

``python -m tests.attacks.fuzz.quick FOLDER SEED CASES``: the same cases each time. What was found
before, in ``cases``, comes first. The last line that is written names what is being tried, so that
a crash can be told.
"""

import json
import lzma
import sys
from dataclasses import asdict
from pathlib import Path

from landslidectl.files.gdal_environment import drop_foreign_variables
from tests.attacks.fuzz.campaign import shares
from tests.attacks.fuzz.worker import Case, Worker, limit_process

FOUND = Path(__file__).parent / "cases"


def found_before(reader: str) -> dict[str, bytes]:
    """Return the inputs that once broke a reader, by name."""
    paths = sorted(FOUND.glob(f"{reader}.*.xz"))
    return {path.stem: lzma.decompress(path.read_bytes()) for path in paths}


def main() -> None:
    folder, seed, cases = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    drop_foreign_variables()
    limit_process()
    for reader, count in shares(cases).items():
        worker = Worker(reader, folder, seed, guided=False)
        for name, content in found_before(reader).items():
            _tell(name, worker.try_one(-1, content))
        for number in range(count):
            _tell(f"{reader}.{number}", worker.try_one(number, worker.content(number)))


def _tell(name: str, case: Case) -> None:
    sys.stdout.write(json.dumps({"name": name, **asdict(case)}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
