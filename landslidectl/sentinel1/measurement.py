"""Digital numbers of one polarisation: from a folder at random, out of a zip front to back."""

import io
import threading
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from landslidectl.errors import DamagedScene
from landslidectl.files.gdal_environment import gdal_session
from landslidectl.files.rasters import rasterio_window
from landslidectl.grid import Window
from landslidectl.sentinel1.annotation import Annotation, check_shape
from landslidectl.sentinel1.archive import COPY_AGAIN, ZipSceneArchive, open_archive
from landslidectl.sentinel1.inflate import MemberStream
from landslidectl.sentinel1.scene import Scene
from landslidectl.sentinel1.tiff import PlainLayout, plain_layout
from landslidectl.terms import Polarisation

if TYPE_CHECKING:
    from rasterio.io import DatasetReader

HEADER_BYTES = 4 << 20
HELD_LINES = 64


class NumberReader(Protocol):
    """One way to get at the numbers; used by one thread at a time."""

    @property
    def shape(self) -> tuple[int, int]:
        """Return (lines, samples)."""

    def read(self, window: Window) -> NDArray[Any]:
        """Return the numbers of a window inside the measurement."""


class Measurement:
    """An open measurement; safe to use from several threads, which then take turns.

    Attributes
    ----------
    checksum : int
        CRC-32 of all numbers read so far, in order: two runs that agree in it have seen the same.
    """

    def __init__(self, scene: Scene, reader: NumberReader, member: str = "its pixels") -> None:
        self._scene = scene
        self._member = member
        self._reader = reader
        self._turn = threading.Lock()
        self.checksum = 0

    @property
    def shape(self) -> tuple[int, int]:
        """Return (lines, samples)."""
        return self._reader.shape

    def read(self, window: Window) -> NDArray[np.uint16]:
        """Return the numbers of a window inside the measurement, uint16 of its shape.

        Raises
        ------
        DamagedScene
            If they cannot be read.
        """
        from isal import isal_zlib  # noqa: PLC0415
        from rasterio.errors import RasterioError  # noqa: PLC0415

        with self._turn:
            try:
                numbers = np.ascontiguousarray(self._reader.read(window), dtype=np.uint16)
            except (OSError, EOFError, zipfile.BadZipFile, RasterioError) as error:
                last = window.row + window.rows - 1
                raise DamagedScene(
                    self._scene.path,
                    f"lines {window.row} to {last} of {self._member} cannot be read: "
                    f"{_root_of(error)}",
                    COPY_AGAIN,
                ) from error
            self.checksum = isal_zlib.crc32(numbers, self.checksum)
        return numbers


@contextmanager
def open_measurement(
    scene: Scene,
    polarisation: Polarisation,
    annotation: Annotation,
    disk: "threading.Lock | None" = None,
) -> Iterator[Measurement]:
    """Open the pixels of one polarisation in the way that suits how they are stored.

    Plain TIFFs are read directly: in a folder only the bytes that are asked for, in a zip as one
    stream that is inflated once as long as the windows go forward. Tiled or compressed ones, as in
    products with COG measurements, are read by GDAL.

    Parameters
    ----------
    scene, polarisation, annotation
        What to open, and the annotation of that polarisation.
    disk : Lock, optional
        Held while bytes are read, so that one thread at a time uses the disk.

    Raises
    ------
    UnsupportedScene, DamagedScene
        If the polarisation or its measurement is missing, cannot be opened, or does not have the
        shape or the type that the annotation says.
    """
    scene.require_members(polarisation)
    member = scene.members[polarisation].measurement or ""
    archive = open_archive(scene.path)
    disk = disk or threading.Lock()
    with ExitStack() as stack:
        reader: NumberReader | None
        try:
            if isinstance(archive, ZipSceneArchive):
                reader = _streamed(
                    MemberStream(archive.path, archive.inner_name(member), disk), stack
                )
            else:
                reader = _plain(Path(archive.gdal_path(member)), disk, stack)
        except NotImplementedError:
            reader = None
        except (KeyError, OSError, zipfile.BadZipFile) as error:
            raise DamagedScene(
                scene.path, f"{member} cannot be opened: {error}", COPY_AGAIN
            ) from error
        if reader is None:
            reader = _raster(scene, archive.gdal_path(member), member, stack)
        check_shape(scene, annotation, reader.shape)
        yield Measurement(scene, reader, member)


def _root_of(error: BaseException) -> BaseException:
    """Return what an error began with: GDAL says what is wrong first, then only that it failed."""
    while error.__cause__ is not None:
        error = error.__cause__
    return error


def _plain(path: Path, disk: threading.Lock, stack: ExitStack) -> "_PlainReader | None":
    handle = stack.enter_context(path.open("rb", buffering=0))

    def read(offset: int, count: int) -> bytes:
        handle.seek(offset)
        return handle.read(count)

    layout = plain_layout(read)
    return _PlainReader(handle, layout, disk) if layout else None


def _streamed(stream: MemberStream, stack: ExitStack) -> "_StreamReader | None":
    stack.enter_context(stream)
    head = stream.read(HEADER_BYTES)
    layout = plain_layout(lambda offset, count: head[offset : offset + count])
    return _StreamReader(stream, head, layout) if layout else None


def _raster(scene: Scene, location: str, member: str, stack: ExitStack) -> "_RasterReader":
    import rasterio  # noqa: PLC0415
    from rasterio.errors import NotGeoreferencedWarning, RasterioIOError  # noqa: PLC0415

    stack.enter_context(gdal_session())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            dataset = stack.enter_context(rasterio.open(location))
    except (RasterioIOError, UnicodeDecodeError) as error:  # GDAL repeats damaged bytes
        raise DamagedScene(
            scene.path, f"{member} cannot be opened as a raster: {error}", COPY_AGAIN
        ) from error
    if dataset.dtypes[0] != "uint16":
        raise DamagedScene(
            scene.path, f"{member} holds {dataset.dtypes[0]} numbers, expected uint16"
        )
    return _RasterReader(dataset)


@dataclass(frozen=True, slots=True, eq=False)
class _PlainReader:
    """Lines of a plain file on a disk; only the samples asked for are read."""

    handle: io.FileIO
    layout: PlainLayout
    disk: threading.Lock

    @property
    def shape(self) -> tuple[int, int]:
        return self.layout.lines, self.layout.samples

    def read(self, window: Window) -> NDArray[Any]:
        numbers = np.empty(window.shape, dtype=self.layout.dtype)
        start = self.layout.offset + window.row * self.layout.line_bytes + 2 * window.col
        with self.disk:
            for index, line in enumerate(numbers):
                self.handle.seek(start + index * self.layout.line_bytes)
                self._fill(line.data.cast("B"))
        return numbers

    def _fill(self, line: memoryview) -> None:
        """Read one line whole; the system may hand it over in pieces."""
        done = 0
        while done < len(line):
            count = self.handle.readinto(line[done:])
            if not count:
                raise EOFError("the file ends before")
            done += count


class _StreamReader:
    """Lines of a plain file in a zip: inflated forward, the last few are held for small steps back.

    A larger step back inflates from the start again, which is right but slow.
    """

    def __init__(self, stream: MemberStream, head: bytes, layout: PlainLayout) -> None:
        self._stream = stream
        self._layout = layout
        self._left_of_head = head[layout.offset :]
        self._held = self._none()
        self._next_line = 0

    @property
    def shape(self) -> tuple[int, int]:
        return self._layout.lines, self._layout.samples

    def read(self, window: Window) -> NDArray[Any]:
        lines = self._lines(window.row, window.row + window.rows)
        return lines[:, window.col : window.col + window.cols]

    def _lines(self, first: int, end: int) -> NDArray[Any]:
        """Return whole lines, held ones and new ones."""
        if first < self._next_line - len(self._held):
            self._restart()
        if first > self._next_line:
            self._skip_to(first)
        held_from = self._next_line - len(self._held)
        held = self._held[first - held_from : end - held_from]
        if end <= self._next_line:
            return held
        lines = np.empty((end - first, self._layout.samples), dtype=self._layout.dtype)
        lines[: len(held)] = held
        self._fill(lines[len(held) :].data.cast("B"))
        self._next_line = end
        kept = lines[-HELD_LINES:]
        if len(kept) < HELD_LINES:
            kept = np.concatenate([self._held, lines[len(held) :]])[-HELD_LINES:]
        self._held = np.array(kept)
        return lines

    def _fill(self, target: memoryview) -> None:
        ready = self._left_of_head[: len(target)]
        target[: len(ready)] = ready
        self._left_of_head = self._left_of_head[len(ready) :]
        if len(ready) < len(target):
            rest = target[len(ready) :]
            if self._stream.read_into(rest) < len(rest):
                raise EOFError("the member ends before")
        if self._stream.position >= self._layout.end:
            self._stream.skip(self._stream.size - self._stream.position)

    def _skip_to(self, line: int) -> None:
        count = (line - self._next_line) * self._layout.line_bytes
        ready = min(count, len(self._left_of_head))
        self._left_of_head = self._left_of_head[ready:]
        self._stream.skip(count - ready)
        self._held = self._none()
        self._next_line = line

    def _restart(self) -> None:
        self._stream.rewind()
        self._stream.skip(self._layout.offset)
        self._left_of_head = b""
        self._held = self._none()
        self._next_line = 0

    def _none(self) -> NDArray[Any]:
        return np.empty((0, self._layout.samples), dtype=self._layout.dtype)


@dataclass(frozen=True, slots=True, eq=False)
class _RasterReader:
    """Whatever else GDAL can read."""

    dataset: "DatasetReader"

    @property
    def shape(self) -> tuple[int, int]:
        return int(self.dataset.shape[0]), int(self.dataset.shape[1])

    def read(self, window: Window) -> NDArray[Any]:
        return np.asarray(self.dataset.read(1, window=rasterio_window(window)))
