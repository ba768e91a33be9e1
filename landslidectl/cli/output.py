"""Print results to stdout and messages to stderr; nothing from outside reaches the terminal raw."""

import json
import os
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

RED = "31"
YELLOW = "33"
BOLD = "1"


def clean(value: Any) -> str:
    """Return a value as one line of text without control characters.

    Names of scenes and paths come from others; an escape sequence in one must not reach the
    terminal.
    """
    text = "" if value is None else str(value)
    return "".join(
        char if unicodedata.category(char)[0] != "C" else f"\\x{ord(char):02x}" for char in text
    )


def styled(text: str, code: str, stream: Any) -> str:
    """Return ``text`` in a colour or weight where the stream is a terminal that wants it."""
    plain = not stream.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return text if plain else f"\x1b[{code}m{text}\x1b[0m"


def say(text: str) -> None:
    """Write a message for a person to stderr."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def say_error(message: str, hint: str = "") -> None:
    """Write an error and what to do about it to stderr."""
    label = styled("Error:", RED, sys.stderr)
    say(f"{label} {_clean_lines(message)}")
    if hint:
        say(_clean_lines(hint))


def say_warning(message: str) -> None:
    """Write a warning to stderr."""
    say(f"{styled('Warning:', YELLOW, sys.stderr)} {clean(message)}")


def write_json(value: Any) -> None:
    """Write indented JSON to stdout."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def write_json_line(value: Mapping[str, Any]) -> None:
    """Write one JSON object as one line to stdout, at once."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def write_line(text: str = "") -> None:
    """Write one line of a result to stdout."""
    sys.stdout.write(text + "\n")


def write_table(headings: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Write aligned columns to stdout; numbers to the right, nothing cut off."""
    cells = [[clean(value) for value in row] for row in rows]
    numeric = [
        bool(rows)
        and all(isinstance(row[index], int | float) or row[index] is None for row in rows)
        for index in range(len(headings))
    ]
    widths = [
        max(len(heading), *(len(row[index]) for row in cells), 0)
        for index, heading in enumerate(headings)
    ]
    heading = "  ".join(
        _aligned(text, width, right)
        for text, width, right in zip(headings, widths, numeric, strict=True)
    )
    write_line(styled(heading.rstrip(), BOLD, sys.stdout))
    for row in cells:
        line = "  ".join(
            _aligned(text, width, right)
            for text, width, right in zip(row, widths, numeric, strict=True)
        )
        write_line(line.rstrip())


def write_facts(facts: Mapping[str, Any]) -> None:
    """Write names and values, one a line, to stdout."""
    width = max((len(name) for name in facts), default=0)
    for name, value in facts.items():
        write_line(f"{name:<{width}}  {clean(value)}")


def _aligned(text: str, width: int, right: bool) -> str:
    return text.rjust(width) if right else text.ljust(width)


def _clean_lines(text: str) -> str:
    return "\n".join(clean(line) for line in text.split("\n"))
