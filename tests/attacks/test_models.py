"""Models that were exchanged, cut or tampered with are refused before any work: exit code 5."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from landslidectl.catalog.catalog import Catalog
from landslidectl.errors import ModelError
from landslidectl.events import silent
from landslidectl.files.hashing import file_digest
from landslidectl.jobs.run import run_detect
from landslidectl.jobs.settings import DetectSettings
from landslidectl.stack.contract import StackContract
from landslidectl.terms import EventTime
from tests.attacks.fuzz.readers import SHOCK
from tests.attacks.world import copied
from tests.inference.tiny import Head, network_bytes

Attack = Callable[[Path], None]


def _network(change: Callable[[bytes], bytes]) -> Attack:
    return lambda folder: (folder / "model.tflite").write_bytes(  # type: ignore[func-returns-value]
        change((folder / "model.tflite").read_bytes())
    )


def _manifest(**changes: Any) -> Attack:
    def attack(folder: Path) -> None:
        manifest = json.loads((folder / "model.json").read_text())
        (folder / "model.json").write_text(json.dumps(manifest | changes))

    return attack


def _swapped_and_signed(folder: Path) -> None:
    """Exchange the network for one that takes other windows, and make the digest fit."""
    (folder / "model.tflite").write_bytes(network_bytes(Head((0.1, 0.2))))
    _manifest(sha256=file_digest(folder / "model.tflite"))(folder)


def _cut_and_signed(folder: Path) -> None:
    content = (folder / "model.tflite").read_bytes()
    (folder / "model.tflite").write_bytes(content[: len(content) // 2])
    _manifest(sha256=file_digest(folder / "model.tflite"))(folder)


def _text(change: Callable[[str], str]) -> Attack:
    def attack(folder: Path) -> None:
        text = (folder / "model.json").read_text()
        (folder / "model.json").write_text(change(text))

    return attack


def _folder_in_its_place(folder: Path) -> None:
    (folder / "model.tflite").unlink()
    (folder / "model.tflite").mkdir()


ATTACKS: dict[str, Attack] = {
    "network swapped": _network(lambda content: network_bytes(Head(bias=9.0))),
    "network swapped and signed": _swapped_and_signed,
    "network cut": _network(lambda content: content[:-100]),
    "network cut and signed": _cut_and_signed,
    "network empty": _network(lambda content: b""),
    "network grown": _network(lambda content: content + b"\0"),
    "one bit of the network": _network(lambda c: c[:500] + bytes([c[500] ^ 1]) + c[501:]),
    "network gone": lambda folder: (folder / "model.tflite").unlink(),
    "a folder for a network": _folder_in_its_place,
    "manifest cut": _text(lambda text: text[: len(text) // 2]),
    "manifest empty": _text(lambda text: ""),
    "manifest gone": lambda folder: (folder / "model.json").unlink(),
    "manifest of another": _manifest(name="resnet"),
    "manifest for other bands": _manifest(bands="vv", band_names=["post_VV", "diff_VV"]),
    "network elsewhere": _manifest(file="../../secret.tflite"),
    "network at the root": _manifest(file="/etc/passwd"),
    "threshold of anything": _manifest(threshold=1e308),
    "other units": _manifest(units="linear"),
    "newer schema": _manifest(schema=2),
    "foreign contract": _manifest(contract=StackContract().as_dict() | {"floor_db": "low"}),
    "window of a size that no memory holds": _manifest(window=2**40),
    "twin elsewhere": _manifest(twins={"float16": {"file": "../x", "sha256": ""}}),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_the_model_is_refused_before_any_work(planted: Path, tmp_path: Path, name: str) -> None:
    folder = copied(planted, tmp_path / "job")
    shutil.rmtree(folder / "models")
    shutil.copytree(planted / "models", folder / "models")
    ATTACKS[name](folder / "models" / "tiny")
    settings = DetectSettings(
        scenes=(folder / "scenes",),
        output=folder / "out",
        aoi=folder / "aoi.geojson",
        dem=folder / "dem",
        event=EventTime(SHOCK, SHOCK),
        model="tiny",
        models_dir=folder / "models",
    )
    with Catalog(tmp_path / "catalog.db") as catalog, pytest.raises(ModelError) as caught:
        run_detect(settings, silent, catalog)
    assert caught.value.exit_code == 5
    assert str(folder / "models") in caught.value.message
    with Catalog(tmp_path / "catalog.db") as catalog:
        (job,) = catalog.list_jobs()
        assert (job.exit_code, catalog.list_steps(job.job_id)) == (5, ())
    assert not list((folder / "out").rglob("*.tif"))
