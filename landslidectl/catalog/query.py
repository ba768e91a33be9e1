"""Questions in SQL to the catalog, which cannot change it."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from landslidectl.catalog.reading import reading
from landslidectl.errors import Interrupted, UsageError

LONGEST_BYTES = 1 << 26
OPERATIONS_BETWEEN_LOOKS = 100_000
ALLOWED = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE})
TELLING_PRAGMAS = frozenset(
    ("table_info", "table_xinfo", "table_list", "index_list", "index_info", "foreign_key_list")
)
"""They tell of the schema and set nothing."""
FORBIDDEN_FUNCTIONS = frozenset(("load_extension", "fts3_tokenizer"))
OUTER_TROUBLE = ("SQLITE_BUSY", "SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_IOERR", "SQLITE_FULL")
"""What is the file's fault and not that of the question."""
READ_ONLY = "Only questions are answered here: SELECT, WITH ... SELECT, or PRAGMA table_info(jobs)."


@dataclass(frozen=True, slots=True)
class Answer:
    """What a question is answered with.

    Parameters
    ----------
    columns : tuple of str
        Each name once; one that comes again is numbered.
    rows : iterator of tuple
        Values as SQLite has them: None, int, float, str or bytes. Read it inside the block.
    """

    columns: tuple[str, ...]
    rows: Iterator[tuple[Any, ...]]


@contextmanager
def asked(path: Path, sql: str) -> Iterator[Answer]:
    """Ask one question of a catalog, however old its schema is.

    Nothing can be written: the file is opened read-only, SQLite is told to only query, and an
    authorizer refuses every statement but questions, ATTACH and functions that load code included.

    Raises
    ------
    UsageError
        If it is no question, more than one, or one that SQLite does not understand.
    CatalogError
        As `landslidectl.catalog.reading.reading`.
    Interrupted
        On Ctrl-C while SQLite works.
    """
    with reading(path) as connection:
        connection.text_factory = lambda raw: raw.decode("utf-8", errors="replace")
        connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_BYTES)
        # Python takes up a signal only between two of its own steps
        connection.set_progress_handler(lambda: 0, OPERATIONS_BETWEEN_LOOKS)
        connection.set_authorizer(_authorize)
        with _understood():
            cursor = connection.execute(sql)
        names = [column[0] for column in cursor.description or ()]
        if not names:
            raise UsageError("this is no question", READ_ONLY)
        yield Answer(_told_apart(names), _rows(cursor))


def _rows(cursor: sqlite3.Cursor) -> Iterator[tuple[Any, ...]]:
    with _understood():
        yield from cursor


@contextmanager
def _understood() -> Iterator[None]:
    try:
        yield
    except (sqlite3.ProgrammingError, sqlite3.Warning) as error:
        raise UsageError(f"the query cannot be used: {error}", READ_ONLY) from error
    except sqlite3.DatabaseError as error:
        kind = error.sqlite_errorname
        if kind == "SQLITE_INTERRUPT":
            raise Interrupted("stopped by Ctrl-C") from error
        if kind.startswith(OUTER_TROUBLE):
            raise
        raise UsageError(f"the query cannot be answered: {error}", READ_ONLY) from error


def _authorize(action: int, first: str | None, second: str | None, *_: str | None) -> int:
    if action == sqlite3.SQLITE_FUNCTION:
        allowed = (second or "").lower() not in FORBIDDEN_FUNCTIONS
    elif action == sqlite3.SQLITE_PRAGMA:
        allowed = (first or "").lower() in TELLING_PRAGMAS
    else:
        allowed = action in ALLOWED
    return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY


def _told_apart(names: list[str]) -> tuple[str, ...]:
    found: list[str] = []
    for name in names:
        number, unique = 1, name
        while unique in found:
            number += 1
            unique = f"{name}_{number}"
        found.append(unique)
    return tuple(found)
