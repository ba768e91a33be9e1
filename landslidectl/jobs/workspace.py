"""The output folder: the product on top, everything intermediate in ``.work`` below."""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from landslidectl.errors import OutputError
from landslidectl.files.atomic import PARTIAL_MARK, write_json_atomic
from landslidectl.jobs.settings import differences
from landslidectl.terms import Phase

WORK = ".work"


@dataclass(frozen=True, slots=True)
class Workspace:
    """Names inside an output folder.

    Parameters
    ----------
    output : Path
        The product folder.
    """

    output: Path

    @property
    def work(self) -> Path:
        """Return the folder of intermediate files."""
        return self.output / WORK

    @property
    def lock(self) -> Path:
        """Return the lock file of a run."""
        return self.work / "lock.json"

    @property
    def dem(self) -> Path:
        """Return the DEM on the job's grid."""
        return self.work / "dem.tif"

    @property
    def geocoded(self) -> Path:
        """Return the folder of geocoded scenes."""
        return self.work / "geocoded"

    def stack(self, track_name: str) -> Path:
        """Return the folder of one track's stack."""
        return self.work / "stacks" / track_name

    def composite(self, track_name: str, phase: Phase) -> Path:
        """Return the composite of one side of one track."""
        return self.work / "composites" / f"{track_name}_{phase.value}.tif"

    def flattening(self, track_name: str) -> Path:
        """Return one track's factor from sigma nought to gamma nought."""
        return self.work / "flattening" / f"{track_name}.tif"

    def score(self, track_name: str) -> Path:
        """Return one track's score raster."""
        return self.work / "scores" / f"{track_name}.tif"

    @property
    def fused(self) -> Path:
        """Return the fused score raster."""
        return self.work / "scores" / "fused.tif"

    @property
    def made_with(self) -> Path:
        """Return the record of the settings that the product here was made with."""
        return self.work / "made_with.json"

    def check_free(self, identity: Mapping[str, Any], overwrite: bool) -> None:
        """Refuse to mix with something else.

        The same settings may always go on: that is how a run is resumed and how new scenes are
        taken in. A folder that holds files of others, or a product of other settings, needs
        ``overwrite``; what is there stays all the same, since every product has its own name.

        Raises
        ------
        OutputError
            If the folder is no folder, or holds something else.
        """
        if self.output.exists() and not self.output.is_dir():
            raise OutputError(
                f"{self.output}: the output must be a folder, this is a file",
                "Choose another folder with --output.",
            )
        if overwrite or not self.output.is_dir():
            return
        latest = self.latest_product()
        if latest is not None:
            changed = differences(latest["identity"], identity)
            if changed:
                raise OutputError(
                    f"{self.output}: holds a product made with other settings "
                    f"({'; '.join(changed)})",
                    "Choose another folder with --output, or go on in this one with --overwrite.",
                )
        elif not self.work.is_dir() and any(self.output.iterdir()):
            raise OutputError(
                f"{self.output}: the folder holds files that no run of landslidectl made",
                "Choose an empty or new folder with --output, or add to this one with --overwrite.",
            )

    def sweep(self) -> None:
        """Remove what a killed run left half-written; only the holder of the lock may do this."""
        pattern = f".*{PARTIAL_MARK}*"
        for left in [*self.output.glob(pattern), *self.work.rglob(pattern)]:
            if left.is_dir() and not left.is_symlink():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink(missing_ok=True)

    def next_counters(self, scene_ids: Sequence[str]) -> tuple[int, int]:
        """Return release and version of the next product: more data, or the same data again."""
        latest = self.latest_product()
        if latest is None:
            return 1, 1
        release, version = int(latest["release"]), int(latest["version"])
        if latest["scenes"] == sorted(scene_ids):
            return release, version + 1
        return release + 1, 1

    def record_product(
        self, identity: Mapping[str, Any], scene_ids: Sequence[str], counters: tuple[int, int]
    ) -> None:
        """Record what the latest product here was made with."""
        write_json_atomic(
            self.made_with,
            {
                "identity": dict(identity),
                "scenes": sorted(scene_ids),
                "release": counters[0],
                "version": counters[1],
            },
        )

    def latest_product(self) -> dict[str, Any] | None:
        """Return the record of the latest product, or None when there is none to be read."""
        try:
            content = json.loads(self.made_with.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return content if isinstance(content, dict) and "identity" in content else None
