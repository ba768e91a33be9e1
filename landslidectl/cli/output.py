"""Print results to stdout and messages to stderr; nothing from outside reaches the terminal raw."""

import json
import os
import shutil
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

RED = "31"
GREEN = "32"
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


def json_text(value: Any, indent: int | None = None) -> str:
    """Return JSON in which letters are letters, and what steers a terminal is escaped.

    JSON itself escapes only the first 32 control characters, not those by which some terminals are
    steered as well, nor those that turn a text around.
    """
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    if text.isascii() and "\x7f" not in text:
        return text
    return "".join(
        json.dumps(char)[1:-1] if unicodedata.category(char)[0] == "C" and char != "\n" else char
        for char in text
    ).replace("\x7f", "\\u007f")


def write_json(value: Any) -> None:
    """Write indented JSON to stdout."""
    sys.stdout.write(json_text(value, indent=2) + "\n")


def write_json_line(value: Mapping[str, Any]) -> None:
    """Write one JSON object as one line to stdout, at once."""
    sys.stdout.write(json_text(value) + "\n")
    sys.stdout.flush()


def write_line(text: str = "") -> None:
    """Write one line of a result to stdout."""
    sys.stdout.write(text + "\n")


def write_table(headings: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Write aligned columns to stdout; numbers to the right, nothing cut off.

    On a terminal that is too narrow for all columns those that do not fit follow below, beside the
    first column again.
    """
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
    wide = shutil.get_terminal_size().columns if sys.stdout.isatty() else sys.maxsize
    for number, shown in enumerate(folded(widths, wide)):
        if number:
            write_line()
        for row in (headings, *cells):
            line = "  ".join(_aligned(row[i], widths[i], numeric[i]) for i in shown).rstrip()
            write_line(styled(line, BOLD, sys.stdout) if row is headings else line)


def folded(widths: Sequence[int], wide: int) -> list[list[int]]:
    """Return which columns stand beside each other; the first one leads every part.

    Parameters
    ----------
    widths : sequence of int
        Of the columns, which stand two spaces apart.
    wide : int
        Characters in a line.
    """
    parts, used = [[0]], widths[0]
    for index in range(1, len(widths)):
        used += 2 + widths[index]
        if used > wide and len(parts[-1]) > 1:
            parts.append([0])
            used = widths[0] + 2 + widths[index]
        parts[-1].append(index)
    return parts


def write_facts(facts: Mapping[str, Any]) -> None:
    """Write names and values, one a line, to stdout."""
    width = max((len(name) for name in facts), default=0)
    for name, value in facts.items():
        write_line(f"{name:<{width}}  {clean(value)}")


def _aligned(text: str, width: int, right: bool) -> str:
    return text.rjust(width) if right else text.ljust(width)


def _clean_lines(text: str) -> str:
    return "\n".join(clean(line) for line in text.split("\n"))
