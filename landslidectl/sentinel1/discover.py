"""Finding the scenes among whatever lies on a disk, and refusing by name what cannot be used."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from landslidectl.errors import DamagedScene, NotAScene, SceneError, UnsupportedScene
from landslidectl.sentinel1.annotation import parse_annotation
from landslidectl.sentinel1.archive import (
    COPY_AGAIN,
    MANIFEST,
    ZIP_MAGIC,
    SceneArchive,
    open_archive,
)
from landslidectl.sentinel1.describe import describe_scene
from landslidectl.sentinel1.manifest import Manifest, read_manifest
from landslidectl.sentinel1.members import Inventory, recorded_in, take_inventory
from landslidectl.sentinel1.scene import Scene
from landslidectl.terms import SIMULATION_FACILITY, Polarisation, Track

__all__ = ["Discovery", "Refusal", "describe_scene", "find_scenes", "open_scene"]

PRODUCT_NAME = re.compile(r"S\d[A-Z]_", re.IGNORECASE)
NEEDED = "Needed are IW GRDH products with VV, alone or beside VH."


@dataclass(frozen=True, slots=True)
class Refusal:
    """A path that looks like a product, and why it is not used."""

    path: Path
    reason: str


@dataclass(frozen=True, slots=True)
class Discovery:
    """Usable scenes sorted by start and name, and what was refused, sorted by path."""

    scenes: tuple[Scene, ...]
    refused: tuple[Refusal, ...]


def open_scene(path: Path) -> Scene:
    """Open one product and read all its metadata once, so that damage shows here.

    A product whose pixels are missing is opened all the same: `Scene.problems` says what is wrong
    and `Scene.require_pixels` refuses it where pixels are needed.

    Raises
    ------
    NotAScene
        If the path is no Sentinel-1 product.
    UnsupportedScene
        If it is one of another type, mode, resolution or polarisation.
    DamagedScene
        If metadata is missing, truncated or not well-formed.
    """
    archive = open_archive(path)
    manifest = read_manifest(archive)
    _refuse_unsupported(archive, manifest)
    inventory = take_inventory(archive, manifest)
    if not inventory.members:
        raise DamagedScene(
            archive.path, "no usable polarisation: " + "; ".join(inventory.problems), COPY_AGAIN
        )
    resolution = _resolution(archive, inventory)
    if resolution != "H":
        raise UnsupportedScene(
            archive.path, f"a GRD{resolution} product, with pixels of 40 m", NEEDED
        )
    return _scene(archive, manifest, inventory)


def find_scenes(paths: Sequence[Path]) -> Discovery:
    """Find the products among files and folders; folders are searched to any depth.

    Unrelated files are passed over in silence, unless they were given as a path themselves.
    Products that cannot be used are refused by name, and the others go on.
    """
    scenes: list[Scene] = []
    refused: list[Refusal] = []
    for candidate in find_candidates(paths):
        shown = str(candidate.path).encode("utf-8", "backslashreplace").decode("utf-8")
        if shown != str(candidate.path):
            refused.append(Refusal(Path(shown), "its name is no text in UTF-8: rename it"))
            continue
        try:
            scenes.append(open_scene(candidate.path))
        except SceneError as error:
            if not candidate.is_unrelated(error):
                refused.append(Refusal(candidate.path, error.reason))
    return Discovery(
        tuple(sorted(scenes, key=lambda scene: (scene.start, scene.scene_id))),
        tuple(sorted(refused, key=lambda refusal: refusal.path)),
    )


@dataclass(frozen=True, slots=True)
class Candidate:
    """A path that may be a product, and whether it was given or only found in a folder."""

    path: Path
    is_given: bool

    def is_unrelated(self, error: SceneError) -> bool:
        """Tell whether what could not be opened merely lies about, so that nobody asks for it."""
        return not self.is_given and _is_unrelated(self.path, error)


def find_candidates(paths: Sequence[Path]) -> Iterator[Candidate]:
    """Yield what looks like a product among files and folders, each once."""
    seen: set[Path] = set()
    for given in paths:
        for path in _candidates(given):
            resolved = path.resolve()
            if resolved not in seen:
                seen.add(resolved)
                yield Candidate(path, path == given)


def _scene(archive: SceneArchive, manifest: Manifest, inventory: Inventory) -> Scene:
    if manifest.direction is None or not manifest.footprint:
        raise DamagedScene(
            archive.path, f"{MANIFEST}: direction of flight or footprint is missing", COPY_AGAIN
        )
    return Scene(
        scene_id=archive.name,
        path=archive.path,
        platform=manifest.platform,
        product_type=f"{manifest.product_type}H",
        polarisations=tuple(inventory.members),
        track=Track(manifest.relative_orbit, manifest.direction, manifest.mode),
        absolute_orbit=manifest.absolute_orbit,
        datatake=manifest.datatake,
        start=manifest.start,
        stop=manifest.stop,
        ipf=manifest.ipf,
        is_simulated=manifest.facility == SIMULATION_FACILITY,
        timeliness=manifest.timeliness,
        footprint=manifest.footprint,
        recorded=recorded_in(manifest),
        members=inventory.members,
        pixel_faults=inventory.pixel_faults,
        problems=inventory.problems,
    )


def _refuse_unsupported(archive: SceneArchive, manifest: Manifest) -> None:
    recorded = recorded_in(manifest)
    reasons = []
    if manifest.product_type != "GRD":
        reasons.append(f"the product type is {manifest.product_type}, not GRD")
    if manifest.mode != "IW":
        reasons.append(f"the mode is {manifest.mode or 'unknown'}, not IW")
    if Polarisation.VV not in recorded:
        reasons.append(f"the polarisation is {' and '.join(recorded) or 'unknown'}, without VV")
    if reasons:
        raise UnsupportedScene(archive.path, "; ".join(reasons), NEEDED)


def _resolution(archive: SceneArchive, inventory: Inventory) -> str:
    """Parse every annotation and return the resolution class of the first."""
    classes = [
        parse_annotation(archive, members.annotation).resolution_class
        for members in inventory.members.values()
    ]
    return classes[0]


def _candidates(given: Path) -> Iterator[Path]:
    if given.is_dir() and not _is_product_folder(given):
        yield from _search(given, set())
    else:
        yield given


def _search(folder: Path, visited: set[Path]) -> Iterator[Path]:
    """Yield what looks like a product; links are followed, but no folder is entered twice."""
    resolved = folder.resolve()
    if resolved in visited:
        return
    visited.add(resolved)
    try:
        paths = sorted(folder.iterdir())
    except OSError:
        return
    for path in paths:
        if path.name.startswith((".", "__MACOSX")):
            continue
        if path.is_dir():
            if _is_product_folder(path):
                yield path
            else:
                yield from _search(path, visited)
        elif path.suffix.lower() == ".zip" or _is_named_zip(path):
            yield path


def _is_product_folder(folder: Path) -> bool:
    if folder.name.lower().endswith(".safe") or (folder / MANIFEST).is_file():
        return True
    return (folder / "annotation").is_dir() and (folder / "measurement").is_dir()


def _is_named_zip(path: Path) -> bool:
    """Tell whether a file with a product's name is a zip, whatever its suffix."""
    return bool(PRODUCT_NAME.match(path.name)) and _starts_as_zip(path)


def _is_unrelated(path: Path, error: SceneError) -> bool:
    """Tell whether a refused path is an intact zip of something else, such as a shapefile."""
    return (
        isinstance(error, NotAScene)
        and not PRODUCT_NAME.match(path.name)
        and path.is_file()
        and _starts_as_zip(path)
    )


def _starts_as_zip(path: Path) -> bool:
    try:
        with path.open("rb") as handle:
            return handle.read(4) in ZIP_MAGIC
    except OSError:
        return False
