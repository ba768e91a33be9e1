"""What a check of the installation is, and what it tells."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any


class Level(StrEnum):
    """How much a finding matters."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Check:
    """One row of the doctor.

    Parameters
    ----------
    name, detail : str
        What was looked at, and what was found.
    level : Level
        ``FAILED`` where no job could run.
    hint : str
        What to do next.
    facts : mapping
        JSON-ready, for programs.
    """

    name: str
    detail: str
    level: Level = Level.OK
    hint: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Installation:
    """What is examined.

    Parameters
    ----------
    models_dir : Path or None
        Folder of models; None: the user's own and those of the program.
    catalog : Path
        The catalog's file, which need not exist.
    folder : Path
        Where the user works.
    log : Path or None
        The log file, which need not exist; None: none is kept.
    dropped : mapping
        Variables that were taken out of the environment when the program started.
    """

    models_dir: Path | None
    catalog: Path
    folder: Path
    dropped: Mapping[str, str] = field(default_factory=dict)
    log: Path | None = None
