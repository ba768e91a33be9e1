"""Judge a model on whatever is at hand: patches, pairs, scenes, real statistics, real data.

Nothing here chooses weights. A threshold for patches is chosen on validation patches alone; what
was looked at in choosing is named in the record beside each figure.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from landslidectl.errors import InputError
from landslidectl.evaluation.metrics import Scores, choose_threshold
from landslidectl.events import Reporter, StepFinished, StepStarted, Warned, silent
from landslidectl.files.atomic import write_json_atomic, write_text_atomic
from landslidectl.inference.interpreter import Scorer
from landslidectl.inference.manifest import Model
from landslidectl.terms import Device
from landslidectl.training.event_numbers import from_spans
from landslidectl.training.judging.calibrate import calibrate
from landslidectl.training.judging.event_maps import Events
from landslidectl.training.judging.judged_plots import draw_plots
from landslidectl.training.judging.judged_scenes import judge_scenes
from landslidectl.training.judging.judged_text import judged_text
from landslidectl.training.judging.no_change import (
    judge_quiet_stack,
    judge_real_patch,
    read_quiet_stack,
)
from landslidectl.training.judging.pairs import judge_pairs
from landslidectl.training.judging.patch_figures import patch_figures, rule_figures
from landslidectl.training.judging.transfer import transfer
from landslidectl.training.patches import PatchSet, as_input, joined, read_folder
from landslidectl.training.simulated.landscapes import chosen_landscapes
from landslidectl.training.simulated.real_statistics import read_table
from landslidectl.training.splits import Split

SCHEMA = 1
CHUNK = 1024
STEP = "judge"


@dataclass(frozen=True, slots=True)
class JudgeSources:
    """What a model is judged on; every source may be absent.

    Parameters
    ----------
    patches : Path, optional
        Folder of patches of events that no training saw.
    validation : Path, optional
        Folder of the patches that thresholds and calibration are chosen on.
    pairs : Path, optional
        Folder of patches with their twins without slides; often that of ``patches``.
    scenes : tuple of int, optional
        Events to simulate and to map as a whole.
    population : Path, optional
        Places that the land of ``scenes`` is drawn from, those of the test set alone; by default
        the population that ships.
    plain : bool
        The land of ``scenes`` is to be the simulator's own.
    statistics : Path, optional
        Table of statistics of real labelled patches; ``patches`` are held against it.
    real_patch : Path, optional
        One real patch without a landslide, ``.npy``.
    no_change : Path, optional
        Folder of real dates on which nothing slid.
    quantised : tuple of Path
        Folders of patches on which 8 bits are compared with float weights, as one set.
    """

    patches: Path | None = None
    validation: Path | None = None
    pairs: Path | None = None
    scenes: tuple[int, ...] | None = None
    population: Path | None = None
    plain: bool = False
    statistics: Path | None = None
    real_patch: Path | None = None
    no_change: Path | None = None
    quantised: tuple[Path, ...] | None = None


def judge_model(
    model: Model,
    sources: JudgeSources,
    out: Path,
    reporter: Reporter = silent,
    size_km: float = 8.0,
) -> Mapping[str, Any]:
    """Judge a model and write ``evaluation.json``, ``evaluation.md`` and plots into ``out``.

    Parameters
    ----------
    model : Model
        Its network file as it ships is what is run.
    sources : JudgeSources
    out : Path
        Folder; made where it is missing.
    reporter : Reporter
        Told of every part.
    size_km : float
        Side of the events of ``sources.scenes``.

    Returns
    -------
    mapping
        What ``evaluation.json`` holds; a part without a source is absent.

    Raises
    ------
    InputError
        If a source cannot be used, or test and validation patches share an event.
    """
    with Scorer(model, Device.CPU) as scorer:
        record = _Judge(scorer, sources, reporter, size_km).record()
    write_json_atomic(out / "evaluation.json", record)
    plots = draw_plots(record, out)
    write_text_atomic(out / "evaluation.md", judged_text(record, plots))
    return record


def score_patches(scorer: Scorer, patches: PatchSet) -> Scores:
    """Score patches a thousand at a time, so that a large set needs no second copy in memory."""
    bands = scorer.model.bands
    parts = [
        scorer.score(as_input(patches.windows[first : first + CHUNK], bands))
        for first in range(0, len(patches), CHUNK)
    ]
    return np.concatenate(parts) if parts else np.empty(0, dtype=np.float32)


class _Judge:
    """One judgement in the making: the sources are read once and scored once."""

    def __init__(
        self, scorer: Scorer, sources: JudgeSources, reporter: Reporter, size_km: float
    ) -> None:
        self._scorer = scorer
        self._model = scorer.model
        self._sources = sources
        self._reporter = reporter
        self._size_km = size_km
        self._test = _read(sources.patches)
        self._validation = _read(sources.validation)
        self._scores: dict[int, Scores] = {}

    def record(self) -> dict[str, Any]:
        """Judge whatever there is a source for."""
        model = self._model
        record: dict[str, Any] = {
            "schema": SCHEMA,
            "model": {
                "name": model.name,
                "version": model.version,
                "architecture": model.architecture,
                "bands": model.bands.value,
                "sha256": model.sha256,
                "threshold": model.threshold,
            },
        }
        sources = self._sources
        parts: dict[str, tuple[Any, Callable[[Any], Any]]] = {
            "patches": (sources.patches, self._patches),
            "pairs": (sources.pairs, self._pairs),
            "scenes": (sources.scenes, self._scenes),
            "transfer": (sources.statistics, self._transfer),
            "real_patch": (sources.real_patch, self._real_patch),
            "no_change": (sources.no_change, self._no_change),
            "quantised": (sources.quantised, self._quantised),
        }
        given = {name: part for name, part in parts.items() if part[0] is not None}
        self._reporter(StepStarted(STEP, f"Judging {model.name}", len(given), "parts"))
        for name, (source, judge) in given.items():
            started = time.monotonic()
            record[name] = judge(source)
            self._reporter(StepFinished(f"{STEP} {name}", time.monotonic() - started))
        return record

    def _patches(self, _: Path) -> dict[str, Any]:
        test, validation = self._needed_patches(), self._validation
        scores = self._scored(test)
        threshold, source = self._patch_threshold(test)
        calibration = self._model.raw.get("calibration")
        if calibration is None and validation is not None:
            calibration = calibrate(self._scored(validation), validation.labels, "validation")
        found = patch_figures(scores, test, threshold, calibration)
        found["threshold_from"] = source
        found["calibration"] = calibration
        found["events_also_in_training"] = self._seen(test)
        if validation is not None:
            found["rules"] = rule_figures(test, validation)
        return found

    def _pairs(self, folder: Path) -> dict[str, Any]:
        if folder == self._sources.patches:
            pairs = self._needed_patches()
            return judge_pairs(self._scored(pairs), pairs, self._model.bands)
        pairs = read_folder(folder)
        record = judge_pairs(score_patches(self._scorer, pairs), pairs, self._model.bands)
        return record | {"events_also_in_training": self._seen(pairs)}

    def _scenes(self, chosen: tuple[int, ...]) -> dict[str, Any]:
        land = chosen_landscapes(self._sources.population, self._sources.plain).part(Split.TEST)
        return judge_scenes(self._model, Events(chosen, land, self._size_km), self._reporter)

    def _transfer(self, table: Path) -> dict[str, Any]:
        return transfer(self._needed_patches(), read_table(table))

    def _real_patch(self, file: Path) -> dict[str, Any]:
        others = None
        if self._test is not None:
            others = self._scored(self._test)[~self._test.labels & ~self._test.twin]
        return judge_real_patch(self._scorer, file, others)

    def _no_change(self, folder: Path) -> dict[str, Any]:
        return judge_quiet_stack(self._scorer, read_quiet_stack(folder))

    def _quantised(self, folders: tuple[Path, ...]) -> dict[str, Any]:
        from landslidectl.training.judging.quantised import judge_quantised  # noqa: PLC0415

        patches = joined([read_folder(folder) for folder in folders])
        record = judge_quantised(score_patches(self._scorer, patches), self._model, patches)
        return record | {"sets": [folder.name for folder in folders]}

    def _scored(self, patches: PatchSet) -> Scores:
        """Score a set that lives as long as this judgement, once."""
        if id(patches) not in self._scores:
            self._scores[id(patches)] = score_patches(self._scorer, patches)
        return self._scores[id(patches)]

    def _needed_patches(self) -> PatchSet:
        if self._test is None:
            raise InputError(
                "real statistics are compared with patches, and none are given",
                "Give a folder of simulated patches: --patches FOLDER.",
            )
        return self._test

    def _patch_threshold(self, test: PatchSet) -> tuple[float, str]:
        """Return the threshold for patches and where it is from."""
        if self._validation is not None:
            shared = np.intersect1d(test.seed, self._validation.seed)
            if shared.size:
                raise InputError(
                    f"the events {shared.tolist()} are in the validation and in the test patches",
                    "Choose thresholds on other events than those the figures are taken on.",
                )
            scores = self._scored(self._validation)
            return choose_threshold(scores, self._validation.labels), "the validation patches"
        known = self._model.raw.get("metrics", {}).get("patch_threshold")
        if isinstance(known, int | float):
            return float(known), "the manifest"
        return self._model.threshold, "the manifest: that of whole scenes"

    def _seen(self, patches: PatchSet) -> list[int]:
        """Return the events that the manifest names as training or validation; warn of them."""
        sets = self._model.raw.get("training", {}).get("sets", {})
        known: set[int] = set()
        for name in ("train", "validation"):
            known |= from_spans(sets.get(name, {}).get("events", ()))
        seen = sorted(known & set(np.unique(patches.seed).tolist()))
        if seen:
            self._reporter(
                Warned(f"the model was trained on events it is judged on: {seen}", "seen-events")
            )
        return seen


def _read(folder: Path | None) -> PatchSet | None:
    return None if folder is None else read_folder(folder)
