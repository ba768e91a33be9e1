"""Products handed on after the job, found by folder, by job and as the last one."""

import shutil
from pathlib import Path

import pytest

from landslidectl.catalog.catalog import Catalog
from landslidectl.errors import ProductError, UsageError
from landslidectl.events import silent
from landslidectl.jobs import composites, geocoding
from landslidectl.jobs.export import ExportSettings, product_place, run_export
from landslidectl.jobs.result import JobResult
from landslidectl.jobs.run import run_detect, run_ingest
from landslidectl.products.contract.files import FORMAT_FILES, Format
from landslidectl.terms import JobStatus
from tests.jobs.world import World


def export(job: str, folder: Path, catalog: Catalog, *formats: Format) -> dict[Format, Path]:
    settings = ExportSettings(job=job, formats=formats or tuple(Format), output=folder)
    return dict(run_export(settings, catalog.path))


def never(*_: object) -> None:
    raise AssertionError("something is computed again")


@pytest.fixture
def done(world: World, catalog: Catalog) -> JobResult:
    return run_detect(world.settings(formats=(Format.SHP,)), silent, catalog)


def test_formats_are_those_of_the_product_and_nothing_is_computed(
    done: JobResult, catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(geocoding, "geocode_scene", never)
    monkeypatch.setattr(composites, "build_composite", never)
    monkeypatch.setattr("landslidectl.jobs.publish.find_detections", never)
    product = Path(done.files["metadata"]).parent
    for number, word in enumerate((done.job_id, "last", str(product), str(product.parent))):
        written = export(word, tmp_path / str(number), catalog)
        assert set(written) == set(Format)
        for kind, path in written.items():
            original = Path(done.files[FORMAT_FILES[kind].value])
            assert path.read_bytes() == original.read_bytes(), kind


def test_a_folder_needs_no_catalog(done: JobResult, tmp_path: Path) -> None:
    copied = tmp_path / "stick" / "renamed"
    shutil.copytree(Path(done.files["metadata"]).parent, copied)
    elsewhere = tmp_path / "nobody.db"
    settings = ExportSettings(job=str(copied), formats=(Format.CSV,), output=tmp_path / "handed")
    written = run_export(settings, elsewhere)
    assert written[Format.CSV].read_text() == Path(done.files["csv"]).read_text()
    assert not elsewhere.exists()


def test_a_job_that_took_its_product_up_has_it_too(
    done: JobResult, world: World, catalog: Catalog
) -> None:
    again = run_detect(world.settings(formats=(Format.SHP,)), silent, catalog)
    assert again.job_id != done.job_id
    assert product_place(again.job_id, catalog.path) == Path(done.files["metadata"]).parent


def test_a_job_is_found_from_any_folder_and_a_moved_product_is_told(
    world: World, catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(world.folder)
    result = run_detect(world.settings(output=Path("typed")), silent, catalog)
    other = tmp_path / "other"
    other.mkdir()
    monkeypatch.chdir(other)
    for word in (result.job_id, "last"):
        assert product_place(word, catalog.path).is_dir()
    (world.folder / "typed").rename(world.folder / "moved")
    with pytest.raises(ProductError, match="no longer where its job left it") as caught:
        product_place("last", catalog.path)
    assert "moved" in caught.value.hint


def test_last_is_the_last_job_that_made_a_product(
    done: JobResult, world: World, catalog: Catalog
) -> None:
    ingest = run_ingest(world.settings(output=world.folder / "ingested"), silent, catalog)
    assert product_place("last", catalog.path) == Path(done.files["metadata"]).parent
    with pytest.raises(ProductError, match="made no product"):
        product_place(ingest.job_id, catalog.path)


def test_what_is_not_there_is_told(done: JobResult, catalog: Catalog, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="'nix' is no folder, and no job has an id"):
        export("nix", tmp_path, catalog)
    shutil.rmtree(Path(done.files["metadata"]).parent)
    with pytest.raises(ProductError, match="no longer where its job left it"):
        export("last", tmp_path, catalog)


def test_no_product_at_all(catalog: Catalog, tmp_path: Path) -> None:
    with pytest.raises(ProductError, match="no job has made a product yet"):
        export("last", tmp_path, catalog)


def test_wrong_wishes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no format is given"):
        ExportSettings(job="last", formats=(), output=tmp_path)
    with pytest.raises(UsageError, match="must not be negative"):
        ExportSettings(job="last", formats=(Format.KMZ,), output=tmp_path, kmz_min_area_m2=-1.0)


def test_names_of_the_event_reach_the_product(world: World, catalog: Catalog) -> None:
    wishes = {
        "event_name": "Iburi",
        "event_id": "us2000h8ty",
        "glide": "EQ-2018-000139-JPN",
        "composites": True,
    }
    result = run_detect(world.settings(**wishes), silent, catalog)
    assert result.status is JobStatus.SUCCEEDED
    assert Path(result.files["csv"]).name.startswith("LSD_us2000h8ty_")
    assert Path(result.files["composites"]).is_file()
    assert "shapefile" not in result.files
    line = Path(result.files["csv"]).read_text().splitlines()[1]
    assert "us2000h8ty,EQ-2018-000139-JPN," in line
    assert "Iburi" in Path(result.files["readme"]).read_text().splitlines()[0]


def test_a_glide_number_has_its_form(world: World) -> None:
    with pytest.raises(UsageError, match="is no GLIDE number"):
        world.settings(glide="139")
