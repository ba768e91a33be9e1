"""The steps that simulate: ``dataset``, ``realism``, ``sites`` and ``chain-sites``."""

import argparse
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landslidectl.events import Reporter
from landslidectl.files.processes import usable_processors
from landslidectl.training.judging.judging_steps import add_landscapes, seed_range
from landslidectl.training.splits import Split

if TYPE_CHECKING:
    from landslidectl.training.simulated.siteset import SiteOptions

Say = Callable[[str], None]


def add_simulated_steps(steps: Any, say: Say, tell: Reporter) -> None:
    """Add the parsers; ``say`` takes the lines of a result, ``tell`` the progress."""
    dataset = steps.add_parser("dataset", help="simulate events and cut patches")
    _add_dataset(dataset)
    dataset.set_defaults(step=partial(_dataset, tell=tell))
    realism = steps.add_parser("realism", help="fit sites to the statistics of real patches")
    _add_realism(realism)
    realism.set_defaults(step=partial(_realism, say=say, tell=tell))
    sites = steps.add_parser("sites", help="simulate sites and cut patches")
    _add_sites(sites)
    sites.add_argument("--split", type=Split, choices=list(Split), required=True)
    sites.set_defaults(step=partial(_sites, tell=tell))
    chain = steps.add_parser("chain-sites", help="the same through products and the whole chain")
    _add_sites(chain)
    chain.add_argument("--split", type=Split, choices=list(Split), default=Split.TRAIN)
    chain.set_defaults(step=partial(_chain_sites, tell=tell))


def _add_dataset(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seeds", type=seed_range, required=True, help="such as 1-40")
    parser.add_argument("--out", type=Path, required=True, help="folder of the patch files")
    parser.add_argument("--work", type=Path, help="folder for scenes, emptied after each event")
    parser.add_argument("--size-km", type=float, default=8.0, help="side of an event")
    parser.add_argument("--split", type=Split, choices=list(Split), default=Split.TRAIN)
    add_landscapes(parser)


def _add_realism(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--statistics", type=Path, required=True, help="table of real patches")
    parser.add_argument("--work", type=Path, required=True, help="folder of the rounds")
    parser.add_argument("--out", type=Path, required=True, help="file of the population, .csv.gz")
    parser.add_argument(
        "--first", type=int, default=2500, help="sites of a label and pass at first"
    )
    parser.add_argument("--later", type=int, default=1400, help="the same in each round after it")
    parser.add_argument("--rounds", type=int, default=2, help="rounds after the first")
    parser.add_argument("--workers", type=int, default=usable_processors(), help="processes")


def _add_sites(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--files", type=seed_range, required=True, help="numbers, such as 1-40")
    parser.add_argument("--out", type=Path, required=True, help="folder of the patch files")
    parser.add_argument("--population", type=Path, help="what sites are like; else as shipped")
    parser.add_argument("--pre", type=int, help="scenes before the event; else as places have them")
    parser.add_argument("--post", type=int, help="scenes after the event")
    parser.add_argument(
        "--quiet", type=float, default=0.3, help="share of landslide places where nothing slid"
    )
    parser.add_argument("--new-places", type=float, default=0.5, help="share with new relief")
    parser.add_argument("--size-km", type=float, default=0.8, help="side of a site")
    parser.add_argument("--windows", type=int, default=1, help="most windows of a kind in a site")
    parser.add_argument("--workers", type=int, default=usable_processors(), help="processes")


def _dataset(options: argparse.Namespace, tell: Reporter) -> None:
    from landslidectl.training.simulated.datasets import SimulationOptions, simulate_dataset  # noqa: PLC0415
    from landslidectl.training.simulated.landscapes import chosen_landscapes  # noqa: PLC0415

    land = chosen_landscapes(options.population, options.plain).part(options.split)
    settings = SimulationOptions(options.size_km, work=options.work, landscapes=land)
    simulate_dataset(options.seeds, options.out, settings, tell)


def _realism(options: argparse.Namespace, say: Say, tell: Reporter) -> None:
    from landslidectl.training.simulated.population import save_population  # noqa: PLC0415
    from landslidectl.training.simulated.real_statistics import read_table, split_table  # noqa: PLC0415
    from landslidectl.training.simulated.realism import RealismSettings, fit_population  # noqa: PLC0415

    table = read_table(options.statistics)
    calibration, _ = split_table(table)
    settings = RealismSettings(options.first, options.later, options.rounds, options.workers)
    population = fit_population(table.taken(calibration), options.work, settings, tell)
    say(str(save_population(population, options.out)))


def _sites(options: argparse.Namespace, tell: Reporter) -> None:
    from landslidectl.training.simulated.landscapes import population_file  # noqa: PLC0415
    from landslidectl.training.simulated.population import read_population  # noqa: PLC0415
    from landslidectl.training.simulated.siteset import SITES  # noqa: PLC0415

    population = read_population(population_file(options.population))
    settings = _site_options(options)
    way = replace(SITES, workers=options.workers)
    way.write(options.files, options.out, population, settings, tell)


def _site_options(options: argparse.Namespace) -> "SiteOptions":
    """Return what the steps that make sites were asked for."""
    from landslidectl.training.cutting import CutOptions  # noqa: PLC0415
    from landslidectl.training.simulated.siteset import SiteOptions  # noqa: PLC0415

    return SiteOptions(
        options.split,
        quiet_share=options.quiet,
        new_places=options.new_places,
        n_pre=options.pre,
        n_post=options.post,
        size_km=options.size_km,
        cut=CutOptions(options.windows, options.windows, options.windows),
    )


def _chain_sites(options: argparse.Namespace, tell: Reporter) -> None:
    from landslidectl.training.simulated.chainsites import CHAIN_SITES  # noqa: PLC0415
    from landslidectl.training.simulated.landscapes import population_file  # noqa: PLC0415
    from landslidectl.training.simulated.population import read_population  # noqa: PLC0415

    population = read_population(population_file(options.population))
    settings = _site_options(options)
    way = replace(CHAIN_SITES, workers=options.workers)
    way.write(options.files, options.out, population, settings, tell)
