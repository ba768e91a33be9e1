"""The steps that judge: tables over runs, models, outlines, masks, fusion and transfer."""

import argparse
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from landslidectl.events import Reporter
from landslidectl.terms import Pass
from landslidectl.training.splits import Split

Say = Callable[[str], None]


def add_judging_steps(steps: Any, say: Say, tell: Reporter) -> None:
    """Add the parsers; ``say`` takes the lines of a result, ``tell`` the progress."""
    table = steps.add_parser("table", help="compare runs of several seeds on a test set")
    _add_table(table)
    table.set_defaults(step=partial(_table, say=say, tell=tell))
    judge = steps.add_parser("judge", help="judge a model folder, keep it in its manifest")
    _add_judge(judge)
    judge.set_defaults(step=partial(_judge, say=say, tell=tell))
    outlines = steps.add_parser("outlines", help="hold outlines against planted slides")
    _add_outlines(outlines)
    outlines.set_defaults(step=partial(_outlines, say=say, tell=tell))
    ground = steps.add_parser("ground", help="what the limits of slope lose and gain")
    _add_ground(ground)
    ground.set_defaults(step=partial(_ground, say=say, tell=tell))
    fusion = steps.add_parser("fusion", help="hold rules of fusing two tracks against events")
    _add_fusion(fusion)
    fusion.set_defaults(step=partial(_fusion, say=say, tell=tell))
    transfer = steps.add_parser("transfer", help="hold patches against real statistics")
    _add_transfer(transfer)
    transfer.set_defaults(step=partial(_transfer, say=say))


def seed_range(text: str) -> range:
    """Read ``7`` or ``1-40`` (both ends included)."""
    first, _, last = text.partition("-")
    try:
        seeds = range(int(first), int(last or first) + 1)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"'{text}' is no range such as 1-40") from error
    if not seeds:
        raise argparse.ArgumentTypeError(f"'{text}' is empty")
    return seeds


def add_landscapes(parser: argparse.ArgumentParser) -> None:
    """Add the options that say what the land of whole events is like."""
    either = parser.add_mutually_exclusive_group()
    either.add_argument("--population", type=Path, help="what places are like; else as shipped")
    either.add_argument("--plain", action="store_true", help="the simulator's own landscapes")


def _add_table(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--run", type=Path, action="append", default=[], dest="runs")
    parser.add_argument("--test", type=Path, required=True)
    parser.add_argument("--validation", type=Path, required=True)
    parser.add_argument("--known", type=Path, help="figures of earlier runs; these are added to it")
    parser.add_argument("--pass", type=Pass, choices=list(Pass), dest="direction")
    parser.add_argument("--out", type=Path, required=True, help="such as table.json; .md beside it")


def _add_judge(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", type=Path, required=True, help="a model folder")
    names = ("patches", "validation", "pairs", "statistics", "real-patch", "no-change")
    for name in names:
        parser.add_argument(f"--{name}", type=Path)
    parser.add_argument("--scenes", type=seed_range, help="events, such as 901-910")
    parser.add_argument(
        "--quantised", type=Path, nargs="+", help="patches to compare 8 bits with float on"
    )
    add_landscapes(parser)
    parser.add_argument("--out", type=Path, required=True, help="folder of the page and plots")
    parser.add_argument("--keep", action="store_true", help="write it into manifest and card")


def _add_outlines(parser: argparse.ArgumentParser) -> None:
    either = parser.add_mutually_exclusive_group(required=True)
    either.add_argument("--model", type=Path, help="a model folder")
    either.add_argument("--run", type=Path, help="a run of the training, not yet registered")
    parser.add_argument("--threshold", type=float, help="by default the model's own")
    parser.add_argument("--development", type=seed_range, required=True, help="such as 701-709")
    parser.add_argument("--scenes", type=seed_range, required=True, help="such as 941-946")
    add_landscapes(parser)
    parser.add_argument("--out", type=Path, required=True, help="such as outlines.json; .md beside")


def _add_ground(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", type=Path, required=True, help="a model folder")
    parser.add_argument("--threshold", type=float, help="by default the model's own")
    parser.add_argument("--scenes", type=seed_range, required=True, help="such as 961-968")
    parser.add_argument("--split", type=Split, choices=tuple(Split), default=Split.TEST)
    add_landscapes(parser)
    parser.add_argument("--out", type=Path, required=True, help="such as ground.json; .md beside")


def _add_fusion(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", type=Path, required=True, help="a model folder")
    parser.add_argument("--development", type=seed_range, required=True, help="such as 731-740")
    parser.add_argument("--scenes", type=seed_range, required=True, help="such as 961-970")
    parser.add_argument("--size-km", type=float, default=7.0, help="side of an event")
    add_landscapes(parser)
    parser.add_argument("--cache", type=Path, required=True, help="folder that keeps the stacks")
    parser.add_argument("--out", type=Path, required=True, help="such as fusion.json; .md beside")


def _add_transfer(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--patches", type=Path, required=True, help="simulated patches")
    parser.add_argument("--statistics", type=Path, required=True, help="table of real patches")
    parser.add_argument("--against", type=Path, help="patches made in another way, for the C2ST")
    parser.add_argument("--out", type=Path, help="JSON file; by default written to the terminal")


def _table(options: argparse.Namespace, say: Say, tell: Reporter) -> None:
    from landslidectl.training.judging.seed_table import (  # noqa: PLC0415
        measure_runs,
        summarise,
        table_text,
        with_known,
        write_table,
    )
    from landslidectl.training.patches import read_folder  # noqa: PLC0415

    test = read_folder(options.test).of_pass(options.direction)
    validation = read_folder(options.validation).of_pass(options.direction)
    measured = measure_runs(options.runs, test, validation, tell)
    if options.known is not None:
        measured = with_known(measured, test, validation, options.known)
    rows = summarise(measured)
    write_table(rows, test, options.out)
    say(table_text(rows))


def _judge(options: argparse.Namespace, say: Say, tell: Reporter) -> None:
    from landslidectl.files.atomic import write_text_atomic  # noqa: PLC0415
    from landslidectl.inference.manifest import MANIFEST_NAME, read_manifest  # noqa: PLC0415
    from landslidectl.training.judging.judge import JudgeSources, judge_model  # noqa: PLC0415
    from landslidectl.training.networks.card import card_text  # noqa: PLC0415
    from landslidectl.training.networks.judged_card import keep_judgement  # noqa: PLC0415

    sources = JudgeSources(
        patches=options.patches,
        validation=options.validation,
        pairs=options.pairs,
        scenes=None if options.scenes is None else tuple(options.scenes),
        population=options.population,
        plain=options.plain,
        statistics=options.statistics,
        real_patch=options.real_patch,
        no_change=options.no_change,
        quantised=None if options.quantised is None else tuple(options.quantised),
    )
    model = read_manifest(options.model / MANIFEST_NAME)
    record = judge_model(model, sources, options.out, tell)
    if options.keep:
        kept = keep_judgement(options.model, record)
        if kept.raw["training"]["simulated"]:
            write_text_atomic(options.model / "card.md", card_text(kept.raw))
    say(str(options.out / "evaluation.md"))


def _outlines(options: argparse.Namespace, say: Say, tell: Reporter) -> None:
    from landslidectl.files.atomic import write_json_atomic, write_text_atomic  # noqa: PLC0415
    from landslidectl.inference.manifest import MANIFEST_NAME, read_manifest  # noqa: PLC0415
    from landslidectl.training.judging.outlines import (  # noqa: PLC0415
        Question,
        best_rule,
        compare_outlines,
        lead,
        summary,
        table_text,
    )
    from landslidectl.training.networks.scoring import model_of_run  # noqa: PLC0415
    from landslidectl.training.simulated.landscapes import chosen_landscapes  # noqa: PLC0415

    if options.run is not None:
        model = model_of_run(options.run)
    else:
        model = read_manifest(options.model / MANIFEST_NAME)
    threshold = model.threshold if options.threshold is None else options.threshold
    question, land = (
        Question(model, threshold),
        chosen_landscapes(options.population, options.plain),
    )
    tuned = compare_outlines(
        question, (options.development, land.part(Split.VALIDATION)), None, tell
    )
    rule = best_rule(tuned)
    tested = compare_outlines(question, (options.scenes, land.part(Split.TEST)), (rule,), tell)
    figures = summary(tested, rule)
    record = {
        "model": model.name,
        "model_sha256": model.sha256,
        "threshold": threshold,
        "landscapes": dict(land.source),
        "development": summary(tuned, rule),
        "test": figures,
        "lead": lead(tested, rule),
    }
    write_json_atomic(options.out, record)
    text = f"{table_text(figures)}\nDelineated against the rule: {record['lead']}\n"
    write_text_atomic(options.out.with_suffix(".md"), text)
    say(text)


def _ground(options: argparse.Namespace, say: Say, tell: Reporter) -> None:
    from landslidectl.files.atomic import write_json_atomic, write_text_atomic  # noqa: PLC0415
    from landslidectl.inference.manifest import MANIFEST_NAME, read_manifest  # noqa: PLC0415
    from landslidectl.training.judging.ground import compare_ground, tables_text  # noqa: PLC0415
    from landslidectl.training.judging.outlines import Question  # noqa: PLC0415
    from landslidectl.training.simulated.landscapes import chosen_landscapes  # noqa: PLC0415

    model = read_manifest(options.model / MANIFEST_NAME)
    threshold = model.threshold if options.threshold is None else options.threshold
    land = chosen_landscapes(options.population, options.plain).part(options.split)
    counts = compare_ground(Question(model, threshold), (options.scenes, land), tell)
    record = {
        "model": model.name,
        "model_sha256": model.sha256,
        "threshold": threshold,
        "landscapes": dict(land.source),
        "counts": dict(sorted(counts.items())),
    }
    write_json_atomic(options.out, record)
    text = tables_text(counts)
    write_text_atomic(options.out.with_suffix(".md"), text)
    say(text)


def _fusion(options: argparse.Namespace, say: Say, tell: Reporter) -> None:
    from landslidectl.files.atomic import write_json_atomic, write_text_atomic  # noqa: PLC0415
    from landslidectl.inference.manifest import MANIFEST_NAME, read_manifest  # noqa: PLC0415
    from landslidectl.training.judging.fusion import compare_rules  # noqa: PLC0415
    from landslidectl.training.judging.fusion_events import EventSource  # noqa: PLC0415
    from landslidectl.training.judging.fusion_figures import table_text  # noqa: PLC0415
    from landslidectl.training.simulated.landscapes import chosen_landscapes  # noqa: PLC0415
    from landslidectl.training.splits import Split  # noqa: PLC0415

    model = read_manifest(options.model / MANIFEST_NAME)
    land = chosen_landscapes(options.population, options.plain)
    sets = [
        EventSource(
            tuple(seeds), land.part(split), options.cache / split.value, model, options.size_km
        )
        for seeds, split in (
            (options.development, Split.VALIDATION),
            (options.scenes, Split.TEST),
        )
    ]
    record = compare_rules(sets[0], sets[1], tell)
    write_json_atomic(options.out, {**record, "landscapes": dict(land.source)})
    text = table_text(record["rules"])
    write_text_atomic(options.out.with_suffix(".md"), text)
    say(text)


def _transfer(options: argparse.Namespace, say: Say) -> None:
    from landslidectl.files.atomic import write_json_atomic  # noqa: PLC0415
    from landslidectl.training.judging.transfer import c2st_patches, transfer  # noqa: PLC0415
    from landslidectl.training.patches import read_folder  # noqa: PLC0415
    from landslidectl.training.simulated.real_statistics import read_table  # noqa: PLC0415

    patches = read_folder(options.patches)
    record = transfer(patches, read_table(options.statistics))
    if options.against is not None:
        record["c2st_against"] = c2st_patches(patches, read_folder(options.against))
    if options.out is not None:
        write_json_atomic(options.out, record)
    say(json.dumps(record, indent=2))
