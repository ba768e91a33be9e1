"""The last jobs, read without the libraries that make a catalog: a shell asks between two keys."""

import sqlite3
from contextlib import closing, suppress
from pathlib import Path

MOST = 20
WAIT_S = 0.2


def recent_jobs(path: Path) -> list[tuple[str, str]]:
    """Return id and command of the last jobs, the newest first; none where they cannot be read."""
    if not path.is_file():
        return []
    address = f"{path.absolute().as_uri()}?mode=ro"
    with suppress(sqlite3.Error), closing(sqlite3.connect(address, WAIT_S, uri=True)) as opened:
        rows = opened.execute(
            "SELECT job_id, command FROM jobs ORDER BY rowid DESC LIMIT ?", [MOST]
        )
        return [(str(job_id), str(command)) for job_id, command in rows]
    return []
