"""Patches of mapped events, split by place into training, validation and test."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Any

import numpy as np

from landslidectl.errors import InputError, UsageError
from landslidectl.evaluation.inventory import inventory_digest
from landslidectl.events import Reporter, StepAdvanced, StepFinished, StepStarted, silent
from landslidectl.grid import Grid
from landslidectl.training.cutting import WINDOW, Kind, Source, cut
from landslidectl.training.mapped.inventories import MappedEvent, MappedStack, map_event
from landslidectl.training.mapped.placing import Amounts, Candidates, candidates, chosen
from landslidectl.training.patches import PatchSet, joined
from landslidectl.training.splits import (
    SHARES,
    SPLITS,
    Division,
    MapWindows,
    Split,
    assign,
    hold_out,
    splits_of,
)

LEAST = {Split.TRAIN: 20, Split.VALIDATION: 5, Split.TEST: 5}
STEP = "patches"
CUTTING = "Cutting patches"
FEW_LANDSLIDES = (
    "Give more events or a larger inventory; another --seed deals the ground out in another way. A "
    "landslide patch needs more than 5 % of its 640 m window in slides that the radar sees."
)
FEW_OTHERS = (
    "Patches without landslides come from the ground between the polygons: these must outline the "
    "single slides, not the area that was looked at."
)
ZONE_M = 1_000_000.0
"""No UTM easting is as large."""


@dataclass(frozen=True, slots=True)
class SplitOptions:
    """How events are cut and split.

    Parameters
    ----------
    seed : int
        Draws windows and blocks.
    left_out : frozenset of str
        Names of events that are test only.
    known : Division
        Ground that was divided before, by the training of the model to go on from.
    amounts : Amounts
    """

    seed: int = 1
    left_out: frozenset[str] = frozenset()
    known: Division = field(default_factory=Division)
    amounts: Amounts = field(default_factory=Amounts)


@dataclass(frozen=True, slots=True)
class InventorySets:
    """Patches by set, and where they are from.

    Parameters
    ----------
    sets : mapping of Split to PatchSet
        ``row`` and ``col`` are those on the map grid of the zone, as `splits` counts them.
    division : Division
        Which ground each set has.
    events : tuple of mapping
        For every event: number, name, inventory, its layer and digest, polygons, tracks, whether
        it was left out, whether its scenes are simulated, and its patches by set.
    """

    sets: Mapping[Split, PatchSet]
    division: Division
    events: tuple[Mapping[str, Any], ...]


def build_sets(
    events: Sequence[MappedEvent], options: SplitOptions, reporter: Reporter = silent
) -> InventorySets:
    """Cut the patches of all events.

    Raises
    ------
    UsageError
        If an event that is to be left out is not among them, or all are.
    InputError
        If a set has too few landslide patches, or too few others.
    """
    _check_left_out([event.name for event in events], options.left_out)
    started = monotonic()
    reporter(StepStarted(STEP, CUTTING, len(events), "events"))
    offers = {event.name: _offers(event, options.seed, reporter) for event in events}
    division = options.known
    for event in sorted(events, key=lambda event: event.name not in options.left_out):
        places = [part.windows for part in offers[event.name]]
        if event.name in options.left_out:
            division = hold_out(places, division)
            continue
        for epsg in sorted({part.epsg for part in places}):
            zone = _together([part for part in places if part.epsg == epsg])
            division = assign(zone, division, options.seed)
    parts: dict[Split, list[PatchSet]] = {split: [] for split in SPLITS}
    table = []
    for done, event in enumerate(events, start=1):
        cuts = [_cut(offer, division, options, event) for offer in offers[event.name]]
        own = {split: [part[split] for part in cuts] for split in SPLITS}
        table.append(_described(event, offers[event.name], own, options))
        for split, sets in own.items():
            parts[split] += sets
        reporter(StepAdvanced(STEP, done))
    whole = {split: joined(some) for split, some in parts.items()}
    _check_amounts(whole, table)
    reporter(StepFinished(STEP, monotonic() - started, _words(whole)))
    return InventorySets(whole, division, tuple(table))


@dataclass(frozen=True, slots=True)
class _Offer:
    """The windows that one stack offers, on its own grid and on the map."""

    mapped: MappedStack
    offered: Candidates
    windows: MapWindows


def _offers(event: MappedEvent, seed: int, reporter: Reporter) -> list[_Offer]:
    offers = []
    for mapped in map_event(event, reporter):
        rng = _rng(mapped.source, seed, 0)
        found = candidates(mapped.source, mapped.outlines, rng)
        middle = found.places.row + WINDOW // 2, found.places.col + WINDOW // 2
        usable = np.flatnonzero(mapped.mapped[middle])
        offered = Candidates(found.places.taken(usable), found.kinds[usable])
        offers.append(_Offer(mapped, offered, _on_map(mapped.source.grid, offered)))
    return offers


def _on_map(grid: Grid, offered: Candidates) -> MapWindows:
    row, col = _first_pixel(grid)
    return MapWindows(
        grid.epsg,
        offered.places.row.astype(np.int64) + row,
        offered.places.col.astype(np.int64) + col,
        np.asarray(offered.kinds == Kind.POSITIVE),
    )


def _first_pixel(grid: Grid) -> tuple[int, int]:
    """Return row and column of a grid's first pixel on the map grid; zones lie side by side."""
    zone = grid.epsg % 100
    return round(-grid.top / grid.pixel_m), round((grid.left + zone * ZONE_M) / grid.pixel_m)


def _together(parts: Sequence[MapWindows]) -> MapWindows:
    return MapWindows(
        parts[0].epsg,
        np.concatenate([part.row for part in parts]),
        np.concatenate([part.col for part in parts]),
        np.concatenate([part.positive for part in parts]),
    )


def _cut(
    offer: _Offer, division: Division, options: SplitOptions, event: MappedEvent
) -> dict[Split, PatchSet]:
    """Choose and cut the windows of one stack, by set."""
    source = offer.mapped.source
    splits = splits_of(offer.windows, division)
    shares = {Split.TEST: 1.0} if event.name in options.left_out else SHARES
    kept = chosen(offer.offered, splits, options.amounts, shares, _rng(source, options.seed, 1))
    places = offer.offered.places.taken(kept)
    patches = cut(source, places, np.full(kept.size, -1, dtype=np.int32), twin=False)
    placed = replace(
        patches,
        row=offer.windows.row[kept].astype(np.int32),
        col=offer.windows.col[kept].astype(np.int32),
    )
    return {split: placed.taken(splits[kept] == index) for index, split in enumerate(SPLITS)}


def _rng(source: Source, seed: int, purpose: int) -> np.random.Generator:
    return np.random.default_rng([seed, source.seed, source.stack.track.relative_orbit, purpose])


def _described(
    event: MappedEvent,
    offers: Sequence[_Offer],
    own: Mapping[Split, Sequence[PatchSet]],
    options: SplitOptions,
) -> Mapping[str, Any]:
    polygons: set[bytes] = {shape.wkb for offer in offers for shape in offer.mapped.outlines}
    return {
        "number": event.number,
        "name": event.name,
        "inventory": event.inventory.name,
        "layer": event.layer,
        "inventory_sha256": inventory_digest(event.inventory),
        "polygons": len(polygons),
        "tracks": sorted({offer.mapped.source.stack.track.name for offer in offers}),
        "left_out": event.name in options.left_out,
        "simulated": any(stack.simulated for stack in event.stacks),
        "patches": {
            split.value: {
                "landslide": sum(int(part.labels.sum()) for part in parts),
                "others": sum(int((~part.labels).sum()) for part in parts),
            }
            for split, parts in own.items()
        },
    }


def _check_left_out(names: Sequence[str], left_out: frozenset[str]) -> None:
    unknown = sorted(left_out - set(names))
    if unknown:
        raise UsageError(
            f"--leave-out {unknown[0]}: no such event, given are {', '.join(names)}",
            "Leave out an event that --event names.",
        )
    if left_out == set(names):
        raise UsageError(
            "--leave-out: every event is left out, none remains to train on",
            "Give one event more than are left out.",
        )


def _check_amounts(sets: Mapping[Split, PatchSet], table: Sequence[Mapping[str, Any]]) -> None:
    lacking, kinds = [], set()
    for split, patches in sets.items():
        landslides = int(patches.labels.sum())
        counts = {"landslide": landslides, "others": len(patches) - landslides}
        for kind, count in counts.items():
            if count < LEAST[split]:
                words = "landslide patches" if kind == "landslide" else "patches without"
                lacking.append(f"{split} has {count} {words}, needs {LEAST[split]}")
                kinds.add(kind)
    if not lacking:
        return
    given = "; ".join(f"{event['name']} gives {_given(event['patches'])}" for event in table)
    hint = FEW_LANDSLIDES if "landslide" in kinds else FEW_OTHERS
    raise InputError(f"too few patches: {'; '.join(lacking)}. In all, {given}", hint)


def _given(patches: Mapping[str, Mapping[str, int]]) -> str:
    landslides = sum(part["landslide"] for part in patches.values())
    return f"{landslides} with landslides and {sum(p['others'] for p in patches.values())} without"


def _words(sets: Mapping[Split, PatchSet]) -> str:
    return ", ".join(
        f"{split} {int(patches.labels.sum())} landslides of {len(patches)}"
        for split, patches in sets.items()
    )
