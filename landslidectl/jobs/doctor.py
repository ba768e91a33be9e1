"""The doctor: could a job run on this machine, and what would slow it or stop it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from landslidectl.errors import LandslidectlError
from landslidectl.jobs.check_devices import check_graphics, check_processor
from landslidectl.jobs.check_machine import (
    check_catalog,
    check_disk,
    check_memory,
    check_processors,
    check_temporary,
)
from landslidectl.jobs.check_program import (
    check_environment,
    check_libraries,
    check_models,
    check_projections,
)
from landslidectl.jobs.checks import Check, Installation, Level

Examine = Callable[[Installation], Iterator[Check]]


@dataclass(frozen=True, slots=True)
class Section:
    """Checks that are told together; what a check is called when it cannot be made at all."""

    title: str
    checks: tuple[tuple[str, Examine], ...]


SECTIONS = (
    Section(
        "Program",
        (
            ("libraries", check_libraries),
            ("environment", check_environment),
            ("projections", check_projections),
            ("models", check_models),
        ),
    ),
    Section(
        "Machine",
        (
            ("catalog", check_catalog),
            ("temporary folder", check_temporary),
            ("disk", check_disk),
            ("memory", check_memory),
            ("processors", check_processors),
        ),
    ),
    Section("Devices", (("cpu", check_processor), ("graphics", check_graphics))),
)


def examine(installation: Installation) -> Iterator[tuple[str, Check]]:
    """Make every check, whatever became of those before it.

    Yields
    ------
    str, Check
        Title of the section and what was found, each as soon as it is known.
    """
    for section in SECTIONS:
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
