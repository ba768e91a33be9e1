"""Steps: done is a recorded state whose outputs still are what was recorded."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from landslidectl.catalog.catalog import Catalog
from landslidectl.catalog.records import JobRequest
from landslidectl.errors import SceneError, Terminated
from landslidectl.events import ProgressEvent, Reporter, StepFinished, StepStarted, Warned
from landslidectl.jobs import steps
from landslidectl.jobs.steps import Journal, Made, Step, code_version, file_identity

TEXT = "the content"


class Bench:
    """A journal in a folder, and a step that writes one file and counts how often it worked."""

    def __init__(self, catalog: Catalog, folder: Path) -> None:
        self.catalog = catalog
        self.folder = folder
        self.worked = 0
        self.events: list[ProgressEvent] = []

    @property
    def out(self) -> Path:
        return self.folder / "out.txt"

    def journal(self) -> Journal:
        job = self.catalog.start_job(JobRequest("c", {}, {}, str(self.folder)))
        return Journal(self.catalog, job, self.folder, self.events.append)

    def step(self, **parameters: Any) -> Step[str]:
        def work(reporter: Reporter) -> Made[str]:
            self.worked += 1
            reporter(StepStarted("inner", "Inner", 5, "blocks"))
            reporter(Warned("voids"))
            self.out.write_text(TEXT)
            return Made(TEXT, {"text": TEXT}, [(self.out, "text")], "one file")

        def revive(record: Mapping[str, Any]) -> str:
            return str(record["text"])

        return Step("write", "Writing", parameters, work, revive)


@pytest.fixture
def bench(catalog: Catalog, tmp_path: Path) -> Bench:
    folder = tmp_path / "work"
    folder.mkdir()
    return Bench(catalog, folder)


def test_what_is_done_is_taken_up(bench: Bench) -> None:
    first = bench.journal().run(bench.step(a=1))
    bench.events.clear()
    journal = bench.journal()
    second = journal.run(bench.step(a=1))
    assert (first.value, first.skipped) == (TEXT, False)
    assert (second.value, second.skipped, second.key) == (TEXT, True, first.key)
    assert bench.worked == 1
    assert Warned("voids") in bench.events
    assert [event.skipped for event in bench.events if isinstance(event, StepFinished)] == [True]
    assert [step.status for step in bench.catalog.list_steps(journal.job_id)] == ["skipped"]


def test_inner_steps_count_as_the_step_itself(bench: Bench) -> None:
    bench.journal().run(bench.step(a=1))
    started = [event for event in bench.events if isinstance(event, StepStarted)]
    assert {event.step for event in started} == {"write"}
    assert started[-1].total == 5


def test_parameters_and_name_make_the_key(bench: Bench) -> None:
    keys = {bench.step(a=1).key, bench.step(a=2).key, bench.step(b=1).key}
    assert len(keys) == 3
    assert bench.step(a=1, b=2).key == bench.step(b=2, a=1).key
    assert code_version().startswith("0.")


def test_code_in_folders_of_a_room_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    monkeypatch.setattr(steps, "file_digest", lambda path: read.append(path.as_posix()) or "0")
    code_version.__wrapped__(("products",))
    assert any(path.endswith("products/contract/files.py") for path in read)


@pytest.mark.parametrize("change", ["missing", "shorter", "same size", "touched"])
def test_outputs_decide_with_the_record(bench: Bench, change: str) -> None:
    bench.journal().run(bench.step(a=1))
    if change == "missing":
        bench.out.unlink()
    elif change == "shorter":
        bench.out.write_text(TEXT[:-1])
    elif change == "same size":
        bench.out.write_text(TEXT.upper())
    os_later = 2_000_000_000
    if bench.out.exists():
        os.utime(bench.out, (os_later, os_later))
    done = bench.journal().run(bench.step(a=1))
    assert done.skipped is (change == "touched")
    assert bench.out.read_text() == TEXT


def test_a_file_alone_does_not_count_as_done(bench: Bench) -> None:
    bench.out.write_text(TEXT)
    assert not bench.journal().run(bench.step(a=1)).skipped


def test_another_folder_is_other_work(bench: Bench, tmp_path: Path) -> None:
    bench.journal().run(bench.step(a=1))
    bench.folder = tmp_path / "elsewhere"
    bench.folder.mkdir()
    assert not bench.journal().run(bench.step(a=1)).skipped


@pytest.mark.parametrize(
    ("error", "status"),
    [(SceneError(Path("a"), "broken"), "failed"), (Terminated("stop"), "running")],
)
def test_failures_are_recorded_and_tried_again(bench: Bench, error: Exception, status: str) -> None:
    def fail(_: Reporter) -> Made[str]:
        raise error

    good = bench.step(a=1)
    bad = Step(good.name, good.title, good.depends_on, fail, good.revive)
    journal = bench.journal()
    with pytest.raises(type(error)):
        journal.run(bad)
    assert [step.status for step in bench.catalog.list_steps(journal.job_id)] == [status]
    assert not bench.journal().run(good).skipped


def test_identity_of_files_and_folders(tmp_path: Path) -> None:
    folder = tmp_path / "a.SAFE"
    (folder / "sub").mkdir(parents=True)
    member = folder / "sub" / "x.xml"
    member.write_text("1")
    before = file_identity(folder), file_identity(member)
    moved = tmp_path / "usb"
    moved.mkdir()
    folder.rename(moved / "a.SAFE")
    member = moved / "a.SAFE" / "sub" / "x.xml"
    assert (file_identity(moved / "a.SAFE"), file_identity(member)) == before
    member.write_text("22")
    assert file_identity(moved / "a.SAFE") != before[0]
    assert file_identity(member) != before[1]
