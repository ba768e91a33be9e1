"""Mutations of the rows of an SQLite file, such as a GeoPackage that somebody edited."""

import random
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.attacks.fuzz.mutate import any_bytes, odd_text

BLIND_SHARE = 0.4
CALLED_BY_TRIGGERS = ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY")
WORDS = ("accepted", "rejected", "unreviewed", "ACCEPTED ", "maybe")


def rows(rng: random.Random, content: bytes) -> bytes:
    """Mutate values, rows and columns of the tables of an SQLite file, or its bytes."""
    if rng.random() < BLIND_SHARE:
        return any_bytes(rng, content)
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "x.db"
        path.write_bytes(content)
        try:
            with closing(_opened(path)) as database, database:
                for _ in range(rng.randint(1, 3)):
                    _mutate(rng, database)
        except sqlite3.Error:  # an already broken one
            return any_bytes(rng, content)
        return path.read_bytes()


def _opened(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path)
    database.execute("PRAGMA journal_mode=delete")
    database.text_factory = bytes
    for name in CALLED_BY_TRIGGERS:
        database.create_function(name, 1, lambda _: None)
    return database


def _mutate(rng: random.Random, database: sqlite3.Connection) -> None:
    listed = "SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite%'"
    tables = sorted(name.decode() for (name,) in database.execute(listed))
    if not tables:  # a piece of a database may be one that holds nothing
        return
    table = rng.choice(tables + [one for one in tables if one == "detections"] * 10)
    columns = [row[1].decode() for row in database.execute(f'PRAGMA table_info("{table}")')]
    column = rng.choice(columns)
    try:
        match rng.randrange(8):
            case 0:
                database.execute(f'DELETE FROM "{table}" WHERE rowid % 2 = ?', [rng.randrange(2)])
            case 1:
                _double(rng, database, table)
            case 2:
                name = odd_text(rng).replace('"', "").replace("\0", "")[:80]
                database.execute(f'ALTER TABLE "{table}" RENAME COLUMN "{column}" TO "{name}"')
            case _:
                _change(rng, database, table, column)
    except (sqlite3.Error, UnicodeEncodeError):
        return  # what the file's own rules do not let in cannot be in it


def _double(rng: random.Random, database: sqlite3.Connection, table: str) -> None:
    """Insert rows again under other numbers, as copying and pasting does."""
    database.execute(f'CREATE TEMP TABLE again AS SELECT * FROM "{table}"')
    first = next(database.execute("PRAGMA temp.table_info(again)"))[1].decode()
    database.execute(f'UPDATE again SET "{first}" = "{first}" + ?', [rng.choice((1, 100))])
    database.execute(f'INSERT INTO "{table}" SELECT * FROM again')
    database.execute("DROP TABLE again")


def _change(rng: random.Random, database: sqlite3.Connection, table: str, column: str) -> None:
    found = database.execute(f'SELECT rowid, "{column}" FROM "{table}"').fetchall()
    if found:
        row, old = rng.choice(found)
        values = [_other(rng, old), row]
        database.execute(f'UPDATE "{table}" SET "{column}" = ? WHERE rowid = ?', values)


def _other(rng: random.Random, old: Any) -> Any:
    if isinstance(old, bytes) and rng.random() < 0.6:
        piece = any_bytes(rng, old)
        return piece if b"\0" in old else piece.decode("utf-8", "replace")
    plain = (None, 0, -1, 2**62, 1e308, -1e-320, float("inf"), b"", b"\xff\xfe", "\xe9")
    return rng.choice((*plain, rng.choice(WORDS), odd_text(rng)))
