"""The last steps: fuse the tracks, outline detections, write the product, record both."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from landslidectl.catalog.records import DetectionRecord, ReleaseRecord
from landslidectl.detection.describe import DetectOptions
from landslidectl.detection.detections import Detections
from landslidectl.detection.evidence import EvidenceReader
from landslidectl.detection.fuse import FusedScore, fuse_scores
from landslidectl.detection.history import Release, Sighting
from landslidectl.detection.masks import GroundMask
from landslidectl.detection.regions import find_detections
from landslidectl.detection.reviewed import apply_verdicts
from landslidectl.detection.views import tracks_seeing
from landslidectl.events import Reporter
from landslidectl.files.hashing import stable_key
from landslidectl.jobs.doubts import doubt_outlines, doubt_shifts
from landslidectl.jobs.history import (
    Followed,
    earlier_releases,
    follow,
    settle,
    sightings_of,
    unannounced,
)
from landslidectl.jobs.job import Job
from landslidectl.jobs.result import Areas
from landslidectl.jobs.settings import DetectSettings
from landslidectl.jobs.steps import Done, Made, Step
from landslidectl.jobs.thresholds import thresholds
from landslidectl.jobs.told import Scored, product_request
from landslidectl.jobs.verdicts import review_key, reviews_that_stand
from landslidectl.products.contract.files import FILES
from landslidectl.products.naming import parse_product_name
from landslidectl.products.request import Product, ProductRequest
from landslidectl.products.write import write_product
from landslidectl.terms import Confidence, Decision, Standing

PRODUCT_STEP = "product"


@dataclass(frozen=True, slots=True)
class Published:
    """A finished product as later runs remember it.

    Parameters
    ----------
    files : mapping
        Paths by kind.
    areas : Areas
        What was found and where it was looked for.
    made_by : str
        The job that made it; its detections are in the catalog under this id.
    """

    files: Mapping[str, str]
    areas: Areas
    made_by: str


def fuse_tracks(job: Job[DetectSettings], scored: Scored) -> Done[FusedScore]:
    """Fuse the scores of all tracks."""
    out = job.workspace.fused
    stacks = [track.stack.value for track in scored.tracks]

    def work(reporter: Reporter) -> Made[FusedScore]:
        del reporter
        rasters = [raster.value for raster in scored.rasters]
        with GroundMask(stacks[0], scored.ground.limits) as ground:
            fused = fuse_scores(rasters, stacks, out, ground)
        files = [(fused.path, "fused-score"), (fused.quality_path, "fused-quality")]
        return Made(fused, {"quality": fused.quality_path.name}, files)

    def revive(record: Mapping[str, Any]) -> FusedScore:
        tracks = tuple(sorted(stack.track for stack in stacks))
        return FusedScore(out, out.with_name(record["quality"]), scored.frame.grid, tracks)

    depends_on = {
        "scores": [raster.key for raster in scored.rasters],
        "stacks": [track.stack.key for track in scored.tracks],
        "ground": scored.ground.identity,
    }
    return job.run(Step("fuse", "Fusing the tracks", depends_on, work, revive))


def publish(job: Job[DetectSettings], scored: Scored) -> Published:
    """Outline the detections, write the product and record the detections in the catalog."""
    fused = fuse_tracks(job, scored)
    settle(job)
    counters = job.workspace.next_counters(scored.scene_ids)
    earlier = earlier_releases(job, counters[0])
    reviews = reviews_that_stand(job.catalog, job.journal.workspace, job.settings.event)
    threshold, threshold_high = thresholds(job.settings, scored.model)
    options = DetectOptions(
        threshold=threshold,
        threshold_high=threshold_high,
        min_area_m2=job.settings.min_area_m2,
        models=(scored.model,),
        area_of_interest=scored.area,
        dem=None if scored.frame.dem.value.is_flat else scored.frame.dem.value,
        min_steepness_deg=scored.ground.min_steepness_deg,
    )

    def work(reporter: Reporter) -> Made[Published]:
        stacks = [track.stack.value for track in scored.tracks]
        found = find_detections(fused.value, stacks, options)
        doubt_outlines(found, threshold, reporter)
        doubt_shifts(found, stacks, reporter)
        followed = follow(found, earlier, Release(counters[0], _sightings(scored, found)))
        job_rows = _rows(followed.detections)
        with EvidenceReader(fused.value, stacks, options.dem) as reader:
            detections = apply_verdicts(followed.detections, reviews, reader, options)
        followed = replace(followed, detections=detections)
        request = product_request(job, scored, fused.value, followed, counters)
        product = _standing(job, step.key, request)
        if product is None:
            product = _write(job, scored, request, followed, reporter)
        job.catalog.record_detections(job.job_id, job_rows)
        published = _published(product, followed, job.job_id)
        record = {
            "files": dict(published.files),
            "areas": asdict(published.areas),
            "made_by": job.job_id,
        }
        files = [(Path(path), kind) for kind, path in published.files.items()]
        return Made(published, record, files, f"{len(detections.items)} detections")

    depends_on = {
        "fused": fused.key,
        "threshold": threshold,
        "threshold_high": threshold_high,
        "min_area_m2": options.min_area_m2,
        "area": stable_key(scored.area.normalize().wkb_hex),
        "dem": scored.frame.dem.key,
        "model": scored.model.sha256,
        "failures": job.ledger.failures,
        "delineate": options.delineate,
        "min_steepness_deg": options.min_steepness_deg,
        "reviews": stable_key([review_key(verdict) for verdict in reviews]),
        "earlier": stable_key([[item.number, item.names] for item in earlier]),
        "event": [job.settings.event_name, job.settings.event_id, job.settings.glide],
        "extra": list(job.settings.extra),
    }
    step = Step(PRODUCT_STEP, "Product", depends_on, work, _revive)
    done = job.run(step)
    if done.skipped:
        job.catalog.record_detections(job.job_id, job.catalog.list_detections(done.value.made_by))
    return done.value


def _sightings(scored: Scored, found: Detections) -> tuple[Sighting, ...]:
    seen_by = tracks_seeing(
        [item.polygon for item in found.items],
        [raster.value for raster in scored.rasters],
        [track.stack.value for track in scored.tracks],
        found.threshold,
    )
    return sightings_of(found, [track.plan for track in scored.tracks], seen_by)


def _standing(job: Job[DetectSettings], key: str, request: ProductRequest) -> Product | None:
    """Return the product that a killed run of this step had finished, if there is one."""
    record = unannounced(job, key)
    if record is None:
        return None
    name, folder = parse_product_name(record.product), job.workspace.output / record.product
    return Product(folder, {kind: folder / name.file(kind) for kind in request.kinds})


def _write(
    job: Job[DetectSettings],
    scored: Scored,
    request: ProductRequest,
    followed: Followed,
    reporter: Reporter,
) -> Product:
    """Record the release, write its product, count it: an order that `history.settle` relies on."""
    identity, scenes = job.settings.identity(), scored.scene_ids
    record = ReleaseRecord(
        job_id=job.job_id,
        workspace=str(job.journal.workspace),
        release=request.release,
        version=request.version,
        product=request.name.folder,
        identity=identity,
        scenes=tuple(scenes),
    )
    job.catalog.record_release(record, followed.sightings)
    product = write_product(request, reporter)
    job.workspace.record_product(identity, scenes, (request.release, request.version))
    return product


def _rows(detections: Detections) -> list[DetectionRecord]:
    return [
        DetectionRecord(
            det_id=item.det_id,
            centroid_lon=item.centroid_lon,
            centroid_lat=item.centroid_lat,
            area_ha=item.area_ha,
            score_max=item.score_max,
            score_mean=item.score_mean,
            tracks=item.tracks,
            confidence=item.confidence,
            status=item.status,
        )
        for item in detections.items
    ]


def _published(product: Product, followed: Followed, job_id: str) -> Published:
    detections = followed.detections
    files = _in_order({kind.value: str(path) for kind, path in product.files.items()})
    areas = Areas(
        detections=len(detections.items),
        detected_ha=sum(item.area_ha for item in detections.items),
        tested_km2=detections.tested_km2,
        masked_km2=detections.masked_km2,
        unobserved_km2=detections.unobserved_km2,
        left_out=detections.left_out,
        flagged=sum(bool(item.flag) for item in detections.items),
        high=detections.count(Confidence.HIGH),
        provisional=detections.count(Standing.PROVISIONAL),
        confirmed=detections.count(Standing.CONFIRMED),
        dropped=len(followed.dropped),
        accepted=detections.reviews[Decision.ACCEPTED],
        rejected=detections.reviews[Decision.REJECTED],
    )
    return Published(files, areas, job_id)


def _revive(record: Mapping[str, Any]) -> Published:
    return Published(_in_order(record["files"]), Areas(**record["areas"]), record["made_by"])


def _in_order(files: Mapping[str, str]) -> dict[str, str]:
    """Return the files in the order in which a user needs them."""
    kinds = [spec.kind.value for spec in FILES]
    return {kind: files[kind] for kind in kinds if kind in files}
