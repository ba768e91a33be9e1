"""Being alone in a folder, and leaving it tidy."""

from pathlib import Path

import pytest

from landslidectl.cli.alone import alone_in
from landslidectl.errors import Interrupted, LockedError


def test_a_second_run_is_refused_and_nothing_empty_is_left(tmp_path: Path) -> None:
    folder = tmp_path / "models" / ".work" / "x"
    with alone_in(folder):
        with pytest.raises(LockedError), alone_in(folder):
            pass
        assert folder.is_dir()
    assert not (tmp_path / "models").exists()


def test_what_was_there_or_written_stays(tmp_path: Path) -> None:
    folder = tmp_path / "models" / "x"
    (tmp_path / "models").mkdir()
    with pytest.raises(Interrupted), alone_in(folder):
        raise KeyboardInterrupt
    assert (tmp_path / "models").is_dir()
    with alone_in(folder):
        (folder / "file").touch()
    assert [path.name for path in folder.iterdir()] == ["file"]
