"""What a job came to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from landslidectl.errors import PartialFailure
from landslidectl.products.wording import confidence_in_words, km2_in_words
from landslidectl.terms import JobStatus


@dataclass(frozen=True, slots=True)
class Refused:
    """An input that was not used.

    Parameters
    ----------
    name : str
        Scene or path.
    reason : str
        Why.
    is_failure : bool
        Whether it should have been usable: a damaged scene is a failure, a duplicate is none.
    """

    name: str
    reason: str
    is_failure: bool = False


@dataclass(frozen=True, slots=True)
class Areas:
    """What was found and where it was looked for, in hectares and square kilometres.

    ``left_out`` counts regions that are steep nowhere, ``flagged`` detections with a flag.
    ``high`` detections are of high confidence; ``provisional`` and ``confirmed`` ones were seen in
    earlier releases too; ``dropped`` ones were in the last release and are not in this one.
    ``accepted`` detections are among them, ``rejected`` ones are not.
    """

    detections: int
    detected_ha: float
    tested_km2: float
    masked_km2: float
    unobserved_km2: float
    left_out: int = 0
    flagged: int = 0
    high: int = 0
    provisional: int = 0
    confirmed: int = 0
    dropped: int = 0
    accepted: int = 0
    rejected: int = 0

    @property
    def first(self) -> int:
        """Return how many detections no earlier release showed."""
        return self.detections - self.provisional - self.confirmed


@dataclass(frozen=True, slots=True)
class JobResult:
    """The end of a job that made its outputs.

    Parameters
    ----------
    job_id : str
        In the catalog.
    status : JobStatus
        Succeeded, with or without detections, or partial.
    output : str
        The output folder.
    files : mapping
        The files a user opens, by kind.
    areas : Areas or None
        None for jobs that do not detect.
    tracks : tuple of str
        Tracks that went in.
    scenes : int
        Scenes that went in.
    refused : tuple of Refused
        Inputs that did not.
    warnings : tuple of str
        What the user should know.
    skipped : int
        Steps that an earlier run had done.
    seconds : float
        Wall time.
    """

    job_id: str
    status: JobStatus
    output: str
    files: Mapping[str, str] = field(default_factory=dict)
    areas: Areas | None = None
    tracks: tuple[str, ...] = ()
    scenes: int = 0
    refused: tuple[Refused, ...] = ()
    warnings: tuple[str, ...] = ()
    skipped: int = 0
    seconds: float = 0.0

    @property
    def exit_code(self) -> int:
        """Return 0, or the code of a partial failure."""
        return PartialFailure.exit_code if self.status is JobStatus.PARTIAL else 0

    def as_json(self) -> dict[str, Any]:
        """Return the result for programs."""
        areas = self.areas
        return {
            "job_id": self.job_id,
            "status": self.status.value,
            "output": self.output,
            "files": dict(self.files),
            "detections": areas.detections if areas else None,
            "high_confidence": areas.high if areas else None,
            "low_confidence": areas.detections - areas.high if areas else None,
            "first": areas.first if areas else None,
            "provisional": areas.provisional if areas else None,
            "confirmed": areas.confirmed if areas else None,
            "dropped": areas.dropped if areas else None,
            "accepted": areas.accepted if areas else None,
            "rejected": areas.rejected if areas else None,
            "detected_ha": areas.detected_ha if areas else None,
            "tested_km2": areas.tested_km2 if areas else None,
            "masked_km2": areas.masked_km2 if areas else None,
            "unobserved_km2": areas.unobserved_km2 if areas else None,
            "left_out": areas.left_out if areas else None,
            "flagged": areas.flagged if areas else None,
            "tracks": list(self.tracks),
            "scenes": self.scenes,
            "refused": [
                {"name": item.name, "reason": item.reason, "failure": item.is_failure}
                for item in self.refused
            ],
            "warnings": list(self.warnings),
            "steps_skipped": self.skipped,
            "seconds": round(self.seconds, 3),
        }

    def told(self) -> list[str]:
        """Return the result in a few lines for a person."""
        tracks = ", ".join(self.tracks)
        lines = [f"{self.scenes} scenes used" + (f" on {tracks}" if tracks else "")]
        failures = [item for item in self.refused if item.is_failure]
        if self.refused:
            lines.append(f"{len(self.refused)} not used, of them {len(failures)} damaged")
        if self.areas:
            lines += _told_areas(self.areas)
        return lines


def _told_areas(areas: Areas) -> list[str]:
    noun = "detection" if areas.detections == 1 else "detections"
    flagged = f", {areas.flagged} flagged as doubtful" if areas.flagged else ""
    lines = [f"{areas.detections} {noun}, {areas.detected_ha:.1f} ha{flagged}"]
    if areas.detections:
        lines.append(confidence_in_words(areas.high, areas.detections - areas.high))
    if areas.accepted or areas.rejected:
        lines.append(
            f"{areas.accepted} accepted, {areas.rejected} rejected and left out, "
            f"{areas.detections - areas.accepted} not reviewed"
        )
    total = areas.tested_km2 + areas.masked_km2 + areas.unobserved_km2
    if areas.left_out:
        lines.append(f"{areas.left_out} left out: steep nowhere")
    if areas.provisional or areas.confirmed or areas.dropped:
        lines.append(
            f"{areas.first} first, {areas.provisional} provisional, {areas.confirmed} confirmed; "
            f"{areas.dropped} dropped since the last release"
        )
    lines.append(
        f"{km2_in_words(areas.tested_km2, total)} km2 analysed, "
        f"{km2_in_words(areas.masked_km2, total)} km2 masked, "
        f"{km2_in_words(areas.unobserved_km2, total)} km2 not observed"
    )
    if areas.detections == 0:
        lines.append("No detection does not mean that there was no landslide.")
    return lines
