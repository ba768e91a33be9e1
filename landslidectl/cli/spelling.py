"""What a misspelt word was meant to be."""

import difflib
from collections.abc import Iterable

ALIKE = 0.8


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that a misspelt one most likely means; None where none is like it."""
    plain = word.lower().replace("-", "_").strip()
    close = difflib.get_close_matches(plain, sorted(known), n=1, cutoff=ALIKE)
    return close[0] if close else None
