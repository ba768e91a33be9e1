"""A member of a zip as one forward stream of bytes, inflated fast and checked on the way."""

import struct
import threading
import zipfile
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

CHUNK_BYTES = 1 << 20
LOCAL_HEADER_BYTES = 30
LOCAL_HEADER = b"PK\x03\x04"


class MemberStream:
    """Reads a stored or deflated member front to back.

    ISA-L inflates more than twice as fast as zlib and lets other threads run meanwhile. The
    checksum of what was read is at hand at any time, and is compared with the zip's when the end
    is reached: damage shows without a second pass.

    Parameters
    ----------
    path : Path
        The zip.
    member : str
        Full name inside.
    disk : Lock
        Held while bytes are read, not while they are inflated.

    Raises
    ------
    KeyError
        If there is no such member.
    zipfile.BadZipFile
        If the zip is damaged.
    NotImplementedError
        If the member is encrypted or compressed in another way.
    """

    def __init__(self, path: Path, member: str, disk: threading.Lock) -> None:
        with zipfile.ZipFile(path) as zipped:
            self._info = zipped.getinfo(member)
        if self._info.flag_bits & 1 or self._info.compress_type not in (
            zipfile.ZIP_STORED,
            zipfile.ZIP_DEFLATED,
        ):
            raise NotImplementedError(f"compression method {self._info.compress_type}")
        self._disk = disk
        self._file: IO[bytes] = path.open("rb")
        self.size = self._info.file_size
        self._begin()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._file.close()

    @property
    def position(self) -> int:
        """Return how many bytes have been read."""
        return self._position

    def rewind(self) -> None:
        """Go back to the first byte; everything is inflated again."""
        self._begin()

    def read_into(self, target: memoryview) -> int:
        """Fill a buffer as far as the member goes, and return how many bytes that were.

        Raises
        ------
        zipfile.BadZipFile
            If the stream is damaged, or ends with another checksum than the zip says.
        """
        filled = 0
        while filled < len(target) and self._position < self.size:
            piece = self._piece(min(len(target) - filled, CHUNK_BYTES))
            target[filled : filled + len(piece)] = piece
            filled += len(piece)
        return filled

    def read(self, count: int) -> bytes:
        """Return the next ``count`` bytes, fewer at the end."""
        content = bytearray(count)
        return bytes(content[: self.read_into(memoryview(content))])

    def skip(self, count: int) -> None:
        """Pass over bytes; they are inflated and counted into the checksum all the same."""
        end = min(self._position + count, self.size)
        while self._position < end:
            self._piece(min(end - self._position, CHUNK_BYTES))

    def _begin(self) -> None:
        from isal import igzip_lib  # noqa: PLC0415

        self._file.seek(self._info.header_offset)
        header = self._file.read(LOCAL_HEADER_BYTES)
        if len(header) < LOCAL_HEADER_BYTES or not header.startswith(LOCAL_HEADER):
            raise zipfile.BadZipFile(f"no member begins at byte {self._info.header_offset}")
        name_bytes, extra_bytes = struct.unpack_from("<HH", header, 26)
        self._file.seek(name_bytes + extra_bytes, 1)
        self._left = self._info.compress_size
        self._inflater: Any = None
        if self._info.compress_type == zipfile.ZIP_DEFLATED:
            self._inflater = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_DEFLATE)
        self._position = 0
        self._checksum = 0

    def _piece(self, most: int) -> bytes:
        """Return at least one and at most ``most`` bytes."""
        from isal import isal_zlib  # noqa: PLC0415

        piece = self._stored(most) if self._inflater is None else self._inflated(most)
        if not piece:
            raise zipfile.BadZipFile(f"it ends after {self._position} of {self.size} bytes")
        self._checksum = isal_zlib.crc32(piece, self._checksum)
        self._position += len(piece)
        found, expected = (self._position, self._checksum), (self.size, self._info.CRC)
        if self._position >= self.size and found != expected:
            raise zipfile.BadZipFile("its checksum (CRC-32) is wrong")
        return piece

    def _stored(self, most: int) -> bytes:
        with self._disk:
            piece = self._file.read(min(most, self._left))
        self._left -= len(piece)
        return piece

    def _inflated(self, most: int) -> bytes:
        from isal import igzip_lib  # noqa: PLC0415

        try:
            while not self._inflater.eof:
                compressed = self._stored(CHUNK_BYTES) if self._inflater.needs_input else b""
                if self._inflater.needs_input and not compressed:
                    return b""
                piece: bytes = self._inflater.decompress(compressed, most)
                if piece:
                    return piece
        except igzip_lib.IsalError as error:  # type: ignore[misc]
            raise zipfile.BadZipFile(str(error)) from error
        return b""
