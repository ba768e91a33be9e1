"""One product of every stretch of an overflight, however often and however cut it was delivered."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from landslidectl.stack.plans import UnusedScene, acquisition, in_order

if TYPE_CHECKING:
    from landslidectl.sentinel1.scene import Scene

SHIFT = timedelta(seconds=0.5)
"""Reprocessing moved the edges of real slices by up to 0.23 s; a little more is no new ground."""
SHIFT_SHARE = 0.1
VERSION_PARTS = 4


def drop_duplicates(
    scenes: Iterable["Scene"],
) -> tuple[tuple["Scene", ...], tuple[UnusedScene, ...]]:
    """Keep of every overflight the best products, and of the others those that add ground.

    Products of one platform and datatake compete: the newest processor wins, then archive over
    near real time, then plain over COG, then complete pixels over faulty ones, then the first
    name and path. A product goes when better ones together cover its sensing time but for half a
    second (a tenth of it, if it is shorter than five). Near-real-time slices are cut elsewhere
    than those of the archive, so one that overlaps an archive slice by half may be the only
    product of its other half, and stays. Slice numbers are not used: they can be 0.

    Returns
    -------
    kept, unused
        Both sorted by start, name and path, whatever the order given.
    """
    overflights: dict[tuple[str, str], list[Scene]] = defaultdict(list)
    for scene in sorted(scenes, key=_preference):
        overflights[acquisition(scene)].append(scene)
    kept: list[Scene] = []
    unused: list[UnusedScene] = []
    for products in overflights.values():
        better: list[Scene] = []
        for scene in products:
            twins = [other for other in better if _overlap(scene, other)]
            if twins and _uncovered(scene, twins) <= _tolerated(scene):
                unused.append(UnusedScene(scene, f"duplicate of {_named(twins, scene)}"))
            else:
                better.append(scene)
        kept += better
    return tuple(sorted(kept, key=_place)), in_order(unused)


def _preference(
    scene: "Scene",
) -> tuple[tuple[int, ...], bool, bool, int, str, str]:
    near_real_time = scene.timeliness.strip().upper().startswith("NRT")
    cog = scene.scene_id.upper().endswith("_COG")
    newest_first = tuple(-part for part in _version(scene.ipf))
    faults = len(scene.pixel_faults)
    return newest_first, near_real_time, cog, faults, scene.scene_id, str(scene.path)


def _version(text: str) -> tuple[int, ...]:
    """Return a version as numbers, so that 3.10 follows 3.9 and 003.91 is 3.91."""
    parts = [int(part) for part in re.findall(r"\d+", text)][:VERSION_PARTS]
    return tuple(parts + [0] * (VERSION_PARTS - len(parts)))


def _overlap(one: "Scene", other: "Scene") -> bool:
    return one.start <= other.stop and other.start <= one.stop


def _uncovered(scene: "Scene", better: Sequence["Scene"]) -> timedelta:
    """Return how much of a scene's sensing time lies outside that of better scenes."""
    missing, reached = timedelta(0), scene.start
    for other in sorted(better, key=_place):
        if other.start > reached:
            missing += min(other.start, scene.stop) - reached
        reached = max(reached, min(other.stop, scene.stop))
    return missing + (scene.stop - reached)


def _tolerated(scene: "Scene") -> timedelta:
    return min(SHIFT, SHIFT_SHARE * (scene.stop - scene.start))


def _named(twins: Sequence["Scene"], scene: "Scene") -> str:
    """Name the better products that are needed to cover a scene; ``twins`` the best first."""
    needed = list(twins)
    for twin in reversed(twins):
        others = [other for other in needed if other is not twin]
        if others and _uncovered(scene, others) <= _tolerated(scene):
            needed = others
    # a copy has the same name: only its path tells which one is used
    return " and ".join(
        str(twin.path) if twin.scene_id == scene.scene_id else twin.scene_id
        for twin in sorted(needed, key=_place)
    )


def _place(scene: "Scene") -> tuple[datetime, str, str]:
    return scene.start, scene.scene_id, str(scene.path)
