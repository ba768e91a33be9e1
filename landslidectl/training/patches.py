"""Patches: windows cut from stacks, with how much of each is landslide."""

import hashlib
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landslidectl.errors import InputError
from landslidectl.files.atomic import atomic_path
from landslidectl.terms import BandSet, Pass

POSITIVE_COVER = 0.05


@dataclass(frozen=True, slots=True)
class PatchSet:
    """Patches and what is known of each; all arrays have the same length.

    Parameters
    ----------
    windows : float16, (patch, 64, 64, band)
        dB in the band order of a stack of both polarisations, no NaN. Sixteen bits resolve
        1/64 dB at -20 dB, a hundredth of the speckle.
    cover : float32
        Share of the pixels that are landslide and neither in layover nor in shadow.
    twin : bool
        The same place, dates and speckle as another patch, simulated without slides; or another
        place of that kind where nothing slid.
    pair : int32
        Number that a patch and its twin share, unique within a seed; -1 without a twin.
    seed : int32
        Event the patch is from.
    relative_orbit : int16
        Track the patch is from.
    ascending : bool
        Its direction of flight.
    row, col : int32
        First pixel in the stack.
    footprint : uint8, (patch, 512)
        The landslide pixels that ``cover`` counts, row by row, eight in a byte.
    strength_db : float32
        Root mean square change of VV gamma nought that was planted in the largest slide of the
        window; NaN where it is not known. A twin has that of its partner.
    facing_deg : float32
        Horizontal angle from that slide's downhill direction to the sensor: 0 where it faces the
        sensor; NaN where it is not known.
    """

    windows: NDArray[np.float16]
    cover: NDArray[np.float32]
    twin: NDArray[np.bool_]
    pair: NDArray[np.int32]
    seed: NDArray[np.int32]
    relative_orbit: NDArray[np.int16]
    ascending: NDArray[np.bool_]
    row: NDArray[np.int32]
    col: NDArray[np.int32]
    footprint: NDArray[np.uint8]
    strength_db: NDArray[np.float32]
    facing_deg: NDArray[np.float32]

    def __len__(self) -> int:
        return int(self.cover.size)

    @property
    def labels(self) -> NDArray[np.bool_]:
        """Return which patches count as landslide: more than 5 % of the pixels."""
        return np.asarray(self.cover > POSITIVE_COVER)

    def taken(self, indexes: NDArray[Any]) -> "PatchSet":
        """Return the patches at ``indexes`` (numbers or a mask)."""
        return PatchSet(**{name: getattr(self, name)[indexes] for name in _names()})

    def of_pass(self, direction: Pass | None) -> "PatchSet":
        """Return the patches of one direction of flight, or all of them."""
        if direction is None:
            return self
        return self.taken(self.ascending == (direction is Pass.ASCENDING))


def packed(masks: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Pack landslide pixels, (patch, 64, 64), as a set of patches holds them: (patch, 512)."""
    return np.packbits(masks.reshape(len(masks), int(np.prod(masks.shape[1:]))), axis=1)


def footprints(patches: PatchSet) -> NDArray[np.bool_]:
    """Return the landslide pixels of patches: (patch, 64, 64)."""
    side = patches.windows.shape[1]
    return np.unpackbits(patches.footprint, axis=1).reshape(-1, side, side).astype(bool)


def as_input(windows: NDArray[np.float16], bands: BandSet) -> NDArray[np.float32]:
    """Return windows of both polarisations as a network for ``bands`` takes them: a copy."""
    indexes = [BandSet.VV_VH.band_names.index(name) for name in bands.band_names]
    return windows[..., indexes].astype(np.float32)


def joined(sets: Sequence[PatchSet]) -> PatchSet:
    """Return several sets as one, pair numbers made unique."""
    pairs, first = [], 0
    for patches in sets:
        pairs.append(np.where(patches.pair >= 0, patches.pair + first, -1).astype(np.int32))
        first += int(patches.pair.max(initial=-1)) + 1
    columns = {
        name: np.concatenate([getattr(patches, name) for patches in sets]) for name in _names()
    }
    return PatchSet(**{**columns, "pair": np.concatenate(pairs)})


def save_patches(patches: PatchSet, out: Path) -> Path:
    """Write patches as an uncompressed ``.npz``; the same patches give the same bytes."""
    with atomic_path(out) as temporary:
        np.savez(temporary, **{name: getattr(patches, name) for name in _names()})
    return out


def read_patches(path: Path) -> PatchSet:
    """Read what `save_patches` wrote.

    Raises
    ------
    InputError
        If the file is not such a set.
    """
    try:
        with path.open("rb") as handle, np.load(handle) as content:
            return PatchSet(**{name: content[name] for name in _names()})
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise InputError(
            f"{path}: not a set of patches: {error}", "Delete it and make the data set again."
        ) from error


def read_folder(folder: Path) -> PatchSet:
    """Read all patch files of a folder as one set, in order of their names.

    Raises
    ------
    InputError
        If there are none.
    """
    files = sorted(folder.glob("*.npz"))
    if not files:
        raise InputError(
            f"{folder}: holds no patches (*.npz)",
            "Make them first: python -m landslidectl.training dataset.",
        )
    return joined([read_patches(path) for path in files])


def digest(*sets: PatchSet) -> str:
    """Return the SHA-256 of all that sets hold, hexadecimal: it names what a figure is taken on."""
    found = hashlib.sha256()
    for patches in sets:
        for name in _names():
            found.update(np.ascontiguousarray(getattr(patches, name)).tobytes())
    return found.hexdigest()


def _names() -> list[str]:
    return [field.name for field in fields(PatchSet)]
