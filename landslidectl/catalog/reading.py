"""Open a catalog to look at it and nothing else: no upgrade, no journal, no lock left behind."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from landslidectl.catalog.db import BUSY_TIMEOUT_S, check_identity, pragma, translated
from landslidectl.catalog.migrations import APPLICATION_ID, SCHEMA_VERSION
from landslidectl.errors import CatalogError

READ_ONLY_MEDIUM = ("SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_IOERR_SHM")
"""The last where a full disk has no room for the file beside the catalog."""


@dataclass(frozen=True, slots=True)
class CatalogFacts:
    """What a catalog's file is.

    Parameters
    ----------
    schema : int
        Version of its schema.
    journal : str
        ``wal`` or ``delete``.
    size_bytes, unused_bytes : int
        Of the file, and what of it holds nothing.
    rows : dict
        Number of rows of each table.
    """

    schema: int
    journal: str
    size_bytes: int
    unused_bytes: int
    rows: dict[str, int]


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a catalog read-only; SQLite's exceptions in the block become ours.

    A write-ahead log needs a file beside the catalog even to read. Where that cannot be made, as on
    a read-only medium or a full disk, the catalog is read as it lies there, unless a log or a
    journal with content is present.

    Raises
    ------
    CatalogError
        If there is no catalog, or it is damaged, foreign or newer.
    LockedError
        If another process holds it for too long.
    """
    if not path.is_file():
        raise CatalogError(
            f"{path}: there is no catalog yet",
            "The first job makes it; another file is named with --catalog.",
        )
    with translated(path):
        connection = _connected(path)
        try:
            connection.execute("PRAGMA query_only=ON")
            check_identity(connection, path)
            if pragma(connection, "application_id") != APPLICATION_ID:
                raise CatalogError(
                    f"{path}: the file is empty, there is no catalog in it yet",
                    "A job that has just started makes it: ask again in a moment. If none did, "
                    "name another file with --catalog.",
                )
            yield connection
        finally:
            connection.close()


def catalog_facts(path: Path) -> CatalogFacts:
    """Return what a catalog's file is.

    Raises
    ------
    CatalogError
        As `reading`.
    """
    with reading(path) as connection:
        tables = [
            name
            for (name,) in connection.execute(
                "SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite%' "
                "AND name NOT LIKE '\\_%' ESCAPE '\\' ORDER BY rowid"
            )
        ]
        return CatalogFacts(
            schema=pragma(connection, "user_version"),
            journal=str(connection.execute("PRAGMA journal_mode").fetchone()[0]),
            size_bytes=path.stat().st_size,
            unused_bytes=pragma(connection, "freelist_count") * pragma(connection, "page_size"),
            rows={
                table: connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0]
                for table in tables
            },
        )


def find_damage(path: Path) -> list[str]:
    """Return what SQLite finds wrong with the file and with references between its rows.

    Raises
    ------
    CatalogError
        As `reading`: a file that cannot even be opened.
    """
    with reading(path) as connection:
        try:
            told = [row[0] for row in connection.execute("PRAGMA integrity_check")]
            found = [line for text in told if text != "ok" for line in text.splitlines()]
            dangling = connection.execute("PRAGMA foreign_key_check").fetchall()
        except sqlite3.DatabaseError as error:
            return [str(error)]
    return found + [
        f"row {row} of {table} refers to a row of {parent} that is not there"
        for table, row, parent, _ in dangling
    ]


def open_unchanged(path: Path) -> sqlite3.Connection:
    """Open a catalog of this program's schema that cannot be written, to read its records.

    Raises
    ------
    CatalogError
        As `reading`; also if its schema is older, since it cannot be upgraded there.
    """
    with reading(path) as looked:
        version = pragma(looked, "user_version")
    if version != SCHEMA_VERSION:
        raise CatalogError(
            f"{path}: the catalog has schema version {version}, this program reads "
            f"{SCHEMA_VERSION}, and it cannot be upgraded where it cannot be written",
            "Copy it to another folder and name the copy with --catalog.",
        )
    with translated(path):
        return _connected(path)


def _connected(path: Path) -> sqlite3.Connection:
    try:
        return _probed(path, "mode=ro")
    except sqlite3.OperationalError as error:
        kind = getattr(error, "sqlite_errorname", "")
        if not kind.startswith(READ_ONLY_MEDIUM) or any(map(_has_content, _beside(path))):
            raise
        return _probed(path, "mode=ro&immutable=1")


def _beside(path: Path) -> list[Path]:
    """Return the files that hold what a catalog does not hold yet, or must take back."""
    return [path.with_name(f"{path.name}-{what}") for what in ("wal", "journal")]


def _has_content(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 0


def _address(path: Path) -> str:
    """Return a path as SQLite takes it in an address, those of Windows with more slashes."""
    whole = path.absolute().as_posix()
    before = "//" if whole.startswith("//") else "" if whole.startswith("/") else "/"
    return "file:" + quote(os.fsencode(before + whole), safe="/:")


def _probed(path: Path, how: str) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{_address(path)}?{how}", uri=True, timeout=BUSY_TIMEOUT_S)
    try:
        connection.execute("PRAGMA schema_version").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection
