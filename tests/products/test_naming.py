from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landslidectl.errors import ProductError
from landslidectl.products.contract.files import FILES, FileKind
from landslidectl.products.naming import ProductName, parse_file_name, parse_product_name, slug

INSTANTS = st.datetimes(datetime(2014, 4, 3), datetime(2060, 1, 1)).map(
    lambda instant: instant.replace(microsecond=0, tzinfo=UTC)
)
NAMES = st.builds(
    ProductName,
    event=st.text(max_size=40).map(lambda text: slug(text, "event")),
    aoi=st.text(max_size=40).map(lambda text: slug(text, "aoi")),
    tracks=st.lists(st.from_regex(r"[AD][0-9]{3}", fullmatch=True), min_size=1, max_size=3).map(
        tuple
    ),
    post_start=INSTANTS,
    processed=INSTANTS,
    model=st.sampled_from(["cnn", "resnet", "my-model-2"]),
    release=st.integers(1, 99),
    version=st.integers(1, 99),
)


@given(NAMES)
def test_names_parse_back_into_their_fields(name: ProductName) -> None:
    assert parse_product_name(name.folder) == name
    for spec in FILES:
        if spec.kind is not FileKind.CHECKSUMS:
            assert parse_product_name(name.file(spec.kind)) == name
            assert parse_file_name(name.file(spec.kind)) == (name, spec.kind)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "LSD_x",
        "LSD_e_a_S1_D046_20180911T204157_20181332T000000_cnn_r1_v1",
        "LSD_e_a_S1_D046_20180911T204157_20180912T030405_cnn_r1_v1x",
        "LSD_e_a_S1_046_20180911T204157_20180912T030405_cnn_r1_v1",
    ],
)
def test_other_names_are_refused(text: str) -> None:
    with pytest.raises(ProductError, match="is not the name of a landslidectl product"):
        parse_product_name(text)


@pytest.mark.parametrize("suffix", ["", "_", "_detections", "_detections.shp", "_x.tif"])
def test_files_of_no_product_are_refused(suffix: str) -> None:
    folder = "LSD_e_a_S1_D046_20180911T204157_20180912T030405_cnn_r1_v1"
    with pytest.raises(ProductError, match="is not the name of a file"):
        parse_file_name(folder + suffix)


def test_no_two_files_share_a_suffix() -> None:
    assert len({spec.suffix for spec in FILES}) == len({spec.kind for spec in FILES}) == len(FILES)
    assert {spec.kind for spec in FILES} == set(FileKind)


def test_slugs_keep_what_file_names_can_bear() -> None:
    assert slug("São José, 2nd valley", "aoi") == "Sao-Jose-2nd-valley"
    assert slug("北海道", "aoi") == "aoi"
    assert len(slug("x" * 99, "aoi")) == 24


def test_checksums_keep_the_name_that_tools_look_for() -> None:
    name = parse_product_name("LSD_e_a_S1_D046_20180911T204157_20180912T030405_cnn_r1_v1")
    assert name.file(FileKind.CHECKSUMS) == "SHA256SUMS"
