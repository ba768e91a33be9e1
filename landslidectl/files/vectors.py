"""Names under which vector files are opened: pyogrio takes some letters for an address."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from landslidectl.files.kml import readable

MISREAD = frozenset(";!")
"""What follows the first is dropped, what stands before the second is taken for an archive."""


@contextmanager
def vector_path(path: Path) -> Iterator[str]:
    """Give a name under which pyogrio opens or writes exactly this file.

    Where the folder or the name holds a letter that is misread, it is a link in a temporary folder,
    beside links to what belongs to the file, such as the parts of a shapefile. A new file of a
    plain name is written through a link to its folder.
    """
    whole = path.absolute()
    if not MISREAD & set(str(whole)):
        yield str(whole)
        return
    with tempfile.TemporaryDirectory(prefix="landslidectl-") as name:
        folder = Path(name)
        if not MISREAD & set(whole.name):
            (folder / "folder").symlink_to(whole.parent, target_is_directory=True)
            yield str(folder / "folder" / whole.name)
            return
        stem = "".join("_" if letter in MISREAD else letter for letter in whole.stem)
        for part in whole.parent.iterdir():
            if part.stem == whole.stem and part.is_file():
                (folder / f"{stem}{part.suffix}").symlink_to(part)
        yield str(folder / f"{stem}{whole.suffix}")


@contextmanager
def vector_source(path: Path) -> Iterator[str | bytes]:
    """Give what pyogrio reads a file from: a name as `vector_path`, or GeoJSON in place of KML.

    Raises
    ------
    OSError, ValueError
        If it is KML that cannot be read.
    """
    found = readable(path)
    if isinstance(found, bytes):
        yield found
        return
    with vector_path(found) as opened:
        yield opened


def outlines_of(stored: Any) -> Any:
    """Return the geometries of what pyogrio read as well-known binary.

    Parameters
    ----------
    stored : ndarray of object, shape (feature,)
        bytes, None where a feature has no outline.

    Returns
    -------
    ndarray of object, shape (feature,)
        shapely geometries, None as before.

    Raises
    ------
    ValueError
        If one is damaged, or none that can be: a ring of two points, a kind that nobody knows.
    """
    import shapely  # noqa: PLC0415

    try:
        return shapely.from_wkb(stored)
    except shapely.errors.GEOSException as error:
        raise ValueError(f"an outline is damaged: {error}") from error


def vector_errors() -> tuple[type[Exception], ...]:
    """Return what pyogrio raises where a file cannot be read, damaged texts and systems included.

    Beside its own errors those are some of its slips: a name that is not decoded, a system that
    GDAL cannot write down.
    """
    from pyogrio.errors import DataLayerError, DataSourceError  # noqa: PLC0415

    return (DataSourceError, DataLayerError, OSError, ValueError, IndexError, UnboundLocalError)
