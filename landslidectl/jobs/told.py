"""What a product is made from and tells of its job: scenes, settings, software, scoring."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from landslidectl.detection.fuse import FusedScore
from landslidectl.inference.manifest import Model
from landslidectl.inference.score import ScoreRaster
from landslidectl.jobs.frame import MapFrame
from landslidectl.jobs.ground import Ground
from landslidectl.jobs.history import Followed
from landslidectl.jobs.inputs import scene_bytes
from landslidectl.jobs.job import Job, versions
from landslidectl.jobs.settings import DetectSettings
from landslidectl.jobs.stages import StackedTrack
from landslidectl.jobs.steps import Done
from landslidectl.products.request import ProductRequest, Provenance, RefusedScene, SceneRecord
from landslidectl.sentinel1.scene import Scene
from landslidectl.terms import JobStatus, Phase

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

FACTS = ("orbit", "noise", "pixels_crc32")


@dataclass(frozen=True, slots=True)
class Scored:
    """Everything the last steps start from."""

    frame: MapFrame
    area: "BaseGeometry"
    tracks: tuple[StackedTrack, ...]
    rasters: tuple[Done[ScoreRaster], ...]
    model: Model
    ground: Ground

    @property
    def scene_ids(self) -> list[str]:
        """Return the identifiers of all scenes that went in, sorted."""
        return sorted(scene.scene_id for track in self.tracks for scene in track.plan.scenes)


def product_request(
    job: Job[DetectSettings],
    scored: Scored,
    fused: FusedScore,
    followed: Followed,
    counters: tuple[int, int],
) -> ProductRequest:
    """Return all that a product is made from and what it tells.

    Parameters
    ----------
    job : Job
        The job that makes it.
    scored : Scored
        What the last steps start from.
    fused : FusedScore
        The score of all tracks.
    followed : Followed
        The detections, with what earlier releases and people say of them.
    counters : tuple of int
        Release and version.
    """
    return ProductRequest(
        folder=job.workspace.output,
        detections=followed.detections,
        fused=fused,
        stacks=tuple(track.stack.value for track in scored.tracks),
        models=(scored.model,),
        provenance=_provenance(job, scored),
        dem=scored.frame.dem.value,
        release=counters[0],
        version=counters[1],
        dropped=followed.dropped,
        extra=job.settings.extra,
    )


def _provenance(job: Job[DetectSettings], scored: Scored) -> Provenance:
    settings = job.settings
    return Provenance(
        job_id=job.job_id,
        command=settings.command,
        processed=datetime.now(UTC),
        event=settings.event,
        event_id=settings.event_id or "",
        event_name=settings.event_name or "",
        glide_no=settings.glide or "",
        aoi_name=settings.aoi.stem if settings.aoi else "",
        area_of_interest=scored.area,
        pre_days=settings.pre_days,
        post_days=settings.post_days,
        status=JobStatus.PARTIAL if job.ledger.failures else JobStatus.SUCCEEDED,
        scenes=tuple(_used_scenes(scored.tracks)),
        refused=tuple(RefusedScene(item.name, item.reason) for item in job.ledger.refused),
        settings=settings.described(),
        ground=scored.ground.told,
        software=versions(),
        warnings=tuple(job.warnings),
        scoring=tuple(_scoring(raster.value) for raster in scored.rasters),
    )


def _scoring(raster: ScoreRaster) -> dict[str, Any]:
    """Return, JSON-ready, how one track's scores were made."""
    return {
        "track": raster.track.name,
        "model": raster.model,
        "device": raster.device_used,
        **dict(sorted(raster.device_facts.items())),  # as the catalog gives them back
        "way": raster.way,
        "windows": raster.windows_scored,
        "windows_skipped": raster.windows_skipped,
    }


def _used_scenes(tracks: Sequence[StackedTrack]) -> list[SceneRecord]:
    return [
        _used(scene, phase, track.facts.get(scene.scene_id, {}))
        for track in tracks
        for phase, side in ((Phase.PRE, track.plan.pre), (Phase.POST, track.plan.post))
        for scene in side
    ]


def _used(scene: Scene, phase: Phase, facts: Mapping[str, Any]) -> SceneRecord:
    return SceneRecord(
        scene_id=scene.scene_id,
        platform=scene.platform,
        phase=phase,
        track=scene.track,
        start=scene.start,
        stop=scene.stop,
        footprint=scene.footprint,
        size_bytes=scene_bytes(scene),
        is_simulated=scene.is_simulated,
        sha256=facts.get("manifest_sha256"),
        facts={name: facts[name] for name in FACTS if name in facts},
    )
