"""One way to read a product, whether it lies in a folder or in a zip; nothing is ever unpacked."""

import lzma
import re
import zipfile
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from landslidectl.errors import DamagedScene, NotAScene, UnsupportedScene
from landslidectl.files.zips import read_table

MANIFEST = "manifest.safe"
ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
COPY_AGAIN = "Copy or download the product again."


class SceneArchive(ABC):
    """A product as a table of members, addressed relative to the folder of its manifest.

    Parameters
    ----------
    path : Path
        The product's folder or zip file.
    name : str
        Product name without ``.SAFE`` or ``.zip``.
    """

    def __init__(self, path: Path, name: str) -> None:
        self.path = path
        self.name = name

    @abstractmethod
    def members(self) -> Mapping[str, int]:
        """Return the relative POSIX names of all files with their sizes in bytes, sorted."""

    @abstractmethod
    def gdal_path(self, member: str) -> str:
        """Return the name under which GDAL opens a member."""

    @contextmanager
    def open(self, member: str) -> Iterator[IO[bytes]]:
        """Open a member for reading.

        Raises
        ------
        DamagedScene
            If the member is missing or cannot be read to its end.
        """
        try:
            with self._stream(member) as stream:
                yield stream
        except (KeyError, FileNotFoundError) as error:
            raise DamagedScene(self.path, f"member {member} is missing", COPY_AGAIN) from error
        except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError) as error:
            raise DamagedScene(
                self.path, f"member {member} cannot be read: {error}", COPY_AGAIN
            ) from error
        except (NotImplementedError, RuntimeError) as error:
            raise DamagedScene(
                self.path,
                f"member {member} is stored in a way that cannot be read: {error}",
                "Unzip the product and give the folder.",
            ) from error

    def read(self, member: str, limit: int = -1) -> bytes:
        """Return the content of a member, or only its first ``limit`` bytes."""
        with self.open(member) as stream:
            return stream.read(limit)

    @abstractmethod
    def _stream(self, member: str) -> IO[bytes]:
        """Open the raw stream of a member."""


class FolderArchive(SceneArchive):
    """A product in a folder that holds ``manifest.safe``."""

    def members(self) -> Mapping[str, int]:
        """Return the relative POSIX names of all files with their sizes in bytes, sorted."""
        found = {
            file.relative_to(self.path).as_posix(): file.stat().st_size
            for file in self.path.rglob("*")
            if file.is_file()
        }
        return {name: found[name] for name in sorted(found) if not _is_clutter(name)}

    def gdal_path(self, member: str) -> str:
        """Return the plain path of a member."""
        return str(self.path.joinpath(*PurePosixPath(member).parts))

    def _stream(self, member: str) -> IO[bytes]:
        return self.path.joinpath(*PurePosixPath(member).parts).open("rb")


class ZipSceneArchive(SceneArchive):
    """A product in a zip; ``prefix`` is the part of the inner names before ``manifest.safe``.

    The table of members comes from the central directory alone, so directory entries may be
    present or not, and the zip is opened anew for each read: an archive can cross threads.
    """

    def __init__(self, path: Path, prefix: str, table: Mapping[str, int]) -> None:
        inner = PurePosixPath(prefix).name
        super().__init__(path, _product_name(inner if inner else path.name))
        self._prefix = prefix
        self._table = dict(sorted(table.items()))

    def members(self) -> Mapping[str, int]:
        """Return the relative POSIX names of all files with their sizes in bytes, sorted."""
        return self._table

    def gdal_path(self, member: str) -> str:
        """Return the ``/vsizip`` name; braces let the zip have any suffix."""
        return f"/vsizip/{{{self.path.resolve().as_posix()}}}/{self._prefix}{member}"

    def inner_name(self, member: str) -> str:
        """Return the name of a member inside the zip."""
        return self._prefix + member

    def _stream(self, member: str) -> IO[bytes]:
        with zipfile.ZipFile(self.path) as zipped:
            try:
                return zipped.open(self.inner_name(member))
            except UnicodeDecodeError as error:
                # the name right before the content, which the table of members repeats
                raise zipfile.BadZipFile(f"its own name there is no text: {error}") from error


def open_archive(path: Path) -> SceneArchive:
    """Open a product's folder, its ``manifest.safe`` or its zip.

    Raises
    ------
    NotAScene
        If the path does not exist or holds no Sentinel product.
    UnsupportedScene
        If a zip holds several products.
    DamagedScene
        If it is a product or a zip, but truncated or without its manifest.
    """
    if path.is_dir():
        return _open_folder(path)
    if not path.exists():
        raise NotAScene(path, "there is no such file or folder", "Check the path.")
    if not path.is_file():
        raise NotAScene(path, "neither a folder nor a file", "Give a .SAFE folder or its zip.")
    if path.name.lower() == MANIFEST:
        folder = path.absolute().parent
        return FolderArchive(folder, _product_name(folder.name))
    return _open_zip(path)


def _open_folder(path: Path) -> SceneArchive:
    if (path / MANIFEST).is_file():
        return FolderArchive(path, _product_name(path.absolute().name))
    inner = sorted(path.glob(f"*/{MANIFEST}"))
    if len(inner) == 1:
        return FolderArchive(inner[0].parent, _product_name(inner[0].parent.name))
    if len(inner) > 1:
        raise NotAScene(
            path, f"a folder of {len(inner)} products, not one product", "Give one of them."
        )
    if path.name.lower().endswith(".safe") or (path / "annotation").is_dir():
        raise DamagedScene(path, f"{MANIFEST} is missing", COPY_AGAIN)
    raise NotAScene(path, f"a folder without {MANIFEST}", "Give a .SAFE folder or its zip.")


def _open_zip(path: Path) -> SceneArchive:
    _refuse_non_zip(path)
    try:
        entries = read_table(path)
    except (zipfile.BadZipFile, OSError) as error:
        raise DamagedScene(
            path, f"the zip is truncated, damaged or hostile ({error})", COPY_AGAIN
        ) from error
    sizes = {
        entry.filename: entry.file_size for entry in entries if not _is_clutter(entry.filename)
    }
    prefix = _manifest_prefix(path, sizes)
    return ZipSceneArchive(
        path,
        prefix,
        {name[len(prefix) :]: size for name, size in sizes.items() if name.startswith(prefix)},
    )


def _refuse_non_zip(path: Path) -> None:
    """Name what a file is that only carries the name of a zip."""
    try:
        with path.open("rb") as handle:
            head = handle.read(512)
    except OSError as error:
        raise DamagedScene(path, f"cannot be read: {error.strerror or error}") from error
    if head.startswith(ZIP_MAGIC):
        return
    if not head:
        raise DamagedScene(path, "the file is empty (0 bytes)", COPY_AGAIN)
    if not head.strip(b"\0"):
        raise DamagedScene(path, "the file holds only zero bytes: an unfinished copy", COPY_AGAIN)
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<!doctype html", b"<html")):
        raise NotAScene(
            path,
            "an HTML page saved under the name of a product; the server sent a login or an error "
            "page",
            "Log in and download the product again.",
        )
    if text.startswith((b"{", b"[")):
        raise NotAScene(
            path,
            "a JSON text saved under the name of a product; the server sent an error message",
            "Read the text for the reason and download the product again.",
        )
    raise NotAScene(path, "neither a folder nor a zip file", "Give a .SAFE folder or its zip.")


def _manifest_prefix(path: Path, sizes: Mapping[str, int]) -> str:
    manifests = [name for name in sizes if PurePosixPath(name).name.lower() == MANIFEST]
    if not manifests:
        raise NotAScene(path, f"a zip without {MANIFEST}", "Give a Sentinel-1 product.")
    depth = min(name.count("/") for name in manifests)
    shallowest = sorted(name for name in manifests if name.count("/") == depth)
    if len(shallowest) > 1:
        raise UnsupportedScene(
            path, f"the zip holds {len(shallowest)} products", "Unzip it and give the folder."
        )
    return shallowest[0][: -len(MANIFEST)]


def _is_clutter(name: str) -> bool:
    """Tell whether a member is what desktop systems leave behind, such as ``._x.xml``."""
    parts = PurePosixPath(name).parts
    return parts[0] == "__MACOSX" or parts[-1].startswith(".")


def _product_name(name: str) -> str:
    return re.sub(r"(\.safe|\.zip)+$", "", name, flags=re.IGNORECASE)
