"""Which file system a path lies on, by tables of mounts as systems write them."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landslidectl.files import volumes
from landslidectl.files.volumes import (
    Mount,
    Volume,
    parse_mount_listing,
    parse_mountinfo,
    volume_among,
    volume_of,
)

LINUX = r"""22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 259:2 / / rw,relatime shared:1 - ext4 /dev/nvme0n1p2 rw,errors=remount-ro
40 27 0:35 / /tmp rw,nosuid shared:5 master:2 - tmpfs tmpfs rw
90 27 8:17 / /media/anna/USB\040DISK rw,nosuid - vfat /dev/sdb1 rw,utf8
91 27 8:33 / /media/anna/big rw,nosuid - exfat /dev/sdc1 rw
92 27 0:50 / /srv/share rw,relatime - nfs4 nas:/share rw,vers=4.2
93 92 8:1 / /srv/share/local rw,relatime - xfs /dev/sda1 rw
94 27 0:51 / /mnt/office rw,relatime - cifs //office/maps rw
95 27 0:52 / /mnt/c rw,noatime - 9p C:\134 rw,dirsync
96 27 0:53 / /mnt/s3 rw - fuse.s3fs s3fs rw
97 27 8:49 / /mnt/stick rw - fuseblk /dev/sdd1 rw
98 27 8:65 / /over rw - nfs nas:/old rw
99 27 8:66 / /over rw - ext4 /dev/sde1 rw
a line that is none
"""
MAC = """/dev/disk3s1s1 on / (apfs, sealed, local, read-only, journaled)
/dev/disk4s1 on /Volumes/USB (1) (msdos, local, nodev, nosuid, noowners)
//anna@office/maps on /Volumes/maps (smbfs, nodev, nosuid, mounted by anna)
"""


@pytest.mark.parametrize(
    ("path", "kind", "fit", "network"),
    [
        ("/home/anna/catalog.db", "ext4", True, False),
        ("/tmp/catalog.db", "tmpfs", True, False),
        ("/tmpfile/catalog.db", "ext4", True, False),
        ("/media/anna/USB DISK/catalog.db", "vfat", False, False),
        ("/media/anna/big/catalog.db", "exfat", False, False),
        ("/srv/share/catalog.db", "nfs4", False, True),
        ("/srv/share/local/catalog.db", "xfs", True, False),
        ("/mnt/office/a/b/catalog.db", "cifs", False, True),
        ("/mnt/c/Users/anna/catalog.db", "9p", False, True),
        ("/mnt/s3/catalog.db", "fuse.s3fs", False, True),
        ("/mnt/stick/catalog.db", "fuseblk", False, False),
        ("/over/catalog.db", "ext4", True, False),
    ],
)
def test_linux_volumes(path: str, kind: str, fit: bool, network: bool) -> None:
    volume = volume_among(parse_mountinfo(LINUX), Path(path))
    assert (volume.kind, volume.has_shared_memory, volume.is_network) == (kind, fit, network)


@pytest.mark.parametrize(
    ("path", "kind", "fit"),
    [
        ("/Users/anna/catalog.db", "apfs", True),
        ("/Volumes/USB (1)/catalog.db", "msdos", False),
        ("/Volumes/maps/catalog.db", "smbfs", False),
    ],
)
def test_macos_volumes(path: str, kind: str, fit: bool) -> None:
    volume = volume_among(parse_mount_listing(MAC), Path(path))
    assert (volume.kind, volume.has_shared_memory) == (kind, fit)


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    for mounts in (parse_mountinfo(text), parse_mount_listing(text)):
        assert volume_among(mounts, Path("/a/b")).kind


def test_what_nothing_tells_of_is_unfit(monkeypatch: pytest.MonkeyPatch) -> None:
    assert volume_among((), Path("/a")) == Volume("unknown")
    assert volume_among((Mount("/elsewhere", "ext4"),), Path("/a")) == Volume("unknown")
    monkeypatch.setattr(volumes, "MOUNT_TABLE", Path("/no/such/table"))
    monkeypatch.setattr(volumes, "MOUNT_COMMAND", "/no/such/command")
    volume = volume_of(Path("/a"))
    assert volume == Volume("unknown")
    assert not volume.has_shared_memory


def test_links_are_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    share = tmp_path / "share"
    share.mkdir()
    (tmp_path / "link").symlink_to(share)
    mounts = (Mount("/", "ext4"), Mount(str(share.resolve()), "nfs4"))
    monkeypatch.setattr(volumes, "read_mounts", lambda: mounts)
    assert volume_of(tmp_path / "link" / "deep" / "catalog.db") == Volume("nfs4")
    assert volume_of(tmp_path / "catalog.db") == Volume("ext4")


def test_this_machine_has_an_answer(tmp_path: Path) -> None:
    assert volume_of(tmp_path).kind
