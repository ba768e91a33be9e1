"""Which surface the heights of a raster are counted from."""

import re
from collections.abc import Sequence
from enum import StrEnum

from landslidectl.errors import DemError


class VerticalDatum(StrEnum):
    """The vertical datums that can be brought to the ellipsoid."""

    EGM96 = "egm96"
    EGM2008 = "egm2008"
    ELLIPSOID = "ellipsoid"

    @property
    def needs_geoid(self) -> bool:
        """Return whether the geoid undulation must be added to reach the ellipsoid."""
        return self is not VerticalDatum.ELLIPSOID


CELL = r"[ns]\d{2}(_00)?_?[ew]\d{3}"
NAME_PATTERNS: tuple[tuple[str, VerticalDatum], ...] = (
    (r"^copernicus_dsm_", VerticalDatum.EGM2008),
    (rf"^{CELL}_fabdem", VerticalDatum.EGM2008),
    (rf"^{CELL}(\.srtmgl[13])?(\.hgt|$)", VerticalDatum.EGM96),
    (r"^nasadem_", VerticalDatum.EGM96),
    (r"^srtm_\d{2}_\d{2}", VerticalDatum.EGM96),
    (r"^alpsmlc30_", VerticalDatum.EGM96),
    (r"^tdm1_dem_", VerticalDatum.ELLIPSOID),
    (r"^(arcticdem|rema)_", VerticalDatum.ELLIPSOID),
)
HINT = (
    "Give --dem-vertical egm96, egm2008 or ellipsoid; the metadata of the elevation model "
    "or whoever made it says which."
)


def resolve_datum(names: Sequence[str], crs_wkt: str, requested: str | None) -> VerticalDatum:
    """Decide the vertical datum: the coordinate system's, else the name's, else the user's word.

    So one word given for an own survey does not turn the tiles of an agency beside it, whose names
    are known, into something else.

    Parameters
    ----------
    names : sequence of str
        Name of the file, followed by those of the files it is made of (a VRT).
    crs_wkt : str
        Its coordinate system; only a compound or three-dimensional one says something.
    requested : str or None
        What the user gave; it also accepts a national height system as the datum given.

    Raises
    ------
    DemError
        If nothing tells, or the datum is one that cannot be brought to the ellipsoid here.
    """
    given = None if requested is None else parse_datum(requested)
    stated = datum_of_crs(crs_wkt, names[0], given)
    if stated is not None:
        return stated
    parts = {datum_of_name(name) for name in (names[1:] or names[:1])}
    named = parts.pop() if len(parts) == 1 else None
    found = named or given
    if found is None:
        raise DemError(
            f"{names[0]}: neither the coordinate system nor the file name tells whether the "
            "heights are counted from a geoid or from the ellipsoid",
            HINT,
        )
    return found


def parse_datum(text: str) -> VerticalDatum:
    """Return the datum of a user's word.

    Raises
    ------
    DemError
        If the word is none of the three.
    """
    try:
        return VerticalDatum(text.strip().lower())
    except ValueError:
        choices = ", ".join(datum.value for datum in VerticalDatum)
        raise DemError(
            f"vertical datum '{text}' is unknown, expected one of {choices}", HINT
        ) from None


def datum_of_name(name: str) -> VerticalDatum | None:
    """Return the datum that a distribution's file naming implies, None when it implies none."""
    lowered = name.lower()
    for pattern, datum in NAME_PATTERNS:
        if re.search(pattern, lowered):
            return datum
    return None


def datum_of_crs(
    crs_wkt: str, name: str, given: VerticalDatum | None = None
) -> VerticalDatum | None:
    """Return the datum of a compound or three-dimensional coordinate system, None for a flat one.

    Parameters
    ----------
    crs_wkt, name : str
        Coordinate system of a file, and the file's name for messages.
    given : VerticalDatum, optional
        What the user accepts for heights of a national system.

    Raises
    ------
    DemError
        If the system has a vertical part that is none of ours and nothing is given for it, or
        counts in feet.
    """
    if re.search(r"\bCS\[ellipsoidal,\s*3\]", crs_wkt):
        return VerticalDatum.ELLIPSOID
    found = re.search(r'\b(?:VERT_CS|VERTCRS|VERTICALCRS)\["([^"]*)"(.*)', crs_wkt, re.DOTALL)
    if found is None:
        return None
    title, rest = found.groups()
    _require_metres(title, rest, name)
    words = f"{title} {rest}".lower()
    if "egm2008" in words or "egm08" in words:
        return VerticalDatum.EGM2008
    if "egm96" in words or "egm1996" in words:
        return VerticalDatum.EGM96
    if "ellipsoid" in words.replace("ellipsoidal coordinate", ""):
        return VerticalDatum.ELLIPSOID
    if given is not None:
        return given
    raise DemError(
        f"{name}: heights are '{title}', which cannot be converted to the ellipsoid",
        "National height systems lie within about 2 m of EGM96 nearly everywhere: give "
        "--dem-vertical egm96 to accept that.",
    )


def _require_metres(title: str, rest: str, name: str) -> None:
    unit = re.search(r'UNIT\["[^"]*",\s*([0-9.eE+-]+)', rest)
    if unit is not None and abs(float(unit.group(1)) - 1.0) > 1e-9:
        raise DemError(
            f"{name}: heights are '{title}', not in metres",
            "Convert the heights to metres, for example with gdal_calc.py or in QGIS.",
        )
