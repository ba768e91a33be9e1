"""Which file system a path lies on: SQLite's write-ahead log needs memory that processes share.

A network share cannot give it, and FAT volumes and most FUSE file systems do not keep its promises,
so what is not known to be a local disk counts as unfit.
"""

import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

MOUNT_TABLE = Path("/proc/self/mountinfo")
MOUNT_COMMAND = "/sbin/mount"
LOCAL = frozenset(
    (
        *("ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "jfs", "reiserfs", "nilfs2"),
        *("bcachefs", "tmpfs", "ramfs", "overlay", "aufs", "ntfs3", "ntfs", "refs"),
        *("apfs", "hfs", "ufs"),
    )
)
"""File systems of local disks that keep shared memory and locks as SQLite needs them."""
NETWORK = re.compile(
    r"nfs\d?|cifs|smb\w*|afpfs|webdav|9p|afs|ceph|glusterfs|lustre|beegfs|fuse\..*"
)
UNKNOWN = "unknown"
WINDOWS_REMOTE = 4


@dataclass(frozen=True, slots=True)
class Mount:
    """One row of the table of mounts."""

    folder: str
    kind: str


@dataclass(frozen=True, slots=True)
class Volume:
    """Where a path lies.

    Parameters
    ----------
    kind : str
        Name of the file system in lower case, such as ``ext4`` or ``vfat``; ``unknown``.
    """

    kind: str

    @property
    def has_shared_memory(self) -> bool:
        """Tell whether a write-ahead log works there."""
        return self.kind in LOCAL

    @property
    def is_network(self) -> bool:
        """Tell whether the files are known to lie on another machine."""
        return NETWORK.fullmatch(self.kind) is not None


def volume_of(path: Path) -> Volume:
    """Return the volume of a path, which need not exist; ``unknown`` where nothing tells."""
    try:
        if sys.platform == "win32":
            return Volume(_windows_kind(path))
        return volume_among(read_mounts(), Path(os.path.realpath(path)))
    except OSError:
        return Volume(UNKNOWN)


def volume_among(mounts: Sequence[Mount], path: Path) -> Volume:
    """Return the volume of an absolute path, given the table of mounts.

    The longest folder that holds the path decides, and of several mounts on one folder the last.
    """
    holding = [mount for mount in mounts if path.is_relative_to(mount.folder)]
    if not holding:
        return Volume(UNKNOWN)
    deepest = max(len(Path(mount.folder).parts) for mount in holding)
    return Volume([one.kind for one in holding if len(Path(one.folder).parts) == deepest][-1])


def read_mounts() -> tuple[Mount, ...]:
    """Return the table of mounts of this system; empty where it has none to read.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    if sys.platform == "darwin":
        import subprocess  # noqa: PLC0415

        listed = subprocess.run([MOUNT_COMMAND], capture_output=True, text=True, check=False)
        return parse_mount_listing(listed.stdout)
    return parse_mountinfo(MOUNT_TABLE.read_text(encoding="utf-8", errors="surrogateescape"))


def parse_mountinfo(text: str) -> tuple[Mount, ...]:
    """Return the rows of Linux's ``mountinfo``; what is no row is left out.

    Source
    ------
    proc_pid_mountinfo(5): the fifth field is the folder, with spaces, tabs, line ends and
    backslashes as octal numbers; the file system follows the separator ``-``.
    """
    mounts = []
    for line in text.splitlines():
        before, _, after = line.partition(" - ")
        fields, kind = before.split(" "), after.split(" ")[0]
        if len(fields) > 4 and kind:
            mounts.append(Mount(_unescaped(fields[4]), kind.lower()))
    return tuple(mounts)


def parse_mount_listing(text: str) -> tuple[Mount, ...]:
    """Return the rows of macOS's ``mount``: ``/dev/disk4 on /Volumes/USB (msdos, local)``."""
    rows = (re.fullmatch(r".+? on (/.*) \(([^,)]+).*\)", line) for line in text.splitlines())
    return tuple(Mount(row[1], row[2].lower()) for row in rows if row is not None)


def _unescaped(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), text)


def _windows_kind(path: Path) -> str:
    """Ask Windows for the file system's name; a share counts as ``smb`` whatever is behind it."""
    import ctypes  # noqa: PLC0415

    kernel = getattr(ctypes, "windll").kernel32  # noqa: B009  (absent on other systems)
    root = ctypes.create_unicode_buffer(32768)
    if not kernel.GetVolumePathNameW(str(path.absolute()), root, len(root)):
        return UNKNOWN
    if kernel.GetDriveTypeW(root) == WINDOWS_REMOTE:
        return "smb"
    name = ctypes.create_unicode_buffer(64)
    told = kernel.GetVolumeInformationW(root, None, 0, None, None, None, name, len(name))
    return name.value.lower() if told else UNKNOWN
