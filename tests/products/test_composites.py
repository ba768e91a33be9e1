from dataclasses import replace
from pathlib import Path

import numpy as np

from landslidectl.files.rasters import open_raster, read_bands
from landslidectl.products.composites import write_composites
from landslidectl.products.contract.files import FileKind
from landslidectl.products.write import write_product
from landslidectl.terms import BandSet
from tests.detection.fakes import ASCENDING, DESCENDING, make_track, two_slides
from tests.products.samples import make_request


def test_bands_of_all_tracks_are_named_and_are_those_of_the_stacks(tmp_path: Path) -> None:
    _, down = make_track(tmp_path, DESCENDING, two_slides())
    _, up = make_track(tmp_path, ASCENDING, two_slides())
    final = tmp_path / "composites.tif"
    write_composites(final, (up, down), {"JOB_ID": "x"})
    with open_raster(final) as dataset:
        assert dataset.descriptions == tuple(
            f"{track} {side} {polarisation}"
            for track in ("D046", "A068")
            for side in ("pre", "post")
            for polarisation in ("VV", "VH")
        )
        assert dataset.units == ("dB",) * 8
        assert dataset.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert dataset.tags()["JOB_ID"] == "x"
        assert "STATISTICS_MEAN" in dataset.tags(8)
    written, stack = read_bands(final), read_bands(down.values_path)
    np.testing.assert_array_equal(written[2:4], stack[:2])
    np.testing.assert_allclose(written[:2], stack[:2] - stack[2:], rtol=1e-6)
    assert np.isnan(written[:, :, -8:]).all()


def test_vv_alone_makes_two_bands_a_track(tmp_path: Path) -> None:
    _, stack = make_track(tmp_path, DESCENDING, two_slides())
    final = tmp_path / "composites.tif"
    write_composites(final, (replace(stack, bands=BandSet.VV),), {})
    with open_raster(final) as dataset:
        assert dataset.descriptions == ("D046 pre VV", "D046 post VV")


def test_they_come_only_when_asked_for(tmp_path: Path) -> None:
    request = make_request(tmp_path / "a")
    assert FileKind.COMPOSITES not in write_product(request).files
    asked = replace(make_request(tmp_path / "b"), extra=(FileKind.COMPOSITES,))
    product = write_product(asked)
    assert product.files[FileKind.COMPOSITES].is_file()
    readme = product.files[FileKind.README].read_text(encoding="utf-8")
    assert product.files[FileKind.COMPOSITES].name in readme
    assert FileKind.COMPOSITES.value in product.files[FileKind.STAC].read_text()
