"""Lists in every form, and nothing in them that a terminal or a spreadsheet would obey."""

import csv
import io
import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from landslidectl.catalog.catalog import Catalog
from landslidectl.catalog.records import JobRequest, SceneRecord
from landslidectl.cli.app import app
from landslidectl.cli.listing import Form, chosen_form
from landslidectl.cli.output import json_text
from landslidectl.errors import UsageError
from landslidectl.terms import JobStatus

HOSTILE = '=HYPERLINK("http://x")\x1b[31m\x9b2J\u202egnp.exe\x7f\r\n'
LISTS = (
    ["jobs", "list"],
    ["scenes", "list"],
    ["models", "list"],
    ["catalog", "check"],
    ["catalog", "prune", "--older-than", "0h"],
    ["catalog", "sql", "SELECT path, scene_id, footprint FROM scenes"],
)


@pytest.fixture(autouse=True)
def catalog(tmp_path: Path) -> None:
    """A catalog with names that somebody chose to do harm."""
    with Catalog() as opened:
        done = opened.start_job(JobRequest(HOSTILE, {"event": HOSTILE}, {}, f"/{HOSTILE}"))
        opened.finish_job(done, JobStatus.FAILED, 4, HOSTILE)
        opened.record_scenes([SceneRecord(f"/{HOSTILE}", HOSTILE, "refused", HOSTILE)])


@pytest.mark.parametrize("command", LISTS, ids=lambda command: " ".join(command[:2]))
def test_every_list_comes_in_every_form(runner: CliRunner, command: list[str]) -> None:
    told = {
        form: runner.invoke(app, [*command, "--format", form]) for form in ("csv", "jsonl", "json")
    }
    assert {result.exit_code for result in told.values()} == {0}, told
    rows = list(csv.DictReader(io.StringIO(told["csv"].stdout)))
    lines = [json.loads(line) for line in told["jsonl"].stdout.splitlines()]
    assert len(rows) == len(lines)
    whole = json.loads(told["json"].stdout)
    if command[1] != "prune":
        assert whole == lines
    for line in lines:
        assert set(rows[0]) <= set(line)
    assert json.loads(runner.invoke(app, [*command, "--json"]).stdout) == whole


@pytest.mark.parametrize("command", LISTS, ids=lambda command: " ".join(command[:2]))
@pytest.mark.parametrize("form", list(Form))
def test_nothing_from_outside_is_obeyed(runner: CliRunner, command: list[str], form: Form) -> None:
    result = runner.invoke(app, [*command, "--format", form.value])
    assert result.exit_code == 0, result.output
    for bad in ("\x1b", "\x9b", "\x7f", "\u202e", "\r"):
        assert bad not in result.output
    if form is Form.CSV:
        for row in csv.reader(io.StringIO(result.stdout)):
            assert not [cell for cell in row if cell.lstrip()[:1] in ("=", "+", "@")]


@given(st.text(st.characters(min_codepoint=0, max_codepoint=0x10FFFF, categories=None)))
def test_escaped_json_means_the_same_and_holds_no_control(text: str) -> None:
    told = json_text({text: [text]})
    assert json.loads(told) == {text: [text]}
    assert not [letter for letter in told if unicodedata.category(letter) in ("Cc", "Cs")]


def test_json_shows_letters_as_they_are() -> None:
    assert "ümläut" in json_text(["ümläut"])
    assert "\u202e" not in json_text([HOSTILE])


def test_json_is_a_short_word_for_a_form() -> None:
    assert chosen_form(None, False) is Form.TABLE
    assert chosen_form(None, True) is chosen_form(Form.JSON, True) is Form.JSON
    with pytest.raises(UsageError, match="both given"):
        chosen_form(Form.CSV, True)
