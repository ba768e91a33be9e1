"""The record of a stack: what it holds comes back, and damage or an old format is refused."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from landslidectl.errors import StackError
from landslidectl.files.rasters import RasterLayout, write_raster
from landslidectl.grid import Grid
from landslidectl.stack.contract import StackContract
from landslidectl.stack.offsets import AcquisitionOffset
from landslidectl.stack.record import (
    COUNT_BANDS,
    FORMAT,
    INCIDENCE_BANDS,
    QUALITY_BANDS,
    Stack,
    open_stack,
    write_record,
)
from landslidectl.terms import BandSet

from .scenes import EVENT, TRACK

GRID = Grid(32633, 300_000.0, 4_650_000.0, 10.0, 20, 30)
START = datetime(2018, 9, 11, 20, 42, tzinfo=UTC)


@pytest.fixture
def stack(tmp_path) -> Stack:
    stack = Stack(
        folder=tmp_path,
        grid=GRID,
        track=TRACK,
        bands=BandSet.VV_VH,
        contract=StackContract(),
        event=EVENT,
        pre_scenes=("S1A_1", "S1A_2"),
        post_scenes=("S1B_3",),
        post_start=START,
        post_stop=START,
        terrain_corrected=True,
        pre_acquisitions=2,
        post_acquisitions=1,
        min_pre=3,
        min_post=1,
        pre_composite="pre.tif",
        post_composite="post.tif",
        pre_offsets=(AcquisitionOffset("S1A_1", "S1A", START, (0.5, None)),),
        post_offsets=(),
        side_offset_db=(-0.25, None),
        post_window_extended=True,
        late_post_days=14.0,
    )
    tags = {"CONTRACT": json.dumps(stack.contract.as_dict())}
    for path, names, dtype in (
        (stack.values_path, stack.bands.band_names, "float32"),
        (stack.counts_path, COUNT_BANDS, "uint8"),
        (stack.quality_path, QUALITY_BANDS, "uint8"),
        (stack.incidence_path, INCIDENCE_BANDS, "float32"),
    ):
        bands = [np.zeros(GRID.shape)] * len(names)
        write_raster(path, GRID, bands, RasterLayout(names, dtype=dtype, tags=tags))
    write_record(stack)
    return stack


def refused(folder: Path, match: str) -> None:
    with pytest.raises(StackError, match=match):
        open_stack(folder)


def test_everything_comes_back(stack) -> None:
    assert open_stack(stack.folder) == stack
    plain = replace(stack, post_window_extended=False, late_post_days=0.0, pre_offsets=())
    write_record(plain)
    assert open_stack(stack.folder) == plain


def test_an_old_format_is_refused_with_what_to_do(stack) -> None:
    text = stack.record_path.read_text()
    stack.record_path.write_text(text.replace(f'"format": {FORMAT}', '"format": 1'))
    with pytest.raises(StackError, match=r"of format 2, found landslidectl-stack of format 1") as e:
        open_stack(stack.folder)
    assert "run the same command again" in (e.value.hint or "")


@pytest.mark.parametrize(
    ("found", "changed", "match"),
    [
        ('"kind": "landslidectl-stack"', '"kind": "else"', "found else"),
        ('"pre_scenes"', '"scenes"', "pre_scenes"),
        ('"side_offset_db"', '"offset"', "side_offset_db"),
        ('"rows": 20', '"rows": 21', "map grid"),
        ('"bands": "vv_vh"', '"bands": "vv"', "bands"),
        ("-48.5", "-40.0", "contract"),
        ("descending", "sideways", "sideways"),
    ],
)
def test_damage_is_found(stack, found, changed, match) -> None:
    text = stack.record_path.read_text()
    assert found in text
    stack.record_path.write_text(text.replace(found, changed))
    refused(stack.folder, match)


@pytest.mark.parametrize(("content", "match"), [("{", "cannot be read"), ("[]", "no record")])
def test_no_json_object_is_no_record(stack, content, match) -> None:
    stack.record_path.write_text(content)
    refused(stack.folder, match)


@pytest.mark.parametrize("name", ["stack", "counts", "quality", "incidence"])
def test_every_raster_must_be_there(stack, name) -> None:
    (stack.folder / f"{name}.tif").unlink()
    refused(stack.folder, f"{name}.tif: missing or unreadable")


def test_without_record_it_is_unfinished(stack) -> None:
    stack.record_path.unlink()
    refused(stack.folder, "no finished stack")
