"""Names that would act somewhere if they were not made inert: formulas, markup, SQL, terminals."""

import csv
import json
import re
import sqlite3
import subprocess
import sys
import unicodedata
import xml.etree.ElementTree as ET
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pyogrio
import pytest

from tests.attacks.sameness import only_product, sums_hold
from tests.attacks.world import SmallJob, copied

FORMULA = "=HYPERLINK(1)"
MARKUP = "<img src=x onerror=owned()>]]><b owned='1'>&amp;"
SQL = "'); DROP TABLE jobs;--"
TERMINAL = "\x1b]0;owned\x07\x1b[2J\x9b31m"
TURNED = "\u202egpj.\u2066"
HOSTILE = f"{FORMULA}{MARKUP}{SQL}{TERMINAL}{TURNED}"
IN_A_NAME = HOSTILE.replace("/", "")
SHOWN_AS_TEXT = ("name",)
"""Elements of KML that hold no HTML."""
FORMULA_SIGNS = "=+@\t\r"


class Tags(HTMLParser):
    """Collects what a browser would act on."""

    def __init__(self) -> None:
        super().__init__()
        self.owned: list[Any] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "img" and ("src", "x") in attrs:
            self.owned.append(attrs)
        if any(name in ("owned", "onerror") for name, _ in attrs):
            self.owned.append(attrs)


@pytest.fixture(scope="module")
def job(planted: Path, tmp_path_factory: pytest.TempPathFactory) -> SmallJob:
    """A job whose folders, files, attributes and event all have hostile names."""
    folder = copied(planted, tmp_path_factory.mktemp("names") / f"x {IN_A_NAME[:100]}")
    scenes = folder / f"scenes {IN_A_NAME}"[:200]
    (folder / "scenes").rename(scenes)
    (scenes / "landslidectl.toml").unlink()
    area = json.loads((folder / "aoi.geojson").read_text())
    feature = area["features"][0] if "features" in area else area
    feature["properties"] = {HOSTILE: HOSTILE, "name": HOSTILE}
    aoi = folder / f"{IN_A_NAME}.geojson"
    aoi.write_text(json.dumps(area))
    (scenes / f"S1A_{IN_A_NAME}.zip").write_bytes(b"PK\x05\x06" + bytes(18))
    options = ["--model", "tiny", "--device", "cpu", "--event", "2023-09-06T17:25:45Z"]
    options += ["--aoi", aoi.name, "--dem", "dem", "--output", "out", "--event-name", HOSTILE]
    options += ["--event-id", HOSTILE]
    return SmallJob(folder, scenes=scenes.name, options=tuple(options))


@pytest.fixture(scope="module")
def told(job: SmallJob) -> list[str]:
    """What the terminal gets: of the job in words and in JSON, and of listings."""
    texts = []
    for words in (job.command, _in_words(job.command)):
        done = _run(job, words)
        assert done.returncode in (0, 3), done.stderr
        texts += [done.stdout, done.stderr]
    for listing in (
        "jobs list",
        "jobs list --json",
        "scenes list",
        "scenes list --json",
        "jobs show",
    ):
        done = _run(job, [sys.executable, "-m", "landslidectl", *listing.split()])
        texts += [done.stdout, done.stderr]
    return texts


def _in_words(command: list[str]) -> list[str]:
    return [word for word in command if word not in ("--json", "-q")] + ["--verbose"]


def _run(job: SmallJob, words: list[str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        words,
        cwd=job.folder,
        env=job.environment(),
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="module")
def product(job: SmallJob, told: list[str]) -> Path:
    del told
    return only_product(job.out)


def _steers(text: str) -> set[str]:
    return {char for char in text if unicodedata.category(char)[0] == "C" and char not in "\n\t"}


def test_nothing_reaches_the_terminal_raw(told: list[str]) -> None:
    assert any("HYPERLINK" in text for text in told)
    assert [found for text in told if (found := _steers(text))] == []


def test_names_of_files_are_plain(product: Path) -> None:
    assert sums_hold(product)
    for path in (product, *product.iterdir()):
        assert re.fullmatch(r"[A-Za-z0-9_.-]+", path.name), path.name


def test_no_cell_is_a_formula(product: Path) -> None:
    (table,) = product.glob("*.csv")
    rows = list(csv.reader(table.read_text(encoding="utf-8").splitlines()))
    assert len(rows) == 2
    for cell in rows[1]:
        assert cell[:1] not in FORMULA_SIGNS or not cell
    assert any("HYPERLINK" in cell for cell in rows[1])
    assert not _steers(table.read_text(encoding="utf-8"))


def test_no_markup_acts_in_a_browser(product: Path) -> None:
    (report,) = product.glob("*_report.html")
    text = report.read_text(encoding="utf-8")
    tags = Tags()
    tags.feed(text)
    assert tags.owned == []
    assert "HYPERLINK" in text
    assert not _steers(text)


def test_no_markup_acts_in_google_earth(product: Path) -> None:
    (packed,) = product.glob("*.kmz")
    with zipfile.ZipFile(packed) as zipped:
        root = ET.fromstring(zipped.read("doc.kml"))
    texts = [(element.tag.rpartition("}")[2], element.text or "") for element in root.iter()]
    assert any("HYPERLINK" in text for _, text in texts)
    for tag, text in texts:
        assert not _steers(text)
        if tag not in SHOWN_AS_TEXT:
            tags = Tags()
            tags.feed(text)
            assert tags.owned == [], tag


def test_structured_files_can_be_read_and_are_plain(product: Path) -> None:
    for path in (*product.glob("*.json"), *product.glob("*.geojson"), *product.glob("*.txt")):
        text = path.read_text(encoding="utf-8")
        assert not _steers(text), path.name
        if path.suffix != ".txt":
            assert "\\u202e" not in text
            json.loads(text)
    (package,) = product.glob("*.gpkg")
    meta, _, _, columns = pyogrio.raw.read(package, layer="detections")
    assert "event_id" in meta["fields"]
    assert not [value for column in columns for value in column if _steers(str(value))]


def test_the_catalog_is_whole(job: SmallJob, product: Path) -> None:
    del product
    connection = sqlite3.connect(job.catalog)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("SELECT count(*) FROM jobs").fetchone() == (2,)
        (settings,) = connection.execute("SELECT settings FROM jobs LIMIT 1").fetchone()
    finally:
        connection.close()
    assert json.loads(settings)["event_name"] == HOSTILE, "what was asked is kept as it was"
