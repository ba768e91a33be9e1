"""``LANDSLIDECTL_`` variables that nothing knows: misspelt ones are errors, others are told."""

import os
from collections.abc import Mapping

from landslidectl.cli import options
from landslidectl.cli.config_keys import FILE_KEYS
from landslidectl.cli.options import PREFIX
from landslidectl.cli.output import say_warning
from landslidectl.cli.spelling import nearest
from landslidectl.errors import ConfigError


def check_variables(environment: Mapping[str, str] = os.environ) -> None:
    """Refuse a misspelt variable, and warn of one that means nothing here.

    A threshold in a misspelt variable would silently not be applied. But a name that is like no
    setting belongs to someone else, as those that container platforms make of service names.

    Raises
    ------
    ConfigError
        With the name that was probably meant.
    """
    known = known_variables()
    names = {variable.removeprefix(PREFIX).lower() for variable in known}
    for variable in sorted(environment):
        if not variable.startswith(PREFIX) or variable in known:
            continue
        meant = nearest(variable.removeprefix(PREFIX), names)
        if meant is not None:
            raise ConfigError(
                f"{variable}: there is no such variable",
                f"{PREFIX}{meant.upper()} was probably meant; correct or remove it.",
            )
        say_warning(f"{variable} means nothing to landslidectl and is not used")


def known_variables() -> frozenset[str]:
    """Return the variables of all settings and of all options that commands share."""
    shared = {
        told.envvar
        for option in vars(options).values()
        for told in getattr(option, "__metadata__", ())
        if isinstance(getattr(told, "envvar", None), str)
    }
    return frozenset(shared | {f"{PREFIX}{name.upper()}" for name in FILE_KEYS})
