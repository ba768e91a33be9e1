"""Readers of what the program wrote itself: products, edits of them, and the catalog."""

import json
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from landslidectl.catalog.backup import back_up
from landslidectl.catalog.catalog import Catalog
from landslidectl.errors import DifferenceFound
from landslidectl.evaluation.product import open_product
from landslidectl.files.hashing import bytes_digest, file_digest
from landslidectl.jobs.audit import audit
from landslidectl.jobs.compare import Pair, compare_pair, follow_pair
from landslidectl.jobs.export import ExportSettings, run_export
from landslidectl.jobs.review import ReviewSettings, run_review
from landslidectl.products.changes import changes_as_json
from landslidectl.products.compare import as_json
from landslidectl.products.contract.files import FileKind, Format
from landslidectl.products.reading import is_whole, open_stored
from landslidectl.products.write import write_product
from tests.attacks.fuzz import mutate_binary, mutate_sqlite, mutate_text
from tests.attacks.fuzz.mutate import any_bytes
from tests.attacks.fuzz.sandbox import NAMED_CODES, Reader, Sandbox
from tests.products.samples import make_request

DAMAGED_CATALOG = 10


def sound_product(box: Sandbox) -> Path:
    """Return a product as it was written, made once."""
    folder = box.folder / "product"
    if not (folder / "out").is_dir():
        folder.mkdir()
        write_product(make_request(folder))
    (found,) = (folder / "out").iterdir()
    return found


def spoilt_product(box: Sandbox) -> Path:
    """Return a copy of the product that a case may spoil."""
    sound = sound_product(box)
    folder = box.folder / "spoilt" / sound.name
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(sound, folder)
    return folder


def part(folder: Path, suffix: str) -> Path:
    """Return the file of a product with a suffix."""
    (found,) = folder.glob(f"*{suffix}")
    return found


def use_product(box: Sandbox, folder: Path) -> None:
    """Do with a product what ``compare``, ``export``, ``review`` and ``evaluate`` do with it."""
    is_whole(folder)
    stored, sound = open_stored(folder), open_stored(sound_product(box))
    pair = Pair(stored, sound)
    json.dumps(as_json(compare_pair(pair)))
    if pair.is_one_event:
        json.dumps(changes_as_json(follow_pair(pair)))
    open_product(folder)
    catalog = _catalog(box)
    with suppress(DifferenceFound):
        run_review(ReviewSettings(job=str(folder), reviewer="x"), catalog)
    settings = ExportSettings(
        job=str(folder),
        formats=tuple(Format),
        output=box.folder / "handed",
        edited=not stored.is_own(FileKind.GEOPACKAGE),
        overwrite=True,
    )
    with suppress(DifferenceFound):
        run_export(settings, catalog)


def _catalog(box: Sandbox) -> Path:
    """Return a new catalog without a word in it."""
    template, path = box.folder / "empty" / "catalog.db", box.folder / "state" / "catalog.db"
    if not template.is_file():
        with Catalog(template):
            pass
    for old in path.parent.glob("catalog.db*"):
        old.unlink()
    return box.put(path, template.read_bytes())


def _part_reader(suffix: str, is_listed: bool) -> Callable[[Sandbox, bytes], None]:
    """Use a product with another file in it, whose digest is made to fit where it is listed."""

    def read(box: Sandbox, content: bytes) -> None:
        folder = spoilt_product(box)
        path = part(folder, suffix)
        path.write_bytes(content)
        if is_listed:
            metadata = part(folder, "_metadata.json")
            facts = json.loads(metadata.read_text(encoding="utf-8"))
            for item in facts["files"]:
                if item["name"] == path.name:
                    item["sha256"] = bytes_digest(content)
            metadata.write_text(json.dumps(facts), encoding="utf-8")
        use_product(box, folder)

    return read


def _part_seeds(suffix: str) -> Callable[[Sandbox], list[bytes]]:
    return lambda box: [part(sound_product(box), suffix).read_bytes()]


def _read_edits(box: Sandbox, content: bytes) -> None:
    """Take an edited GeoPackage in, and hand the product on with what it says."""
    product, catalog = sound_product(box), _catalog(box)
    settings = ReviewSettings(job=str(product), edited=box.put(box.folder / "edited.gpkg", content))
    reviewed = run_review(settings, catalog)
    again = run_review(settings, catalog)
    assert not again.added, "edits are taken in twice"
    assert len(again.history) == len(reviewed.history)
    output = box.folder / "handed"
    given = ExportSettings(
        job=str(product), formats=tuple(Format), output=output, overwrite=True, with_rejected=True
    )
    run_export(given, catalog)


def _catalog_seeds(box: Sandbox) -> list[bytes]:
    """Return a catalog with reviews in it."""
    product = sound_product(box)
    names = [row["det_id"] for row in _rows(product)]
    reviews = ReviewSettings(job=str(product), accept=(names[0],), reject=(names[1],))
    run_review(reviews, catalog := _catalog(box))
    whole = box.folder / "whole.db"
    whole.unlink(missing_ok=True)
    back_up(catalog, whole)
    return [whole.read_bytes()]


def _rows(product: Path) -> list[dict[str, Any]]:
    text = part(product, "_detections.geojson").read_text(encoding="utf-8")
    return [feature["properties"] for feature in json.loads(text)["features"]]


def _read_catalog(box: Sandbox, content: bytes) -> None:
    """Look into a damaged catalog, and let a review be written into it."""
    path = _catalog(box)
    path.write_bytes(content)
    list(audit(path, full=True))
    with Catalog(path) as catalog:
        catalog.list_jobs()
        catalog.list_scenes()
        catalog.step_links()
    product = sound_product(box)
    settings = ReviewSettings(job=str(product), accept=(_rows(product)[0]["det_id"],))
    run_review(settings, path)
    assert file_digest(part(product, "_detections.gpkg"))


def _json_seeds(box: Sandbox) -> list[bytes]:
    return [part(sound_product(box), "_metadata.json").read_bytes()]


STORED = {
    "edits": Reader(_part_seeds("_detections.gpkg"), mutate_sqlite.rows, _read_edits, 4),
    "product-gpkg": Reader(
        _part_seeds("_detections.gpkg"),
        mutate_sqlite.rows,
        _part_reader("_detections.gpkg", False),
        3,
    ),
    "product-facts": Reader(
        _json_seeds, mutate_text.tree, _part_reader("_metadata.json", False), 4
    ),
    "product-score": Reader(
        _part_seeds("_score.tif"), mutate_binary.tiff, _part_reader("_score.tif", True), 2
    ),
    "product-sums": Reader(
        _part_seeds("SHA256SUMS"), any_bytes, _part_reader("SHA256SUMS", False), 1
    ),
    "catalog": Reader(
        _catalog_seeds,
        mutate_sqlite.rows,
        _read_catalog,
        2,
        codes=(*NAMED_CODES, DAMAGED_CATALOG),
    ),
}
