"""Print results to stdout and messages to stderr; nothing from outside reaches the terminal raw."""

import errno
import json
import os
import shutil
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from landslidectl.errors import OutputError, ReaderGone

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


def is_lively(stream: Any) -> bool:
    """Tell whether a stream is a terminal on which one can move about and draw."""
    terminal = os.environ.get("TERM", "" if os.name == "posix" else "windows")
    return bool(stream.isatty()) and terminal not in ("", "dumb", "unknown")


def styled(text: str, code: str, stream: Any) -> str:
    """Return ``text`` in a colour or weight where the stream is a terminal that wants it."""
    plain = not is_lively(stream) or os.environ.get("NO_COLOR")
    return text if plain else f"\x1b[{code}m{text}\x1b[0m"


def say(text: str) -> None:
    """Write a message for a person to stderr; one that cannot be told must not end a job."""
    with suppress(OSError):
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
    steered as well, nor those that turn a text around, nor lone surrogates.
    """
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    if text.isascii() and "\x7f" not in text:
        return text
    return "".join(_safe_in_json(char) for char in text)


def _safe_in_json(char: str) -> str:
    """Escape controls, marks that turn a text around, and what some take for the end of a line."""
    category = unicodedata.category(char)
    if char == "\n" or (category[0] != "C" and category not in ("Zl", "Zp")):
        return char
    return "\\u007f" if char == "\x7f" else json.dumps(char)[1:-1]


def write_json(value: Any) -> None:
    """Write indented JSON to stdout."""
    _put(json_text(value, indent=2) + "\n")


def write_json_line(value: Mapping[str, Any]) -> None:
    """Write one JSON object as one line to stdout, at once.

    Raises
    ------
    ReaderGone
        If nobody reads any more: a job then stops, and the same command goes on with it.
    OutputError
        If the line cannot be written.
    """
    try:
        sys.stdout.write(json_text(value) + "\n")
        sys.stdout.flush()
    except OSError as error:
        drop_stdout()
        if is_closed_pipe(error):
            raise ReaderGone("whoever read the standard output is gone") from error
        raise lost_output(error) from error


def write_line(text: str = "") -> None:
    """Write one line of a result to stdout."""
    _put(text + "\n")


def flush_results() -> None:
    """Write what is still held back, and so find out whether it can be.

    Raises
    ------
    OutputError
        If not; Python itself would end with code 120.
    """
    _put("")
    with suppress(OSError):
        sys.stderr.flush()


def is_closed_pipe(error: OSError) -> bool:
    """Tell whether a write failed since nobody reads; Windows calls that an invalid argument."""
    return error.errno == errno.EPIPE or (os.name == "nt" and error.errno == errno.EINVAL)


def lost_output(error: OSError) -> OutputError:
    """Return the error that the standard output takes no more."""
    reason = error.strerror or str(error)
    return OutputError(
        f"the standard output cannot be written: {reason}", "Free space, or write it elsewhere."
    )


def unfit_start_file(error: OSError | UnicodeError) -> OutputError:
    """Return the error that Typer could not write completion into the files of a shell."""
    hint = "Add by hand what landslidectl --show-completion prints."
    if isinstance(error, UnicodeError):
        return OutputError("the start-up file of this shell is not in UTF-8", hint)
    reason = error.strerror or str(error)
    return OutputError(f"{error.filename}: cannot be written: {reason}", hint)


def drop_stdout() -> None:
    """Send what is still to be written nowhere, so that it does not fail once more."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    with suppress(OSError, ValueError):
        os.dup2(nowhere, sys.stdout.fileno())
        sys.stdout.flush()
    os.close(nowhere)


def _put(text: str) -> None:
    """Write to stdout; a reader that has seen enough, such as ``head``, is no error."""
    try:
        sys.stdout.write(text)
        if not text:
            sys.stdout.flush()
    except OSError as error:
        drop_stdout()
        if not is_closed_pipe(error):
            raise lost_output(error) from error


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
