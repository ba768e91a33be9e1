"""The legends of land-cover maps, and which of them a map follows."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from landslidectl.errors import InputError, UsageError
from landslidectl.files.resources import asset

KEYS = ("cgls_lc100", "worldcover")
COARSEST_WORLDCOVER_M = 50.0
"""A map with larger pixels and no telling class is taken as one of 100 m."""


@dataclass(frozen=True, slots=True)
class LandCoverClass:
    """One class: code in the raster, name, official colour as ``#rrggbb``."""

    code: int
    name: str
    colour: str


@dataclass(frozen=True, slots=True)
class Legend:
    """The classes of one family of land-cover maps.

    Parameters
    ----------
    key : str
        Short name, such as ``worldcover``.
    title : str
        Name to show.
    nodata : int
        Code of pixels without a class.
    file_prefix, map_word : str
        How the files of the distribution begin, and the word that tells its class map from the
        quality and cover-fraction layers beside it.
    credit : str
        What to say when results are shown.
    water, built_up : tuple of int
        Codes of open water that stays all year, and of towns.
    classes : tuple of LandCoverClass
        By code.
    """

    key: str
    title: str
    nodata: int
    file_prefix: str
    map_word: str
    credit: str
    water: tuple[int, ...]
    built_up: tuple[int, ...]
    classes: tuple[LandCoverClass, ...]

    @property
    def codes(self) -> frozenset[int]:
        """Return the codes of all classes."""
        return frozenset(item.code for item in self.classes)

    def name_of(self, code: int) -> str:
        """Return the name of a class."""
        return self._class(code).name

    def colour_of(self, code: int) -> str:
        """Return the colour of a class."""
        return self._class(code).colour

    def _class(self, code: int) -> LandCoverClass:
        return next(item for item in self.classes if item.code == code)

    def names_file(self, name: str) -> bool:
        """Tell whether a file is named as those of the distribution."""
        return name.lower().startswith(self.file_prefix.lower())

    def names_other_layer(self, name: str) -> bool:
        """Tell whether a file of the distribution is another layer than the class map."""
        return self.names_file(name) and self.map_word.lower() not in name.lower()


def read_legend(key: str) -> Legend:
    """Read a shipped legend.

    Raises
    ------
    UsageError
        If there is none of that name.
    """
    if key not in KEYS:
        raise UsageError(
            f"land-cover legend '{key}' is unknown, expected one of {', '.join(KEYS)}",
            "Leave --land-cover-legend away to have it told from the files.",
        )
    raw = json.loads(asset("landcover", f"{key}.json").read_text(encoding="utf-8"))
    raw.pop("scheme", None)
    lists = {name: tuple(raw[name]) for name in ("water", "built_up")}
    classes = tuple(LandCoverClass(**item) for item in raw["classes"])
    return Legend(**{**raw, **lists, "classes": classes})


def all_legends() -> tuple[Legend, ...]:
    """Return the shipped legends."""
    return tuple(read_legend(key) for key in KEYS)


def legend_of_name(name: str) -> Legend | None:
    """Return the legend that a file's name tells, None for names of others."""
    return next((legend for legend in all_legends() if legend.names_file(name)), None)


def legend_of_codes(codes: Iterable[int]) -> Legend | None:
    """Return the only legend with classes that the other lacks among ``codes``, None if none has.

    The code 0 says nothing: it is a class of one legend and the nodata of the other; so does 255.

    Raises
    ------
    InputError
        If a code is in no legend, or codes of both legends are there.
    """
    legends = all_legends()
    found = frozenset(codes) - {0, 255}
    foreign = found.difference(*(legend.codes for legend in legends))
    if foreign:
        raise InputError(
            f"holds the code {_words(sorted(foreign))}, which is no class of "
            + " or ".join(legend.title for legend in legends),
            "Give the discrete class map of one of these two; cover fractions, quality layers and "
            "maps of other makers cannot be read.",
        )
    telling = [legend for legend in legends if not found <= legend.codes]
    if len(telling) == len(legends):
        raise InputError(
            f"holds classes of two legends: {_words(sorted(found))}",
            "Give one land-cover map, not a mixture.",
        )
    return next((legend for legend in legends if legend not in telling), None) if telling else None


def legend_of_grid(nodata: float | None, pixel_m: float) -> Legend:
    """Return the likelier legend of a map with none but common classes: by nodata, else pixel."""
    for legend in all_legends():
        if nodata is not None and legend.nodata == nodata:
            return legend
    return read_legend("worldcover" if pixel_m < COARSEST_WORLDCOVER_M else "cgls_lc100")


def newest_first(names: Sequence[str]) -> list[str]:
    """Return file names ordered for a mosaic: the latest year first, then by name."""
    return sorted(names, key=lambda name: (-_year(name), name))


def _year(name: str) -> int:
    years = [int(text) for text in re.findall(r"(?<!\d)(20[0-4]\d)(?!\d)", name)]
    return max(years, default=0)


def _words(codes: Sequence[int]) -> str:
    shown = ", ".join(str(code) for code in codes[:6])
    return f"{shown} and {len(codes) - 6} more" if len(codes) > 6 else shown
