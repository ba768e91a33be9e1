"""An open catalog: read rows, and write them in transactions of their own."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from sqlite_utils import Database

from landslidectl.catalog.db import immediate, open_database, translated
from landslidectl.catalog.place import default_catalog_path
from landslidectl.catalog.reading import open_unchanged
from landslidectl.catalog.records import as_json
from landslidectl.errors import CatalogError, OutputError, ResourceError

Row = dict[str, Any]
R = TypeVar("R")


class Access:
    """The open file behind a catalog.

    Parameters
    ----------
    path : Path, optional
        The file; by default `default_catalog_path`.
    only_look : bool
        Open it also where it cannot be written.

    Raises
    ------
    CatalogError
        On opening a damaged, foreign or newer catalog.
    OutputError
        If it cannot be made or written.
    """

    def __init__(self, path: Path | None = None, only_look: bool = False) -> None:
        self.path = (path or default_catalog_path()).absolute()
        try:
            self._db = open_database(self.path)
        except (OutputError, ResourceError):
            if not only_look or not self.path.exists():
                raise
            self._db = Database(open_unchanged(self.path), execute_plugins=False)

    def __enter__(self) -> Self:
        """Return the catalog itself; it is closed at the end of the block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file."""
        self.close()

    def close(self) -> None:
        """Close the file; safe to call twice."""
        self._db.close()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with translated(self.path), immediate(self._db):
            yield

    def _rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        with translated(self.path):
            return list(self._db.query(sql, [storable(value) for value in values]))

    def _records(self, make: Callable[[Row], R], rows: Sequence[Row]) -> tuple[R, ...]:
        """Return rows as records.

        Raises
        ------
        CatalogError
            If a row is none that this program writes: somebody changed the file.
        """
        try:
            return tuple(make(row) for row in rows)
        except (KeyError, TypeError, ValueError) as error:
            raise CatalogError(
                f"{self.path}: holds a row that no landslidectl wrote: {error}",
                "Put the last copy of 'landslidectl catalog backup' in its place, or move it away.",
            ) from error

    def _execute(self, sql: str, values: Sequence[Any]) -> Any:
        return self._db.execute(sql, [storable(value) for value in values])

    def _upsert(self, table: str, rows: Sequence[Row], key: str) -> None:
        """Insert rows; one whose key is there takes the new values.

        sqlite-utils would first try out in the file whether SQLite can do that, and take any
        failure, such as a full disk, for a no; it then drops rows without a word.
        """
        for row in rows:
            names = ", ".join(row)
            values = ", ".join("?" for _ in row)
            changes = ", ".join(f"{name}=excluded.{name}" for name in row if name != key)
            self._execute(
                f"INSERT INTO {table} ({names}) VALUES ({values}) "
                f"ON CONFLICT ({key}) DO UPDATE SET {changes}",
                list(row.values()),
            )


def storable(value: Any) -> Any:
    """Return a value as SQLite can hold it.

    Names of files need not be UTF-8 on Linux; Python gives the bytes that are not as lone
    surrogates, which SQLite refuses. They are written as escapes, so that a file with such a name
    can be told of.
    """
    if not isinstance(value, str):
        return value
    return value.encode("utf-8", errors="backslashreplace").decode("utf-8")


def row_of(record: Any) -> Row:
    """Return a record as a row that can be stored."""
    return {name: storable(value) for name, value in as_json(record).items()}


def dump(value: Mapping[str, Any]) -> str:
    """Return a mapping as the text that a column holds."""
    return str(storable(json.dumps(value, sort_keys=True, ensure_ascii=False)))


def columns_of(kind: type[Any], row: Row, *others: str) -> Row:
    """Return the columns of a row that a record has, but those that are made otherwise.

    A newer release that upgrades the catalog meanwhile may add columns that are none of ours.
    """
    names = {field.name for field in fields(kind)} - set(others)
    return {name: value for name, value in row.items() if name in names}
