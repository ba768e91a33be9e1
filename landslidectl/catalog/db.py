"""Open the catalog's SQLite file safely: identity, version, migrations, transactions."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs
from sqlite_utils import Database

from landslidectl.catalog.migrations import APPLICATION_ID, MIGRATIONS, SCHEMA_VERSION
from landslidectl.errors import CatalogError, LockedError, OutputError, ResourceError
from landslidectl.files.atomic import full_disk

CATALOG_VARIABLE = "LANDSLIDECTL_CATALOG"
BUSY_TIMEOUT_S = 30.0
ELSEWHERE = "Name another file with --catalog, or move this one away to start a new catalog."


def default_catalog_path() -> Path:
    """Return where the catalog is kept: ``LANDSLIDECTL_CATALOG``, else the user's data folder."""
    named = os.environ.get(CATALOG_VARIABLE)
    if named:
        return Path(named)
    return Path(platformdirs.user_data_dir("landslidectl", appauthor=False)) / "catalog.db"


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
        text = str(error)
        if "locked" in text or "busy" in text:
            raise LockedError(
                f"{path}: another process kept the catalog locked for {BUSY_TIMEOUT_S:.0f} s",
                "Wait for the other run, then run the same command again.",
            ) from error
        told = full_disk(path, "full" in text)
        if told:
            raise ResourceError(
                f"{path}: the catalog cannot be written: {told}",
                "Free space and run the same command again.",
            ) from error
        if "readonly" in text or not os.access(path if path.exists() else path.parent, os.W_OK):
            raise OutputError(
                f"{path}: the catalog cannot be written: {text}",
                "Make it writable, or name another file with --catalog.",
            ) from error
        raise CatalogError(f"{path}: the catalog cannot be used: {text}", ELSEWHERE) from error


def open_database(path: Path) -> Database:
    """Open the catalog, make or upgrade it, and set it up for several processes.

    Parameters
    ----------
    path : Path
        The file; it and its folder are made when they do not exist.

    Returns
    -------
    sqlite_utils.Database
        Write-ahead log, busy timeout, foreign keys on, schema at `SCHEMA_VERSION`.

    Raises
    ------
    CatalogError
        If the file is damaged, another program's, or written by a newer version.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CatalogError(
            f"{path.parent}: the catalog's folder cannot be made: {error.strerror}", ELSEWHERE
        ) from error
    with translated(path):
        connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S)
        try:
            # plugins of sqlite-utils are other people's code and none of the catalog's business
            db = Database(connection, execute_plugins=False)
            _check_identity(db, path)
            db.execute("PRAGMA foreign_keys=ON")
            db.enable_wal()
            db.execute("PRAGMA synchronous=NORMAL")
            _migrate(db)
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


def _check_identity(db: Database, path: Path) -> None:
    version = _pragma(db, "user_version")
    application = _pragma(db, "application_id")
    is_new = version == 0 and application == 0 and not db.table_names()
    if is_new:
        return
    if application != APPLICATION_ID:
        raise CatalogError(
            f"{path}: this is an SQLite file of another program, not a catalog of landslidectl",
            "Name another file with --catalog.",
        )
    if version > SCHEMA_VERSION:
        raise CatalogError(
            f"{path}: the catalog has schema version {version}, this program knows versions up "
            f"to {SCHEMA_VERSION}",
            "Use the newer landslidectl that wrote it, or another file with --catalog.",
        )


def _migrate(db: Database) -> None:
    if _pragma(db, "user_version") == SCHEMA_VERSION:
        return
    with immediate(db):
        MIGRATIONS.apply(db)
        db.execute(f"PRAGMA application_id={APPLICATION_ID}")
        db.execute(f"PRAGMA user_version={SCHEMA_VERSION}")


def _pragma(db: Database, name: str) -> int:
    return int(db.execute(f"PRAGMA {name}").fetchone()[0])
