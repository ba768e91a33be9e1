"""``python -m landslidectl.training STEP``: dataset, fit, quantise, scenes, register, ...

Every step goes on where it was stopped and skips what stands.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from landslidectl.errors import LandslidectlError
from landslidectl.events import ProgressEvent, SceneRefused, StepFinished, StepStarted, Warned
from landslidectl.terms import BandSet, Pass
from landslidectl.training.judging.judging_steps import add_judging_steps
from landslidectl.training.judging.threshold_steps import (
    add_events,
    add_threshold_steps,
    choose_for_runs,
)
from landslidectl.training.networks.fit_settings import FitSettings
from landslidectl.training.networks.trainer import Precision
from landslidectl.training.simulated.simulated_steps import add_simulated_steps

SIMULATED = (
    "Simulated places, each with its slides and without: relief, cover, thermal noise and what "
    "changes without slides fitted to the statistics of real labelled patches; landslides of "
    "inverse-gamma areas that brighten and darken; radar scenes by forward projection with "
    "correlated speckle."
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one step; return the exit code."""
    options = _parser().parse_args(arguments)
    step: Callable[[argparse.Namespace], None] = options.step
    try:
        step(options)
    except LandslidectlError as error:
        sys.stderr.write(f"error: {error.message}\n{error.hint}\n")
        return error.exit_code
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m landslidectl.training", description=__doc__)
    steps = parser.add_subparsers(required=True, metavar="STEP")
    add_simulated_steps(steps, _say, _tell)
    _add_fit(steps.add_parser("fit", help="train a network"))
    quantise = steps.add_parser("quantise", help="convert the best network, choose a threshold")
    quantise.add_argument("--run", type=Path, required=True)
    quantise.add_argument("--train", type=Path, required=True)
    quantise.add_argument("--validation", type=Path, required=True)
    quantise.set_defaults(step=_quantise)
    register = steps.add_parser("register", help="evaluate on the test set, write the folder")
    for name in ("run", "train", "validation"):
        register.add_argument(f"--{name}", type=Path, required=True)
    _add_register(register)
    register.set_defaults(step=_register)
    _add_model(steps.add_parser("model", help="fit, quantise, scenes and register in one go"))
    add_threshold_steps(steps, _say, _tell)
    add_judging_steps(steps, _say, _tell)
    return parser


def _add_fit(parser: argparse.ArgumentParser) -> None:
    defaults = FitSettings("cnn")
    parser.add_argument("--architecture", choices=["cnn", "resnet", "cbam"], required=True)
    parser.add_argument("--bands", type=BandSet, choices=list(BandSet), default=BandSet.VV_VH)
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--validation", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True, help="folder of this run")
    parser.add_argument("--pass", type=Pass, choices=list(Pass), dest="direction")
    parser.add_argument("--seed", type=int, default=defaults.seed)
    parser.add_argument("--epochs", type=int, default=defaults.epochs)
    parser.add_argument("--patience", type=int, default=defaults.patience)
    parser.add_argument("--batch", type=int, default=defaults.batch)
    parser.add_argument("--learning-rate", type=float, default=defaults.learning_rate)
    parser.add_argument("--dropout", type=float, default=defaults.dropout)
    parser.add_argument("--negatives", type=float, default=defaults.negatives_per_positive)
    parser.add_argument("--precision", type=Precision, choices=list(Precision), default="float32")
    parser.add_argument("--no-flips", action="store_true", help="for one pass direction alone")
    parser.set_defaults(step=_fit)


def _add_register(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--test", type=Path, required=True)
    parser.add_argument("--models", type=Path, required=True, help="the folder models/")
    parser.add_argument("--name", required=True)
    parser.add_argument("--version", required=True)
    parser.add_argument("--data", default=SIMULATED, help="the training data in words")


def _add_model(parser: argparse.ArgumentParser) -> None:
    _add_fit(parser)
    add_events(parser)
    _add_register(parser)
    parser.set_defaults(step=_model)


def _model(options: argparse.Namespace) -> None:
    """Do all that a model needs; what stands of the very same network is not done again."""
    from landslidectl.training.networks.register import (  # noqa: PLC0415
        QUANTISATION,
        SCENES,
        is_of_network,
    )

    _fit(options)
    if not is_of_network(options.run / QUANTISATION):
        _quantise(options)
    if not is_of_network(options.run / SCENES):
        options.runs = [options.run]
        choose_for_runs(options, _say, _tell)
    _register(options)


def _fit(options: argparse.Namespace) -> None:
    from landslidectl.training.networks.fit import fit  # noqa: PLC0415
    from landslidectl.training.patches import read_folder  # noqa: PLC0415

    settings = FitSettings(
        architecture=options.architecture,
        bands=options.bands,
        seed=options.seed,
        epochs=options.epochs,
        patience=options.patience,
        batch=options.batch,
        learning_rate=options.learning_rate,
        negatives_per_positive=options.negatives,
        dropout=options.dropout,
        flips=not options.no_flips,
        precision=options.precision,
        direction=options.direction,
    )
    patches = read_folder(options.train).of_pass(options.direction)
    validation = read_folder(options.validation).of_pass(options.direction)
    result = fit(settings, patches, validation, options.run, _tell)
    _say(f"best epoch {result.best_epoch} of {len(result.history)}: {result.network}")


def _quantise(options: argparse.Namespace) -> None:
    from landslidectl.training.networks.register import quantise_run  # noqa: PLC0415
    from landslidectl.training.patches import read_folder  # noqa: PLC0415

    record = quantise_run(options.run, read_folder(options.train), read_folder(options.validation))
    _say(f"threshold {record['threshold']}, quantisation {record['loss']}")


def _register(options: argparse.Namespace) -> None:
    from landslidectl.files.hashing import file_digest  # noqa: PLC0415
    from landslidectl.training.networks.register import Release, register  # noqa: PLC0415
    from landslidectl.training.patches import read_folder  # noqa: PLC0415
    from landslidectl.training.simulated.landscapes import population_file  # noqa: PLC0415

    sets = {name: read_folder(getattr(options, name)) for name in ("train", "validation", "test")}
    places = population_file(getattr(options, "population", None))
    facts = {"simulator": "calibrated", "population": file_digest(places)}
    release = Release(options.name, options.version, options.data, facts=facts)
    model = register(options.run, release, sets, options.models)
    _say(f"{model.folder}: {model.raw['metrics']['test']}")


def _tell(event: ProgressEvent) -> None:
    """Write one plain line for what is worth a line."""
    match event:
        case StepStarted(title=title, total=total, unit=unit):
            _say(f"{title}: {total} {unit}")
        case StepFinished(step=step, seconds=seconds, detail=detail, skipped=skipped):
            _say(f"{step}: {'stands already' if skipped else f'{seconds:.1f} s'} {detail}".rstrip())
        case Warned(message=message):
            _say(f"warning: {message}")
        case SceneRefused(path=path, reason=reason):
            _say(f"refused: {path}: {reason}")
        case _:
            pass


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
