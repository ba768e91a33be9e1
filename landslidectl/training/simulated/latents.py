"""What a site's seed does not decide, as points of a unit cube that a fit can move about in.

Each axis is one property of the landscape, of its change or of its observation, with the range that
is thought possible before any data are seen.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from landslidectl.simulation.character import Character, SlideMark
from landslidectl.simulation.slides import SlideOptions
from landslidectl.simulation.spec import EventSpec, TrackSpec
from landslidectl.simulation.terrain import Relief
from landslidectl.terms import Pass

SITE_KM = 0.8
SMALL_SHARE = 0.2
SMALL_COVER = (0.002, 0.035)
DRY = 0.7


@dataclass(frozen=True, slots=True)
class Axis:
    """One property: its range, and whether equal ratios or equal steps are equally likely."""

    low: float
    high: float
    ratios: bool = False

    def value(self, place: float) -> float:
        """Return the property at a place from 0 to 1."""
        if self.ratios:
            return float(self.low * (self.high / self.low) ** place)
        return self.low + (self.high - self.low) * place


AXES: Mapping[str, Axis] = {
    "slope_deg": Axis(2.0, 42.0),
    "valley_m": Axis(700.0, 6000.0, ratios=True),
    "floor_m": Axis(15.0, 400.0, ratios=True),
    "rough_m": Axis(0.05, 1.6, ratios=True),
    "incidence_deg": Axis(30.5, 45.0),
    "level_db": Axis(-4.5, 6.5),
    "ratio_db": Axis(-2.5, 2.0),
    "exponent": Axis(0.0, 2.5),
    "texture": Axis(0.2, 2.2),
    "shadow_fill": Axis(0.0, 0.35),
    "restless": Axis(0.0, 2.5),
    "flicker_db": Axis(0.0, 2.4),
    "moisture_db": Axis(0.0, 1.0),
    "shift_db": Axis(-0.9, 1.2),
    "shift_vh_db": Axis(-0.9, 0.9),
    "noise_db": Axis(-14.0, 2.0),
    "n_pre": Axis(3.0, 11.0),
    "n_post": Axis(1.0, 3.3),
    "sea": Axis(0.0, 1.0),
    "water_db": Axis(-9.0, 6.0),
    "water_ratio_db": Axis(-4.0, 8.0),
    "water_restless_db": Axis(0.0, 5.0),
    "slide_offset_db": Axis(-4.0, 4.0),
    "slide_spread_db": Axis(0.5, 3.0),
    "slide_extra_vh_db": Axis(-3.0, 1.5),
    "slide_facing": Axis(0.05, 3.0),
    "slide_gradient_db": Axis(0.0, 4.0),
    "slide_texture_db": Axis(0.7, 3.5, ratios=True),
    "cover": Axis(0.052, 0.55, ratios=True),
}


@dataclass(frozen=True, slots=True)
class SiteDraw:
    """A site to be made.

    Parameters
    ----------
    latents : float64, (axis,)
        In the order of `AXES`.
    place : int
        Seed of relief and cover.
    seed : int
        Decides what happens there and how it is observed.
    landslide : bool
        Slides are to cover the share that ``cover`` says; else a fifth of the sites gets slides
        that stay under 5 % of a window, the others none.
    direction : Pass
    quiet : bool
        A place of landslides where nothing slid.
    """

    latents: NDArray[np.float64]
    place: int
    seed: int
    landslide: bool
    direction: Pass
    quiet: bool = False


def site_spec(drawn: SiteDraw, size_km: float = SITE_KM) -> EventSpec:
    """Return the event that a site is; relief and cover are those of the place at one size only."""
    seed, landslide = drawn.seed, drawn.landslide
    given = _values(drawn.latents)
    rng = np.random.default_rng([seed, 77])
    small = bool(rng.random() < SMALL_SHARE)
    cover = given["cover"] if landslide else float(np.exp(rng.uniform(*np.log(SMALL_COVER))))
    return EventSpec(
        seed=seed,
        place=drawn.place,
        size_km=size_km,
        slides=(landslide or small) and not drawn.quiet,
        tracks=(TrackSpec(drawn.direction, given["incidence_deg"]),),
        n_pre=int(given["n_pre"]),
        n_post=int(given["n_post"]),
        relief=_relief(given),
        slide_options=SlideOptions(cover=cover),
        character=_character(given, 0.0 if landslide else _sea(given["sea"])),
    )


def landscape(latents: NDArray[np.float64]) -> tuple[Relief, Character]:
    """Return relief and character of the landslide country at a point of the cube."""
    given = _values(latents)
    return _relief(given), _character(given, 0.0)


def _values(latents: NDArray[np.float64]) -> dict[str, float]:
    return {
        name: axis.value(float(place))
        for (name, axis), place in zip(AXES.items(), latents, strict=True)
    }


def _sea(place: float) -> float:
    """Return the share under the sea: none up to `DRY`, then any, and all of it at the end."""
    return float(np.clip((place - DRY) / (0.9 - DRY), 0.0, 1.0))


def _relief(given: Mapping[str, float]) -> Relief:
    return Relief(
        slope_deg=given["slope_deg"],
        valley_m=given["valley_m"],
        floor_m=given["floor_m"],
        rough_m=given["rough_m"],
    )


def _character(given: Mapping[str, float], sea: float) -> Character:
    names = {field.name for field in fields(Character)} & set(given) - {"sea"}
    marks = {field.name for field in fields(SlideMark)}
    return Character(
        **{name: given[name] for name in sorted(names)},
        sea=sea,
        slides=SlideMark(**{name: given[f"slide_{name}"] for name in sorted(marks)}),
    )
