"""What really slid: the outlines, what each track can see of them, and masks of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landslidectl.files.atomic import write_json_atomic
from landslidectl.grid import Grid
from landslidectl.simulation.geodesy import map_to_degrees
from landslidectl.simulation.geometry import Box
from landslidectl.simulation.sight import Sight
from landslidectl.simulation.slide import Lattice, Slide, cells_in
from landslidectl.simulation.terrain import CELL_M, Terrain
from landslidectl.terms import Track

HIDDEN_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class SlideTruth:
    """One slide and how the tracks see it.

    Parameters
    ----------
    mean_slope_deg : float
        Of the terrain before the event.
    layover, shadow : mapping of track to float
        Share of the slide's area.
    visible : bool
        Whether at least one track sees half of it or more undisturbed.
    """

    slide: Slide
    mean_slope_deg: float
    layover: Mapping[Track, float]
    shadow: Mapping[Track, float]
    visible: bool


def judge_slides(
    slides: Sequence[Slide], terrain: Terrain, sights: Mapping[Track, Sight]
) -> tuple[SlideTruth, ...]:
    """Return what each track sees of each slide, from the forward model."""
    nodes = terrain.fine[::2, ::2]
    slope = np.degrees(
        np.arctan(
            np.hypot(
                (nodes[:-1, 1:] - nodes[:-1, :-1]) / CELL_M,
                (nodes[:-1, :-1] - nodes[1:, :-1]) / CELL_M,
            )
        )
    )
    judged = []
    cells = Lattice(terrain.box, CELL_M, terrain.cells)
    for slide in slides:
        window, inside = cells_in(slide, cells)
        layover = {track: _share(sight.layover[window], inside) for track, sight in sights.items()}
        shadow = {track: _share(sight.shadow[window], inside) for track, sight in sights.items()}
        steep = float(slope[window][inside].mean()) if inside.any() else 0.0
        visible = any(layover[track] + shadow[track] < HIDDEN_SHARE for track in sights)
        judged.append(SlideTruth(slide, steep, layover, shadow, visible))
    return tuple(judged)


def write_truth(path: Path, truths: Sequence[SlideTruth], epsg: int) -> None:
    """Write the outlines with their attributes as GeoJSON in WGS 84."""
    features = []
    for truth in truths:
        slide = truth.slide
        properties: dict[str, Any] = {
            "slide_id": slide.slide_id,
            "area_m2": round(slide.area_m2, 1),
            "mean_slope_deg": round(truth.mean_slope_deg, 2),
            "offset_db": round(slide.offset_db, 2),
            "extra_vh_db": round(slide.extra_vh_db, 2),
            "visible": truth.visible,
        }
        for track in truth.layover:
            properties[f"layover_{track.name}"] = round(truth.layover[track], 3)
            properties[f"shadow_{track.name}"] = round(truth.shadow[track], 3)
        features.append(_feature(slide.outline, epsg, properties))
    write_json_atomic(path, {"type": "FeatureCollection", "features": features})


def write_area(path: Path, aoi: Box, epsg: int) -> None:
    """Write the area of interest as GeoJSON in WGS 84."""
    ring = np.array(
        [
            (aoi.left, aoi.bottom),
            (aoi.right, aoi.bottom),
            (aoi.right, aoi.top),
            (aoi.left, aoi.top),
            (aoi.left, aoi.bottom),
        ]
    )
    feature = _feature(ring, epsg, {"name": "simulated area"})
    write_json_atomic(path, {"type": "FeatureCollection", "features": [feature]})


def truth_mask(slides: Sequence[Slide], grid: Grid) -> NDArray[np.uint8]:
    """Return 1 where a pixel's centre lies in a slide; shape and zone of ``grid``."""
    mask = np.zeros(grid.shape, np.uint8)
    lattice = Lattice(Box(*grid.bounds), grid.pixel_m, grid.shape)
    for slide in slides:
        window, inside = cells_in(slide, lattice)
        mask[window][inside] = 1
    return mask


def _feature(ring: NDArray[np.float64], epsg: int, properties: dict[str, Any]) -> dict[str, Any]:
    lon, lat = map_to_degrees(epsg, ring[:, 0], ring[:, 1])
    points = [[round(float(x), 8), round(float(y), 8)] for x, y in zip(lon, lat, strict=True)]
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": "Polygon", "coordinates": [points]},
    }


def _share(hidden: NDArray[np.bool_], inside: NDArray[np.bool_]) -> float:
    return float(hidden[inside].mean()) if inside.any() else 0.0
