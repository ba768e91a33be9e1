"""Take a model folder in, as from a USB stick: proved where it lies, copied, and proved again."""

from dataclasses import dataclass
from pathlib import Path

from landslidectl.errors import ModelError, OutputError
from landslidectl.files.atomic import write_bytes_atomic
from landslidectl.files.hashing import file_digest
from landslidectl.files.staged import staged_folder
from landslidectl.inference.interpreter import check_network
from landslidectl.inference.manifest import (
    MANIFEST_NAME,
    Model,
    model_folder_name,
    model_twins,
    present_models,
    read_manifest,
    verify_model,
)
from landslidectl.inference.naming import is_model_name

BESIDE = ("card.md", "places.json")
"""Files of a model that its manifest gives no digest of: for people, and for ``train``."""


@dataclass(frozen=True, slots=True)
class AddedModel:
    """A model that stands in a folder of models now.

    Parameters
    ----------
    model : Model
        As it is found from now on.
    is_new : bool
        False where the same model was there before.
    """

    model: Model
    is_new: bool


def provable_model(folder: Path) -> Model:
    """Return the model in a folder after every check that can be made of it.

    Manifest and name, the digests of all network files, and a few windows scored.

    Raises
    ------
    ModelError
        If the folder holds no model, or one that must not or cannot be used.
    """
    if not (folder / MANIFEST_NAME).is_file():
        raise _no_model(folder)
    model = read_manifest(folder / MANIFEST_NAME)
    if model.is_rule or not is_model_name(model.name):
        raise ModelError(
            f"{folder / MANIFEST_NAME}: '{model.name}' cannot be the name of a network; expected "
            "up to 64 letters, digits, dots and hyphens, and not the name of a rule that is "
            "built in",
            "Ask whoever made the model to name it anew.",
        )
    for name in _files(model):
        if (folder / name).is_symlink():
            raise ModelError(
                f"{folder / name}: is a link; a model folder holds its files themselves",
                "Copy the whole folder anew, with the files that its links lead to.",
            )
    try:
        verify_model(model)
        check_network(model)
    except OSError as error:
        raise _unreadable(folder, error) from error
    return model


def add_model(model: Model, places: tuple[Path, ...], replace: bool = False) -> AddedModel:
    """Copy a model into a folder of models; it appears there complete or not at all.

    Parameters
    ----------
    model : Model
        As `provable_model` returns it.
    places : tuple of Path
        Where models are looked for, in this order; the copy goes into the first.
    replace : bool
        Take the place of another model of that name. A network that came with the program stays,
        behind the new one.

    Raises
    ------
    ModelError
        If the copy is not what was proved.
    OutputError
        If there is another model of that name, or the folder cannot be written.
    ResourceError
        If the disk is full.
    """
    name = model_folder_name(model.name, model.bands)
    present = next((place / name for place in places if (place / name).exists()), None)
    if present is not None and _same(model, present):
        return AddedModel(read_manifest(present / MANIFEST_NAME), is_new=False)
    if present is not None and not replace:
        raise OutputError(
            f"{present}: there is another model '{model.name}' for {model.bands.value} bands",
            "Give --replace to use the new one in its place, or another folder with --models-dir.",
        )
    final = places[0] / name
    with staged_folder(final) as staging:
        for file in _files(model):
            _copy(model.folder / file, staging / file)
        verify_model(read_manifest(staging / MANIFEST_NAME))
    return AddedModel(read_manifest(final / MANIFEST_NAME), is_new=True)


def _files(model: Model) -> list[str]:
    """Return the names of the files that make a model; what else lies beside them is left."""
    twins = [file.name for file, _ in model_twins(model).values()]
    return list(dict.fromkeys([model.file.name, *twins, *BESIDE, MANIFEST_NAME]))


def _copy(file: Path, copy: Path) -> None:
    if not file.is_file():
        return
    try:
        content = file.read_bytes()
    except OSError as error:
        raise _unreadable(file, error) from error
    write_bytes_atomic(copy, content)


def _unreadable(path: Path, error: OSError) -> ModelError:
    return ModelError(
        f"{path}: cannot be read: {error.strerror or error}",
        "Is the stick still plugged in? Copy the model onto it anew.",
    )


def _same(model: Model, present: Path) -> bool:
    return all(_digest(model.folder / name) == _digest(present / name) for name in _files(model))


def _digest(file: Path) -> str:
    return file_digest(file) if file.is_file() else ""


def _no_model(folder: Path) -> ModelError:
    if not folder.is_dir():
        return ModelError(f"{folder}: there is no such folder", "Name the folder of a model.")
    inside = ", ".join(present_models(folder))
    return ModelError(
        f"{folder}: holds no {MANIFEST_NAME}, so it is no folder of a model",
        f"Name one of the folders in it that are: {inside}."
        if inside
        else "Name the folder that holds model.json beside the network file.",
    )
