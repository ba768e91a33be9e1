"""The method's table on sets made here: networks trained from several seeds, median and spread.

Rows that differ in nothing but the training seed are summed up in one. A run takes from a quarter
of an hour to several, so the figures of each can be kept in a file, and the table grows with them.
The figures are of simulated patches and are no reproduction of published ones.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from landslidectl.errors import InputError
from landslidectl.evaluation.clusters import Spread
from landslidectl.evaluation.metrics import PREVALENCE, Scores, choose_threshold, measure
from landslidectl.events import Reporter, StepAdvanced, StepStarted, silent
from landslidectl.files.atomic import write_json_atomic, write_text_atomic
from landslidectl.inference.manifest import MANIFEST_NAME, WEIGHTS_NAME, read_manifest
from landslidectl.terms import BandSet
from landslidectl.training.judging.patch_figures import FIGURES
from landslidectl.training.networks.scoring import read_settings, score_file
from landslidectl.training.patches import PatchSet, as_input, digest

HEADS = ("accuracy", "precision", "recall", "F1", "ROC AUC", "average precision")
APART = ("architecture", "bands", "seed")
ONLY_IN_TEXT = (
    "Simulated data. Thresholds have the best F1 on the validation patches of each run; accuracy, "
    "precision, F1 and average precision are stated for {prevalence:.1%} landslide patches; "
    "{patches} test patches of {events} events that no run saw. Median +/- standard deviation "
    "over the seeds of a row, in per cent. Never to be set beside figures on real data."
)


@dataclass(frozen=True, slots=True)
class RunFigures:
    """A run and what it reached.

    Parameters
    ----------
    run : str
        Name of its folder.
    settings : mapping
        Those of `fit.FitSettings`.
    threshold : float
        Chosen on the validation patches.
    figures : mapping
        On the test patches, by the names of `patch_figures.FIGURES`.
    """

    run: str
    settings: Mapping[str, Any]
    threshold: float
    figures: Mapping[str, float]


def measure_runs(
    runs: Sequence[Path], test: PatchSet, validation: PatchSet, reporter: Reporter = silent
) -> list[RunFigures]:
    """Score the test patches with every run, as int8 where it was quantised.

    Parameters
    ----------
    runs : sequence of Path
        Folders of training runs or of models.
    test, validation : PatchSet
        Figures are taken on the one, thresholds chosen on the other.
    reporter : Reporter

    Raises
    ------
    InputError
        If the two sets share an event, or a run holds no network.
    """
    shared = np.intersect1d(test.seed, validation.seed)
    if shared.size:
        raise InputError(
            f"the events {shared.tolist()} are in the validation and in the test set",
            "Choose thresholds on other events than those the figures are taken on.",
        )
    reporter(StepStarted("table", "Measuring runs", len(runs), "runs"))
    measured = []
    for done, run in enumerate(runs, start=1):
        settings = _settings(run)
        bands = BandSet(settings["bands"])
        threshold = choose_threshold(_scores(run, validation, bands), validation.labels)
        found = measure(_scores(run, test, bands), test.labels, threshold)
        figures = {name: float(getattr(found, name)) for name in FIGURES}
        measured.append(RunFigures(run.name, settings, threshold, figures))
        reporter(StepAdvanced("table", done))
    return measured


def with_known(
    measured: Sequence[RunFigures], test: PatchSet, validation: PatchSet, file: Path
) -> list[RunFigures]:
    """Add figures to those that a file holds of earlier runs on the same patches.

    A run of the very same settings takes the place of the earlier one. Runs that were measured on
    other patches stay in the file and out of the table.

    Parameters
    ----------
    measured : sequence of RunFigures
    test, validation : PatchSet
        What they were measured on.
    file : Path
        JSON; written anew, or made.

    Returns
    -------
    list of RunFigures
        All runs on these patches: the earlier ones first, in their order.

    Raises
    ------
    InputError
        If the file is there and is no such record.
    """
    sets = _read_known(file)
    key = digest(test, validation)
    held = sets.setdefault(key, {"test_patches": len(test), "validation_patches": len(validation)})
    runs = {_text_of(item["settings"]): RunFigures(**item) for item in held.get("runs", [])}
    runs |= {_text_of(item.settings): item for item in measured}
    held["runs"] = [asdict(item) for item in runs.values()]
    write_json_atomic(file, {"simulated": True, "sets": sets})
    return list(runs.values())


def summarise(measured: Iterable[RunFigures]) -> list[dict[str, Any]]:
    """Return one row for all runs that differ in their seed alone, in the order they came.

    ``variant`` names the settings in which the rows differ, beside architecture and bands.
    """
    groups: dict[tuple[str, str], list[RunFigures]] = {}
    for item in measured:
        groups.setdefault((item.settings["architecture"], item.settings["bands"]), []).append(item)
    return [row for key, members in groups.items() for row in _rows(*key, members)]


def write_table(rows: Sequence[Mapping[str, Any]], test: PatchSet, out: Path) -> dict[str, Any]:
    """Write ``out`` as JSON and, with the suffix ``.md``, the same as a Markdown table."""
    events = np.unique(test.seed).tolist()
    record = {
        "simulated": True,
        "prevalence": PREVALENCE,
        "test_events": events,
        "test_patches": len(test),
        "rows": list(rows),
    }
    write_json_atomic(out, record)
    words = ONLY_IN_TEXT.format(prevalence=PREVALENCE, patches=len(test), events=len(events))
    write_text_atomic(out.with_suffix(".md"), f"{words}\n\n{table_text(rows)}\n")
    return record


def table_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the rows as a Markdown table, in per cent."""
    varied = any(row["variant"] for row in rows)
    heads = ["network", "bands", *(["variant"] if varied else []), "seeds", *HEADS]
    lines = [_line(heads), _line(["---"] * len(heads))]
    for row in rows:
        cells = [row["architecture"], row["bands"], *([row["variant"]] if varied else [])]
        cells.append(str(len(row["seeds"])))
        cells += [_cell(row["figures"][name]) for name in FIGURES]
        lines.append(_line(cells))
    return "\n".join(lines)


def _rows(architecture: str, bands: str, items: Sequence[RunFigures]) -> list[dict[str, Any]]:
    """Return the rows of one network: runs apart in a setting other than the seed are apart."""
    names = [key for key in items[0].settings if key not in APART]
    varied = [key for key in names if len({_text(item.settings.get(key)) for item in items}) > 1]
    groups: dict[str, list[RunFigures]] = {}
    for item in items:
        variant = ", ".join(f"{key} {_text(item.settings.get(key))}" for key in varied)
        groups.setdefault(variant, []).append(item)
    return [
        {
            "architecture": architecture,
            "bands": bands,
            "variant": variant,
            "seeds": sorted(int(item.settings["seed"]) for item in members),
            "runs": [item.run for item in members],
            "thresholds": [round(item.threshold, 5) for item in members],
            "figures": {
                name: Spread.of([item.figures[name] for item in members]).as_dict()
                for name in FIGURES
            },
        }
        for variant, members in groups.items()
    ]


def _scores(run: Path, patches: PatchSet, bands: BandSet) -> Scores:
    """Score with the network as it ships, or as it was trained where it was not quantised."""
    if (run / WEIGHTS_NAME).is_file():
        return score_file(run / WEIGHTS_NAME, patches, bands)
    from landslidectl.training.networks.fit import BEST, load_network, predict  # noqa: PLC0415

    return predict(load_network(run / BEST), as_input(patches.windows, bands))


def _settings(run: Path) -> Mapping[str, Any]:
    """Return what a run, or the network of a model folder, was trained with."""
    if not (run / MANIFEST_NAME).is_file():
        return read_settings(run)
    model = read_manifest(run / MANIFEST_NAME)
    settings: Mapping[str, Any] = model.raw["training"]["settings"]
    return settings


def _read_known(file: Path) -> dict[str, Any]:
    if not file.exists():
        return {}
    try:
        return dict(json.loads(file.read_text(encoding="utf-8"))["sets"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{file}: no record of measured runs: {error}", "Name another file, or delete it."
        ) from error


def _text_of(settings: Mapping[str, Any]) -> str:
    return json.dumps(settings, sort_keys=True)


def _cell(spread: Mapping[str, Any]) -> str:
    """Return a figure in per cent; one run has no spread."""
    median = f"{100.0 * spread['median']:.2f}"
    return f"{median} +/- {100.0 * spread['std']:.2f}" if spread["runs"] > 1 else median


def _text(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
