"""The exceptions a user can meet, each with the exit code the program ends with.

::

    LandslidectlError             1   an error of ours, or one nobody foresaw
    +-- UsageError                2   the command line is incomplete or contradicts itself
    +-- PartialFailure            3   some items failed, the outputs of the others are complete
    +-- InputError                4   something the user gave cannot be used
    |   +-- SceneError                a scene
    |   |   +-- NotAScene                 the path is no Sentinel-1 product at all
    |   |   +-- UnsupportedScene          a Sentinel-1 product of a kind the method does not take
    |   |   +-- DamagedScene              truncated, unreadable or incomplete
    |   +-- AoiError                  the area of interest
    |   +-- DemError                  the digital elevation model
    |   +-- StackError                no usable pre- and post-event stack
    |   |   +-- SceneOutsideGrid          a scene that does not reach the job's grid
    |   +-- ProductError              a product folder or an inventory given as input
    +-- ModelError                5   model missing, damaged, or made for another kind of stack
    +-- ConfigError               6   configuration file or variable
    +-- ResourceError             7   disk, memory or device
    |   +-- NoAdapter                 no graphics device at all
    +-- OutputError               8   output not writable, or it exists and differs
    +-- LockedError               9   another run holds the lock
    +-- CatalogError             10   catalog damaged or written by a newer version
    +-- DifferenceFound          11   verification or comparison found a difference
    +-- Interrupted             130   Ctrl-C
    +-- ReaderGone              141   whoever read the standard output is gone
    +-- Terminated              143   SIGTERM

New codes may be added; a script must treat an unknown code as a failure.
"""

from pathlib import Path
from typing import ClassVar


class LandslidectlError(Exception):
    """Base of every error that ends a command with a message instead of a traceback.

    Parameters
    ----------
    message : str
        What went wrong, with what was expected and what was found.
    hint : str, optional
        What to do next, in one sentence.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(LandslidectlError):
    """The command line, with variables and file taken in, is incomplete or contradicts itself."""

    exit_code = 2


class PartialFailure(LandslidectlError):
    """At least one item failed; the outputs of the others are complete."""

    exit_code = 3


class InputError(LandslidectlError):
    """Something the user gave cannot be used."""

    exit_code = 4


class SceneError(InputError):
    """A scene cannot be used.

    Parameters
    ----------
    path : Path
        The folder, zip or member file that is at fault.
    message, hint : str
        As in `LandslidectlError`; the path is put before the message.
    """

    def __init__(self, path: Path, message: str, hint: str = "") -> None:
        super().__init__(f"{path}: {message}", hint)
        self.path = path
        self.reason = message


class NotAScene(SceneError):
    """The path is no Sentinel-1 product."""


class UnsupportedScene(SceneError):
    """A Sentinel-1 product of a kind the method does not take (SLC, EW, HH/HV, ...)."""


class DamagedScene(SceneError):
    """Truncated, unreadable, or a member that its manifest lists is missing."""


class AoiError(InputError):
    """The area of interest cannot be read or is not usable."""


class DemError(InputError):
    """The digital elevation model is missing, does not cover the area or has unknown heights."""


class StackError(InputError):
    """No usable pair of pre- and post-event stacks, or a stack that cannot be read."""


class SceneOutsideGrid(StackError):
    """The scene does not reach the grid; its manifest footprint was only rough."""


class ProductError(InputError):
    """A product folder or an inventory given as input cannot be used."""


class ModelError(LandslidectlError):
    """A model is missing, damaged, or was made for another kind of stack."""

    exit_code = 5


class ConfigError(LandslidectlError):
    """A configuration file or a ``LANDSLIDECTL_`` variable is wrong."""

    exit_code = 6


class ResourceError(LandslidectlError):
    """Disk, memory or device do not suffice."""

    exit_code = 7


class NoAdapter(ResourceError):
    """The runtime finds no graphics device at all, whatever the network."""


class OutputError(LandslidectlError):
    """The output cannot be written, or exists and differs."""

    exit_code = 8


class LockedError(LandslidectlError):
    """Another run holds the lock."""

    exit_code = 9


class CatalogError(LandslidectlError):
    """The catalog is damaged or was written by a newer version."""

    exit_code = 10


class DifferenceFound(LandslidectlError):
    """A verification or a comparison found a difference."""

    exit_code = 11


class Interrupted(LandslidectlError):
    """The user pressed Ctrl-C; what was finished stays and the same command resumes."""

    exit_code = 130


class ReaderGone(LandslidectlError):
    """Whoever read the standard output closed it, as ``head`` does; the same command resumes."""

    exit_code = 141


class Terminated(LandslidectlError):
    """The process was asked to end (SIGTERM); the same command resumes."""

    exit_code = 143


STOPPED = (Interrupted, ReaderGone, Terminated)
"""A job that ends with one of these did not fail: somebody stopped it."""
