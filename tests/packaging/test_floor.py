"""Which glibc a program needs is read from its libraries."""

from pathlib import Path

from landslidectl.packaging.floor import needed_glibc

HEAD = b"\x7fELF" + bytes(60)


def test_the_newest_version_that_any_library_names_counts(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    names = b"\0libc.so.6\0GLIBC_2.2.5\0GLIBC_2.9\0GLIBC_PRIVATE\0"
    (tmp_path / "inner" / "a.so").write_bytes(HEAD + names)
    assert needed_glibc(tmp_path) == "2.9"
    (tmp_path / "b.so.1").write_bytes(HEAD + b"\0GLIBC_2.34\0GLIBCXX_3.4.30\0")
    (tmp_path / "notes.txt").write_bytes(b"\0GLIBC_2.99\0")
    assert needed_glibc(tmp_path) == "2.34"


def test_where_none_is_named_there_is_none(tmp_path: Path) -> None:
    assert needed_glibc(tmp_path) == ""
