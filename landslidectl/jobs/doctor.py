"""The doctor: could a job run on this machine, and what would slow it or stop it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from landslidectl.errors import LandslidectlError
from landslidectl.jobs.check_clock import check_clock
from landslidectl.jobs.check_devices import check_graphics, check_processor
from landslidectl.jobs.check_environment import check_environment
from landslidectl.jobs.check_machine import (
    check_catalog,
    check_disk,
    check_log,
    check_memory,
    check_processors,
    check_temporary,
)
from landslidectl.jobs.check_program import (
    check_data,
    check_libraries,
    check_models,
    check_projections,
)
from landslidectl.jobs.check_run import check_run
from landslidectl.jobs.checks import Check, Installation, Level

Examine = Callable[[Installation], Iterator[Check]]


@dataclass(frozen=True, slots=True)
class Section:
    """Checks that are told together.

    Parameters
    ----------
    checks : tuple of (str, callable)
        With what a check is called when it cannot be made at all.
    takes_time : bool
        Left out when the answer is wanted quickly.
    """

    title: str
    checks: tuple[tuple[str, Examine], ...]
    takes_time: bool = False


SECTIONS = (
    Section(
        "Program",
        (
            ("libraries", check_libraries),
            ("environment", check_environment),
            ("data", check_data),
            ("projections", check_projections),
            ("models", check_models),
        ),
    ),
    Section(
        "Machine",
        (
            ("catalog", check_catalog),
            ("log", check_log),
            ("temporary folder", check_temporary),
            ("disk", check_disk),
            ("memory", check_memory),
            ("processors", check_processors),
            ("clock", check_clock),
        ),
    ),
    Section("Devices", (("cpu", check_processor), ("graphics", check_graphics))),
    Section("End to end", (("whole run", check_run),), takes_time=True),
)


def examine(installation: Installation, quick: bool = False) -> Iterator[tuple[str, Check]]:
    """Make every check, whatever became of those before it.

    Parameters
    ----------
    installation : Installation
    quick : bool
        Leave out what takes seconds.

    Yields
    ------
    str, Check
        Title of the section and what was found, each as soon as it is known.
    """
    for section in SECTIONS:
        if quick and section.takes_time:
            continue
        for name, check in section.checks:
            for found in _guarded(name, check, installation):
                yield section.title, found


def _guarded(name: str, check: Examine, installation: Installation) -> Iterator[Check]:
    """Make a failure of the check itself one more thing that is found."""
    try:
        yield from check(installation)
    except LandslidectlError as error:
        yield Check(name, error.message, Level.FAILED, error.hint)
    except Exception as error:  # whatever is broken here is what the doctor is asked about
        found = f"{type(error).__name__}: {error}"
        yield Check(name, found, Level.FAILED, "Install landslidectl again.")
