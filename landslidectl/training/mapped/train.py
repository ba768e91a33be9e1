"""Train a network on inventories: patches, fit, quantisation, figures, model folder.

Everything on the way is kept in a working folder, and the same request goes on where it stopped.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np

from landslidectl.errors import InputError, ModelError
from landslidectl.evaluation.metrics import measure
from landslidectl.events import Reporter, StepFinished, StepStarted, Warned, silent
from landslidectl.files.atomic import write_json_atomic
from landslidectl.files.hashing import file_digest
from landslidectl.files.resources import resource_dir
from landslidectl.inference.manifest import WEIGHTS_NAME, Model
from landslidectl.stack.contract import StackContract
from landslidectl.terms import Pass
from landslidectl.training.mapped.inventories import MappedEvent, contract_of, open_events
from landslidectl.training.mapped.inventory_sets import (
    CUTTING,
    STEP,
    InventorySets,
    SplitOptions,
    build_sets,
)
from landslidectl.training.mapped.mixing import mixed
from landslidectl.training.mapped.placing import Amounts
from landslidectl.training.mapped.train_request import (
    EVENTS,
    TrainRequest,
    architecture_of,
    check_folders,
    check_request,
    fit_settings,
    request_key,
)
from landslidectl.training.networks.finetune import check_fits, find_start
from landslidectl.training.networks.fit import fit
from landslidectl.training.networks.framework import check_installed, load_keras
from landslidectl.training.networks.register import (
    Release,
    quantise_run,
    register,
)
from landslidectl.training.networks.scoring import score_file
from landslidectl.training.patches import PatchSet, read_folder, read_patches, save_patches
from landslidectl.training.splits import (
    REAL_EVENT,
    Division,
    Split,
    check_disjoint,
    division_of,
    division_record,
)

PLACES = "places.json"
RULES = {"log_ratio": "the mean log-ratio", "spread": "the spread of the log-ratio"}


def train(request: TrainRequest, reporter: Reporter = silent) -> Model:
    """Train a network on inventories and register it as a model.

    Returns
    -------
    Model
        Its manifest names the events, the sets and all figures; beside it lies ``places.json``, the
        ground that each set had, which a training that goes on from this model keeps to.

    Raises
    ------
    ResourceError
        If TensorFlow is not installed.
    UsageError, InputError, ModelError, OutputError
        If something of the request cannot be used; the message says what.
    """
    check_request(request)
    check_installed()
    events = open_events(request.events, request.bands, request.direction, reporter)
    contract = contract_of(events)
    start = None
    if request.start is not None:
        start = find_start(request.start, request.bands, resource_dir("models"))
        check_fits(start, request.architecture, contract)
    architecture_of(request, start)
    key = request_key(request, events, start)
    finished = check_folders(request, key)
    if finished is not None:
        with suppress(ModelError):
            known_division(finished)
            reporter(StepStarted("model", f"Model {request.name}"))
            reporter(StepFinished("model", 0.0, skipped=True))
            _warn(finished, reporter)
            return finished
    built = _sets(request, events, start, reporter)
    sets = {split.value: patches for split, patches in built.sets.items()}
    if request.mix is not None:
        sets["train"] = _with_simulation(request, sets["train"], contract)
    for other in ("train", "validation"):
        check_disjoint(sets[other], sets["test"], (other, "test"))
    load_keras()
    run = request.run / "run"
    _fit(request, start, sets, reporter)
    started = monotonic()
    reporter(StepStarted("quantise", "Converting and measuring"))
    record = quantise_run(run, sets["train"], sets["validation"])
    scores = score_file(run / WEIGHTS_NAME, sets["test"], request.bands)
    write_json_atomic(request.folder / PLACES, division_record(built.division))
    release = Release(
        name=request.name,
        version=file_digest(run / WEIGHTS_NAME)[:8],
        training_data=_in_words(built),
        licence=request.licence,
        contract=contract,
        simulated=False,
        facts={
            "key": key,
            "events": [dict(event) for event in built.events],
            "passes": [way.value for way in Pass if _flown(sets["train"], way)],
            "simulated_share": round(float((sets["train"].seed < REAL_EVENT).mean()), 4),
            "places": {"file": PLACES, "sha256": file_digest(request.folder / PLACES)},
        },
        figures=_figures(built, (scores, float(record["threshold"])), start),
    )
    model = register(run, release, sets, request.output)
    reporter(StepFinished("quantise", monotonic() - started, str(record["precision"])))
    _warn(model, reporter)
    return model


def known_division(model: Model) -> Division:
    """Return which ground a model was trained and tested on; none for a simulated training.

    Raises
    ------
    ModelError
        If the manifest names a file that is missing or damaged.
    """
    training = model.raw.get("training")
    places = training.get("places") if isinstance(training, Mapping) else None
    if places is None:
        return Division()
    path = model.folder / Path(str(places.get("file"))).name
    hint = "It says what ground the model has seen. Install the model again."
    try:
        intact = file_digest(path) == places.get("sha256")
        division = division_of(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise ModelError(f"{path}: cannot be used: {error}", hint) from error
    if not intact:
        raise ModelError(f"{path}: damaged or exchanged", hint)
    return division


def _sets(
    request: TrainRequest,
    events: tuple[MappedEvent, ...],
    start: Model | None,
    reporter: Reporter,
) -> InventorySets:
    """Cut and split the patches, or read them back from the run."""
    table = request.run / EVENTS
    folder = request.run / "patches"
    if table.is_file():
        record = json.loads(table.read_text(encoding="utf-8"))
        sets = {split: read_patches(folder / f"{split}.npz") for split in Split}
        reporter(StepStarted(STEP, CUTTING))
        reporter(StepFinished(STEP, 0.0, skipped=True))
        return InventorySets(sets, division_of(record["division"]), tuple(record["events"]))
    options = SplitOptions(
        seed=request.seed,
        left_out=frozenset(request.left_out),
        known=known_division(start) if start else Division(),
        amounts=Amounts(positives=request.most_patches),
    )
    built = build_sets(events, options, reporter)
    for split, patches in built.sets.items():
        save_patches(patches, folder / f"{split}.npz")
    events_record = [dict(event) for event in built.events]
    write_json_atomic(table, {"events": events_record, "division": division_record(built.division)})
    return built


def _with_simulation(request: TrainRequest, patches: PatchSet, contract: StackContract) -> PatchSet:
    differing = StackContract().differences(contract)
    if request.mix is None or differing:
        raise InputError(
            f"--mix: simulated patches are made with {'; '.join(differing)}",
            "Build the stacks with the default settings, or leave --mix out.",
        )
    simulated = read_folder(request.mix)
    if request.direction is not None:
        simulated = simulated.taken(simulated.ascending == (request.direction is Pass.ASCENDING))
    return mixed(patches, simulated, request.mix_share, request.seed)


def _fit(
    request: TrainRequest,
    start: Model | None,
    sets: Mapping[str, PatchSet],
    reporter: Reporter,
) -> None:
    started = monotonic()
    settings = fit_settings(request, start, sets["train"])
    result = fit(settings, sets["train"], sets["validation"], request.run / "run", reporter)
    detail = f"best epoch {result.best_epoch} of {len(result.history)}"
    reporter(StepFinished("fit", monotonic() - started, detail))


def _figures(
    built: InventorySets, scored: tuple[np.ndarray[Any, Any], float], start: Model | None
) -> dict[str, Any]:
    """Return the figures beside those of the composite test set."""
    scores, threshold = scored
    test = built.sets[Split.TEST]
    by_event: dict[str, Any] = {}
    for event in built.events:
        rows = test.seed == event["number"]
        labels = test.labels[rows]
        both = labels.any() and not labels.all()
        by_event[event["name"]] = {
            "positives": int(labels.sum()),
            "negatives": int((~labels).sum()),
            "model": measure(scores[rows], labels, threshold).as_dict() if both else None,
        }
    figures: dict[str, Any] = {"test_by_event": by_event}
    if start is not None:
        before = score_file(start.file, test, start.bands)
        figures["test_before"] = measure(before, test.labels, start.threshold).as_dict()
    return figures


def _warn(model: Model, reporter: Reporter) -> None:
    """Tell when the network is worth no more than a rule."""
    test = model.raw["metrics"]["test"]
    better = [
        words
        for name, words in (
            ("log_ratio", "the mean log-ratio"),
            ("spread", "the spread of the log-ratio"),
        )
        if test[name]["average_precision"] >= test["model"]["average_precision"]
    ]
    if better:
        reporter(
            Warned(
                f"on the test patches the network is no better than {' and '.join(better)}, "
                "which need no training: more patches, more epochs or --from may help"
            )
        )


def _flown(patches: PatchSet, way: Pass) -> bool:
    ascending = way is Pass.ASCENDING
    return bool((patches.ascending == ascending).any())


def _in_words(built: InventorySets) -> str:
    names = ", ".join(event["name"] for event in built.events)
    count = sum(event["polygons"] for event in built.events)
    invented = ", ".join(event["name"] for event in built.events if event.get("simulated"))
    words = f" The scenes of {invented} are simulated." if invented else ""
    return f"Events: {names}; {count} polygons.{words}"
