"""``models``: which networks and rules there are, whether intact, and those of others taken in."""

import textwrap
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from landslidectl.cli import completing, options
from landslidectl.cli.flags import command_group
from landslidectl.cli.listing import FormName, Listing, chosen_form, write_listing
from landslidectl.cli.output import (
    clean,
    say,
    say_error,
    write_json,
    write_line,
)
from landslidectl.cli.scene_commands import told
from landslidectl.errors import ModelError, ResourceError
from landslidectl.terms import BandSet, Pass

if TYPE_CHECKING:
    from landslidectl.inference.manifest import Model

WIDTH = 80

models = command_group("The networks that come with the program, and your own.")


MODEL_FIELDS = ("name", "version", "bands", "threshold", "threshold_high", "licence", "folder")
MODELS = Listing(
    fields=(*MODEL_FIELDS, "sha256"),
    headings=("name", "version", "bands", "threshold", "high", "licence", "folder"),
    row=lambda model: [model[name] for name in MODEL_FIELDS],
)


class PublishedArchitecture(StrEnum):
    """Networks of others whose weights can be taken in."""

    SAR_LRA = "sar-lra"


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(models, name="models", rich_help_panel="Look")


@models.command("list")
def list_all(
    models_dir: options.ModelsDir = None,
    form: FormName = None,
    json_lines: options.Json = False,
) -> None:
    """List the models.

    landslidectl models list

    landslidectl models list --format csv
    """
    chosen = chosen_form(form, json_lines)
    write_listing(MODELS, [_facts(model) for model in _models(models_dir)], chosen)


@models.command("info")
def info(
    name: Annotated[
        str,
        typer.Argument(
            help="Name of a model or of its folder.", autocompletion=completing.model_folders
        ),
    ],
    models_dir: options.ModelsDir = None,
    json_lines: options.Json = False,
) -> None:
    """Show a model's manifest and its card.

    landslidectl models info resnet
    """
    model = _named(name, _models(models_dir))
    if json_lines:
        write_json(dict(model.raw))
        return
    _show_facts(_in_brief(model.raw))
    write_line("\nEvery figure and setting: --json")
    card = model.folder / "card.md"
    if card.is_file():
        write_line()
        write_line(card.read_text(encoding="utf-8").rstrip())


def _in_brief(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Return what a person asks of a manifest; the figures are in the card below."""
    brief = {key: value for key, value in manifest.items() if key not in ("metrics", "calibration")}
    if isinstance(training := manifest.get("training"), Mapping):
        brief["training"] = training.get("data")
    if "twins" in brief:
        brief["twins"] = [twin["file"] for twin in manifest["twins"].values()]
    if isinstance(brief.get("scaling"), list):
        bands = zip(manifest["band_names"], brief["scaling"], strict=False)
        brief["scaling"] = [f"{name} ({told(by)})" for name, by in bands]
    return {key.replace("_", " "): told(value) for key, value in brief.items()}


def _show_facts(facts: Mapping[str, str]) -> None:
    """Write names and values, long values over several lines."""
    width = max(len(name) for name in facts)
    for name, value in facts.items():
        lines = textwrap.wrap(clean(value), WIDTH - width - 2, break_long_words=False) or [""]
        write_line(f"{name:<{width}}  {lines[0]}".rstrip())
        for line in lines[1:]:
            write_line(f"{'':<{width}}  {line}")


@models.command("verify")
def verify(
    name: Annotated[
        str | None,
        typer.Argument(
            help="Name of a model; without it, all.",
            show_default=False,
            autocompletion=completing.model_folders,
        ),
    ] = None,
    models_dir: options.ModelsDir = None,
    json_lines: options.Json = False,
) -> None:
    """Check that the network files are the ones their manifests describe.

    landslidectl models verify
    """
    from landslidectl.inference.manifest import verify_model  # noqa: PLC0415

    found = _models(models_dir)
    chosen = [_named(name, found)] if name else [model for model in found if not model.is_rule]
    results: list[dict[str, Any]] = []
    for model in chosen:
        if model.is_rule:
            say(f"{model.name} is a rule that is built in: it has no file to check.")
            continue
        try:
            verify_model(model)
            results.append({"folder": model.folder.name, "intact": True, "reason": ""})
        except ModelError as error:
            results.append({"folder": model.folder.name, "intact": False, "reason": error.message})
    if not chosen or results:
        _tell_verified(results, json_lines)


@models.command("add")
def add(
    folder: Annotated[
        Path, typer.Argument(help="Folder of the model, such as on a USB stick.", metavar="FOLDER")
    ],
    models_dir: Annotated[
        Path | None,
        typer.Option(
            help="Folder of models to copy it into. Default: your own.",
            envvar=f"{options.PREFIX}MODELS_DIR",
            metavar="FOLDER",
        ),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Use it in place of another model of its name.")
    ] = False,
    json_lines: options.Json = False,
) -> None:
    """Copy a model from elsewhere into your own, once it is proved whole and usable.

    landslidectl models add /media/stick/nz
    """
    from landslidectl.cli.alone import alone_in  # noqa: PLC0415
    from landslidectl.inference.adding import add_model, provable_model  # noqa: PLC0415
    from landslidectl.inference.naming import model_places, own_models_dir  # noqa: PLC0415

    target = models_dir or own_models_dir()
    model = provable_model(folder)
    with alone_in(target):
        added = add_model(model, model_places(models_dir), replace)
    if json_lines:
        write_json(_facts(added.model) | {"is_new": added.is_new})
        return
    write_line(f"{added.model.folder}: {'added' if added.is_new else 'was there already'}")
    words = ["landslidectl detect SCENES --model", added.model.name]
    if added.model.bands is BandSet.VV:
        words.append("--polarisations vv")
    if models_dir is not None:
        words.append(f"--models-dir {models_dir}")
    say(f"Use it: {' '.join(words)}")


@models.command("import")
def import_weights(
    weights: Annotated[
        Path,
        typer.Argument(help="HDF5 file in which Keras saved the weights.", metavar="WEIGHTS.hdf5"),
    ],
    architecture: Annotated[
        PublishedArchitecture, typer.Option(help="Network that the weights are of.")
    ],
    direction: Annotated[
        Pass, typer.Option("--pass", help="Direction of the tracks they were trained on.")
    ],
    name: Annotated[str, typer.Option(help="Name to give the model.", metavar="NAME")],
    output: Annotated[
        Path, typer.Option(help="Folder of models to put it in.", metavar="FOLDER")
    ] = Path("imported-models"),
) -> None:
    """Make a model of the weights that others published. Needs TensorFlow.

    landslidectl models import weights.hdf5 --architecture sar-lra --pass descending --name lra
    """
    del architecture
    try:
        from landslidectl.training.networks.convert import ImportRequest, import_sar_lra  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise ResourceError(
            f"importing weights needs what this build does not hold: {error}",
            "Install it for Python instead: pip install 'landslidectl[train]'.",
        ) from error
    for model in import_sar_lra(ImportRequest(weights, direction, name, output)):
        write_line(f"{model.folder}: {model.raw['precision']}; licence {model.licence}")
    say(f"Use it on {direction} tracks: detect --model {name} --models-dir {output}")


def _tell_verified(results: list[dict[str, Any]], json_lines: bool) -> None:
    if json_lines:
        write_json(results)
    for result in results:
        if not result["intact"]:
            say_error(result["reason"])
        elif not json_lines:
            write_line(f"{result['folder']}: intact")
    if not results:
        say("There are no models to verify.")
    if not results or not all(result["intact"] for result in results):
        raise typer.Exit(ModelError.exit_code)


def _models(models_dir: Path | None) -> "tuple[Model, ...]":
    from landslidectl.inference.choice import all_models  # noqa: PLC0415

    return all_models(models_dir)


def _named(name: str, found: "tuple[Model, ...]") -> "Model":
    by_folder = {model.folder.name: model for model in found}
    by_name = {model.name: model for model in reversed(found)}
    model = by_folder.get(name) or by_name.get(name)
    if model is None:
        present = ", ".join(sorted(by_folder)) or "none"
        raise ModelError(f"no model '{name}'; present: {present}", "See: landslidectl models list")
    return model


def _facts(model: "Model") -> dict[str, Any]:
    return {
        "name": model.name,
        "version": model.version,
        "bands": model.bands.value,
        "threshold": model.threshold,
        "threshold_high": model.threshold_high,
        "licence": model.licence,
        "sha256": model.sha256,
        "folder": str(model.folder),
    }
