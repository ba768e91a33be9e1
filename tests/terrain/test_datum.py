import pytest

from landslidectl.errors import DemError
from landslidectl.terrain.datum import VerticalDatum, datum_of_crs, datum_of_name, resolve_datum


def wkt(code: str) -> str:
    from rasterio.crs import CRS

    return CRS.from_user_input(code).to_wkt()


@pytest.mark.parametrize(
    ("name", "datum"),
    [
        ("Copernicus_DSM_COG_10_N41_00_E013_00_DEM.tif", "egm2008"),
        ("Copernicus_DSM_10_S01_00_W078_00_DEM.tif", "egm2008"),
        ("N41E013_FABDEM_V1-2.tif", "egm2008"),
        ("N41E013.hgt", "egm96"),
        ("n41e013.hgt", "egm96"),
        ("N41E013.SRTMGL1.hgt.zip", "egm96"),
        ("NASADEM_HGT_n41e013.zip", "egm96"),
        ("srtm_39_04.tif", "egm96"),
        ("ALPSMLC30_N041E013_DSM.tif", "egm96"),
        ("TDM1_DEM__30_N41E013_DEM.tif", "ellipsoid"),
        ("arcticdem_mosaic_v4.tif", "ellipsoid"),
        ("lidar_2019.tif", None),
        ("N41E013.tif", None),
    ],
)
def test_names(name: str, datum: str | None) -> None:
    assert datum_of_name(name) == datum


@pytest.mark.parametrize(
    ("code", "datum"),
    [
        ("EPSG:9707", "egm96"),
        ("EPSG:9518", "egm2008"),
        ("EPSG:32633+5773", "egm96"),
        ("EPSG:32633+3855", "egm2008"),
        ("EPSG:4979", "ellipsoid"),
        ("EPSG:4326", None),
        ("EPSG:32633", None),
    ],
)
def test_coordinate_systems(code: str, datum: str | None) -> None:
    assert datum_of_crs(wkt(code), "dem.tif") == datum


def test_national_heights_need_the_users_word() -> None:
    with pytest.raises(DemError, match="NAP height") as caught:
        resolve_datum(["dem.tif"], wkt("EPSG:7415"), None)
    assert "--dem-vertical" in caught.value.hint
    assert resolve_datum(["dem.tif"], wkt("EPSG:7415"), "egm96") is VerticalDatum.EGM96


def test_feet_are_refused_whatever_the_user_says() -> None:
    for word in (None, "egm96"):
        with pytest.raises(DemError, match="not in metres"):
            resolve_datum(["dem.tif"], wkt("EPSG:4326+8228"), word)


def test_crs_wins_over_name_over_the_users_word() -> None:
    name = ["Copernicus_DSM_COG_10_N41_00_E013_00_DEM.tif"]
    assert resolve_datum(name, wkt("EPSG:9707"), "ellipsoid") is VerticalDatum.EGM96
    assert resolve_datum(name, wkt("EPSG:4326"), "ellipsoid") is VerticalDatum.EGM2008
    assert resolve_datum(["own.tif"], wkt("EPSG:9707"), "ellipsoid") is VerticalDatum.EGM96
    assert resolve_datum(["own.tif"], wkt("EPSG:4326"), "Ellipsoid") is VerticalDatum.ELLIPSOID


def test_unknown_file_says_how_to_tell() -> None:
    with pytest.raises(DemError, match=r"lidar\.tif") as caught:
        resolve_datum(["lidar.tif"], wkt("EPSG:32633"), None)
    assert "--dem-vertical egm96" in caught.value.hint


def test_unknown_word() -> None:
    with pytest.raises(DemError, match="'egm69' is unknown"):
        resolve_datum(["lidar.tif"], wkt("EPSG:32633"), "egm69")


def test_vrt_takes_the_datum_its_parts_agree_on() -> None:
    parts = ["N41E013.hgt", "N41E014.hgt"]
    assert resolve_datum(["all.vrt", *parts], wkt("EPSG:4326"), None) is VerticalDatum.EGM96
    mixed = [*parts, "Copernicus_DSM_10_N42_00_E013_00_DEM.tif"]
    with pytest.raises(DemError):
        resolve_datum(["all.vrt", *mixed], wkt("EPSG:4326"), None)
