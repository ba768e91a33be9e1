"""``evaluate``: hold a map against a landslide inventory, or judge a model."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from landslidectl.cli import evaluate_options as asked
from landslidectl.cli import options
from landslidectl.cli.layers import Layers, layers_for
from landslidectl.cli.output import write_facts, write_json, write_line, write_table
from landslidectl.cli.progress import reporting
from landslidectl.errors import ResourceError, UsageError

if TYPE_CHECKING:
    from landslidectl.events import Reporter
    from landslidectl.inference.manifest import Model

SEED_RANGE = re.compile(r"(\d+)(?:-(\d+))?")
MOST_SEEDS = 1000
EVALUATE_HELP = """Hold a product against the mapped landslides of its event, or judge a model.

    landslidectl evaluate out/LSD_... --inventory polygons.gpkg --land-cover worldcover/

Several events, each with its inventory, and their sum:

    landslidectl evaluate kaikoura/ palu/ --inventory kaikoura.gpkg --inventory palu.gpkg

A model, on what it has never seen:

    landslidectl evaluate resnet --patches test/ --validation validation/ --scenes 901-910

Tables and plots go to the output folder; evaluation.md is the one to read.
"""

NEEDED_SOURCES = "--patches, --pairs, --scenes, --statistics, --real-patch or --no-change"


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("evaluate", help=EVALUATE_HELP, rich_help_panel="Judge")(evaluate)


def evaluate(  # noqa: PLR0913  (the options of a command are its parameters)
    targets: Annotated[
        list[Path],
        typer.Argument(
            help="Product folders that detect wrote, or one model: its name or its folder.",
            metavar="TARGET...",
            show_default=False,
        ),
    ],
    *,
    inventory: asked.Inventories = None,
    layer: Layers = None,
    land_cover: asked.LandCover = None,
    land_cover_legend: asked.LandCoverLegend = None,
    dem: asked.Dem = None,
    patches: asked.Patches = None,
    validation: asked.Validation = None,
    pairs: asked.Pairs = None,
    scenes: asked.Scenes = None,
    statistics: asked.Statistics = None,
    real_patch: asked.RealPatch = None,
    no_change: asked.NoChange = None,
    models_dir: options.ModelsDir = None,
    output: asked.Output = Path("evaluation"),
    json_lines: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Judge maps or a model."""
    of_products = {
        "--inventory": inventory,
        "--layer": layer,
        "--land-cover": land_cover,
        "--land-cover-legend": land_cover_legend,
        "--dem": dem,
    }
    of_models = {
        "--patches": patches,
        "--validation": validation,
        "--pairs": pairs,
        "--scenes": scenes,
        "--statistics": statistics,
        "--real-patch": real_patch,
        "--no-change": no_change,
    }
    model = _model(targets, models_dir, inventory is not None)
    with reporting(None, quiet=quiet or json_lines, verbose=verbose) as reporter:
        if model is None:
            _refuse(of_models, "a product")
            report: Mapping[str, Any] = _judge_products(targets, of_products, output, reporter)
        else:
            _refuse(of_products, f"the model '{model.name}'")
            report = _judge_model(model, of_models, output, reporter)
    if json_lines:
        write_json(report)
    elif not quiet:
        if model is None:
            _show_products(report)
        write_facts({"read": output / "evaluation.md", "data": output / "evaluation.json"})


def parse_seeds(text: str) -> tuple[int, ...]:
    """Return the numbers that a list of numbers and ranges names, such as ``901-910,950``.

    Raises
    ------
    UsageError
        If it is no such list, or a very long one.
    """
    seeds: list[int] = []
    for part in text.split(","):
        match = SEED_RANGE.fullmatch(part.strip())
        first = int(match[1]) if match else 0
        last = int(match[2] or match[1]) if match else -1
        if last < first or last - first >= MOST_SEEDS:
            raise UsageError(
                f"--scenes: '{text}' names no events", "Give numbers such as 901-910 or 901,905."
            )
        seeds += range(first, last + 1)
    return tuple(dict.fromkeys(seeds))


def _model(targets: Sequence[Path], models_dir: Path | None, has_inventory: bool) -> "Model | None":
    """Return the model that is meant; None where the targets are products."""
    from landslidectl.inference.choice import networks  # noqa: PLC0415
    from landslidectl.inference.manifest import (  # noqa: PLC0415
        MANIFEST_NAME,
        read_manifest,
        verify_model,
    )

    folders = [path for path in targets if (path / MANIFEST_NAME).is_file()]
    if not folders and (has_inventory or any(path.exists() for path in targets)):
        return None
    if len(targets) > 1:
        raise UsageError("more than one model is given", "Judge one model at a time.")
    if folders:
        model = read_manifest(folders[0] / MANIFEST_NAME)
    else:
        known = {item.folder.name: item for item in networks(models_dir)}
        name = str(targets[0])
        if name not in known:
            raise UsageError(
                f"'{name}' is neither a product folder nor a model; models present: "
                f"{', '.join(sorted(known)) or 'none'}",
                "Give a folder LSD_... that landslidectl detect wrote, or a name of "
                "'landslidectl models list'.",
            )
        model = known[name]
    verify_model(model)
    return model


def _refuse(given: Mapping[str, Any], target: str) -> None:
    wrong = [name for name, value in given.items() if value]
    if wrong:
        raise UsageError(
            f"{', '.join(wrong)}: not for {target}",
            "Products are held against --inventory; models take "
            f"{NEEDED_SOURCES}. See: landslidectl evaluate --help",
        )


def _judge_products(
    targets: Sequence[Path], given: Mapping[str, Any], output: Path, reporter: "Reporter"
) -> dict[str, Any]:
    from landslidectl.evaluation.judge import JudgeOptions  # noqa: PLC0415
    from landslidectl.evaluation.report import judge_products  # noqa: PLC0415

    inventories = given["--inventory"] or []
    if len(inventories) != len(targets):
        raise UsageError(
            f"{len(targets)} product{'s' if len(targets) > 1 else ''} and {len(inventories)} "
            f"inventor{'y' if len(inventories) == 1 else 'ies'} are given",
            "Give --inventory once for every product, in the same order.",
        )
    known = JudgeOptions(
        tuple(given["--land-cover"] or ()),
        given["--land-cover-legend"],
        given["--dem"],
        tuple(layers_for(given["--layer"], len(targets), "inventories")),
    )
    return judge_products(list(zip(targets, inventories, strict=True)), output, known, reporter)


def _judge_model(
    model: "Model", given: Mapping[str, Any], output: Path, reporter: "Reporter"
) -> Mapping[str, Any]:
    if not any(value for name, value in given.items() if name != "--validation"):
        raise UsageError(
            f"nothing is given to judge the model '{model.name}' on", f"Give {NEEDED_SOURCES}."
        )
    seeds = parse_seeds(given["--scenes"]) if given["--scenes"] else None
    paths = {name: value for name, value in given.items() if name != "--scenes"}
    missing = [f"{name} {path}" for name, path in paths.items() if path and not path.exists()]
    if missing:
        raise UsageError(f"not there: {', '.join(missing)}", "Check the paths.")
    try:
        from landslidectl.training.judging.judge import JudgeSources, judge_model  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise ResourceError(
            f"judging models needs what this build does not hold: {error}",
            "Install it for Python instead: pip install 'landslidectl[train]'.",
        ) from error
    sources = JudgeSources(
        **{name.removeprefix("--").replace("-", "_"): path for name, path in paths.items()},
        scenes=seeds,
    )
    return judge_model(model, sources, output, reporter)


def _show_products(report: Mapping[str, Any]) -> None:
    from landslidectl.evaluation import pages  # noqa: PLC0415

    if report["simulated"]:
        write_line("Simulated data: these figures say nothing about real landslides.\n")
    total = report["total"]
    tables = [
        pages.overview(report["events"], total),
        pages.size_table(total["objects"]["by_size"]),
    ]
    for key, title, _ in pages.CLASS_TABLES:
        if total["objects"][key] is not None:
            tables.append(pages.object_table(title.lower(), total["objects"][key]))
    for headings, rows in tables:
        write_table(headings, rows)
        write_line()
