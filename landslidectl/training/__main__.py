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
from landslidectl.training.judging.judging_steps import (
    add_judging_steps,
    add_landscapes,
    seed_range,
)
from landslidectl.training.networks.fit import FitSettings
from landslidectl.training.networks.trainer import Precision
from landslidectl.training.simulated.simulated_steps import add_simulated_steps
from landslidectl.training.splits import Split

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
    scenes = steps.add_parser("scenes", help="map simulated events, choose the threshold")
    scenes.add_argument("--run", type=Path, action="append", required=True, dest="runs")
    _add_scenes(scenes)
    scenes.set_defaults(step=_scenes)
    register = steps.add_parser("register", help="evaluate on the test set, write the folder")
    for name in ("run", "train", "validation"):
        register.add_argument(f"--{name}", type=Path, required=True)
    _add_register(register)
    register.set_defaults(step=_register)
    _add_model(steps.add_parser("model", help="fit, quantise, scenes and register in one go"))
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


def _add_scenes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--threshold-seeds", type=seed_range, required=True, help="such as 601-606")
    parser.add_argument("--test-seeds", type=seed_range, required=True, help="such as 901-910")
    parser.add_argument("--size-km", type=float, default=8.0, help="side of an event")
    add_landscapes(parser)


def _add_register(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--test", type=Path, required=True)
    parser.add_argument("--models", type=Path, required=True, help="the folder models/")
    parser.add_argument("--name", required=True)
    parser.add_argument("--version", required=True)
    parser.add_argument("--data", default=SIMULATED, help="the training data in words")


def _add_model(parser: argparse.ArgumentParser) -> None:
    _add_fit(parser)
    _add_scenes(parser)
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
        _scenes(options)
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


def _scenes(options: argparse.Namespace) -> None:
    from landslidectl.files.atomic import write_json_atomic  # noqa: PLC0415
    from landslidectl.training.judging.scenes import Subject, map_scenes, rule_subjects  # noqa: PLC0415
    from landslidectl.training.judging.tally import scene_record  # noqa: PLC0415
    from landslidectl.training.networks.register import SCENES, network_digest  # noqa: PLC0415
    from landslidectl.training.networks.scoring import model_of_run  # noqa: PLC0415
    from landslidectl.training.simulated.landscapes import chosen_landscapes  # noqa: PLC0415

    land = chosen_landscapes(options.population, options.plain)
    seeds = list(options.threshold_seeds), list(options.test_seeds)
    models = {str(run): model_of_run(run) for run in options.runs}
    rules = {bands: rule_subjects(bands) for bands in {model.bands for model in models.values()}}
    subjects = {name: Subject(model) for name, model in models.items()}
    for bands, named in rules.items():
        subjects |= {f"{rule} {bands.value}": subject for rule, subject in named.items()}
    lands = land.part(Split.VALIDATION), land.part(Split.TEST)
    parts = [
        map_scenes(subjects, part, _tell, options.size_km, its_land)
        for part, its_land in zip(seeds, lands, strict=True)
    ]
    curves = {name: (parts[0][name], parts[1][name]) for name in subjects}
    for run, model in models.items():
        baselines = {rule: curves[f"{rule} {model.bands.value}"] for rule in rules[model.bands]}
        record = scene_record(seeds, *curves[run], baselines, (lands[0].source, lands[1].source))
        write_json_atomic(Path(run) / SCENES, {**record, "network": network_digest(Path(run))})
        _say(f"{run}: threshold {record['threshold']}, {record['on_test_events']}")


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
