"""The man page, made from the commands themselves, so that it tells what the program does."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import typer

from landslidectl import __version__
from landslidectl.errors import LandslidectlError

NAME = "landslidectl"
SHORT = "map probable landslides from Sentinel-1 radar scenes, offline"
EXAMPLE = f"{NAME} "
FILES = """Catalog, log and models of your own lie in your data and state folders;
'landslidectl doctor' tells where. A file landslidectl.toml beside the scenes holds settings.
Flags win over LANDSLIDECTL_ variables, variables over the file."""
SEE_ALSO = """The whole manual is inside the program: 'landslidectl docs',
'landslidectl docs TOPIC', or 'landslidectl docs --html FILE'."""


def man_page(context: typer.Context, now: datetime) -> str:
    """Return the page of section 1 for a whole program.

    Parameters
    ----------
    context : typer.Context
        Of any command of the program.
    now : datetime
        The date at the foot of the page.
    """
    root = context.find_root()
    top = typer.Context(root.command, info_name=NAME)
    lines = [
        f'.TH {NAME.upper()} 1 "{now:%Y-%m-%d}" "{NAME} {__version__}" "User Commands"',
        *(".SH NAME", f"{NAME} \\- {_text(SHORT)}"),
        *(".SH SYNOPSIS", f".B {NAME}", "[OPTIONS] COMMAND [ARGUMENTS]"),
        *(".SH DESCRIPTION", *_paragraphs(root.command.help or "")),
        *(".SH OPTIONS", *_parameters(top, with_help=True)),
        ".SH COMMANDS",
    ]
    for command in _commands(top):
        lines += _described(command)
    lines += [".SH EXIT STATUS", *_exit_codes()]
    lines += [".SH FILES", *_paragraphs(FILES), ".SH SEE ALSO", *_paragraphs(SEE_ALSO)]
    return "\n".join(lines) + "\n"


def _commands(context: typer.Context) -> Iterator[typer.Context]:
    """Yield the commands below one that users see, those of groups in their place."""
    for name, command in getattr(context.command, "commands", {}).items():
        below = typer.Context(command, info_name=name, parent=context)
        if getattr(command, "commands", None):
            yield from _commands(below)
        elif not command.hidden:
            yield below


def _described(context: typer.Context) -> list[str]:
    command: Any = context.command
    words = context.command_path.removeprefix(EXAMPLE)
    usage = " ".join(command.collect_usage_pieces(context))
    heading = f".SS {_text(words)} {_text(usage)}"
    return [heading, *_paragraphs(command.help or ""), *_parameters(context)]


def _parameters(context: typer.Context, with_help: bool = False) -> list[str]:
    """Return arguments and options with what is said of each; ``--help`` once for all commands."""
    command: Any = context.command
    lines = []
    for parameter in command.get_params(context):
        told = parameter.get_help_record(context)
        if told is None or (parameter.name == "help" and not with_help):
            continue
        names = (
            re.sub(r" <.*>$", "", told[0]) if parameter.param_type_name == "argument" else told[0]
        )
        names = re.sub(r"<list\[(.*)\]>", r"<\1>", names)
        lines += [".TP", f".B {_text(names)}", _line(told[1])]
    return lines


def _paragraphs(text: str) -> list[str]:
    lines = []
    for block in text.split("\n\n"):
        if block.strip().startswith(EXAMPLE):
            lines += [
                ".PP",
                ".nf",
                *(_line(f"    {row.strip()}") for row in block.splitlines()),
                ".fi",
            ]
        elif block.strip():
            lines += [".PP", _line(" ".join(block.split()))]
    return lines[1:]


def _exit_codes() -> list[str]:
    """Return the codes with what is said of the first error that has each."""
    meanings = {0: "Done, also when nothing was found."}
    found: list[type[LandslidectlError]] = [LandslidectlError]
    for kind in found:
        found += kind.__subclasses__()
        said = (kind.__doc__ or "").strip().splitlines()[0]
        meanings.setdefault(kind.exit_code, said)
    meanings[LandslidectlError.exit_code] = "An error of the program; the message names the log."
    return [
        row for code in sorted(meanings) for row in (".TP", f".B {code}", _line(meanings[code]))
    ]


def _line(text: str) -> str:
    """Return a line of text that no formatter takes for one of its requests."""
    return f"\\&{_text(text)}" if text.startswith((".", "'")) else _text(text)


def _text(text: str) -> str:
    return text.replace("``", "").replace("\\", "\\e").replace("-", "\\-")
