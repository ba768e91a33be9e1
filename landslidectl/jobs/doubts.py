"""What makes a finished map doubtful, told as warnings."""

from collections.abc import Iterable, Mapping

from landslidectl.detection.detections import Detections
from landslidectl.detection.shift import shift_in_words
from landslidectl.events import Reporter, Warned
from landslidectl.inference.manifest import Model
from landslidectl.stack.offsets import side_is_shifted
from landslidectl.stack.record import Stack
from landslidectl.terms import Track

DOUBTFUL_SHARE = 0.75
"""Outlines that hold more of the analysed ground tell nothing apart."""


def doubt_passes(model: Model, tracks: Iterable[Track], reporter: Reporter) -> None:
    """Warn of tracks in a direction that the model was not trained on, where it names its own.

    Parameters
    ----------
    model : Model
    tracks : iterable of Track
        Those that it scores.
    reporter : Reporter
    """
    trained = _passes(model)
    others = [track.name for track in tracks if track.direction.value not in trained]
    if trained and others:
        reporter(
            Warned(
                f"model {model.name} was trained on {' and '.join(trained)} tracks, not for "
                f"{', '.join(others)}: its scores there are doubtful",
                "other-pass",
            )
        )


def doubt_outlines(detections: Detections, threshold: float, reporter: Reporter) -> None:
    """Warn of outlines that hold most of the ground: that is no map, whatever slid.

    Parameters
    ----------
    detections : Detections
    threshold : float
        That they were made with.
    reporter : Reporter
    """
    inside_km2 = sum(item.area_ha for item in detections.items) / 100.0
    if inside_km2 > DOUBTFUL_SHARE * detections.tested_km2:
        share = min(inside_km2 / detections.tested_km2, 1.0) if detections.tested_km2 else 1.0
        reporter(
            Warned(
                f"the outlines hold {share:.0%} of the ground that was analysed; the model, or its "
                f"threshold of {threshold:g}, does not suit this place: raise --threshold or take "
                "another --model",
                "detections-everywhere",
            )
        )


def doubt_shifts(detections: Detections, stacks: Iterable[Stack], reporter: Reporter) -> None:
    """Warn of ground that changed as a whole, and tell what it explains.

    A shift of the whole scene that its stack was warned of already is not told twice.

    Parameters
    ----------
    detections : Detections
    stacks : iterable of Stack
        What they were found in.
    reporter : Reporter
    """
    told = {stack.track for stack in stacks if side_is_shifted(stack.side_offset_db)}
    for shift in detections.shifts:
        if not (shift.is_scene_wide and shift.track in told):
            reporter(Warned(shift_in_words(shift), "ground-shift"))
    if detections.explained:
        count = len(detections.explained)
        area_ha = sum(item.area_ha for item in detections.explained)
        reporter(
            Warned(
                f"{count} region{'s' if count > 1 else ''} of {area_ha:.0f} ha in all reached the "
                "threshold but changed as shifted ground around them did, with nothing that stands "
                "out: not taken as landslides",
                "explained-by-shift",
            )
        )


def _passes(model: Model) -> tuple[str, ...]:
    """Return the directions that a manifest names; none where it does not say."""
    training = model.raw.get("training")
    inside = training.get("passes") if isinstance(training, Mapping) else None
    named = model.raw.get("passes") or inside
    return tuple(str(one) for one in named) if isinstance(named, list | tuple) else ()
