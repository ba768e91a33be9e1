"""``python -m landslidectl.training STEP``: dataset, fit, quantise, scenes, register, ...

Every step goes on where it was stopped and skips what stands.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from landslidectl.errors import LandslidectlError
from landslidectl.events import ProgressEvent, SceneRefused, StepFinished, StepStarted, Warned
from landslidectl.terms import BandSet, Pass
from landslidectl.training.judging.judging_steps import (
    add_judging_steps,
    add_landscapes,
    seed_range,
)
from landslidectl.training.networks.fit import FitSettings
from landslidectl.training.splits import Split

if TYPE_CHECKING:
    from landslidectl.training.simulated.siteset import SiteOptions

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
    _add_dataset(steps.add_parser("dataset", help="simulate events and cut patches"))
    _add_realism(steps.add_parser("realism", help="fit sites to the statistics of real patches"))
    sites = steps.add_parser("sites", help="simulate sites and cut patches")
    _add_sites(sites)
    sites.add_argument("--split", type=Split, choices=list(Split), required=True)
    sites.set_defaults(step=_sites)
    chain = steps.add_parser("chain-sites", help="the same through products and the whole chain")
    _add_sites(chain)
    chain.add_argument("--split", type=Split, choices=list(Split), default=Split.TRAIN)
    chain.set_defaults(step=_chain_sites)
    _add_fit(steps.add_parser("fit", help="train a network"))
    quantise = steps.add_parser("quantise", help="convert the best network, choose a threshold")
    quantise.add_argument("--run", type=Path, required=True)
    quantise.add_argument("--train", type=Path, required=True)
    quantise.add_argument("--validation", type=Path, required=True)
    quantise.set_defaults(step=_quantise)
    scenes = steps.add_parser("scenes", help="map simulated events, choose the threshold")
    scenes.add_argument("--run", type=Path, action="append", required=True, dest="runs")
    scenes.add_argument("--threshold-seeds", type=seed_range, required=True, help="such as 601-606")
    scenes.add_argument("--test-seeds", type=seed_range, required=True, help="such as 901-910")
    scenes.add_argument("--size-km", type=float, default=8.0, help="side of an event")
    add_landscapes(scenes)
    scenes.set_defaults(step=_scenes)
    _add_register(steps.add_parser("register", help="evaluate on the test set, write the folder"))
    add_judging_steps(steps, _say, _tell)
    return parser


def _add_dataset(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seeds", type=seed_range, required=True, help="such as 1-40")
    parser.add_argument("--out", type=Path, required=True, help="folder of the patch files")
    parser.add_argument("--work", type=Path, help="folder for scenes, emptied after each event")
    parser.add_argument("--size-km", type=float, default=8.0, help="side of an event")
    parser.add_argument("--split", type=Split, choices=list(Split), default=Split.TRAIN)
    add_landscapes(parser)
    parser.set_defaults(step=_dataset)


def _add_realism(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--statistics", type=Path, required=True, help="table of real patches")
    parser.add_argument("--work", type=Path, required=True, help="folder of the rounds")
    parser.add_argument("--out", type=Path, required=True, help="file of the population, .csv.gz")
    parser.add_argument(
        "--first", type=int, default=2500, help="sites of a label and pass at first"
    )
    parser.add_argument("--later", type=int, default=1400, help="the same in each round after it")
    parser.add_argument("--rounds", type=int, default=2, help="rounds after the first")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    parser.set_defaults(step=_realism)


def _add_sites(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--files", type=seed_range, required=True, help="numbers, such as 1-40")
    parser.add_argument("--out", type=Path, required=True, help="folder of the patch files")
    parser.add_argument("--population", type=Path, help="what sites are like; else as shipped")
    parser.add_argument("--pre", type=int, help="scenes before the event; else as places have them")
    parser.add_argument("--post", type=int, help="scenes after the event")
    parser.add_argument("--new-places", type=float, default=0.5, help="share with new relief")


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
    parser.add_argument("--no-flips", action="store_true", help="for one pass direction alone")
    parser.set_defaults(step=_fit)


def _add_register(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--validation", type=Path, required=True)
    parser.add_argument("--test", type=Path, required=True)
    parser.add_argument("--models", type=Path, required=True, help="the folder models/")
    parser.add_argument("--name", required=True)
    parser.add_argument("--version", required=True)
    parser.add_argument("--data", default=SIMULATED, help="the training data in words")
    parser.set_defaults(step=_register)


def _dataset(options: argparse.Namespace) -> None:
    from landslidectl.training.simulated.datasets import SimulationOptions, simulate_dataset  # noqa: PLC0415
    from landslidectl.training.simulated.landscapes import chosen_landscapes  # noqa: PLC0415

    land = chosen_landscapes(options.population, options.plain).part(options.split)
    settings = SimulationOptions(options.size_km, work=options.work, landscapes=land)
    simulate_dataset(options.seeds, options.out, settings, _tell)


def _realism(options: argparse.Namespace) -> None:
    from landslidectl.training.simulated.population import save_population  # noqa: PLC0415
    from landslidectl.training.simulated.real_statistics import read_table, split_table  # noqa: PLC0415
    from landslidectl.training.simulated.realism import RealismSettings, fit_population  # noqa: PLC0415

    table = read_table(options.statistics)
    calibration, _ = split_table(table)
    settings = RealismSettings(options.first, options.later, options.rounds, options.workers)
    population = fit_population(table.taken(calibration), options.work, settings, _tell)
    _say(str(save_population(population, options.out)))


def _sites(options: argparse.Namespace) -> None:
    from landslidectl.training.simulated.landscapes import population_file  # noqa: PLC0415
    from landslidectl.training.simulated.population import read_population  # noqa: PLC0415
    from landslidectl.training.simulated.siteset import SITES  # noqa: PLC0415

    population = read_population(population_file(options.population))
    settings = _site_options(options)
    SITES.write(options.files, options.out, population, settings, _tell)


def _site_options(options: argparse.Namespace) -> "SiteOptions":
    """Return what the steps that make sites were asked for."""
    from landslidectl.training.simulated.siteset import SiteOptions  # noqa: PLC0415

    return SiteOptions(
        options.split, new_places=options.new_places, n_pre=options.pre, n_post=options.post
    )


def _chain_sites(options: argparse.Namespace) -> None:
    from landslidectl.training.simulated.chainsites import CHAIN_SITES  # noqa: PLC0415
    from landslidectl.training.simulated.landscapes import population_file  # noqa: PLC0415
    from landslidectl.training.simulated.population import read_population  # noqa: PLC0415

    population = read_population(population_file(options.population))
    settings = _site_options(options)
    CHAIN_SITES.write(options.files, options.out, population, settings, _tell)


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
    from landslidectl.training.networks.register import SCENES  # noqa: PLC0415
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
        write_json_atomic(Path(run) / SCENES, record)
        _say(f"{run}: threshold {record['threshold']}, {record['on_test_events']}")


def _register(options: argparse.Namespace) -> None:
    from landslidectl.files.hashing import file_digest  # noqa: PLC0415
    from landslidectl.training.networks.register import Release, register  # noqa: PLC0415
    from landslidectl.training.patches import read_folder  # noqa: PLC0415
    from landslidectl.training.simulated.landscapes import population_file  # noqa: PLC0415

    sets = {name: read_folder(getattr(options, name)) for name in ("train", "validation", "test")}
    facts = {"simulator": "calibrated", "population": file_digest(population_file(None))}
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
