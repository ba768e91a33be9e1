"""Cutting one overflight into the products that ESA distributes: slices without a gap."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from landslidectl.simulation.frame import RECORD_STEP_S, Frame
from landslidectl.simulation.identity import Acquisition
from landslidectl.simulation.raster import ellipsoid_fields

RECORDS_BEYOND_S = 1.2


def cut_slices(
    acquisition: Acquisition, numbers: NDArray[np.uint16], cuts: tuple[int, ...]
) -> list[tuple[Acquisition, NDArray[np.uint16]]]:
    """Return consecutive slices of one overflight, each with its own times and tables.

    Parameters
    ----------
    numbers : ndarray uint16, shape (VV and VH, line, sample)
        Digital numbers of the whole.
    cuts : tuple of int
        First lines of the second and later slices, ascending.
    """
    edges = (0, *cuts, acquisition.frame.lines)
    vv, vh = acquisition.luts
    slices = []
    for number, (first, stop) in enumerate(pairwise(edges), start=1):
        frame = cut_frame(acquisition.frame, first, stop)
        part = replace(
            acquisition,
            frame=frame,
            fields=ellipsoid_fields(frame),
            luts=(vv.cut(first, stop - 1), vh.cut(first, stop - 1)),
            slice_number=number,
            slices=len(edges) - 1,
        )
        slices.append((part, numbers[:, first:stop]))
    return slices


def cut_frame(frame: Frame, first: int, stop: int) -> Frame:
    """Return the raster of lines ``first`` to ``stop``, half-open, with the records it needs."""
    start_s = frame.first_line_s + first * frame.line_interval_s
    stop_s = frame.first_line_s + (stop - 1) * frame.line_interval_s
    beyond = max(RECORDS_BEYOND_S, RECORD_STEP_S)
    records = tuple(
        record for record in frame.records if start_s - beyond <= record.time_s <= stop_s + beyond
    )
    return replace(frame, first_line_s=start_s, lines=stop - first, records=records)
