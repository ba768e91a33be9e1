"""Tables on narrow terminals, JSON that steers none, and what a terminal can do."""

import json
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landslidectl.cli.output import folded, is_lively, json_text, write_table


@given(st.lists(st.integers(1, 40), min_size=1, max_size=12), st.integers(1, 120))
def test_every_column_is_shown_once_beside_the_first(widths: list[int], wide: int) -> None:
    parts = folded(widths, wide)
    assert all(part[0] == 0 for part in parts)
    assert [index for part in parts for index in part[1:]] == list(range(1, len(widths)))
    for part in parts:
        fits = sum(widths[index] + 2 for index in part) - 2 <= wide
        assert fits or len(part) <= 2


@pytest.mark.parametrize(
    ("terminal", "lively"),
    [("xterm-256color", True), ("dumb", False), ("unknown", False), ("", False), (None, False)],
)
def test_bars_need_a_terminal_that_can_move_back(
    monkeypatch: pytest.MonkeyPatch, terminal: str | None, lively: bool
) -> None:
    if terminal is None:
        monkeypatch.delenv("TERM", raising=False)
    else:
        monkeypatch.setenv("TERM", terminal)
    monkeypatch.setattr("landslidectl.cli.output.os.name", "posix")
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert is_lively(sys.stderr) is lively
    monkeypatch.setattr("sys.stderr.isatty", lambda: False)
    assert not is_lively(sys.stderr)


def test_a_table_is_folded_on_a_terminal_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    headings, row = ("name", "a" * 50, "b" * 50), ("x", 1, 2)
    write_table(headings, [row])
    assert len(capsys.readouterr().out.splitlines()) == 2
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    write_table(headings, [row])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 5
    assert max(map(len, lines)) <= 80
    assert lines[0].startswith("name")
    assert lines[3].startswith("name")


def test_json_keeps_letters_and_steers_no_terminal() -> None:
    value = {
        "path": "w\u00f6rld \u6771 \x1b[2J \x9b2J \x7f \u202egpj \ud800 \U000e0041",
        "n": [1, None],
    }
    for indent in (None, 2):
        text = json_text(value, indent)
        assert json.loads(text) == value
        assert "w\u00f6rld \u6771" in text
        assert all(unicodedata.category(char)[0] != "C" or char == "\n" for char in text)
