"""Copy the catalog while jobs go on writing it."""

import sqlite3
from contextlib import closing
from pathlib import Path

from landslidectl.catalog.db import translated
from landslidectl.catalog.reading import CatalogFacts, catalog_facts, find_damage, reading
from landslidectl.errors import CatalogError, OutputError
from landslidectl.files.atomic import atomic_path


def back_up(source: Path, target: Path, overwrite: bool = False) -> CatalogFacts:
    """Copy a catalog into one file, in the state of one moment, and check the copy.

    Parameters
    ----------
    source : Path
        The catalog; jobs may go on.
    target : Path
        The copy. It appears under its name once it is complete and proved whole.
    overwrite : bool
        Replace what is there.

    Raises
    ------
    CatalogError
        If the catalog, and so the copy, is damaged.
    OutputError
        If ``target`` exists, is the catalog itself, or cannot be written.
    """
    _check_target(source, target, overwrite)
    try:
        with atomic_path(target) as temporary:
            _copy(source, temporary, target)
            return _proved(source, temporary)
    except OutputError as error:
        raise OutputError(error.message, "Name another file, or free space.") from error


def _copy(source: Path, temporary: Path, target: Path) -> None:
    with reading(source) as connection, translated(target), _opened(temporary) as copy:
        connection.backup(copy)
        # one file, that can be opened on any volume
        copy.execute("PRAGMA journal_mode=DELETE")


def _proved(source: Path, copy: Path) -> CatalogFacts:
    damage = find_damage(copy)
    if damage:
        raise CatalogError(
            f"{source}: the catalog is damaged, so there is no good copy of it: {damage[0]}",
            "See: landslidectl catalog check",
        )
    return catalog_facts(copy)


def _opened(path: Path) -> closing[sqlite3.Connection]:
    return closing(sqlite3.connect(path))


def _check_target(source: Path, target: Path, overwrite: bool) -> None:
    if target.is_dir():
        raise OutputError(f"{target}: this is a folder", "Name the file of the copy.")
    if not target.exists():
        return
    if source.exists() and target.samefile(source):
        raise OutputError(f"{target}: this is the catalog itself", "Name another file.")
    if not overwrite:
        raise OutputError(f"{target}: exists", "Name another file, or replace it with --overwrite.")
