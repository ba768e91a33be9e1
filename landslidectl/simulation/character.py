"""What sets one landscape apart from another beyond its relief: echo, restlessness, slide marks."""

from dataclasses import dataclass, field

SHADOW_FILL = 0.15


@dataclass(frozen=True, slots=True)
class SlideMark:
    """What the slides of an event do to the backscatter, on the whole.

    Parameters
    ----------
    offset_db, spread_db : float
        Mean change of VV, and its standard deviation from slide to slide.
    extra_vh_db : float
        Mean change of VH beyond that of VV.
    facing : float
        Mean of what is added to the exponent of the cosine of local incidence.
    gradient_db : float
        Standard deviation of the change at the crown minus that at the toe.
    texture_db : float
        Median of the new texture's standard deviation.
    """

    offset_db: float = 0.4
    spread_db: float = 2.2
    extra_vh_db: float = -1.0
    facing: float = 1.44
    gradient_db: float = 2.3
    texture_db: float = 1.92


@dataclass(frozen=True, slots=True)
class Character:
    """How a landscape scatters, changes and is observed.

    Parameters
    ----------
    level_db, ratio_db : float
        Added to VV, and to VV over VH, of all land.
    exponent : float, optional
        Added to the exponents of the cosine of local incidence; by default drawn.
    texture : float
        Factor on the standard deviations of texture.
    shadow_fill : float
        Least echo of a facet, as a share of that of level ground.
    restless : float
        Factor on the change of each kind of cover from date to date.
    flicker_db : float
        Standard deviation of the change from date to date that every pixel has for itself.
    moisture_db : float, optional
        Standard deviation of the smooth change between before and after; by default drawn.
    shift_db, shift_vh_db : float
        Change of all land between before and after, in VV and in VH.
    noise_db : float, optional
        Thermal noise against that of a usual scene; by default drawn.
    sea : float
        Share of the terrain that lies under the sea, from the lowest up.
    water_db, water_ratio_db : float
        Added to VV, and to VV over VH, of water.
    water_restless_db : float
        Standard deviation of water's change from date to date.
    slides : SlideMark
    """

    level_db: float = 0.0
    ratio_db: float = 0.0
    exponent: float | None = None
    texture: float = 1.0
    shadow_fill: float = SHADOW_FILL
    restless: float = 1.0
    flicker_db: float = 0.0
    moisture_db: float | None = None
    shift_db: float = 0.0
    shift_vh_db: float = 0.0
    noise_db: float | None = None
    sea: float = 0.0
    water_db: float = 0.0
    water_ratio_db: float = 0.0
    water_restless_db: float = 0.0
    slides: SlideMark = field(default_factory=SlideMark)
