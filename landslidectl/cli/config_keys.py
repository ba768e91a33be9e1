"""The keys of a configuration file, and what the value of each must be."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any


class WrongKind(ValueError):
    """A value of a configuration file that is not of its kind."""


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise WrongKind("a text in quotes")
    if "\0" in value:
        raise WrongKind("a text without the character NUL")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise WrongKind("true or false")
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise WrongKind("a number")
    return float(value)


def _integer(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise WrongKind("a whole number")
    return value


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _box(value: Any) -> tuple[float, ...]:
    if not isinstance(value, list) or len(value) != 4:
        raise WrongKind("four numbers: [west, south, east, north]")
    return tuple(_number(item) for item in value)


def _instants(value: Any) -> list[str]:
    return [
        item.isoformat() if isinstance(item, dt.date | dt.datetime) else _text(item)
        for item in _list(value)
    ]


def _size(value: Any) -> str:
    return str(_integer(value)) if isinstance(value, int) else _text(value)


PATHS = (
    *("scenes", "aoi", "dem", "orbits", "output", "catalog", "models_dir", "land_cover"),
    "log_file",
)
FILE_KEYS: Mapping[str, Callable[[Any], Any]] = {
    "scenes": lambda value: [_text(item) for item in _list(value)],
    "event": _instants,
    "event_name": _text,
    "event_id": _text,
    "glide": _text,
    "aoi": _text,
    "bbox": _box,
    "dem": _text,
    "dem_vertical": _text,
    "no_dem": _flag,
    "output": _text,
    "overwrite": _flag,
    "format": lambda value: [_text(item) for item in _list(value)],
    "composites": _flag,
    "model": _text,
    "models_dir": _text,
    "device": _text,
    "polarisations": _text,
    "orbits": _text,
    "radiometry": _text,
    "speckle": _text,
    "pre_days": _number,
    "post_days": _number,
    "extend_post": _number,
    "min_pre": _integer,
    "min_post": _integer,
    "threshold": _number,
    "high_threshold": _number,
    "stride": _integer,
    "min_area": _number,
    "min_slope": _number,
    "max_slope": _number,
    "min_steepness": _number,
    "land_cover": lambda value: [_text(item) for item in _list(value)],
    "land_cover_legend": _text,
    "threads": _integer,
    "wait": _number,
    "settle": _number,
    "max_memory": _size,
    "catalog": _text,
    "log_file": _text,
    "log_format": _text,
}
