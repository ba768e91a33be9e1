import io
import time
import zipfile

import pytest

from landslidectl.files.zips import zip_bytes

MEMBERS = [("doc.kml", b"<kml/>" * 100), ("files/a.png", b"\x89PNG" * 100)]


def test_same_members_give_the_same_bytes_at_any_time(monkeypatch: pytest.MonkeyPatch) -> None:
    first = zip_bytes(MEMBERS)
    monkeypatch.setattr(time, "time", lambda: 2e9)
    assert zip_bytes(MEMBERS) == first


def test_members_keep_order_content_and_mode() -> None:
    with zipfile.ZipFile(io.BytesIO(zip_bytes(MEMBERS))) as archive:
        assert [(name, archive.read(name)) for name in archive.namelist()] == MEMBERS
        assert archive.testzip() is None
        text, picture = archive.infolist()
    assert text.compress_size < text.file_size
    assert picture.compress_size == picture.file_size, "what is compressed is only stored"
    assert {info.external_attr >> 16 for info in (text, picture)} == {0o100644}
