"""Values that a shell offers where Tab is pressed; quick, and silent whatever is wrong.

Each function gets the words before and the beginning of the value, and returns what may follow.
"""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import typer

from landslidectl.errors import LandslidectlError

VV_ALONE = "_vv"
"""What the folder of a model for VV alone has behind its name."""


def model_names(context: typer.Context, incomplete: str) -> list[str]:
    """Return names for ``--model``."""
    from landslidectl.inference.naming import RULES  # noqa: PLC0415

    names = [name.removesuffix(VV_ALONE) for name in _folders(context)]
    return _fitting([*dict.fromkeys(names), *RULES], incomplete)


def model_folders(context: typer.Context, incomplete: str) -> list[str]:
    """Return names of models and of their folders."""
    return _fitting(_folders(context), incomplete)


def job_ids(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Return the last jobs of the catalog, with their commands."""
    from landslidectl.catalog.place import default_catalog_path  # noqa: PLC0415
    from landslidectl.catalog.recent import recent_jobs  # noqa: PLC0415
    from landslidectl.cli.session import chosen_catalog  # noqa: PLC0415

    with suppress(LandslidectlError, OSError):
        path = chosen_catalog(_path(context, "catalog")) or default_catalog_path()
        return [row for row in recent_jobs(path) if row[0].startswith(incomplete)]
    return []


def pages(context: typer.Context, incomplete: str) -> list[str]:
    """Return the pages of the manual."""
    del context
    from landslidectl.files.resources import asset  # noqa: PLC0415

    with suppress(LandslidectlError, OSError):
        return _fitting(sorted(path.stem for path in asset("docs").glob("*.md")), incomplete)
    return []


def _folders(context: typer.Context) -> list[str]:
    from landslidectl.inference.manifest import present_models  # noqa: PLC0415
    from landslidectl.inference.naming import model_places  # noqa: PLC0415

    with suppress(LandslidectlError, OSError):
        places = model_places(_path(context, "models_dir"))
        return sorted({name for place in places for name in present_models(place)})
    return []


def _fitting(names: Iterable[str], incomplete: str) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]


def _path(context: typer.Context, name: str) -> Path | None:
    value: Any = context.params.get(name)
    return Path(value) if value else None
