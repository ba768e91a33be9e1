"""Which of the given scenes a job can use, which not and why."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from landslidectl.catalog.records import SceneRecord, utc_text
from landslidectl.errors import DamagedScene, NotAScene, SceneError
from landslidectl.events import Reporter, SceneRefused
from landslidectl.files.hashing import bytes_digest
from landslidectl.jobs.result import Refused
from landslidectl.jobs.stack_settings import IngestSettings
from landslidectl.jobs.steps import file_identity
from landslidectl.sentinel1.archive import open_archive
from landslidectl.sentinel1.discover import (
    PRODUCT_NAME,
    Discovery,
    Refusal,
    find_scenes,
    open_scene,
)
from landslidectl.sentinel1.scene import Scene
from landslidectl.stack.selection import UnusedScene

MANIFEST = "manifest.safe"


@dataclass(slots=True)
class Ledger:
    """What a job did not use, filled as the job goes."""

    reporter: Reporter
    refused: list[Refused] = field(default_factory=list)

    @property
    def failures(self) -> list[str]:
        """Return the names of inputs that should have been usable, sorted."""
        return sorted(item.name for item in self.refused if item.is_failure)

    def refuse(self, name: str, reason: str, is_failure: bool) -> None:
        """Note a refused input and tell of it."""
        self.refused.append(Refused(name, reason, is_failure))
        self.reporter(SceneRefused(name, reason))

    def leave_aside(self, unused: Iterable[UnusedScene]) -> None:
        """Note scenes that are fine but not needed; that is no news."""
        for item in unused:
            self.refused.append(Refused(item.scene.scene_id, item.reason))


@dataclass(frozen=True, slots=True)
class Found:
    """Scenes to work with, and the records of all that were met."""

    scenes: tuple[Scene, ...]
    records: tuple[SceneRecord, ...]


def gather(settings: IngestSettings, ledger: Ledger) -> Found:
    """Find scenes, refuse what cannot be used one by one, and go on with the rest."""
    paths, bands = settings.scenes, settings.bands
    discovery = _known(find_scenes(paths), settings)
    records = []
    given = {path.resolve() for path in (*paths, *(path for path, _ in settings.damaged))}
    for refusal in discovery.refused:
        ledger.refuse(str(refusal.path), refusal.reason, _is_failure(refusal, given))
        path = str(refusal.path.resolve())
        records.append(SceneRecord(path, refusal.path.name, "refused", refusal.reason))
    usable = []
    for scene in discovery.scenes:
        try:
            scene.require_pixels(bands.polarisations)
        except SceneError as error:
            ledger.refuse(str(scene.path), error.reason, isinstance(error, DamagedScene))
            records.append(record_of(scene, error.reason))
        else:
            usable.append(scene)
            records.append(record_of(scene))
    return Found(tuple(usable), tuple(records))


def _known(discovery: Discovery, settings: IngestSettings) -> Discovery:
    """Leave out what is still being copied, and refuse what is known to be damaged."""
    if settings.complete is None:
        return discovery
    damaged = {path.resolve(): Refusal(path, reason) for path, reason in settings.damaged}
    usable = {path.resolve() for path in settings.complete} - set(damaged)
    refused = [one for one in discovery.refused if one.path.resolve() in usable]
    return Discovery(
        tuple(scene for scene in discovery.scenes if scene.path.resolve() in usable),
        tuple(sorted([*refused, *damaged.values()], key=lambda one: one.path)),
    )


def record_of(scene: Scene, refused_because: str = "") -> SceneRecord:
    """Return a scene as the catalog keeps it."""
    return SceneRecord(
        path=str(scene.path.resolve()),
        scene_id=scene.scene_id,
        status="refused" if refused_because else "usable",
        reason=refused_because,
        platform=scene.platform,
        product_type=scene.product_type,
        polarisations=" ".join(scene.polarisations),
        mode=scene.track.mode,
        direction=scene.track.direction.value,
        relative_orbit=scene.track.relative_orbit,
        absolute_orbit=scene.absolute_orbit,
        start=utc_text(scene.start),
        stop=utc_text(scene.stop),
        ipf=scene.ipf,
        bytes=scene_bytes(scene),
        footprint=" ".join(f"{lon:.6f},{lat:.6f}" for lon, lat in scene.footprint),
    )


def scene_bytes(scene: Scene) -> int:
    """Return the size of a scene on disk."""
    if scene.path.is_dir():
        return sum(item.stat().st_size for item in scene.path.rglob("*") if item.is_file())
    return scene.path.stat().st_size


def scene_identity(scene: Scene) -> dict[str, Any]:
    """Return what tells one state of a scene from another: files and manifest, not the folder."""
    manifest = open_archive(scene.path).read(MANIFEST)
    return {
        "scene_id": scene.scene_id,
        "file": file_identity(scene.path),
        "manifest": bytes_digest(manifest),
    }


def _is_failure(refusal: Refusal, given: set[Path]) -> bool:
    """Tell a scene that should have worked from what merely lies about."""
    if refusal.path.resolve() in given:
        return True
    try:
        open_scene(refusal.path)
    except DamagedScene:
        return True
    except NotAScene:
        return bool(PRODUCT_NAME.match(refusal.path.name))
    except SceneError:
        return False
    return False
