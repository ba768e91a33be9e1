"""``train``: a network of one's own from stacks and mapped landslides."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from landslidectl.cli import options
from landslidectl.cli.alone import alone_in
from landslidectl.cli.layers import Layers, layers_for
from landslidectl.cli.output import say, write_facts, write_line, write_table
from landslidectl.cli.progress import reporting
from landslidectl.cli.stream import json_ending
from landslidectl.errors import ResourceError, UsageError
from landslidectl.terms import BandSet, JobStatus, Pass

if TYPE_CHECKING:
    from landslidectl.inference.manifest import Model

TRAIN = "Train"
DATA = "Data"
NETWORK = "Network"
TRAIN_HELP = """Train a network on your own stacks and mapped landslides. Needs TensorFlow.

    landslidectl train --event kaikoura stacked/ kaikoura.gpkg --architecture cnn --name nz -o mine/

Every event takes its name, a stack folder (or a folder that holds stacks) and its polygons. Go on
from a shipped model with what a small inventory gives:

    landslidectl train --event haiti stacked/ haiti.gpkg --from resnet --name haiti -o mine/

Keep one event for the test alone:

    landslidectl train --event a a/ a.gpkg --event b b/ b.gpkg --leave-out b --architecture cnn ...

The same command again goes on where it stopped.
"""
FIGURES = {
    "roc_auc": "ROC AUC",
    "average_precision": "av. precision",
    "precision": "precision",
    "recall": "recall",
    "f1": "F1",
}


class Architecture(StrEnum):
    """The networks that can be trained."""

    CNN = "cnn"
    RESNET = "resnet"
    CBAM = "cbam"


class Passes(StrEnum):
    """Which tracks are used."""

    ASCENDING = "ascending"
    DESCENDING = "descending"
    BOTH = "both"


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("train", help=TRAIN_HELP, rich_help_panel=TRAIN)(train)


def train(  # noqa: PLR0913  (the options of a command are its parameters)
    *,
    event: Annotated[
        list[str],
        typer.Option(
            help="Name of an event, followed by its stack folder and its polygons. Repeat it.",
            metavar="NAME STACK POLYGONS",
            rich_help_panel=DATA,
        ),
    ],
    places: Annotated[
        list[Path],
        typer.Argument(
            help="Stack folder and polygons of each --event, in the order of the events.",
            metavar="STACK POLYGONS",
            show_default=False,
        ),
    ],
    name: Annotated[
        str, typer.Option(help="Name of the new model.", metavar="NAME", rich_help_panel=NETWORK)
    ],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", help="Folder of models to put it in.", metavar="FOLDER"),
    ],
    architecture: Annotated[
        Architecture | None,
        typer.Option(help="Which network. Default: that of --from.", rich_help_panel=NETWORK),
    ] = None,
    bands: Annotated[
        BandSet, typer.Option(help="Bands it takes.", rich_help_panel=NETWORK)
    ] = BandSet.VV_VH,
    start: Annotated[
        str | None,
        typer.Option(
            "--from",
            help="Shipped model, or folder of a model, to go on from (fine-tuning).",
            metavar="MODEL",
            rich_help_panel=NETWORK,
        ),
    ] = None,
    freeze: Annotated[
        int,
        typer.Option(
            help="With --from: first convolutions that stay as they are.",
            min=0,
            rich_help_panel=NETWORK,
        ),
    ] = 0,
    mix: Annotated[
        Path | None,
        typer.Option(
            help="Folder of simulated patches to train on as well.",
            metavar="FOLDER",
            rich_help_panel=DATA,
        ),
    ] = None,
    mix_share: Annotated[
        float,
        typer.Option(help="Largest share of simulated training patches.", rich_help_panel=DATA),
    ] = 0.5,
    layer: Layers = None,
    leave_out: Annotated[
        list[str] | None,
        typer.Option(
            help="Event that is for the test alone. Repeatable.",
            metavar="NAME",
            rich_help_panel=DATA,
        ),
    ] = None,
    direction: Annotated[
        Passes, typer.Option("--pass", help="Tracks to use.", rich_help_panel=DATA)
    ] = Passes.BOTH,
    most_patches: Annotated[
        int,
        typer.Option(help="Landslide patches of one stack, at most.", min=40, rich_help_panel=DATA),
    ] = 400,
    negatives: Annotated[
        float,
        typer.Option(
            help="Other patches for each landslide patch.", min=0.5, rich_help_panel=NETWORK
        ),
    ] = 2.0,
    epochs: Annotated[
        int | None,
        typer.Option(
            help="At most so many. Default: 40, or 20 with --from.", min=1, rich_help_panel=NETWORK
        ),
    ] = None,
    learning_rate: Annotated[
        float | None,
        typer.Option(
            help="At the start. Default: 0.001, or 0.0001 with --from.",
            min=1e-7,
            rich_help_panel=NETWORK,
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Decides windows, split and weights.", min=0)] = 1,
    licence: Annotated[
        str, typer.Option(help="Licence of the new model, for its card.", metavar="TEXT")
    ] = "not stated",
    work: Annotated[
        Path | None,
        typer.Option(help="Folder of the run. Default: OUTPUT/.work/NAME.", metavar="FOLDER"),
    ] = None,
    json_lines: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Train a network."""
    with json_ending(json_lines) as stream, reporting(stream, quiet, verbose) as reporter:
        request_type, check_request, run_train, source = _room()
        request = request_type(
            events=tuple(source(*one) for one in _sources(event, places, layer)),
            name=name,
            output=output,
            architecture=architecture.value if architecture else None,
            bands=bands,
            start=start,
            mix=mix,
            mix_share=mix_share,
            left_out=tuple(leave_out or ()),
            direction=None if direction is Passes.BOTH else Pass(direction.value),
            seed=seed,
            epochs=epochs,
            negatives=negatives,
            learning_rate=learning_rate,
            frozen=freeze,
            most_patches=most_patches,
            licence=licence,
            work=work,
        )
        check_request(request)
        with alone_in(request.run):
            model = run_train(request, reporter)
    if stream is not None:
        facts = {"folder": str(model.folder), "metrics": model.raw["metrics"]}
        stream.summary(0, JobStatus.SUCCEEDED.value, **facts)
    elif not quiet:
        _show(model, output)


def _room() -> tuple[Any, Any, Any, Any]:
    """Reach the training room, which a build without TensorFlow does not hold."""
    try:
        from landslidectl.training.mapped.inventories import EventSource  # noqa: PLC0415
        from landslidectl.training.mapped.train import train as run_train  # noqa: PLC0415
        from landslidectl.training.mapped.train_request import (  # noqa: PLC0415
            TrainRequest,
            check_request,
        )
    except ModuleNotFoundError as error:
        raise ResourceError(
            f"training needs what this build does not hold: {error}",
            "Install it for Python instead: pip install 'landslidectl[train]'.",
        ) from error
    return TrainRequest, check_request, run_train, EventSource


def _sources(
    names: list[str], places: list[Path], layers: list[str] | None
) -> list[tuple[str, Path, Path, str | None]]:
    """Put names, stacks, polygons and layers together again."""
    if len(places) != 2 * len(names):
        raise UsageError(
            f"{len(names)} event{'s need' if len(names) > 1 else ' needs'} {2 * len(names)} paths, "
            f"found {len(places)}",
            "Every --event takes a name, a stack folder and a file of polygons: "
            "--event hokkaido2018 stacked/ hokkaido.gpkg.",
        )
    named = layers_for(layers, len(names), "events")
    return list(zip(names, places[::2], places[1::2], named, strict=True))


def _show(model: "Model", output: Path) -> None:
    metrics = model.raw["metrics"]
    test = metrics["test"]
    rows = [("this model", test["model"])]
    if "test_before" in metrics:
        rows.append(("before fine-tuning", metrics["test_before"]))
    rows += [
        ("mean absolute log-ratio", test["log_ratio"]),
        ("spread of the log-ratio", test["spread"]),
    ]
    rows += _by_event(model.raw)
    landslides, others = test["model"]["positives"], test["model"]["negatives"]
    write_line(
        f"{landslides + others} test patches, {landslides} of them landslides, "
        "from ground that the training did not see:"
    )
    write_table(
        ("", *FIGURES.values()),
        [(title, *(f"{figures[key]:.3f}" for key in FIGURES)) for title, figures in rows],
    )
    write_line()
    write_facts({"folder": model.folder, "threshold": model.threshold})
    say(f"Use it: landslidectl detect SCENES --model {model.name} --models-dir {output}")


def _by_event(manifest: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Return the figures of single events, where there are several with both kinds of patches."""
    events = manifest["metrics"]["test_by_event"]
    left_out = {event["name"] for event in manifest["training"]["events"] if event["left_out"]}
    return [
        (f"event {name}{', left out' if name in left_out else ''}", row["model"])
        for name, row in events.items()
        if row["model"] and len(events) > 1
    ]
