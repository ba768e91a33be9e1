"""What the land of simulated events is like: that of fitted places, or the simulator's own."""

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from landslidectl.errors import InputError
from landslidectl.files.atomic import write_json_atomic
from landslidectl.files.hashing import file_digest
from landslidectl.files.resources import asset
from landslidectl.simulation.spec import EventSpec
from landslidectl.terms import Pass
from landslidectl.training.simulated.latents import landscape
from landslidectl.training.simulated.population import POPULATION, Population, read_population
from landslidectl.training.splits import Split

PLAIN = {"from": "the simulator's defaults"}
RECORD = "dataset.json"


@dataclass(frozen=True, slots=True)
class Landscapes:
    """Where relief and character of whole events are from.

    Parameters
    ----------
    population : Population, optional
        Places where landslides were mapped; without it all events are of the simulator's usual
        character.
    source : mapping
        What records say of it.
    """

    population: Population | None = None
    source: Mapping[str, str] = field(default_factory=lambda: PLAIN)

    def part(self, split: Split) -> "Landscapes":
        """Return those of the places of one set."""
        if self.population is None:
            return self
        source = {**self.source, "split": split.value}
        return Landscapes(self.population.part(split), source)

    def over(self, spec: EventSpec) -> EventSpec:
        """Return an event with relief and character drawn for it; its seed alone decides which."""
        if self.population is None:
            return spec
        rng = np.random.default_rng([spec.seed, zlib.crc32(b"landscape")])
        way = Pass.ASCENDING if rng.random() < 0.5 else Pass.DESCENDING
        latents, _ = self.population.draw(rng, True, way)
        relief, character = landscape(latents)
        return replace(spec, relief=relief, character=character)


def chosen_landscapes(path: Path | None, plain: bool = False) -> Landscapes:
    """Return the landscapes of a population's places, or the simulator's own.

    Parameters
    ----------
    path : Path, optional
        A population; by default the one that ships.
    plain : bool
        Take the simulator's defaults.

    Raises
    ------
    InputError
        If the population is not there or cannot be read.
    """
    if plain:
        return Landscapes()
    file = population_file(path)
    source = {"from": "a population", "file": file.name, "sha256": file_digest(file)}
    return Landscapes(read_population(file), source)


def population_file(path: Path | None) -> Path:
    """Return the file of a population, by default the one that ships.

    Raises
    ------
    InputError
        If it is not there.
    """
    file = path or asset(*POPULATION.split("/"))
    if not file.is_file():
        raise InputError(
            f"{file}: the population that simulated places are drawn from is not there",
            "Name one with --population FILE; python -m landslidectl.training realism fits one. "
            "Whole events can do without: --plain.",
        )
    return file


def keep_record(folder: Path, record: Mapping[str, Any]) -> None:
    """Write down how the files of a folder are made, or check that they are made so.

    Raises
    ------
    InputError
        If the folder holds files that were made otherwise.
    """
    path = folder / RECORD
    if not path.is_file():
        write_json_atomic(path, record)
        return
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read: {error}", "Choose an empty folder.") from error
    if known != record:
        raise InputError(
            f"{folder}: its files were made with {known}, now wanted: {record}",
            "Give the options of the first time, or choose an empty folder.",
        )
