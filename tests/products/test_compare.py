"""One changed pixel, attribute, corner or fact is told; times, paths and the machine are not."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import rasterio

from landslidectl.errors import ProductError
from landslidectl.products.compare import Comparison, as_json, compare_products
from landslidectl.products.contract.files import FileKind
from landslidectl.products.reading import open_stored
from landslidectl.products.request import ProductRequest
from landslidectl.products.write import write_product
from tests.products import tampering
from tests.products.samples import PROCESSED, make_request

Tamper = Callable[[Path], None]


@pytest.fixture(scope="module")
def request_(tmp_path_factory: pytest.TempPathFactory) -> ProductRequest:
    return replace(make_request(tmp_path_factory.mktemp("made")), extra=(FileKind.COMPOSITES,))


@pytest.fixture(scope="module")
def made(request_: ProductRequest) -> Path:
    return write_product(request_).folder


@pytest.fixture
def copied(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / made.name))


def compared(a: Path, b: Path) -> Comparison:
    return compare_products(open_stored(a), open_stored(b))


def places(comparison: Comparison) -> list[str]:
    return [f"{item.part}: {item.what}" for item in comparison.differences]


def test_styles_that_are_no_text_are_told(made: Path, copied: Path) -> None:
    tampering.sql(copied, "UPDATE layer_styles SET styleQML = CAST(x'fffe' AS TEXT)")
    told = [item for item in places(compared(made, copied)) if item.startswith("layer_styles")]
    assert told


def test_a_copy_is_the_same(made: Path, copied: Path) -> None:
    comparison = compared(made, copied)
    assert comparison.found == ()
    assert as_json(comparison)["equal"] is True


def test_another_job_at_another_time_on_another_machine_makes_the_same(
    request_: ProductRequest, made: Path, tmp_path: Path
) -> None:
    facts = request_.provenance
    other = replace(
        facts,
        job_id="20990101T000000-ffff",
        command="landslidectl detect /elsewhere",
        processed=PROCESSED + timedelta(days=400),
        settings={
            **facts.settings,
            "scenes": (Path("/elsewhere"), Path("/more")),
            "land_cover": (Path("/maps/cover.tif"),),
            "threads": 8,
        },
        software={"landslidectl": "0.1.0", "gdal": "3.12.0", "python": "3.13.1"},
    )
    again = write_product(replace(request_, folder=tmp_path, provenance=other)).folder
    comparison = compared(made, again)
    assert places(comparison) == []
    assert comparison.is_equal


@pytest.mark.parametrize(
    ("tamper", "told"),
    [
        (lambda f: tampering.pixel(f, "score", lambda v: v - 0.002), "score: pixels"),
        (lambda f: tampering.pixel(f, "score", lambda _: float("nan")), "pixels without a value"),
        (lambda f: tampering.pixel(f, "class", lambda _: 1), "class: pixels"),
        (lambda f: tampering.pixel(f, "quality", lambda v: v ^ 128), "quality: pixels"),
        (lambda f: tampering.pixel(f, "composites", lambda v: v + 0.01), "pixels of"),
        (lambda f: tampering.header(f, "score", nodata=-9999.0), "score: nodata value"),
        (lambda f: tampering.header(f, "class", descriptions=("x",)), "class: band names"),
        (lambda f: tampering.tags(f, "score", THRESHOLD="0.700"), "score: tag THRESHOLD"),
        (
            lambda f: tampering.sql(f, "UPDATE detections SET score_max=0.5 WHERE fid=1"),
            "detections: attribute score_max",
        ),
        (
            lambda f: tampering.sql(f, "UPDATE detections SET slope_mean=1 WHERE fid=1"),
            "detections: attribute slope_mean",
        ),
        (
            lambda f: tampering.sql(f, "UPDATE detections SET tracks='A001' WHERE fid=2"),
            "detections: attribute tracks",
        ),
        (lambda f: tampering.vertex(f, 0.1), "detections: outline"),
        (lambda f: tampering.sql(f, "DELETE FROM detections WHERE fid=1"), "detections: rows"),
        (
            lambda f: tampering.sql(f, "UPDATE detections SET geom=NULL WHERE fid=1"),
            "detections: outline",
        ),
        (
            lambda f: tampering.sql(f, "ALTER TABLE detections ADD COLUMN note TEXT"),
            "detections: attribute note",
        ),
        (
            lambda f: tampering.sql(f, "UPDATE run SET value='9' WHERE key='detections'"),
            "run: detections",
        ),
        *(
            (
                lambda f, name=name: tampering.sql(f, f"ALTER TABLE run RENAME COLUMN {name} TO x"),
                f"run: attribute {name}",
            )
            for name in ("key", "value")
        ),
        (
            lambda f: tampering.sql(f, "UPDATE layer_styles SET styleQML='' WHERE id=1"),
            "layer_styles: detections",
        ),
        (lambda f: tampering.fact(f, "result", "tested_km2", value=1.0), "result.tested_km2"),
        (lambda f: tampering.fact(f, "windows", "pre_days", value=61.0), "windows.pre_days"),
        (lambda f: tampering.fact(f, "scenes", 0, "sha256", value="0" * 64), "scenes[S1A_"),
        (lambda f: tampering.fact(f, "scenes", 0, value=...), "metadata: scenes[S1A_"),
        (lambda f: tampering.fact(f, "software", "landslidectl", value="9"), "landslidectl"),
        (lambda f: tampering.fact(f, "simulated", value=True), "metadata: simulated"),
        (lambda f: tampering.one(f, "detections.kmz").write_bytes(b""), "kmz: file"),
        (lambda f: tampering.one(f, "map.png").unlink(), "map: file"),
        (lambda f: (f / "SHA256SUMS").unlink(), "checksums: file"),
    ],
)
def test_one_changed_thing_is_told(made: Path, copied: Path, tamper: Tamper, told: str) -> None:
    tamper(copied)
    for a, b in ((made, copied), (copied, made)):
        comparison = compared(a, b)
        assert not comparison.is_equal
        assert any(told in place for place in places(comparison)), places(comparison)


def test_how_much_is_told(made: Path, copied: Path) -> None:
    tampering.pixel(copied, "score", lambda value: value - 0.25)
    tampering.vertex(copied, 30.0)
    by_part = {item.part: item for item in compared(made, copied).differences}
    assert by_part["score"].count == 1
    assert by_part["score"].largest == pytest.approx(0.25, abs=1e-6)
    assert by_part["detections"].count == 1
    assert by_part["detections"].unit == "m"
    assert 1.0 < float(by_part["detections"].largest or 0.0) <= 30.0


@pytest.mark.parametrize(
    ("tamper", "told"),
    [
        (lambda f: tampering.pixel(f, "score", lambda v: v - 0.0005), "pixels"),
        (lambda f: tampering.vertex(f, 0.002), "outline"),
        (
            lambda f: tampering.sql(f, "UPDATE detections SET area_ha=area_ha+0.01 WHERE fid=1"),
            "attribute area_ha",
        ),
    ],
)
def test_what_is_within_the_tolerances_is_told_and_allowed(
    made: Path, copied: Path, tamper: Tamper, told: str
) -> None:
    tamper(copied)
    comparison = compared(made, copied)
    assert comparison.is_equal
    assert any(told in item.what for item in comparison.allowed)
    assert any(item.what == "file" for item in comparison.allowed), "its checksum is another"


def test_rasters_of_other_grids_are_not_compared_pixel_by_pixel(made: Path, copied: Path) -> None:
    moved = rasterio.Affine(10.0, 0.0, 560_010.0, 0.0, -10.0, 4_740_000.0)
    tampering.header(copied, "score", transform=moved)
    assert places(compared(made, copied)) == ["score: grid"]


def test_what_cannot_be_read_is_an_error(made: Path, copied: Path) -> None:
    score = tampering.one(copied, "score.tif")
    score.write_bytes(b"an error page")
    with pytest.raises(ProductError, match=r"score\.tif.*cannot be read"):
        compared(made, copied)
    score.unlink()
    with pytest.raises(ProductError, match="missing from the product"):
        compared(made, copied)


def test_without_the_checksums_only_their_lack_is_told(made: Path, copied: Path) -> None:
    (copied / "SHA256SUMS").unlink()
    assert places(compared(made, copied)) == ["checksums: file"]
    tampering.one(copied, "detections.csv").write_text("edited")
    assert sorted(places(compared(made, copied))) == ["checksums: file", "csv: file"]


def test_checksums_lead_nowhere_else(made: Path, copied: Path) -> None:
    (copied / "SHA256SUMS").write_text("00  ../score.tif\n")
    with pytest.raises(ProductError, match="no checksum of a file"):
        compared(made, copied)
