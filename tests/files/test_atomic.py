import errno
import json
import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from landslidectl.errors import OutputError, ResourceError
from landslidectl.files.atomic import (
    atomic_path,
    make_folder,
    remove_file,
    write_json_atomic,
    write_text_atomic,
)
from tests.files.processes import ended_process, sleeping_process


def test_nothing_stands_under_the_final_name_after_a_failure(tmp_path):
    final = tmp_path / "score.tif"
    final.write_text("old")
    with pytest.raises(RuntimeError, match="boom"), atomic_path(final) as temporary:
        temporary.write_text("half")
        raise RuntimeError("boom")
    assert final.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["score.tif"]


def test_the_temporary_name_is_hidden_and_keeps_the_suffix(tmp_path):
    with atomic_path(tmp_path / "a" / "map.png") as temporary:
        assert temporary.suffix == ".png" and temporary.name.startswith(".")
        temporary.write_bytes(b"x")
    assert (tmp_path / "a" / "map.png").read_bytes() == b"x"


def test_what_a_process_that_is_gone_left_is_removed_and_no_other(tmp_path):
    final = tmp_path / "[1] map.png"
    with atomic_path(final) as temporary:
        begins, _, end = temporary.name.partition(f"-{os.getpid():x}-")
        temporary.write_bytes(b"x")
    with sleeping_process() as alive:
        of_gone = tmp_path / f"{begins}-{ended_process():x}-{end}"
        kept = [
            tmp_path / f"{begins}-{alive:x}-{end}",
            tmp_path / f"{begins}-{os.getpid():x}-{end}",
            tmp_path / f"{begins}-x-{end}",
            tmp_path / ".1 map.partial-00000000.png",
        ]
        for path in (of_gone, *kept):
            path.write_bytes(b"half")
        write_text_atomic(final, "whole")
    assert sorted(tmp_path.iterdir()) == sorted([final, *kept])


def test_a_folder_that_cannot_be_made_is_an_output_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written") as caught:
        write_text_atomic(tmp_path / "file" / "below.txt", "text")
    assert "--output" in caught.value.hint


def test_a_read_only_file_system_is_an_output_error(tmp_path, monkeypatch):
    """There even removing what is not there is refused, and another way than elsewhere."""

    def refuse(self, *_, **__):
        raise OSError(errno.EROFS, "Read-only file system")

    for action in ("write_text", "unlink"):
        monkeypatch.setattr(Path, action, refuse)
    with pytest.raises(OutputError, match="Read-only file system") as caught:
        write_text_atomic(tmp_path / "a.txt", "text")
    assert caught.value.exit_code == 8


def test_json_keeps_order_and_letters(tmp_path):
    write_json_atomic(tmp_path / "a.json", {"z": "Ätna", "a": 1})
    text = (tmp_path / "a.json").read_text(encoding="utf-8")
    assert text.index("z") < text.index('"a"') and "Ätna" in text
    assert json.loads(text) == {"z": "Ätna", "a": 1}


@pytest.mark.parametrize(
    ("error", "free", "told"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), 5_000_000, (ResourceError, "5.0 MB of")),
        (OSError("Write failed"), 1000, (ResourceError, "0.0 MB of 2,000 MB are free")),
        (OSError(errno.EROFS, "Read-only file system"), 5_000_000, (OutputError, "Read-only")),
        (OSError("Write failed"), 5_000_000, (OutputError, "Write failed")),
    ],
)
def test_a_full_disk_is_told_with_figures(tmp_path, monkeypatch, error, free, told):
    room = SimpleNamespace(total=2_000_000_000, free=free)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: room)
    kind, words = told
    with pytest.raises(kind, match=words) as caught, atomic_path(tmp_path / "a" / "b.txt"):
        raise error
    assert caught.value.exit_code in (7, 8)
    assert str(tmp_path / "a" / "b.txt") in caught.value.message


def test_what_cannot_be_removed_is_named(tmp_path):
    remove_file(tmp_path / "nothing")
    with pytest.raises(OutputError, match="cannot be written") as caught:
        remove_file(tmp_path)
    assert str(tmp_path) in caught.value.message
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="file"):
        make_folder(tmp_path / "file" / "below")
