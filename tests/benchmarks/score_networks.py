"""The networks that are timed, by name: models, their float companions, single files."""

import argparse
from dataclasses import replace
from pathlib import Path

from landslidectl.files.hashing import file_digest
from landslidectl.inference.manifest import Model, list_models, model_twins
from landslidectl.stack.contract import StackContract
from landslidectl.terms import BandSet

FLOAT = " float"
"""What follows a model's name where its float companion is meant."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Let the user say which networks."""
    parser.add_argument("models", type=Path, help="folder of model folders")
    parser.add_argument("--network", action="append", default=[], metavar="NAME=FILE")
    parser.add_argument("--only", default="cnn,cbam,resnet", help="names, with commas between")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=2)


def networks(given: argparse.Namespace) -> dict[str, Model]:
    """Return what is to be timed; a float companion follows its model."""
    chosen = [*given.only.split(","), *(text.partition("=")[0] for text in given.network)]
    found: dict[str, Model] = {}
    for model in list_models(given.models):
        found[model.folder.name] = model
        for file, digest in model_twins(model).values():
            if file.suffix == ".tflite":
                found[model.folder.name + FLOAT] = replace(model, file=file, sha256=digest)
    for text in given.network:
        name, _, path = text.partition("=")
        found[name] = _single(name, Path(path).resolve())
    return {name: found[name] for one in chosen for name in (one, one + FLOAT) if name in found}


def _single(name: str, file: Path) -> Model:
    return Model(
        name=name,
        version="0",
        architecture="",
        folder=file.parent,
        file=file,
        sha256=file_digest(file),
        bands=BandSet.VV_VH,
        contract=StackContract(),
        window=64,
        threshold=0.5,
        licence="",
        raw={},
    )
