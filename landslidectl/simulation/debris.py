"""What slides leave behind: new backscatter, texture, micro-relief and land cover."""

import numpy as np

from landslidectl.simulation.fields import Single, fractal, tiled
from landslidectl.simulation.geometry import Box
from landslidectl.simulation.landcover import Cover, Scenery
from landslidectl.simulation.slide import Lattice, Slide, cells_in
from landslidectl.simulation.terrain import CELL_M, FACET_M, TILE, micro_relief


def apply_slides(
    rng: np.random.Generator, scenery: Scenery, slides: tuple[Slide, ...], box: Box
) -> Scenery:
    """Return the scenery after the slides: new backscatter, texture, micro-relief and class."""
    shape = scenery.classes.shape
    vv_db, vh_db = scenery.vv_db.copy(), scenery.vh_db.copy()
    exponent, classes = scenery.exponent.copy(), scenery.classes.copy()
    fine = scenery.fine.copy()
    side = min(TILE, max(shape))
    texture = tiled(fractal(rng, (side, side), 0.7, longest_px=12.0), shape)
    bumps = micro_relief(rng, fine.shape, 1.0)
    cells = Lattice(box, CELL_M, shape)
    nodes = Lattice(box, FACET_M, (fine.shape[0], fine.shape[1]), 0.0)
    for slide in slides:
        window, inside = cells_in(slide, cells)
        along, _, _ = slide.place(*cells.positions(window))
        steady = slide.offset_db + slide.gradient_db * (0.5 - along)
        change = (steady + slide.texture_db * texture[window]).astype(np.float32)[inside]
        vv_db[window][inside] += change
        vh_db[window][inside] += change + np.float32(slide.extra_vh_db)
        exponent[window][inside] += np.float32(slide.facing)
        classes[window][inside] = Cover.DEBRIS
        _move_ground(slide, nodes, fine, bumps)
    return Scenery(fine, classes, vv_db, vh_db, exponent, scenery.shadow_fill)


def _move_ground(slide: Slide, nodes: Lattice, fine: Single, bumps: Single) -> None:
    """Lower the scar, raise the deposit, and roughen both; nothing moves at the outline."""
    window, inside = cells_in(slide, nodes)
    along, share, _ = slide.place(*nodes.positions(window))
    fade = np.clip(4.0 * (1.0 - np.abs(share)), 0.0, 1.0) * np.clip(
        8.0 * np.minimum(along, 1.0 - along), 0.0, 1.0
    )
    moved = -slide.depth_m * np.cos(np.pi * along) + slide.rough_m * bumps[window]
    fine[window] += np.where(inside, fade * moved, 0.0).astype(np.float32)
