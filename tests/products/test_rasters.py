import struct
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from rasterio._err import CPLE_AppDefinedError

from landslidectl.errors import OutputError
from landslidectl.files.rasters import RasterLayout, open_raster, read_bands, write_raster
from landslidectl.grid import Grid
from landslidectl.products.contract.files import FileKind
from landslidectl.products.contract.rasters import (
    CLASS_LAYER,
    CLASSES,
    QUALITY_BITS,
    QUALITY_LAYER,
    SCORE_LAYER,
)
from landslidectl.products.rasters import provenance_tags, write_cog
from landslidectl.products.write import write_product
from landslidectl.terms import PixelClass
from tests.detection.fakes import NAN
from tests.products.samples import make_request

WIDE = Grid(32654, 500_000.0, 4_700_000.0, 10.0, 1100, 1300)


def test_layers_carry_name_unit_nodata_statistics_and_provenance(tmp_path: Path) -> None:
    request = make_request(tmp_path)
    product = write_product(request)
    with open_raster(product.files[FileKind.SCORE]) as dataset:
        assert dataset.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert dataset.profile["compress"] == "deflate"
        assert dataset.crs.to_epsg() == 32654
        assert dataset.descriptions == ("score",)
        assert dataset.units == ("1",)
        assert np.isnan(dataset.nodata)
        assert float(dataset.tags(1)["STATISTICS_MAXIMUM"]) == pytest.approx(0.9)
        tags = dataset.tags()
    assert tags["MODEL_SHA256"] == "ab" * 32
    assert tags["PRE_SCENES"].count("S1A_IW_GRDH") == 2
    assert tags["TIFFTAG_DATETIME"] == "2018:09:12 03:04:05"
    assert tags["TIFFTAG_COPYRIGHT"] == "Contains modified Copernicus Sentinel data 2018"
    np.testing.assert_array_equal(
        read_bands(product.files[FileKind.SCORE]), read_bands(request.fused.path)
    )
    with open_raster(product.files[FileKind.QUALITY]) as dataset:
        assert dataset.dtypes == ("uint8",)
        assert dataset.nodata is None
    np.testing.assert_array_equal(
        read_bands(product.files[FileKind.QUALITY]), read_bands(request.fused.quality_path)
    )


def test_classes_carry_palette_names_statistics_and_provenance(tmp_path: Path) -> None:
    request = make_request(tmp_path)
    product = write_product(request)
    with open_raster(product.files[FileKind.CLASS]) as dataset:
        assert dataset.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert (dataset.dtypes, dataset.nodata) == (("uint8",), 255.0)
        assert (dataset.descriptions, dataset.units) == (("class",), ("class",))
        assert dataset.colorinterp[0].name == "palette"
        palette = dataset.colormap(1)
        tags, facts = dataset.tags(1), dataset.tags()
        classes = dataset.read(1)
    for item in CLASSES:
        assert palette[int(item.value)][:3] == item.rgb
        assert tags[f"CLASS_{int(item.value)}"].startswith(f"{item.name}: ")
    assert float(tags["STATISTICS_MAXIMUM"]) == PixelClass.MASKED, "nodata is left out"
    assert (facts["THRESHOLD"], facts["THRESHOLD_HIGH"]) == ("0.600", "0.800")
    assert facts["MODEL_SHA256"] == "ab" * 32
    assert classes[20, 35] == PixelClass.HIGH
    assert classes[65, 95] == PixelClass.LOW
    assert classes[75, 30] == PixelClass.MASKED
    assert classes[40, 124] == PixelClass.UNOBSERVED
    assert classes[40, 10] == PixelClass.NONE


def test_gdal_finds_the_names_of_the_classes_beside_the_raster(tmp_path: Path) -> None:
    """A copy as VRT writes down whatever names and attribute table GDAL has found."""
    import rasterio
    from rasterio.shutil import copy

    product = write_product(make_request(tmp_path))
    assert (
        product.files[FileKind.CLASS_NAMES].name == f"{product.files[FileKind.CLASS].name}.aux.xml"
    )
    with rasterio.Env(GDAL_PAM_ENABLED="YES", GDAL_DISABLE_READDIR_ON_OPEN="FALSE"):
        copy(str(product.files[FileKind.CLASS]), str(tmp_path / "copy.vrt"), driver="VRT")
    found = ElementTree.parse(tmp_path / "copy.vrt").getroot()
    categories = [item.text or "" for item in found.iter("Category")]
    rows = [[cell.text for cell in row] for row in found.iter("Row")]
    assert {item.value: categories[item.value] for item in CLASSES} == {
        item.value: item.name for item in CLASSES
    }
    assert rows == [[str(int(i.value)), i.name, *map(str, i.rgb)] for i in CLASSES]


def test_classes_are_never_averaged_in_overviews(tmp_path: Path) -> None:
    values = np.random.default_rng(5).choice([0, 1, 2, 254, 255], size=WIDE.shape).astype("uint8")
    source, final = tmp_path / "source.tif", tmp_path / "class.tif"
    write_raster(source, WIDE, [values], RasterLayout(("x",), "uint8", 255.0))
    write_cog(final, source, CLASS_LAYER, {})
    with open_raster(final) as dataset:
        assert dataset.overviews(1) == [2, 4]
        coarse = dataset.read(1, out_shape=(275, 325))
    assert set(np.unique(coarse)) <= {0, 1, 2, 254, 255}
    directories, first_data = tiff_layout(final)
    assert max(directories) < first_data


def test_large_layer_is_tiled_with_overviews_before_the_data(tmp_path: Path) -> None:
    values = np.random.default_rng(3).random(WIDE.shape, dtype="float32")
    values[:200] = NAN
    source = tmp_path / "source.tif"
    write_raster(source, WIDE, [values], RasterLayout(("x",), nodata=NAN))
    final = tmp_path / "score.tif"
    write_cog(final, source, SCORE_LAYER, {"A": "b"})
    with open_raster(final) as dataset:
        assert dataset.overviews(1) == [2, 4]
        assert dataset.block_shapes == [(512, 512)]
        coarse = dataset.read(1, out_shape=(550, 650))
    fine = values.reshape(550, 2, 650, 2).mean(axis=(1, 3))
    np.testing.assert_allclose(coarse, fine, atol=1e-6)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["score.tif", "source.tif"]
    directories, first_data = tiff_layout(final)
    assert len(directories) == 3
    assert max(directories) < first_data


def test_what_gdal_cannot_read_back_is_told_as_what_could_not_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk took the file that overviews are kept in, but not all of it."""

    def fail(*_: object, **__: object) -> None:
        raise CPLE_AppDefinedError(3, 1, "TIFFReadDirectory:Failed to read directory")

    monkeypatch.setattr("rasterio.shutil.copy", fail)
    source, final = tmp_path / "source.tif", tmp_path / "quality.tif"
    grid = Grid(32654, 500000.0, 4700000.0, 10.0, 64, 64)
    write_raster(
        source, grid, [np.zeros(grid.shape, np.uint8)], RasterLayout(("bits",), "uint8", 0.0)
    )
    with pytest.raises(OutputError, match=r"quality\.tif: cannot be written: TIFFReadDirectory"):
        write_cog(final, source, QUALITY_LAYER, {})
    assert [path.name for path in tmp_path.iterdir()] == ["source.tif"]


def test_bits_are_never_averaged_in_overviews(tmp_path: Path) -> None:
    bits = np.random.default_rng(4).choice([1, 5, 17], size=WIDE.shape).astype("uint8")
    source, final = tmp_path / "source.tif", tmp_path / "quality.tif"
    write_raster(source, WIDE, [bits], RasterLayout(("x",), "uint8"))
    write_cog(final, source, QUALITY_LAYER, {})
    with open_raster(final) as dataset:
        coarse = dataset.read(1, out_shape=(275, 325))
    assert set(np.unique(coarse)) <= {1, 5, 17}


def test_bits_have_the_colour_of_what_hinders_most(tmp_path: Path) -> None:
    product = write_product(make_request(tmp_path))
    with open_raster(product.files[FileKind.QUALITY]) as dataset:
        colours = dataset.colormap(1)
        assert dataset.colorinterp[0].name == "palette"
        assert "STATISTICS_MAXIMUM" in dataset.tags(1)
    known = {int(bit): colour for bit, _, colour in QUALITY_BITS}
    assert len(set(known.values())) == len(known)
    assert colours[1][:3] == known[1]
    assert colours[1 + 4][:3] == known[4]
    assert colours[1 + 4 + 32][:3] == known[32]
    assert colours[0][:3] not in known.values(), "not tested is no hindrance"


def test_tags_say_when_there_was_no_height_model(tmp_path: Path) -> None:
    tags = provenance_tags(make_request(tmp_path))
    assert tags["DEM"] == "none (--no-dem)"
    assert "without a height model" in tags["LIMITATIONS"]
    assert all(isinstance(value, str) for value in tags.values())


def tiff_layout(path: Path) -> tuple[list[int], int]:
    """Return the offsets of all directories and of the first tile of a classic TIFF."""
    data = path.read_bytes()
    assert data[:4] == b"II*\0"
    directories, first_tile = [], len(data)
    (offset,) = struct.unpack_from("<I", data, 4)
    while offset:
        directories.append(offset)
        (count,) = struct.unpack_from("<H", data, offset)
        for entry in range(count):
            tag, kind, number, value = struct.unpack_from("<HHII", data, offset + 2 + 12 * entry)
            if tag == 324:
                assert kind == 4
                tiles = struct.unpack_from(f"<{number}I", data, value) if number > 1 else (value,)
                first_tile = min(first_tile, *[tile for tile in tiles if tile], first_tile)
        (offset,) = struct.unpack_from("<I", data, offset + 2 + 12 * count)
    return directories, first_tile
