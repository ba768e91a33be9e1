"""Progress as lines and as bars."""

import io

import pytest
from rich.console import Console
from rich.progress import Progress

from landslidectl.cli.progress import (
    BarReporter,
    LineReporter,
    QuietReporter,
    finish_words,
    reporting,
    time_left_words,
)
from landslidectl.events import (
    ArtefactWritten,
    Reporter,
    SceneRefused,
    StepAdvanced,
    StepFinished,
    StepStarted,
    Warned,
)

STORY = (
    StepStarted("dem", "Elevation model", 10, "blocks"),
    StepAdvanced("dem", 1),
    StepAdvanced("dem", 2),
    Warned("voids"),
    SceneRefused("/s/b.zip", "/s/b.zip: not a zip"),
    ArtefactWritten("/out/dem.tif", "dem"),
    StepFinished("dem", 1.5, "2 tiles"),
    StepStarted("score", "Scores"),
    StepFinished("score", 0.0, skipped=True),
)


def tell(reporter: Reporter) -> None:
    for event in STORY:
        reporter(event)


def test_lines(capsys: pytest.CaptureFixture[str]) -> None:
    ticks = iter([0.0, 10.0, 70.0, 80.0])
    tell(LineReporter(verbose=True, clock=lambda: next(ticks)))
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "  Elevation model: 2 of 10 blocks",
        "Warning: voids",
        "Warning: not used: /s/b.zip: not a zip",
        "  wrote /out/dem.tif",
        "Elevation model: 1.5 s (2 tiles)",
        "Scores: already done",
    ]


def test_quiet_tells_only_what_went_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    tell(QuietReporter())
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_bars_leave_one_line_a_step() -> None:
    sink = io.StringIO()
    with Progress(console=Console(file=sink, force_terminal=False, width=80)) as progress:
        tell(BarReporter(progress, verbose=False))
    text = sink.getvalue()
    assert "Elevation model: 1.5 s (2 tiles)" in text
    assert "/out/dem.tif" not in text
    assert not progress.tasks


def test_no_bars_off_a_terminal() -> None:
    with reporting(None, quiet=False, verbose=False) as reporter:
        assert isinstance(reporter, LineReporter)


def test_what_the_title_says_is_not_said_again() -> None:
    again = StepFinished("geocode", 0.25, "S1A_X")
    assert finish_words(again, "Scene 1 of 6, S1A_X") == "Scene 1 of 6, S1A_X: 0.2 s"
    assert finish_words(again, "Scene 1 of 6") == "Scene 1 of 6: 0.2 s (S1A_X)"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.4, "about 5 s left"),
        (38.0, "about 40 s left"),
        (101.0, "about 2 min left"),
        (9000.0, "about 2.5 h left"),
    ],
)
def test_the_time_left_is_told_no_finer_than_it_is_known(seconds: float, words: str) -> None:
    assert time_left_words(seconds) == words


def test_the_time_left_is_told_where_a_step_knows_it(capsys: pytest.CaptureFixture[str]) -> None:
    ticks = iter([0.0, 70.0, 140.0])
    reporter = LineReporter(verbose=False, clock=lambda: next(ticks))
    reporter(StepStarted("score", "Scoring", 100, "windows"))
    reporter(StepAdvanced("score", 50))
    reporter(StepAdvanced("score", 60, 40.0))
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        "  Scoring: 50 of 100 windows",
        "  Scoring: 60 of 100 windows, about 40 s left",
    ]
