"""Bars where they can be drawn, plain lines elsewhere, and a terminal that is left as it was."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("pty", reason="the system has no pseudo-terminals")

from tests.cli.programs import FOREGROUND
from tests.cli.terminal import COLOUR, ESCAPE, in_terminal

DETECT = [sys.executable, "-c", FOREGROUND, "detect", "scenes"]
INGEST = [*DETECT[:-2], "ingest", "scenes"]
HIDE_CURSOR, SHOW_CURSOR = "\x1b[?25l", "\x1b[?25h"


def environment(**changes: str) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "TERM")}
    return own | {"TERM": "xterm-256color"} | changes


@pytest.mark.usefixtures("event")
def test_bars_on_a_terminal_fit_its_width_and_go_when_done() -> None:
    shown = in_terminal(INGEST, 60, environment())
    assert shown.exit_code == 0
    assert HIDE_CURSOR in shown.text
    assert shown.text.rindex(SHOW_CURSOR) > shown.text.rindex(HIDE_CURSOR)
    assert COLOUR.search(shown.text)
    frames = [ESCAPE.sub("", frame) for frame in shown.text.replace("\n", "\r").split("\r")]
    drawn = [frame for frame in frames if "━" in frame]
    assert drawn
    assert all(len(frame) <= 60 for frame in drawn)
    assert any("…" in frame and "0:00" in frame for frame in drawn), "the name is cut, not the time"
    assert not any("━" in line for line in shown.lines), "no bar stays"
    assert any(line.startswith("Elevation model: ") for line in shown.lines)


@pytest.mark.usefixtures("event")
def test_a_terminal_that_cannot_move_back_gets_lines() -> None:
    shown = in_terminal(INGEST, 80, environment(TERM="dumb"))
    assert shown.exit_code == 0
    assert "\x1b" not in shown.text
    assert any(line.startswith("Elevation model: ") for line in shown.lines)


@pytest.mark.usefixtures("event")
def test_no_color_is_honoured_and_ctrl_c_leaves_the_terminal_as_it_was() -> None:
    pressed: list[bool] = []

    def press(text: str, process: subprocess.Popen[bytes]) -> None:
        if "Elevation model: " in text and not pressed:
            process.send_signal(signal.SIGINT)
            pressed.append(True)

    shown = in_terminal(DETECT, 24, environment(NO_COLOR="1"), press)
    assert shown.exit_code == 130
    assert HIDE_CURSOR in shown.text
    assert not COLOUR.search(shown.text)
    assert shown.text.rindex(SHOW_CURSOR) > shown.text.rindex(HIDE_CURSOR)
    assert "Traceback" not in shown.text
    assert "Error: stopped by Ctrl-C" in shown.lines
    assert "Run the same command again: a job goes on where it stopped." in shown.lines


def test_errors_are_coloured_on_a_terminal_that_wants_it() -> None:
    words = [sys.executable, "-m", "landslidectl", "jobs", "show", "none"]
    assert "\x1b[31mError:\x1b[0m" in in_terminal(words, 80, environment()).text
    assert "\x1b" not in in_terminal(words, 80, environment(NO_COLOR="1")).text
    assert "\x1b" not in in_terminal(words, 80, environment(TERM="dumb")).text


def test_a_long_listing_into_head_ends_quietly(tmp_path: Path) -> None:
    code = (
        "from landslidectl.catalog.catalog import *\nfrom landslidectl.catalog.records import *\n"
    )
    code += "c = Catalog()\nc.record_scenes([SceneRecord(f'/s/{n}', 'x' * 99) for n in range(999)])"
    subprocess.run([sys.executable, "-c", code], check=True)
    program = f"'{sys.executable}' -m landslidectl scenes list --json"
    script = f"({program}; echo code $? >&2) | head -n 1"
    ended = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert ended.stdout == "[\n"
    assert ended.stderr == "code 0\n"
