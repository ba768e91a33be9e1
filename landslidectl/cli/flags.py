"""Flags in the help: they take no value, so none is shown.

Newer releases of Typer write ``<bool>`` behind a flag, as if ``--no-dem`` wanted a word.
"""

from typing import Any

import typer
from typer.core import TyperGroup


class Group(TyperGroup):
    """A group of commands whose flags stand alone in the help, and in that of its commands."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters of the group itself."""
        return _alone(super().get_params(ctx))

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command of the group."""
        command = super().get_command(ctx, cmd_name)
        if command is not None:
            _alone(command.get_params(ctx))
        return command


def command_group(told: str) -> typer.Typer:
    """Return a group for commands under one word, such as ``jobs``; ``told`` is its help."""
    return typer.Typer(cls=Group, help=told, no_args_is_help=True)


def _alone(parameters: list[Any]) -> list[Any]:
    """Take the type from the flags among some parameters; Typer makes each of them once."""
    for parameter in parameters:
        if getattr(parameter, "is_bool_flag", False) and parameter.metavar is None:
            parameter.metavar = ""
    return parameters
