"""Where the catalog is kept when nobody names a file."""

import os
from pathlib import Path

import platformdirs

from landslidectl.errors import CatalogError

CATALOG_VARIABLE = "LANDSLIDECTL_CATALOG"


def default_catalog_path() -> Path:
    """Return where the catalog is kept: ``LANDSLIDECTL_CATALOG``, else the user's data folder.

    Raises
    ------
    CatalogError
        If neither is known.
    """
    named = os.environ.get(CATALOG_VARIABLE)
    if named:
        return Path(named)
    folder = Path(platformdirs.user_data_dir("landslidectl", appauthor=False))
    if not folder.is_absolute():
        raise CatalogError(
            "this user has no home folder to keep the catalog in",
            f"Name a file with --catalog or {CATALOG_VARIABLE}.",
        )
    return folder / "catalog.db"
