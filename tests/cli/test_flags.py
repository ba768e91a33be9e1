"""Flags in the help stand alone, so that nobody looks for the word behind them."""

import pytest
from typer.testing import CliRunner

from landslidectl.cli.app import app


@pytest.mark.parametrize("words", [[], ["detect"], ["simulate"], ["catalog"], ["catalog", "prune"]])
def test_a_flag_shows_no_type(runner: CliRunner, words: list[str]) -> None:
    result = runner.invoke(app, [*words, "--help"])
    assert result.exit_code == 0
    assert "--help" in result.stdout
    assert "bool" not in result.stdout.lower()
