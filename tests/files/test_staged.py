"""A folder appears under its name complete or not at all."""

import os
from pathlib import Path

import pytest

from landslidectl.errors import OutputError
from landslidectl.files.staged import scratch_folder, staged_folder
from tests.files.processes import ended_process, sleeping_process


def content(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_it_takes_the_place_of_what_stood_there(tmp_path: Path) -> None:
    final = tmp_path / "deep" / "model"
    for text in ("old", "new"):
        with staged_folder(final) as staging:
            (staging / "file").write_text(text)
        assert content(final) == {"file": text}
    assert list(final.parent.iterdir()) == [final]


def test_a_failure_leaves_what_stood_there_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    final = tmp_path / "model"
    with staged_folder(final) as staging:
        (staging / "file").write_text("old")
    with pytest.raises(RuntimeError), staged_folder(final) as staging:
        raise RuntimeError
    replace = Path.replace

    def refused(path: Path, target: Path) -> Path:
        if path.is_dir() and "old" not in path.name and target == final:
            raise OSError(5, "failed")
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", refused)
    with pytest.raises(OutputError), staged_folder(final) as staging:
        (staging / "file").write_text("new")
    assert content(final) == {"file": "old"}
    assert list(tmp_path.iterdir()) == [final]


def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    (tmp_path / ".model.partial-12345678").mkdir()
    with staged_folder(tmp_path / "model"):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_names_are_no_patterns(tmp_path: Path) -> None:
    for name in ("[m]odel", "model"):
        (tmp_path / f".{name}.partial-12345678").mkdir()
    with staged_folder(tmp_path / "[m]odel"):
        pass
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        ".model.partial-12345678",
        "[m]odel",
    ]


def test_scratch_of_a_process_that_is_gone_goes_and_that_of_others_stays(tmp_path: Path) -> None:
    with scratch_folder(tmp_path) as own, sleeping_process() as alive:
        begins, _, end = own.name.partition(f"-{os.getpid():x}-")
        of_gone, of_other = (
            tmp_path / f"{begins}-{pid:x}-{end}" for pid in (ended_process(), alive)
        )
        for folder in (of_gone, of_other):
            folder.mkdir()
            (folder / "slides.csv").write_text("half")
        with scratch_folder(tmp_path) as second:
            assert {*tmp_path.iterdir()} == {own, second, of_other}
    assert [*tmp_path.iterdir()] == [of_other]


def test_a_scratch_folder_goes_with_what_is_in_it(tmp_path: Path) -> None:
    inside = tmp_path / "out"
    with pytest.raises(RuntimeError), scratch_folder(inside) as folder:
        assert folder.parent == inside
        (folder / "file").write_text("half")
        raise RuntimeError
    assert list(inside.iterdir()) == []
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="file"), scratch_folder(tmp_path / "file"):
        pass
