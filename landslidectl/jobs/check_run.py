"""A whole job on a small simulated event, from scenes to product, held against what was planted."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from landslidectl.catalog.catalog import Catalog
from landslidectl.errors import LandslidectlError
from landslidectl.events import silent
from landslidectl.files.resources import resource_dir
from landslidectl.inference.choice import all_models
from landslidectl.inference.manifest import Model
from landslidectl.jobs.checks import Check, Installation, Level
from landslidectl.jobs.demo import DemoReport, DemoSettings, run_demo

SEED = 3
SIZE_KM = 2.0
MODEL = "resnet"
SLOW_S = 60.0


def check_run(installation: Installation) -> Iterator[Check]:
    """Simulate an event, map it and compare, in the temporary folder."""
    model = _model(installation)
    shipped = model.folder.parent == resource_dir("models")
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="landslidectl-doctor-") as name:
        folder = Path(name)
        settings = DemoSettings(
            folder / "event",
            SEED,
            SIZE_KM,
            model.name,
            installation.models_dir,
            "landslidectl doctor",
        )
        try:
            with Catalog(folder / "catalog.db") as catalog:
                report = run_demo(settings, silent, catalog)
        except LandslidectlError as error:
            yield Check("whole run", error.message, Level.FAILED, error.hint)
            return
        yield _judged(report, shipped, time.monotonic() - began)


def _judged(report: DemoReport, shipped: bool, seconds: float) -> Check:
    planted = sum(item.planted for item in report.classes)
    found = sum(item.found for item in report.classes)
    told = f"{report.model} found {found} of {planted} planted slides, {seconds:.1f} s"
    facts = {
        "seconds": seconds,
        "planted": planted,
        "found": found,
        "false_regions": report.false_regions,
    }
    if shipped and not found:
        hint = "The shipped model finds one everywhere else; please report this."
        return Check("whole run", told, Level.FAILED, hint, facts)
    if seconds > SLOW_S:
        hint = "Idle machines need less than 10 s; is something else running?"
        return Check("whole run", told, Level.WARNING, hint, facts)
    return Check("whole run", f"{told}, all files written", facts=facts)


def _model(installation: Installation) -> Model:
    """Return the default model, or else one that is there; the rules always are."""
    models = all_models(installation.models_dir)
    return next((model for model in models if model.name == MODEL), models[0])
