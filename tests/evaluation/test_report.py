"""Whole evaluations: files, tables over several events, land cover, repeatability."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from landslidectl.errors import InputError, OutputError, UsageError
from landslidectl.evaluation.judge import JudgeOptions
from landslidectl.evaluation.report import judge_products, rounded
from landslidectl.events import ArtefactWritten, Warned
from landslidectl.files.rasters import RasterLayout, write_raster
from tests.evaluation.conftest import Event
from tests.evaluation.world import GRID, rectangle, write_inventory, write_product

PLOTS = (
    "precision_recall.png",
    "recall_by_size.png",
    "slides_and_area.png",
    "patch_land_cover.png",
)


def write_cover(path: Path, west: int = 114, east: int = 40, **changes: float) -> Path:
    codes = np.full(GRID.shape, west, dtype="uint8")
    codes[:, 128:] = east
    write_raster(path, GRID, [codes], RasterLayout(("class",), "uint8", **changes))
    return path


@pytest.fixture(scope="module")
def judged(event: Event, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("judged")
    cover = write_cover(out / "cover.tif")
    options = JudgeOptions((cover,))
    judge_products([(event.product, event.inventory)], out, options)
    return out


def test_everything_is_written_and_named(judged: Path):
    report = json.loads((judged / "evaluation.json").read_text())
    assert report["schema_version"] == "1.0"
    assert report["plots"] == list(PLOTS)
    for name in PLOTS:
        with Image.open(judged / name) as image:
            assert min(image.size) > 300
            assert "Software" not in image.info
            assert len(image.convert("L").getcolors(1 << 24)) > 20, "something is drawn"
    page = (judged / "evaluation.md").read_text()
    for words in ("Atsuma, 2018-09-05", "1 masked, 1 not observed", "1 undecided", "0.50 ("):
        assert words in page
    for heading in ("### Slope", "### Aspect", "### Land cover", "### Patches", "## Plots"):
        assert heading in page
    assert "Simulated" not in page
    assert page.count("](") == len(PLOTS)


def test_the_tables_of_land_cover(judged: Path):
    report = json.loads((judged / "evaluation.json").read_text())
    total = report["total"]
    rows = {row["class"]: row for row in total["objects"]["by_land_cover"]}
    assert set(rows) == {"Closed forest, deciduous broad leaf"}
    assert rows["Closed forest, deciduous broad leaf"]["slides"] == 2
    cover = {row["class"]: row for row in total["distributions"]["land_cover"]}
    assert cover["Cropland"]["slides"] == 0.0
    assert cover["Cropland"]["area"] == pytest.approx(102 * 192 / (230 * 192), abs=0.01)
    patches = total["patch_land_cover"]
    assert patches["true positive"] == {"Closed forest, deciduous broad leaf": 1}
    assert sum(sum(kind.values()) for kind in patches.values()) == total["patches"]["patches"]
    facts = report["inputs"][0]["land_cover"]
    assert facts["legend"] == "cgls_lc100" and facts["covered_share"] == 1.0
    assert sum(facts["pixels"].values()) == total["pixels"]["judged_pixels"]


def test_slope_and_aspect_inside_the_slides_and_in_the_area(judged: Path):
    found = json.loads((judged / "evaluation.json").read_text())["total"]["distributions"]
    slope = {row["class"]: row for row in found["slope"]}
    steep = 20 * 20 + 4 * 4
    assert slope["30-35°"]["slides"] == pytest.approx(steep / (steep + 100), abs=1e-6)
    assert slope["15-20°"]["slides"] == pytest.approx(100 / (steep + 100), abs=1e-6)
    for rows in (found["slope"], found["aspect"], found["land_cover"]):
        for key in ("slides", "area"):
            assert sum(row[key] for row in rows) == pytest.approx(1.0, abs=1e-4)
    aspect = {row["class"]: row["area"] for row in found["aspect"]}
    assert aspect["flat"] > 0.4 and aspect["S"] == 0.0


def test_the_same_inputs_give_the_same_bytes(judged: Path, event: Event, tmp_path: Path):
    again = JudgeOptions((judged / "cover.tif",))
    told: list[object] = []
    judge_products([(event.product, event.inventory)], tmp_path, again, told.append)
    for name in ("evaluation.json", "evaluation.md", *PLOTS):
        assert (tmp_path / name).read_bytes() == (judged / name).read_bytes(), name
    written = [Path(item.path).name for item in told if isinstance(item, ArtefactWritten)]
    assert written == ["evaluation.md", "evaluation.json", *PLOTS]


def test_two_events_are_told_apart_and_added_up(event: Event, tmp_path: Path):
    score = np.full(GRID.shape, 0.1, dtype="float32")
    score[:64, :64] = 0.9
    other = write_product(tmp_path / "other", score, event="Palu")
    inventory = write_inventory(tmp_path / "palu.gpkg", [rectangle(10, 10, 30, 30)])
    pairs = [(event.product, event.inventory), (other, inventory)]
    report = judge_products(pairs[::-1], tmp_path / "mirrored")
    assert "slides_and_area.png" in report["plots"], "drawn for the event that has the layers"
    report = judge_products(pairs, tmp_path / "out")
    assert [item["name"] for item in report["events"]] == ["Atsuma, 2018-09-05", "Palu, 2018-09-05"]
    total, parts = report["total"], report["events"]
    assert total["name"] == "All 2 events"
    for key in ("slides", "found", "detections", "true"):
        summed = sum(item["objects"]["all"][key] for item in parts)
        assert total["objects"]["all"][key] == summed
    assert total["patches"]["patches"] == sum(item["patches"]["patches"] for item in parts)
    assert total["areas"]["judged_km2"] == pytest.approx(
        sum(item["areas"]["judged_km2"] for item in parts), abs=1e-5
    )
    assert parts[0]["objects"]["by_slope"] and parts[1]["objects"]["by_slope"] is None
    assert total["objects"]["by_slope"] is None, "one event lacks the layers"
    page = (tmp_path / "out" / "evaluation.md").read_text()
    assert "## All 2 events" in page and "no elevation model was given" in page
    assert "| All 2 events | 3 | 2 | 0.67 |" in page


def test_products_of_one_event_are_told_apart_by_model(event: Event, tmp_path: Path):
    other = Path(shutil.copytree(event.product, tmp_path / "other"))
    [path] = other.glob("*_metadata.json")
    path.write_text(path.read_text().replace('"name": "resnet"', '"name": "cnn"'))
    told: list[object] = []
    pairs = [(event.product, event.inventory), (other, event.inventory)]
    report = judge_products(pairs, tmp_path / "out", JudgeOptions(), told.append)
    assert [item["name"] for item in report["events"]] == [
        "Atsuma, 2018-09-05, resnet",
        "Atsuma, 2018-09-05, cnn",
    ]
    assert [item.code for item in told if isinstance(item, Warned)] == ["same-event"]


def test_without_layers_the_tables_say_so_and_old_plots_go_away(event: Event, tmp_path: Path):
    moved = Path(shutil.copytree(event.product, tmp_path / "moved"))
    out = tmp_path / "out"
    out.mkdir()
    (out / "patch_land_cover.png").write_bytes(b"old")
    report = judge_products([(moved, event.inventory)], out)
    assert report["plots"] == ["precision_recall.png", "recall_by_size.png"]
    assert not (out / "patch_land_cover.png").exists()
    assert report["inputs"][0]["terrain"] is None
    page = (out / "evaluation.md").read_text()
    assert page.count("Not known:") == 3


def test_simulated_figures_are_labelled_and_never_added_to_real_ones(event: Event, tmp_path: Path):
    score = np.full(GRID.shape, 0.9, dtype="float32")
    planted = write_product(tmp_path / "planted", score, simulated=True)
    inventory = write_inventory(tmp_path / "truth.gpkg", [rectangle(10, 10, 30, 30)])
    report = judge_products([(planted, inventory)], tmp_path / "out")
    assert report["simulated"] is True
    assert "**Simulated data**" in (tmp_path / "out" / "evaluation.md").read_text()
    with pytest.raises(UsageError, match="simulated and some are real"):
        judge_products([(planted, inventory), (event.product, event.inventory)], tmp_path / "out")


def test_an_inventory_without_slides_makes_every_detection_false(event: Event, tmp_path: Path):
    calm = write_inventory(tmp_path / "calm.gpkg", [])
    options = JudgeOptions((write_cover(tmp_path / "cover.tif"),))
    report = judge_products([(event.product, calm)], tmp_path / "out", options)
    assert report["plots"] == ["patch_land_cover.png"]
    row = report["total"]["objects"]["all"]
    assert (row["false"], row["true"], row["precision"]) == (3, 0, 0.0)
    assert "| all | 0 | 0 | - | 3 | 0 | 0.00 (" in (tmp_path / "out/evaluation.md").read_text()


def test_gaps_of_the_land_cover_are_told(event: Event, tmp_path: Path):
    told: list[object] = []
    options = JudgeOptions((write_cover(tmp_path / "half.tif", 10, 0),), "worldcover")
    report = judge_products([(event.product, event.inventory)], tmp_path, options, told.append)
    share = report["inputs"][0]["land_cover"]["covered_share"]
    assert share == pytest.approx(128 / 230, abs=0.01)
    assert [item.code for item in told if isinstance(item, Warned)] == ["land-cover-gaps"]
    assert "not covered" in report["total"]["patch_land_cover"]["true negative"]


def test_maps_of_different_legends_do_not_add_up(event: Event, tmp_path: Path):
    from landslidectl.evaluation.judge import judge_event
    from landslidectl.evaluation.judgement import joined

    judgements = [
        judge_event(event.product, event.inventory, JudgeOptions((write_cover(path, *codes),)))[0]
        for path, codes in ((tmp_path / "a.tif", (10, 40)), (tmp_path / "b.tif", (114, 40)))
    ]
    with pytest.raises(InputError, match="cgls_lc100, worldcover"):
        joined(judgements)


def test_nothing_to_judge_and_nowhere_to_write(event: Event, tmp_path: Path):
    with pytest.raises(UsageError, match="no product"):
        judge_products([], tmp_path)
    blocked = tmp_path / "file"
    blocked.touch()
    with pytest.raises(OutputError):
        judge_products([(event.product, event.inventory)], blocked)


def test_json_values_are_plain_and_short():
    value = {"a": (1.23456789, None), "b": [{"c": 2}]}
    assert rounded(value) == {"a": [1.234568, None], "b": [{"c": 2}]}
