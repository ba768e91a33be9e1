"""Of every overflight the best product stays, and no observed second is lost."""

import itertools
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landslidectl.sentinel1.scene import Scene
from landslidectl.stack.duplicates import drop_duplicates
from landslidectl.terms import Polarisation

from .scenes import make_scene

FIRST = make_scene(-12.0, seconds=25.0)


def cut(scene_id: str, start_s: float, stop_s: float, **changes: object) -> Scene:
    """Return a product of one overflight, from second to second."""
    return replace(
        FIRST,
        scene_id=scene_id,
        path=Path(f"{scene_id}.SAFE"),
        start=FIRST.start + timedelta(seconds=start_s),
        stop=FIRST.start + timedelta(seconds=stop_s),
        **changes,
    )


def winner(*scenes: Scene) -> str:
    for order in itertools.permutations(scenes):
        kept, unused = drop_duplicates(order)
        assert len(kept) == 1
        assert len(unused) == len(scenes) - 1
    return kept[0].scene_id


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("2.36", "2.70"),
        ("3.9", "3.10"),
        ("3", "3.10"),
        ("003.71", "3.91"),
        ("3.71", "003.91"),
        ("3.91", "4.03"),
        ("", "2.36"),
    ],
)
def test_the_newest_processor_wins_by_number(older: str, newer: str) -> None:
    assert winner(cut("A", 0, 25, ipf=older), cut("B", 0, 25, ipf=newer)) == "B"


def test_versions_written_differently_are_the_same() -> None:
    nrt, archive = cut("A", 0, 25, ipf="003.91", timeliness="NRT-3h"), cut("B", 0, 25, ipf="3.91")
    assert winner(nrt, archive) == "B"


def test_order_of_preference() -> None:
    faults = {Polarisation.VH: "measurement is truncated"}
    best = cut("Z", 0, 25, ipf="3.91", timeliness="NRT-3h", pixel_faults=faults)
    archive = cut("M", 0, 25, ipf="3.71", pixel_faults=faults)
    quick = cut("A", 0, 25, ipf="3.71", timeliness="NRT-10m")
    cog = cut("B_COG", 0, 25, ipf="3.71")
    whole = cut("N", 0, 25, ipf="3.71")
    first = cut("L", 0, 25, ipf="3.71")
    assert winner(best, archive, quick, cog) == "Z"
    assert winner(archive, quick, cog) == "M"
    assert winner(quick, cog) == "B_COG"
    assert winner(cog, whole) == "N"
    assert winner(archive, whole) == "N"
    assert winner(whole, first) == "L"


def test_reprocessing_with_shifted_edges_is_a_duplicate() -> None:
    # two real products of one scene, IPF 2.36 and 2.70, differ by 155.6 lines
    old, new = cut("A", 0.0, 25.0, ipf="2.36"), cut("B", 0.23, 25.23, ipf="2.70")
    kept, unused = drop_duplicates([old, new])
    assert kept == (new,)
    assert [(item.scene, item.reason) for item in unused] == [(old, "duplicate of B")]


def test_slices_overlap_a_little_and_stay() -> None:
    slices = [cut(f"S{number}", 25 * number - 0.25, 25 * number + 25) for number in range(4)]
    kept, unused = drop_duplicates(slices[::-1])
    assert kept == tuple(slices)
    assert not unused


def test_other_satellites_and_overflights_are_no_duplicates() -> None:
    other = replace(FIRST, scene_id="S1B_twin", platform="S1B")
    later = replace(FIRST, scene_id="later", datatake="0000FF")
    assert len(drop_duplicates([FIRST, other, later])[0]) == 3


def test_near_real_time_slices_are_cut_elsewhere() -> None:
    archive = [cut("arch1", 0, 25), cut("arch2", 25, 50)]
    middle = cut("nrt_middle", 12, 37, timeliness="NRT-3h")
    beyond = cut("nrt_beyond", 37, 62, timeliness="NRT-3h")
    kept, unused = drop_duplicates([beyond, middle, *archive])
    # its second half is in no other product
    assert kept == (*archive, beyond)
    assert [(item.scene, item.reason) for item in unused] == [
        (middle, "duplicate of arch1 and arch2")
    ]
    half, _ = drop_duplicates([middle, archive[0]])
    assert half == (archive[0], middle)


def test_a_gap_between_better_slices_is_not_lost() -> None:
    archive = [cut("arch1", 0, 25), cut("arch2", 30, 55)]
    over_gap = cut("nrt", 15, 40, timeliness="NRT-3h")
    kept, _ = drop_duplicates([*archive, over_gap])
    assert over_gap in kept


def test_short_rest_of_a_datatake_is_not_swallowed_by_its_neighbour() -> None:
    whole, rest = cut("A", 0, 25), cut("B", 25, 25.4)
    assert drop_duplicates([whole, rest])[0] == (whole, rest)


def test_the_same_product_twice_is_told_by_its_path() -> None:
    folder, packed = (replace(FIRST, path=Path(name)) for name in ("a/X.SAFE", "a/X.zip"))
    elsewhere = replace(FIRST, path=Path("b/X.SAFE"))
    for order in itertools.permutations([folder, packed, elsewhere]):
        kept, unused = drop_duplicates(order)
        assert kept == (folder,)
        assert [item.scene.path for item in unused] == [packed.path, elsewhere.path]
        assert {item.reason for item in unused} == {f"duplicate of {folder.path}"}


def test_of_two_copies_the_whole_one_stays() -> None:
    faults = {Polarisation.VV: "measurement is truncated"}
    broken = replace(FIRST, path=Path("a/X.SAFE"), pixel_faults=faults)
    whole = replace(FIRST, path=Path("b/X.zip"))
    assert drop_duplicates([broken, whole])[0] == (whole,)


def test_a_copy_beside_a_neighbour_names_the_copy() -> None:
    before = cut("A", -25, 0.25)
    old, new = cut("B", 0, 25, ipf="2.36"), cut("C", 0, 25)
    (item,) = drop_duplicates([before, old, new])[1]
    assert item.reason == "duplicate of C"


products = st.builds(
    lambda number, start, length, ipf, timeliness, cog, datatake: cut(
        f"P{number}{'_COG' if cog else ''}",
        start,
        start + length,
        ipf=ipf,
        timeliness=timeliness,
        datatake=datatake,
    ),
    st.integers(0, 99),
    st.integers(0, 60),
    st.integers(1, 26),
    st.sampled_from(["2.36", "3.71", "003.91"]),
    st.sampled_from(["NRT-3h", "Fast-24h"]),
    st.booleans(),
    st.sampled_from(["0000AA", "0000BB"]),
)


def seconds_of(scenes) -> set[tuple[str, int]]:
    """Return the whole seconds that are observed, by datatake."""
    return {
        (scene.datatake, second)
        for scene in scenes
        for second in range(
            round((scene.start - FIRST.start).total_seconds()),
            round((scene.stop - FIRST.start).total_seconds()),
        )
    }


@settings(max_examples=120, deadline=None)
@given(st.lists(products, max_size=10), st.randoms())
def test_no_second_is_lost_whatever_the_order(scenes, random) -> None:
    # names may repeat, places may not
    scenes = [replace(scene, path=Path(f"{index}.zip")) for index, scene in enumerate(scenes)]
    kept, unused = drop_duplicates(scenes)
    assert seconds_of(kept) == seconds_of(scenes)
    assert len(kept) + len(unused) == len(scenes)
    shuffled = list(scenes)
    random.shuffle(shuffled)
    assert drop_duplicates(shuffled) == (kept, unused)
    again, none = drop_duplicates(kept)
    assert (again, none) == (kept, ())


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(0.0, 5.0), st.integers(0, 2)), min_size=1, max_size=8))
def test_shifted_reprocessings_lose_half_a_second_at_most(shifts) -> None:
    scenes = [
        cut(f"P{index}", shift, shift + 25.0, ipf=f"3.{version}")
        for index, (shift, version) in enumerate(shifts)
    ]
    kept, _ = drop_duplicates(scenes)
    lost = timedelta(seconds=0.5, microseconds=2)
    assert min(s.start for s in kept) - min(s.start for s in scenes) <= lost
    assert max(s.stop for s in scenes) - max(s.stop for s in kept) <= lost
