"""Open the catalog's SQLite file safely: identity, version, migrations, transactions."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlite_utils import Database

from landslidectl.catalog.earlier import find_earlier, keep_earlier
from landslidectl.catalog.migrations import APPLICATION_ID, MIGRATIONS, SCHEMA_VERSION
from landslidectl.errors import (
    CatalogError,
    LandslidectlError,
    LockedError,
    OutputError,
    ResourceError,
)
from landslidectl.files.atomic import full_disk
from landslidectl.files.volumes import volume_of

BUSY_TIMEOUT_S = 30.0
BUSY_PAUSE_S = 0.02
WAL, ROLLBACK = "wal", "delete"
ELSEWHERE = "Name another file with --catalog, or move this one away to start a new catalog."


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn SQLite's exceptions into ours, with the file's name and what to do.

    Raises
    ------
    LockedError, ResourceError, OutputError, CatalogError
        Locked beyond the timeout, disk full, not writable, anything else.
    """
    try:
        yield
    except sqlite3.Error as error:
        raise _told(path, error) from error


def _told(path: Path, error: sqlite3.Error) -> LandslidectlError:
    text, kind = str(error), getattr(error, "sqlite_errorname", None) or ""
    if "locked" in text or "busy" in text:
        return LockedError(
            f"{path}: another process kept the catalog locked for {BUSY_TIMEOUT_S:.0f} s",
            "Wait for the other run, then run the same command again.",
        )
    # files beside the catalog that cannot grow are told of as a failure of the disk
    is_sure = "full" in text
    told = full_disk(path, is_sure) if is_sure or "I/O" in text else ""
    if told:
        return ResourceError(
            f"{path}: the catalog cannot be written: {told}",
            "Free space and run the same command again.",
        )
    if kind.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN")) or "readonly" in text:
        return OutputError(f"{path}: cannot be opened for writing: {text}", ELSEWHERE)
    if kind.startswith("SQLITE_IOERR"):
        return CatalogError(
            f"{path}: the catalog cannot be read or written: {text}",
            "Look at the disk. Whether the catalog is whole says: landslidectl catalog check",
        )
    return CatalogError(f"{path}: the catalog cannot be used: {text}", ELSEWHERE)


def open_database(path: Path) -> Database:
    """Open the catalog, make or upgrade it, and set it up for several processes.

    Parameters
    ----------
    path : Path
        The file; it and its folder are made when they do not exist.

    Returns
    -------
    sqlite_utils.Database
        Write-ahead log where the volume allows one, else a rollback journal; busy timeout, foreign
        keys on, schema at `SCHEMA_VERSION`. Of one with an older schema a copy is kept beside it.

    Raises
    ------
    CatalogError
        If the file is damaged, another program's, or written by a newer version.
    OutputError
        If it cannot be made or written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"{path.parent}: the catalog's folder cannot be made: {error.strerror}", ELSEWHERE
        ) from error
    with translated(path):
        connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S)
        try:
            # plugins of sqlite-utils are other people's code and none of the catalog's business
            db = Database(connection, execute_plugins=False)
            check_identity(db.conn, path)
            db.execute("PRAGMA foreign_keys=ON")
            _set_journal(db, WAL if volume_of(path).has_shared_memory else ROLLBACK)
            _migrate(db, path)
        except BaseException:
            connection.close()
            raise
    return db


@contextmanager
def immediate(db: Database) -> Iterator[None]:
    """Hold the write lock from the first read on.

    ``db.atomic()`` begins deferred: two processes that read and then write both fail with
    "database is locked", whatever the timeout.
    """
    db.conn.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        db.rollback()
        raise
    else:
        db.commit()


def check_identity(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse a file that this program must not touch; an empty one may become a catalog.

    Raises
    ------
    CatalogError
        If it is another program's, or was written by a newer version.
    """
    version, application, tables = _identity(connection)
    if version == application == tables == 0:
        return
    if application != APPLICATION_ID:
        raise CatalogError(
            f"{path}: this is an SQLite file of another program, not a catalog of landslidectl",
            "Name another file with --catalog.",
        )
    if version > SCHEMA_VERSION:
        earlier = find_earlier(path, SCHEMA_VERSION)
        other = (
            f"the copy from before its upgrade: --catalog {earlier}"
            if earlier
            else ("another file with --catalog")
        )
        raise CatalogError(
            f"{path}: the catalog has schema version {version}, this program knows versions up "
            f"to {SCHEMA_VERSION}",
            f"Use the newer landslidectl that wrote it, or {other}. "
            "See: landslidectl docs 'new release'",
        )


def _identity(connection: sqlite3.Connection) -> tuple[int, int, int]:
    """Return schema version, application and number of tables as they were at one moment.

    Read one after the other, they would be those of two files where another process makes the
    catalog in between: tables, but no application yet.
    """
    is_ours = not connection.in_transaction
    if is_ours:
        connection.execute("BEGIN")
    try:
        version = pragma(connection, "user_version")
        application = pragma(connection, "application_id")
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    finally:
        if is_ours:
            connection.rollback()
    return version, application, int(tables)


def _set_journal(db: Database, wanted: str) -> None:
    """Change the journal where it is another one.

    SQLite does not wait for its busy timeout here, so several processes that open a new catalog at
    once would fail.
    """
    until = time.monotonic() + BUSY_TIMEOUT_S
    while not _has_journal(db, wanted):
        if time.monotonic() > until:
            raise sqlite3.OperationalError("database is locked")
        time.sleep(BUSY_PAUSE_S)
    # a rollback journal needs every sync: without a log a power cut could tear a transaction
    db.execute(f"PRAGMA synchronous={'NORMAL' if wanted == WAL else 'FULL'}")


def _has_journal(db: Database, wanted: str) -> bool:
    if db.execute("PRAGMA journal_mode").fetchone()[0] == wanted:
        return True
    try:
        return bool(db.execute(f"PRAGMA journal_mode={wanted}").fetchone()[0] == wanted)
    except sqlite3.OperationalError as error:
        if "locked" not in str(error):
            raise
        return False


def _migrate(db: Database, path: Path) -> None:
    if pragma(db.conn, "user_version") == SCHEMA_VERSION:
        return
    with immediate(db):
        check_identity(db.conn, path)  # another process may have made or upgraded it meanwhile
        if 0 < pragma(db.conn, "user_version") < SCHEMA_VERSION:
            keep_earlier(path, SCHEMA_VERSION)
        MIGRATIONS.apply(db)
        db.execute(f"PRAGMA application_id={APPLICATION_ID}")
        db.execute(f"PRAGMA user_version={SCHEMA_VERSION}")


def pragma(connection: sqlite3.Connection, name: str) -> int:
    """Return the number that SQLite keeps under a name."""
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])
