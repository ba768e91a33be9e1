"""Texts from outside made inert: names of scenes, areas and events come from others.

Attributes, tables and pages are opened by spreadsheets, browsers and GIS. What a text could do
there, instead of being read, is taken out of it here.
"""

import unicodedata
from collections.abc import Mapping
from html import escape
from typing import Any

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
NOT_XML = "\ufffe\uffff"
"""Not allowed in XML 1.0, section 2.2, beside control characters and lone surrogates."""
TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They reverse how the following text is shown, so that a name can pass for another."""
FORMULA_SIGNS = "=+-@\uff1d\uff0b\uff0d\uff20"
"""A spreadsheet takes a cell that begins with one of these, or its wide form, for a formula."""


def plain_text(text: str) -> str:
    """Return a text as one line without control characters or anything that XML does not allow."""
    return "".join(_plain(letter) for letter in text if letter not in TURNING)


def html_text(text: str) -> str:
    """Return a text as HTML shows it: plain, and without any markup of its own."""
    return escape(plain_text(text))


def plain_values(value: Any) -> Any:
    """Return a JSON-like value with every text in it made plain."""
    if isinstance(value, str):
        return plain_text(value)
    if isinstance(value, Mapping):
        return {plain_text(str(key)): plain_values(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain_values(item) for item in value]
    return value


def inert_cell(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula: one that looks like one is quoted.

    Source
    ------
    OWASP, CSV Injection: a leading apostrophe before ``=``, ``+``, ``-``, ``@``, tab and carriage
    return.
    """
    plain = plain_text(text)
    return f"'{plain}" if plain.lstrip()[:1] in FORMULA_SIGNS and plain.strip() else plain


def _plain(letter: str) -> str:
    category = unicodedata.category(letter)
    if category == "Cs" or letter in NOT_XML:
        return REPLACEMENT
    return " " if category in {"Cc", "Zl", "Zp"} else letter
