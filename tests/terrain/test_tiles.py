"""Elevation rasters as agencies have them: downloads, zips, odd names, junk beside them."""

from pathlib import Path

import numpy as np
import pytest

from landslidectl.errors import DemError
from landslidectl.terrain.tile import cell_name, cell_of_name
from landslidectl.terrain.tiles import find_tiles

from .elevation import (
    constant,
    copernicus_name,
    hgt_bytes,
    write_copernicus,
    write_geotiff,
    write_layer,
    write_zip,
)

LEVEL = constant(100.0)
SMALL = (36, 36)


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("Copernicus_DSM_COG_10_N41_00_E013_00_DEM.tif", (41, 13)),
        ("Copernicus_DSM_10_S01_00_W078_00_DEM.tif", (-1, -78)),
        ("N41E013.hgt", (41, 13)),
        ("s05w072.hgt", (-5, -72)),
        ("N41E013.SRTMGL1.hgt.zip", (41, 13)),
        ("NASADEM_HGT_n00e006.zip", (0, 6)),
        ("ALPSMLC30_N041E013_DSM.tif", (41, 13)),
        ("srtm_39_04.tif", None),
        ("rome.tif", None),
    ],
)
def test_cell_of_name(name: str, cell: tuple[int, int] | None) -> None:
    assert cell_of_name(name) == cell


def test_cell_name() -> None:
    assert [cell_name(cell) for cell in ((41, 13), (-1, -78), (0, 0))] == [
        "N41E013",
        "S01W078",
        "N00E000",
    ]


PRODUCT = "Copernicus_DSM{cog}_10_N41_00_E013_00"


def download(folder: Path, cog: bool) -> Path:
    """Lay a GLO-30 product out as it is downloaded: AWS and PRISM folders, or DGED packages."""
    stem = PRODUCT.format(cog="_COG" if cog else "")
    product = folder / (f"{stem}_DEM" if cog else stem)
    heights = product if cog else product / "DEM"
    tile = write_copernicus(heights, (41, 13), LEVEL, SMALL)
    tile.rename(tile.with_name(copernicus_name(41, 13, cog=cog)))
    write_layer(product / "AUXFILES" / f"{stem}_WBM.tif", np.zeros(SMALL, np.uint8))
    for layer in ("EDM", "FLM", "HEM"):
        (product / "AUXFILES" / f"{stem}_{layer}.tif").write_bytes(b"never opened")
    (product / "AUXFILES" / f"{stem}_ACM.kml").write_bytes(b"x")
    (product / "PREVIEW").mkdir()
    for preview in ("QL", "DEM_QL", "DEM_ABS_QL", "WBM_QL", "HEM_QL"):
        (product / "PREVIEW" / f"{stem}_{preview}.tif").write_bytes(b"never opened")
    (product / "INFO").mkdir()
    (product / "INFO" / "eula_F.pdf").write_bytes(b"x")
    (product / f"{stem}.xml").write_text("<gmd/>")
    return product


@pytest.mark.parametrize("cog", [True, False])
def test_download_folder_gives_heights_and_their_water(tmp_path: Path, cog: bool) -> None:
    product = download(tmp_path, cog)
    for junk in ("readme.txt", "eula.pdf", ".DS_Store", "._N41E013.hgt", "N41E013.hgt.aux.xml"):
        (tmp_path / junk).write_bytes(b"x")
    heights = product.rglob(copernicus_name(41, 13, cog))
    for source in (tmp_path, product, next(heights)):
        (tile,) = find_tiles(source)
        assert tile.name == copernicus_name(41, 13, cog)
        assert tile.water is not None
        assert tile.water.name == PRODUCT.format(cog="_COG" if cog else "") + "_WBM.tif"


def test_download_folder_in_a_zip(tmp_path: Path) -> None:
    product = download(tmp_path / "loose", cog=True)
    members = {
        path.relative_to(tmp_path / "loose").as_posix(): path.read_bytes()
        for path in sorted(product.rglob("*"))
        if path.is_file()
    }
    (tile,) = find_tiles(write_zip(tmp_path / "package.zip", members))
    assert tile.water is not None
    assert tile.water.shape == SMALL


def test_flat_download_keeps_masks_of_other_cells_apart(tmp_path: Path) -> None:
    for lon in (13, 14):
        write_copernicus(tmp_path, (41, lon), LEVEL, SMALL)
    write_layer(tmp_path / copernicus_name(41, 14).replace("DEM", "WBM"), np.zeros(SMALL, np.uint8))
    first, second = find_tiles(tmp_path)
    assert first.water is None
    assert second.water is not None


def test_damaged_water_mask_is_named(tmp_path: Path) -> None:
    write_copernicus(tmp_path, (41, 13), LEVEL, SMALL)
    (tmp_path / copernicus_name(41, 13).replace("DEM", "WBM")).write_bytes(b"this is no raster")
    with pytest.raises(DemError, match=r"E013_00_WBM\.tif: cannot be read"):
        find_tiles(tmp_path)


def test_nasadem_zip_brings_its_water(tmp_path: Path) -> None:
    members = {
        "n41e013.hgt": hgt_bytes((41, 13), LEVEL),
        "n41e013.num": bytes(1201**2),
        "n41e013.swb": bytes(1201**2),
    }
    path = write_zip(tmp_path / "NASADEM_HGT_n41e013.zip", members)
    (tile,) = find_tiles(path)
    assert tile.name == "n41e013.hgt"
    assert tile.water is not None
    assert (tile.water.member, tile.water.shape) == ("n41e013.swb", (1201, 1201))
    for name, content in members.items():
        (tmp_path / "loose").mkdir(exist_ok=True)
        (tmp_path / "loose" / name).write_bytes(content)
    (loose,) = find_tiles(tmp_path / "loose")
    assert loose.water is not None


def test_water_layer_of_a_wrong_size_is_named(tmp_path: Path) -> None:
    members = {"n41e013.hgt": hgt_bytes((41, 13), LEVEL), "n41e013.swb": bytes(100)}
    path = write_zip(tmp_path / "NASADEM_HGT_n41e013.zip", members)
    with pytest.raises(DemError, match="found 100"):
        find_tiles(path)


def test_mixed_folder(tmp_path: Path) -> None:
    write_copernicus(tmp_path / "a", (41, 13), LEVEL, SMALL)
    (tmp_path / "N42E013.hgt").write_bytes(hgt_bytes((42, 13), LEVEL))
    write_zip(tmp_path / "N43E013.SRTMGL1.hgt.zip", {"N43E013.hgt": hgt_bytes((43, 13), LEVEL)})
    write_zip(tmp_path / "N44E013.hgt.zip", {"data.hgt": hgt_bytes((44, 13), LEVEL)})
    write_geotiff(tmp_path / "own.tif", (0.01, 0, 13.0, 0, -0.01, 42.0), SMALL, LEVEL)
    assert [tile.name for tile in find_tiles(tmp_path)] == [
        "Copernicus_DSM_COG_10_N41_00_E013_00_DEM.tif",
        "N42E013.hgt",
        "N43E013.hgt",
        "N44E013.hgt.zip",
        "own.tif",
    ]


def test_zip_of_several_folders_deep(tmp_path: Path) -> None:
    content = hgt_bytes((76, -121), LEVEL)
    path = write_zip(
        tmp_path / "T10.zip", {"T10/N76W121.hgt": content, "__MACOSX/._N76W121.hgt": b"x"}
    )
    (tile,) = find_tiles(path)
    assert tile.name == "N76W121.hgt"
    assert tile.shape == (1201, 1201)
    x, y = tile.to_map(np.array([0, 1200]), np.array([0, 1200]))
    assert x == pytest.approx([-121.0, -120.0])
    assert y == pytest.approx([77.0, 76.0])


def test_zipped_geotiff(tmp_path: Path) -> None:
    tile = write_copernicus(tmp_path / "loose", (41, 13), LEVEL, SMALL)
    path = write_zip(tmp_path / "package.zip", {f"dem/{tile.name}": tile.read_bytes()})
    (found,) = find_tiles(path)
    assert (found.name, found.shape) == (tile.name, SMALL)


def test_scenes_beside_the_tiles_are_not_opened(tmp_path: Path) -> None:
    write_copernicus(tmp_path, (41, 13), LEVEL, SMALL)
    (tmp_path / "S1A_IW_GRDH_1SDV_20180716T004042.zip").write_bytes(b"broken")
    safe = tmp_path / "S1A_IW_GRDH_1SDV_20180716T004042.SAFE" / "measurement"
    safe.mkdir(parents=True)
    (safe / "iw-vv.tiff").write_bytes(b"broken")
    assert len(find_tiles(tmp_path)) == 1


def test_tiles_elsewhere_are_not_opened(tmp_path: Path) -> None:
    write_copernicus(tmp_path, (41, 13), LEVEL, SMALL)
    (tmp_path / copernicus_name(10, 10)).write_bytes(b"never read")
    assert len(find_tiles(tmp_path, {(41, 13)})) == 1


@pytest.mark.parametrize(
    "name", [copernicus_name(41, 13), "N41E013.hgt", "N41E013.hgt.zip", "own.vrt"]
)
def test_unreadable_tile_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"this is no raster")
    with pytest.raises(DemError, match=name.split(".", maxsplit=1)[0]) as caught:
        find_tiles(tmp_path)
    assert "again" in caught.value.hint


def test_hgt_without_a_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "area.hgt").write_bytes(hgt_bytes((41, 13), LEVEL))
    with pytest.raises(DemError, match="does not tell which degree cell"):
        find_tiles(tmp_path)


def test_raster_without_coordinate_system_is_named(tmp_path: Path) -> None:
    path = tmp_path / "scan.tif"
    write_geotiff(path, (2, 0, 3, 0, -2, 4), SMALL, LEVEL, crs=None)
    with pytest.raises(DemError, match=r"scan\.tif: has no coordinate system"):
        find_tiles(tmp_path)


def test_picture_is_junk_in_a_folder_and_an_error_alone(tmp_path: Path) -> None:
    import rasterio

    path = tmp_path / "photo.tif"
    profile = {"driver": "GTiff", "height": 8, "width": 8, "count": 3, "dtype": "uint8"}
    with rasterio.open(
        path, "w", crs="EPSG:4326", transform=rasterio.Affine(2, 0, 3, 0, -2, 4), **profile
    ) as dataset:
        dataset.write(np.zeros((3, 8, 8), np.uint8))
    with pytest.raises(DemError, match="found 3 bands"):
        find_tiles(path)
    with pytest.raises(DemError, match="holds no elevation raster"):
        find_tiles(tmp_path)


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(DemError, match="no such file"):
        find_tiles(tmp_path / "absent")
    with pytest.raises(DemError, match="holds no elevation raster"):
        find_tiles(tmp_path)
