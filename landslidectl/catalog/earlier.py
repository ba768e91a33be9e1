"""The catalog as it was before an upgrade: kept beside it, so that one can go back."""

import sqlite3
from contextlib import closing
from itertools import count
from pathlib import Path

from landslidectl.files.atomic import atomic_path

MARK = ".before-schema-"


def keep_earlier(path: Path, schema: int) -> Path:
    """Copy a catalog, before it is upgraded, into a file of its own; return that file.

    Parameters
    ----------
    path : Path
        The catalog. Other connections may read it; none may write it meanwhile.
    schema : int
        The schema that it is about to get; it names the copy, ``catalog.db.before-schema-6``. A
        copy that an earlier upgrade left under that name stays, and this one gets a number.

    Raises
    ------
    ResourceError
        If the disk is full.
    OutputError
        If the copy cannot be written for another reason.
    sqlite3.Error
        If the catalog cannot be read, or SQLite cannot write.
    """
    name = f"{path.name}{MARK}{schema}"
    names = (f"{name}-{number}" if number > 1 else name for number in count(1))
    final = next(path.with_name(one) for one in names if not path.with_name(one).exists())
    with (
        atomic_path(final) as temporary,
        closing(sqlite3.connect(path)) as source,
        closing(sqlite3.connect(temporary)) as copy,
    ):
        source.backup(copy)
        # one file, that can be opened on any volume
        copy.execute("PRAGMA journal_mode=DELETE")
    return final


def find_earlier(path: Path, known: int) -> Path | None:
    """Return the last copy beside a catalog that a program can open; None where there is none.

    Parameters
    ----------
    path : Path
        The catalog.
    known : int
        Highest schema that the program knows.
    """
    copies = [one for one in path.parent.glob(f"*{MARK}*") if one.name.startswith(path.name + MARK)]
    fitting = [one for one in copies if 0 < _schema(one) <= known]
    return max(fitting, key=lambda one: one.stat().st_mtime_ns, default=None)


def _schema(copy: Path) -> int:
    """Return the schema of a copy; 0 where it is no catalog."""
    try:
        with closing(sqlite3.connect(f"{copy.absolute().as_uri()}?mode=ro", uri=True)) as opened:
            return int(opened.execute("PRAGMA user_version").fetchone()[0])
    except sqlite3.Error:
        return 0
