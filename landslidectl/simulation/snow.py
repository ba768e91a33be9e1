"""Wet snow after the event: everything above a line is darker, whatever slid.

Liquid water in a snow pack absorbs C band, and the wet surface scatters little back: sigma nought
falls by 3 to 6 dB in both polarisations against snow-free or dry ground.

Source: Nagler and Rott (2000), doi:10.1109/36.842004; Nagler et al. (2016), doi:10.3390/rs8040348.
"""

from dataclasses import dataclass, replace

import numpy as np

from landslidectl.simulation.fields import Single, centres
from landslidectl.simulation.landcover import Cover, Scenery


@dataclass(frozen=True, slots=True)
class WetSnow:
    """Snow that lay on the post-event scenes alone.

    Parameters
    ----------
    share : float
        Of the terrain, 0 to 1, that lies above the snow line.
    vv_db, vh_db : float
        Change of open ground under snow.
    edge_m : float
        Elevation over which the snow sets in.
    forest : float
        What of the change shows through a forest's canopy.
    """

    share: float
    vv_db: float = -4.5
    vh_db: float = -4.0
    edge_m: float = 120.0
    forest: float = 0.6

    def line_m(self, heights: Single) -> float:
        """Return the elevation at which half of the snow lies."""
        return float(np.quantile(heights, 1.0 - self.share))


def snowed(scenery: Scenery, snow: WetSnow) -> Scenery:
    """Return the scenery under snow; water stays as it is."""
    heights = centres(scenery.fine[::2, ::2])
    above = (heights - np.float32(snow.line_m(heights))) / np.float32(snow.edge_m)
    cover = np.clip(above + np.float32(0.5), 0.0, 1.0)
    cover[scenery.classes == Cover.WATER] = 0.0
    cover[scenery.classes == Cover.FOREST] *= np.float32(snow.forest)
    return replace(
        scenery,
        vv_db=scenery.vv_db + np.float32(snow.vv_db) * cover,
        vh_db=scenery.vh_db + np.float32(snow.vh_db) * cover,
    )
