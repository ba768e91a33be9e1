"""The two thresholds of a job: what the user says, else what the model says."""

from landslidectl.inference.manifest import Model
from landslidectl.jobs.settings import DetectSettings, check_order


def thresholds(settings: DetectSettings, model: Model) -> tuple[float, float | None]:
    """Return the score of a detected pixel, and that of a detection of high confidence.

    A model whose high threshold was never measured gives none, unless the user does: then all
    detections are of low confidence. A low threshold above the model's high one takes its place.

    Raises
    ------
    UsageError
        If the user's high threshold is below the model's low one.
    """
    low = model.threshold if settings.threshold is None else settings.threshold
    if settings.high_threshold is not None:
        check_order(low, settings.high_threshold)
        return low, settings.high_threshold
    return low, None if model.threshold_high is None else max(low, model.threshold_high)
