"""Everything inside the program is named, with its licence."""

import json
from pathlib import Path

import pytest

from landslidectl.packaging.parts import (
    Part,
    bill_of_materials,
    parts_of,
    python_part,
    write_licences,
)

WORDS = {"name": "landslidectl", "version": "1.0", "commit": "abc"}


def install(site: Path, name: str, metadata: str, licence: str = "") -> None:
    """Write what pip leaves of a package."""
    info = site / f"{name.replace('-', '_')}-1.0.dist-info"
    info.mkdir(parents=True)
    head = f"Metadata-Version: 2.4\nName: {name}\nVersion: 1.0\n"
    (info / "METADATA").write_text(head + metadata, encoding="utf-8")
    record = [f"{info.name}/METADATA,,"]
    if licence:
        (info / "licenses").mkdir()
        (info / "licenses" / "LICENSE").write_text(licence, encoding="utf-8")
        record.append(f"{info.name}/licenses/LICENSE,,")
    (info / "RECORD").write_text("\n".join(record), encoding="utf-8")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    install(
        folder,
        "top",
        'Requires-Dist: Some_Library>=1\nRequires-Dist: tensorflow; extra == "train"\n'
        "Requires-Dist: pip\nRequires-Dist: not-here; sys_platform == 'win32'\n",
    )
    needs = "License-Expression: MIT\nRequires-Dist: low[fast]>=2\n"
    install(folder, "some-library", needs, "the text")
    install(folder, "low", "License: line one\n line two\nClassifier: License :: OSI :: BSD\n")
    for name in ("tensorflow", "pip", "stray"):
        install(folder, name, "License-Expression: X\n")
    return folder


def test_the_parts_are_what_a_package_needs_to_run(site: Path) -> None:
    assert [(part.name, part.licence) for part in parts_of(site, "top")] == [
        ("low", "BSD"),
        ("some-library", "MIT"),
    ]


def test_licences_are_copied_and_listed(site: Path, tmp_path: Path) -> None:
    write_licences(parts_of(site, "top"), tmp_path / "licences")
    assert (tmp_path / "licences/some-library/LICENSE").read_text() == "the text"
    listed = (tmp_path / "licences/LIST.txt").read_text().splitlines()
    assert listed == ["low 1.0: BSD", "some-library 1.0: MIT"]


def test_a_package_without_a_licence_stops_the_build(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="nothing of its licence"):
        write_licences([Part("secret", "1.0", "", ())], tmp_path)


def test_the_bill_names_every_part_and_is_the_same_twice(site: Path) -> None:
    parts = (python_part("3.11.7", site), *parts_of(site, "top"))
    bill = bill_of_materials(parts, WORDS)
    assert bill["specVersion"] == "1.6"
    assert [part["purl"] for part in bill["components"]] == [
        "pkg:generic/python@3.11.7",
        "pkg:pypi/low@1.0",
        "pkg:pypi/some-library@1.0",
    ]
    assert json.dumps(bill) == json.dumps(bill_of_materials(parts, WORDS))
    other = bill_of_materials(parts, WORDS | {"commit": "abd"})
    assert other["serialNumber"] != bill["serialNumber"]
