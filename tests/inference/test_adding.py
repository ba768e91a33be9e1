"""Models from elsewhere: what is taken in, what is refused, and that nothing half-done is left."""

import json
import os
from pathlib import Path

import pytest

from landslidectl.errors import ModelError, OutputError
from landslidectl.files.hashing import file_digest
from landslidectl.inference.adding import add_model, provable_model
from landslidectl.inference.manifest import read_manifest
from landslidectl.terms import BandSet
from tests.inference.tiny import Head, write_model


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    """A model folder with a companion, and with what lies about on sticks."""
    folder = write_model(tmp_path / "stick", Head())
    (folder / "weights.npz").write_bytes(b"weights")
    twin = {"file": "weights.npz", "sha256": file_digest(folder / "weights.npz")}
    change(folder, twins={"weights": twin})
    (folder / "card.md").write_text("# tiny")
    (folder / ".DS_Store").write_text("junk")
    return folder.rename(tmp_path / "stick" / "tiny (1)")


def change(folder: Path, **values: object) -> None:
    """Change a manifest."""
    path = folder / "model.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def test_a_model_is_copied_under_its_own_name_without_the_junk(stick: Path, tmp_path: Path) -> None:
    added = add_model(provable_model(stick), (tmp_path / "own",))
    assert added.is_new and added.model.folder == tmp_path / "own" / "tiny"
    names = {path.name for path in added.model.folder.iterdir()}
    assert names == {"model.json", "model.tflite", "weights.npz", "card.md"}
    assert [path.name for path in (tmp_path / "own").iterdir()] == ["tiny"]
    again = add_model(provable_model(stick), (tmp_path / "own",))
    assert not again.is_new and again.model == added.model


def test_one_for_vv_alone_gets_the_folder_of_such(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "stick", Head(weights=(0.1, 0.2)), BandSet.VV)
    added = add_model(provable_model(folder), (tmp_path / "own",))
    assert added.model.folder.name == "tiny_vv"


def test_another_model_of_the_name_stays_unless_it_is_to_be_replaced(
    stick: Path, tmp_path: Path
) -> None:
    own, shipped = tmp_path / "own", tmp_path / "shipped"
    write_model(shipped, Head(bias=0.1))
    for place in (shipped, own):
        with pytest.raises(OutputError, match=f"{place / 'tiny'}: there is another") as caught:
            add_model(provable_model(stick), (own, shipped))
        assert "--replace" in caught.value.hint
        if place is shipped:
            write_model(own, Head(bias=0.2))
    before = file_digest(shipped / "tiny" / "model.tflite")
    added = add_model(provable_model(stick), (own, shipped), replace=True)
    assert added.is_new
    assert read_manifest(own / "tiny" / "model.json").sha256 == provable_model(stick).sha256
    assert file_digest(shipped / "tiny" / "model.tflite") == before
    assert [path.name for path in own.iterdir()] == ["tiny"]


def test_the_same_network_with_another_threshold_is_another_model(
    stick: Path, tmp_path: Path
) -> None:
    add_model(provable_model(stick), (tmp_path / "own",))
    change(stick, threshold=0.7)
    with pytest.raises(OutputError, match="another model"):
        add_model(provable_model(stick), (tmp_path / "own",))


@pytest.mark.parametrize(
    "name",
    [
        "../evil",
        "/etc",
        "",
        ".hidden",
        "a/b",
        "a\\b",
        "logratio",
        "a b",
        "a_vv",
        "\u202ecnn",
        "x" * 65,
    ],
)
def test_a_hostile_name_is_refused(stick: Path, name: str) -> None:
    change(stick, name=name)
    with pytest.raises(ModelError, match="cannot be the name"):
        provable_model(stick)


def test_a_file_outside_the_folder_and_a_link_are_refused(stick: Path, tmp_path: Path) -> None:
    card = stick / "card.md"
    card.unlink()
    (tmp_path / "secret").write_text("secret")
    card.symlink_to(tmp_path / "secret")
    with pytest.raises(ModelError, match=r"card\.md: is a link"):
        provable_model(stick)
    card.unlink()
    change(stick, file="../secret")
    with pytest.raises(ModelError, match="must be a name in this folder"):
        provable_model(stick)


@pytest.mark.parametrize("file", ["model.tflite", "weights.npz"])
def test_a_tampered_file_is_refused(stick: Path, file: str) -> None:
    with (stick / file).open("ab") as handle:
        handle.write(b"x")
    with pytest.raises(ModelError, match=f"{file}: damaged or exchanged"):
        provable_model(stick)


def test_a_network_that_fits_its_digest_and_cannot_be_run_is_refused(tmp_path: Path) -> None:
    folder = write_model(tmp_path, b"TFL3 and nothing else")
    with pytest.raises(ModelError, match="cannot be used as a network"):
        provable_model(folder)


def test_a_rule_in_the_dress_of_a_network_is_refused(stick: Path) -> None:
    change(stick, architecture="rule")
    with pytest.raises(ModelError, match="cannot be the name"):
        provable_model(stick)


def test_a_folder_without_a_model_is_told_what_is_in_it(stick: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"holds no model\.json") as caught:
        provable_model(stick.parent)
    assert "tiny (1)" in caught.value.hint
    with pytest.raises(ModelError, match="no such folder"):
        provable_model(tmp_path / "absent")


def test_a_stick_that_is_pulled_out_leaves_nothing(
    stick: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = provable_model(stick)
    read = Path.read_bytes

    def pulled(path: Path) -> bytes:
        if path.name == "weights.npz":
            raise OSError(5, os.strerror(5))
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", pulled)
    with pytest.raises(ModelError, match=r"weights\.npz: cannot be read") as caught:
        add_model(model, (tmp_path / "own",))
    assert "stick" in caught.value.hint
    assert list((tmp_path / "own").iterdir()) == []


def test_what_changes_after_it_was_proved_is_noticed(stick: Path, tmp_path: Path) -> None:
    model = provable_model(stick)
    (stick / "model.tflite").write_bytes(b"other")
    with pytest.raises(ModelError, match="damaged or exchanged"):
        add_model(model, (tmp_path / "own",))
    assert list((tmp_path / "own").iterdir()) == []
