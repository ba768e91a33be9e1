"""What a user asks of detection, complete and checked; nothing here reads a file."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from landslidectl.detection.masks import MIN_SLOPE_DEG, UPRIGHT_DEG
from landslidectl.detection.relief import STEEP_DEG
from landslidectl.errors import UsageError
from landslidectl.jobs.stack_settings import StackSettings
from landslidectl.products.contract.files import DEFAULT_FILES, FORMAT_FILES, FileKind, Format
from landslidectl.terms import Device

GLIDE_FORM = r"[A-Z]{2}-\d{4}-\d{6}-[A-Z]{3}"
GLIDE_HINT = "Such as EQ-2018-000139-JPN: hazard, year, number and country."


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectSettings(StackSettings):
    """The whole job.

    Parameters
    ----------
    model : str
        Name of a model folder.
    models_dir : Path or None
        Where models are; None: the user's own, and those that came with the program.
    device : Device
        Where the model runs.
    threshold : float or None
        Score from which a pixel is landslide; None: the model's own.
    high_threshold : float or None
        Score from which a detection is of high confidence; None: the model's own, which may have
        none, or ``threshold`` where that is higher.
    min_area_m2 : float
        Smaller regions are dropped.
    min_slope_deg, max_slope_deg : float
        Flatter and steeper ground is not judged.
    min_steepness_deg : float
        Outlines that are nowhere steeper are left out.
    land_cover : tuple of Path
        Files and folders of land-cover maps, whose water and towns are not judged.
    land_cover_legend : str or None
        What their codes mean; None: told from the files.
    stride : int
        Pixels between windows.
    verbose : bool
        Let the runtime of the network write its own lines to standard error.
    event_name, event_id, glide : str or None
        What the event is called, and its number in the GLIDE register of disasters.
    formats : tuple of Format
        Formats that a product has on request only.
    composites : bool
        Write the backscatter before and after the event into the product.
    """

    model: str = "resnet"
    models_dir: Path | None = None
    device: Device = Device.AUTO
    threshold: float | None = None
    high_threshold: float | None = None
    min_area_m2: float = 2000.0
    min_slope_deg: float = MIN_SLOPE_DEG
    max_slope_deg: float = UPRIGHT_DEG
    min_steepness_deg: float = STEEP_DEG
    land_cover: tuple[Path, ...] = ()
    land_cover_legend: str | None = None
    stride: int = 32
    verbose: bool = False
    event_name: str | None = None
    event_id: str | None = None
    glide: str | None = None
    formats: tuple[Format, ...] = ()
    composites: bool = False

    def __post_init__(self) -> None:
        """Refuse thresholds, slopes and strides that make no sense."""
        StackSettings.__post_init__(self)
        for option in ("threshold", "high_threshold"):
            score = getattr(self, option)
            if score is not None and not 0.0 < score < 1.0:
                name = option.replace("_", "-")
                raise UsageError(f"--{name} must be between 0 and 1, found {score:g}")
        if self.threshold is not None:
            check_order(self.threshold, self.high_threshold)
        self._check_ground()
        if not 1 <= self.stride <= 64:
            raise UsageError(f"--stride must be between 1 and 64 pixels, found {self.stride}")
        if self.glide is not None and not re.fullmatch(GLIDE_FORM, self.glide):
            raise UsageError(f"--glide: '{self.glide}' is no GLIDE number", GLIDE_HINT)

    @property
    def extra(self) -> tuple[FileKind, ...]:
        """Return the files that the product gets only because they were asked for."""
        wanted = {FORMAT_FILES[word] for word in self.formats}
        if self.composites:
            wanted.add(FileKind.COMPOSITES)
        return tuple(sorted(wanted - set(DEFAULT_FILES)))

    def _check_ground(self) -> None:
        """Refuse limits of area, slope and land cover that make no sense."""
        if not 0.0 <= self.min_area_m2 < math.inf:
            raise UsageError(f"--min-area must be 0 or more, found {self.min_area_m2:g}")
        if not 0.0 <= self.min_slope_deg < self.max_slope_deg <= UPRIGHT_DEG:
            raise UsageError(
                "--min-slope and --max-slope must be degrees between 0 and 90, the first the "
                f"smaller, found {self.min_slope_deg:g} and {self.max_slope_deg:g}"
            )
        if not 0.0 <= self.min_steepness_deg <= UPRIGHT_DEG:
            raise UsageError(
                "--min-steepness must be degrees between 0 and 90, found "
                f"{self.min_steepness_deg:g}"
            )
        if self.land_cover_legend is not None and not self.land_cover:
            raise UsageError(
                "--land-cover-legend is given without --land-cover", "Give the map as well."
            )

    def identity(self) -> dict[str, Any]:
        """Return, JSON-ready, the settings that decide what the product looks like."""
        return StackSettings.identity(self) | {
            "model": self.model,
            "device": self.device.value,
            "threshold": self.threshold,
            "high_threshold": self.high_threshold,
            "min_area_m2": self.min_area_m2,
            "min_slope_deg": self.min_slope_deg,
            "max_slope_deg": self.max_slope_deg,
            "min_steepness_deg": self.min_steepness_deg,
            "land_cover": [str(path.resolve()) for path in self.land_cover],
            "land_cover_legend": self.land_cover_legend,
            "stride": self.stride,
            "event_name": self.event_name,
            "event_id": self.event_id,
            "glide": self.glide,
        }

    def described(self) -> dict[str, Any]:
        """Return every setting, JSON-ready, for the catalog."""
        return StackSettings.described(self) | {
            "formats": [word.value for word in self.formats],
            "composites": self.composites,
        }


def check_order(threshold: float, high_threshold: float | None) -> None:
    """Refuse a high threshold below the low one.

    Raises
    ------
    UsageError
        With both.
    """
    if high_threshold is not None and high_threshold < threshold:
        raise UsageError(
            f"--high-threshold {high_threshold:g} is below the threshold {threshold:g}",
            "Detections begin at the threshold: lower --threshold too, or raise --high-threshold.",
        )


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Return in words the settings in which two identities differ."""
    return [
        f"{name}: {old.get(name)} -> {new.get(name)}"
        for name in sorted({*old, *new})
        if old.get(name) != new.get(name)
    ]
