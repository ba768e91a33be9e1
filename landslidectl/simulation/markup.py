"""Small helpers that write the XML of a product as text."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

HEADER = '<?xml version="1.0" encoding="UTF-8"?>\n'


def element(name: str, /, *content: str, **attributes: str) -> str:
    """Return an element; children are given as text, and keyword names keep their spelling."""
    given = "".join(f' {key.replace("__", ":")}="{value}"' for key, value in attributes.items())
    if content and content[0].startswith("<"):
        return f"<{name}{given}>\n" + "\n".join(content) + f"\n</{name}>"
    return f"<{name}{given}>{''.join(content)}</{name}>"


def leaves(pairs: Iterable[tuple[str, object]]) -> list[str]:
    """Return one element with text for every (name, value)."""
    return [element(name, _text(value)) for name, value in pairs]


def counted(name: str, items: list[str]) -> str:
    """Return a list element with its count."""
    return element(name, *items, count=str(len(items)))


def numbers(name: str, values: NDArray[np.generic] | Iterable[float], form: str = "%.6e") -> str:
    """Return an element that holds several numbers and their count."""
    listed = list(np.asarray(values).ravel()) if isinstance(values, np.ndarray) else list(values)
    return element(name, " ".join(form % value for value in listed), count=str(len(listed)))


def instant(moment: datetime) -> str:
    """Return a UTC instant as products write it: microseconds and no zone."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f")


def after(epoch: datetime, seconds: float) -> datetime:
    """Return the instant some seconds after another, to the microsecond."""
    return epoch + timedelta(microseconds=round(seconds * 1e6))


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.15e}"
    if isinstance(value, datetime):
        return instant(value)
    return str(value)
