"""What files and catalogs say, without the instants of a run."""

import hashlib
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from landslidectl.files.atomic import PARTIAL_MARK
from tests.attacks.sameness import TEXTS, without_run

LOCK = "lock.json"
SUMMED_UP = ("jobs", "steps", "outputs", "releases")
"""Tables of which the number of rows is taken alone: instants and places fill them."""


def file_facts(folder: Path) -> dict[str, str]:
    """Return digests of all files below a folder under their final names."""
    return {
        path.relative_to(folder).as_posix(): _digest(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and PARTIAL_MARK not in path.relative_to(folder).as_posix()
        # a lock whose process is gone holds nobody up, and a disk that is gone keeps it
        and path.name != LOCK
    }


def catalog_facts(path: Path, *tables: str) -> Mapping[str, Any]:
    """Return what some tables of a catalog hold, all where none is named, and any damage."""
    if not path.is_file():
        return {}
    with closing(sqlite3.connect(path)) as database:
        known = "SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite%'"
        names = tables or [name for (name,) in database.execute(known)]
        facts: dict[str, Any] = {name: _rows(database, name) for name in names}
        checks = ("integrity_check", "foreign_key_check")
        told = [row for check in checks for row in database.execute(f"PRAGMA {check}")]
        damage = [str(row) for row in told if row != ("ok",)]
    return {**facts, "damage": damage} if damage else facts


def move_catalog(path: Path, old: Path, new: Path) -> None:
    """Tell a catalog that what lay in one folder lies in another."""
    with closing(sqlite3.connect(path)) as database, database:
        known = "SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite%'"
        for (table,) in database.execute(known).fetchall():
            for column in database.execute(f'PRAGMA table_info("{table}")').fetchall():
                if column[2] == "TEXT":
                    name = column[1]
                    moved = f'UPDATE "{table}" SET "{name}" = replace("{name}", ?, ?)'
                    database.execute(moved, [str(old), str(new)])


def _rows(database: sqlite3.Connection, table: str) -> Any:
    if table in SUMMED_UP:
        return database.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0]
    rows = [without_run(str(row)) for row in database.execute(f'SELECT * FROM "{table}"')]
    return sorted(rows)


def _digest(path: Path) -> str:
    if path.suffix == ".pdf":  # it holds when it was made
        return f"whole: {path.read_bytes().rstrip().endswith(b'%%EOF')}"
    if path.suffix in TEXTS:
        return without_run(path.read_text(encoding="utf-8", errors="replace"))
    return hashlib.sha256(path.read_bytes()).hexdigest()
