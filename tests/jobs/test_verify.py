"""A batch of products is checked to its end, whatever is wrong with some of them."""

import zipfile

import pytest

from landslidectl.errors import InputError
from landslidectl.events import StepAdvanced, StepFinished, StepStarted
from landslidectl.jobs.verify import verify_scenes
from tests.sentinel1.builders import Product, product_files, write_folder, write_zip


def test_each_product_has_its_verdict(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    files = product_files(Product(), tmp_path)
    write_folder(files, disk / "a.SAFE")
    whole = write_zip(files, disk / "b.zip", "b.SAFE/")
    (disk / "c.zip").write_bytes(whole.read_bytes()[:-3000])
    (disk / "d.zip").write_bytes(b"<html>Log in</html>")
    write_folder({name: files[name] for name in files if "tiff" not in name}, disk / "e.SAFE")
    with zipfile.ZipFile(disk / "roads.zip", "w") as zipped:
        zipped.writestr("roads.shp", b"x")
    wide = product_files(Product(mode="EW", polarisations=("HH",)), tmp_path)
    write_zip(wide, disk / "f.zip", "f.SAFE/")
    verdicts = verify_scenes([disk, tmp_path / "gone.zip"])
    assert [(verdict.name, verdict.is_intact) for verdict in verdicts] == [
        ("a", True),
        ("b", True),
        ("c.zip", False),
        ("d.zip", False),
        ("e", False),
        ("f", True),
        ("gone.zip", False),
    ]
    words = [" ".join(verdict.problems) for verdict in verdicts]
    assert "truncated" in words[2]
    assert "HTML" in words[3]
    assert words[4].count("is missing") == 2
    assert verdicts[5].product["mode"] == "EW"
    assert verdicts[0].product["platform"] == "S1C"
    assert "no such file" in words[6]


def test_progress_is_told_in_megabytes(tmp_path):
    ballast = {"preview/quick-look.png": bytes(range(256)) * 12_000}
    files = product_files(Product(extra=ballast), tmp_path)
    events = []
    verify_scenes([write_zip(files, tmp_path / "a.zip")], events.append)
    started, *advanced, finished = events
    assert isinstance(started, StepStarted)
    assert (started.total, started.unit) == (3, "MB")
    assert {type(event) for event in advanced} == {StepAdvanced}
    assert advanced[-1].done == 3
    assert isinstance(finished, StepFinished)


def test_without_any_product_nothing_is_intact(tmp_path):
    with pytest.raises(InputError, match="no Sentinel-1 product"):
        verify_scenes([tmp_path])
