"""Vector files are opened under any name that the system allows."""

from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely

from landslidectl.files.vectors import vector_path

SHAPE = shapely.to_wkb(np.array([shapely.box(0.0, 0.0, 1.0, 1.0)]))


def write(path: Path) -> None:
    with vector_path(path) as opened:
        pyogrio.raw.write(opened, SHAPE, [], [], crs="EPSG:4326", geometry_type="Polygon")


@pytest.mark.parametrize("folder", ["plain", "a;b", "a!b", "x?y#z%41 ü", "http:"])
@pytest.mark.parametrize("name", ["a.gpkg", "a.geojson", "a.shp"])
def test_files_are_written_where_they_belong(tmp_path: Path, folder: str, name: str) -> None:
    path = tmp_path / folder / name
    path.parent.mkdir()
    write(path)
    assert path.is_file()
    with vector_path(path) as opened:
        assert len(pyogrio.list_layers(opened)) == 1


@pytest.mark.parametrize("name", ["a;b.geojson", "a!b.shp", ";.gpkg"])
def test_names_themselves_may_hold_anything(tmp_path: Path, name: str) -> None:
    sound = tmp_path / f"sound{Path(name).suffix}"
    write(sound)
    for part in tmp_path.glob("sound.*"):
        part.rename(tmp_path / f"{Path(name).stem}{part.suffix}")
    with vector_path(tmp_path / name) as opened:
        meta, _, shapes, _ = pyogrio.raw.read(opened, columns=[])
    assert meta["crs"] == "EPSG:4326"
    assert len(shapes) == 1


def test_a_relative_name_that_looks_like_an_address_is_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("http:").mkdir()
    write(Path("http:/a.geojson"))
    assert (tmp_path / "http:" / "a.geojson").is_file()
