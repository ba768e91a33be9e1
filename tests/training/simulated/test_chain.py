import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from landslidectl.training.simulated.chain import area_grid, content_key


def _area(path, ring):
    geometry = {"type": "Polygon", "coordinates": [ring]}
    feature = {"type": "Feature", "properties": {"points": [1, 2]}, "geometry": geometry}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    return path


def test_the_grid_covers_the_corners_of_the_area(tmp_path):
    ring = [[141.9, 42.7], [142.0, 42.7], [142.0, 42.8], [141.9, 42.8], [141.9, 42.7]]
    grid = area_grid(_area(tmp_path / "aoi.geojson", ring))
    assert grid.epsg == 32654
    assert grid.pixel_m == 10.0
    assert grid.cols * 10 == pytest.approx(8200, abs=150)
    assert grid.rows * 10 == pytest.approx(11110, abs=150)
    assert grid.left % 10 == grid.top % 10 == 0


@dataclass
class _Scene:
    scene_id: str
    path: Path


def _product(folder, pixels=b"pixels"):
    for name, content in (
        ("manifest.safe", b"<xfdu/>"),
        ("annotation/a.xml", b"<product/>"),
        ("measurement/a.tiff", pixels),
    ):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def test_scenes_of_equal_content_are_one_and_others_are_not(tmp_path):
    name = "S1A_IW_GRDH_1SDV_20180901T204236_20180901T204301_023520_028FB5_AAAA"
    first = _Scene(name, _product(tmp_path / "a" / f"{name}.SAFE"))
    same = _Scene(name, _product(tmp_path / "b" / f"{name}.SAFE"))
    other = _Scene(name, _product(tmp_path / "c" / f"{name}.SAFE", b"other"))
    assert content_key(first) == content_key(same)
    assert content_key(first) != content_key(other)
