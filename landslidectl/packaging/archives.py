"""Packing a folder so that the same folder always gives the same archive, links kept as links."""

import hashlib
import lzma
import stat
import tarfile
import zipfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

SUMS = "SHA256SUMS"
UNIX = 3
XZ_PRESET = 9


def pack_tar(folder: Path, target: Path, instant: datetime) -> None:
    """Write a folder as ``.tar.xz``.

    Parameters
    ----------
    folder : Path
        Its name is the archive's top.
    target : Path
    instant : datetime
        The time that every member is given, aware.
    """

    def plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
        member.uid = member.gid = 0
        member.uname = member.gname = "root"
        member.mtime = int(instant.timestamp())
        member.mode = _mode(folder.parent / member.name) & 0o777
        return member

    with (
        lzma.open(target, "wb", preset=XZ_PRESET) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for path in _members(folder):
            archive.add(path, path.relative_to(folder.parent), recursive=False, filter=plain)


def pack_zip(folder: Path, target: Path, instant: datetime) -> None:
    """Write a folder as ``.zip``, as `pack_tar` does; links as Info-ZIP stores them."""
    moment = instant.astimezone(UTC).timetuple()[:6]
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in _members(folder):
            name = path.relative_to(folder.parent).as_posix()
            is_folder = path.is_dir() and not path.is_symlink()
            info = zipfile.ZipInfo(name + "/" * is_folder, moment)
            info.create_system = UNIX
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = _mode(path) << 16
            content = b""
            if path.is_symlink():
                content = path.readlink().as_posix().encode()
            elif not is_folder:
                content = path.read_bytes()
            archive.writestr(info, content)


def write_sums(files: Sequence[Path], folder: Path) -> Path:
    """Write the digests of files as ``sha256sum --check`` reads them."""
    lines = []
    for path in files:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        lines.append(f"{digest}  {path.name}\n")
    target = folder / SUMS
    target.write_text("".join(lines), encoding="utf-8")
    return target


def size_of(folder: Path) -> int:
    """Return the bytes that a folder's files hold; a link holds none."""
    return sum(path.stat().st_size for path in folder.rglob("*") if _is_file(path))


def _members(folder: Path) -> Iterator[Path]:
    yield folder
    yield from sorted(folder.rglob("*"))


def _is_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _mode(path: Path) -> int:
    """Return the kind and the permissions: everyone may read, and start what can be started."""
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        return stat.S_IFLNK | 0o777
    starts = stat.S_ISDIR(mode) or bool(mode & stat.S_IXUSR)
    return stat.S_IFMT(mode) | (0o755 if starts else 0o644)
