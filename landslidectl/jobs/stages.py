"""From scenes to stacks to scores: what each depends on, how it is done and taken up again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from landslidectl.detection.masks import JudgedGround
from landslidectl.errors import ResourceError
from landslidectl.events import Reporter, Warned
from landslidectl.files.hashing import stable_key
from landslidectl.inference.manifest import Model
from landslidectl.inference.score import ScoreRaster, score_stack
from landslidectl.inference.score_options import ScoreOptions
from landslidectl.jobs.composites import Side, SideBuilder, look_scene
from landslidectl.jobs.devices import Choice, Devices
from landslidectl.jobs.frame import MapFrame
from landslidectl.jobs.geocoding import title_of
from landslidectl.jobs.ground import Ground
from landslidectl.jobs.job import Job
from landslidectl.jobs.settings import DetectSettings
from landslidectl.jobs.stack_settings import StackSettings
from landslidectl.jobs.steps import Done, Made, Step
from landslidectl.stack.plans import TrackPlan, UnusedScene, WindowOptions, too_few
from landslidectl.stack.stack import Stack, StackRequest, build_stack, open_stack
from landslidectl.terms import Device, Phase


@dataclass(frozen=True, slots=True)
class StackedTrack:
    """A track's stack with the plan it was built by.

    Parameters
    ----------
    plan : TrackPlan
        With the scenes that really went in.
    stack : Done of Stack
    facts : mapping
        What was noted of each scene while it was read, by identifier: orbit, noise, checksums.
    """

    plan: TrackPlan
    stack: Done[Stack]
    facts: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Stacks:
    """The tracks that have a stack, and in words what the others lack."""

    tracks: tuple[StackedTrack, ...]
    lost: tuple[str, ...]


def window_options(settings: StackSettings) -> WindowOptions:
    """Return the rules by which scenes are selected."""
    return WindowOptions(
        pre_days=settings.pre_days,
        post_days=settings.post_days,
        extend_post_days=settings.extend_post_days,
        min_pre=settings.min_pre,
        min_post=settings.min_post,
    )


def stack_tracks(job: Job[Any], plans: Sequence[TrackPlan], frame: MapFrame) -> Stacks:
    """Build the stack of every track that keeps enough scenes on both sides of the event."""
    scenes = [scene for plan in plans for scene in plan.scenes]
    titles = {
        scene.scene_id: title_of(scene, number, len(scenes))
        for number, scene in enumerate(scenes, start=1)
    }
    builder = SideBuilder(job, frame, titles)
    tracks, lost = [], []
    for plan in plans:
        stacked = _stack_track(job, plan, builder, frame)
        if isinstance(stacked, StackedTrack):
            tracks.append(stacked)
            continue
        lost.append(stacked)
        job.reporter(Warned(f"track skipped: {stacked}", "track-skipped"))
    return Stacks(tuple(tracks), tuple(lost))


def score_track(
    job: Job[DetectSettings], track: StackedTrack, model: Model, devices: Devices, ground: Ground
) -> Done[ScoreRaster]:
    """Score one track's stack.

    Scores of an earlier run are taken up whichever device made them, where the user left it open.
    """
    if devices.asked is Device.AUTO:
        for device in (Device.CPU, Device.GPU):
            done = job.take_up(_score_step(job, track, model, Choice(device, ""), ground))
            if done is not None:
                return done
    try:
        return job.run(_score_step(job, track, model, devices.choice(), ground))
    except ResourceError as error:
        if not devices.fall_back(error):
            raise
    return job.run(_score_step(job, track, model, devices.choice(), ground))


def _score_step(
    job: Job[DetectSettings], track: StackedTrack, model: Model, choice: Choice, ground: Ground
) -> Step[ScoreRaster]:
    settings, stack = job.settings, track.stack.value
    out = job.workspace.score(stack.track.name)
    options = ScoreOptions(
        stride=settings.stride,
        device=choice.device,
        threads=settings.threads,
        max_memory_mb=settings.max_memory_mb,
        verbose=settings.verbose,
    )

    def work(reporter: Reporter) -> Made[ScoreRaster]:
        facts = choice.facts(model)
        with JudgedGround(stack, ground.limits) as judged:
            asked = replace(options, judged=judged.of)
            raster = replace(score_stack(stack, model, out, asked, reporter), device_facts=facts)
        record = {
            "device_used": raster.device_used,
            "windows_scored": raster.windows_scored,
            "windows_skipped": raster.windows_skipped,
            "way": raster.way,
            "device_facts": facts,
        }
        detail = f"{stack.track.name}: {raster.windows_scored} windows"
        detail += f" on {choice.adapter}" if choice.adapter else ""
        return Made(raster, record, [(out, "score")], detail)

    def revive(record: Mapping[str, Any]) -> ScoreRaster:
        return ScoreRaster(out, stack.grid, stack.track, model.name, **record)

    depends_on = {
        "stack": track.stack.key,
        "model": model.sha256,
        "manifest": stable_key(dict(model.raw)),
        "stride": settings.stride,
        "device": choice.device.value,
        "max_missing": options.max_missing,
        "ground": ground.identity,
    }
    return Step("score", f"Scores of {stack.track}", depends_on, work, revive)


def _lack(plan: TrackPlan, options: WindowOptions) -> str | None:
    """Say what a plan lacks after scenes were refused; None where it lacks nothing."""
    for side, scenes in (("post", plan.post), ("pre", plan.pre)):
        if not scenes:
            return f"no {side}-event scene is left on {plan.track}"
    reason = too_few(plan, options)
    return None if reason is None else f"{reason} on {plan.track}"


def _stack_track(
    job: Job[Any], plan: TrackPlan, builder: SideBuilder, frame: MapFrame
) -> StackedTrack | str:
    """Return the stack of one track, or in words what is left too little of."""
    left = replace(plan, pre=builder.usable(plan.pre), post=builder.usable(plan.post))
    reason = _lack(left, window_options(job.settings))
    if reason is not None:
        builder.drop(left.scenes)
        job.ledger.leave_aside(UnusedScene(scene, reason) for scene in left.scenes)
        return reason
    post, pre = builder.build(left, Phase.POST), builder.build(left, Phase.PRE)
    if post is None or pre is None:
        return _stack_track(job, left, builder, frame)
    done = job.run(_stack_step(job, left, (pre, post), frame))
    return StackedTrack(left, done, {**pre.facts, **post.facts})


def _stack_step(
    job: Job[Any], plan: TrackPlan, sides: tuple[Side, Side], frame: MapFrame
) -> Step[Stack]:
    settings: StackSettings = job.settings
    pre, post = (side.composite for side in sides)
    request = StackRequest(
        folder=job.workspace.stack(plan.track.name),
        grid=frame.grid,
        dem=frame.dem.value,
        bands=settings.bands,
        event=settings.event,
        look_scene=look_scene(plan),
        contract=frame.contract,
        min_pre=settings.min_pre,
        min_post=settings.min_post,
        post_window_extended=plan.late_post_days > 0.0,
        late_post_days=plan.late_post_days,
        threads=frame.threads,
    )

    def work(reporter: Reporter) -> Made[Stack]:
        stack = build_stack(plan.track, pre.value, post.value, request, reporter)
        files = [
            (stack.values_path, "stack"),
            (stack.quality_path, "stack-quality"),
            (stack.counts_path, "stack-counts"),
            (stack.incidence_path, "stack-incidence"),
            (stack.record_path, "stack-record"),
        ]
        acquired = f"{stack.pre_acquisitions} before, {stack.post_acquisitions} after the event"
        return Made(stack, {}, files, f"{plan.track.name}: {acquired}")

    depends_on = {
        "pre": pre.key,
        "post": post.key,
        "dem": frame.dem.key,
        "event": [settings.event.first.isoformat(), settings.event.last.isoformat()],
        "bands": settings.bands.value,
        "enough": [settings.min_pre, settings.min_post],
        "late_post_days": plan.late_post_days,
    }
    title = f"Stack of {plan.track}"
    return Step("stack", title, depends_on, work, lambda _: open_stack(request.folder))
