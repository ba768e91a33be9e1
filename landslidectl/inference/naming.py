"""What models may be called, and where they lie; light, since completion in a shell asks for it."""

import re
from pathlib import Path

import platformdirs

from landslidectl.errors import OutputError
from landslidectl.files.resources import resource_dir

RULES = ("logratio", "spread")
"""Names of the rules that are built in; a folder of that name is not taken in their place."""


def own_models_dir() -> Path:
    """Return the folder of models in the user's data folder; it need not exist.

    Raises
    ------
    OutputError
        If this user has no home folder.
    """
    folder = Path(platformdirs.user_data_dir("landslidectl", appauthor=False))
    if not folder.is_absolute():
        raise OutputError(
            "this user has no home folder to keep models in", "Name a folder with --models-dir."
        )
    return folder / "models"


def model_places(models_dir: Path | None) -> tuple[Path, ...]:
    """Return the folders in which models are looked for, in this order.

    Parameters
    ----------
    models_dir : Path or None
        The one folder that was named; None: the user's own, then the program's.
    """
    if models_dir is not None:
        return (models_dir,)
    try:
        return (own_models_dir(), resource_dir("models"))
    except OutputError:
        return (resource_dir("models"),)


def is_model_name(name: str) -> bool:
    """Tell whether a network may be called so: letters, digits, dots and hyphens, and no rule."""
    return name not in RULES and bool(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.-]{0,63}", name))
