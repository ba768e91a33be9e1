"""Whether a JSON value has the form that one of the program's schemas gives it.

The schemas are JSON Schema 2020-12; of its words those are understood that the schemas use. Members
that a schema does not name are let pass: later releases add some.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "null": (type(None),),
}
SHOWN = 60
LARGEST = 1e15
"""Of a number; no fact of a product is larger, and larger ones are no longer exact."""


def misfit(value: Any, schema: Mapping[str, Any]) -> str | None:
    """Return where and why a value does not have a form; None where it has.

    Parameters
    ----------
    value : JSON value
    schema : mapping
        With ``$defs`` for what it refers to.
    """
    return next(_Form(schema).misfits(value, schema, ""), None)


class _Form:
    def __init__(self, whole: Mapping[str, Any]) -> None:
        self._named = whole.get("$defs", {})

    def misfits(self, value: Any, schema: Any, place: str) -> Iterator[str]:
        """Yield all that is wrong with a value."""
        if "$ref" in schema:
            schema = {**self._named[schema["$ref"].rpartition("/")[2]], **schema}
        shown = f"{place.lstrip('.') or 'the whole'} is {str(value)[:SHOWN]!r}"
        yield from (f"{shown}, expected {wanted}" for wanted in _unmet(value, schema))
        yield from self._inside(value, schema, place)
        choices = schema.get("oneOf")
        if choices and all(any(self.misfits(value, choice, place)) for choice in choices):
            yield f"{shown}, expected one of {len(choices)} forms"

    def _inside(self, value: Any, schema: Mapping[str, Any], place: str) -> Iterator[str]:
        if isinstance(value, list):
            for number, item in enumerate(value):
                yield from self.misfits(item, schema.get("items", {}), f"{place}.{number}")
        if not isinstance(value, dict):
            return
        for name in schema.get("required", ()):
            if name not in value:
                yield f"{place.lstrip('.') or 'the whole'} is without '{name}'"
        known, others = schema.get("properties", {}), schema.get("additionalProperties")
        for name, item in value.items():
            yield from self.misfits(name, schema.get("propertyNames", {}), f"{place}.{name}")
            form = known.get(name, others if isinstance(others, dict) else {})
            yield from self.misfits(item, form, f"{place}.{name}")


def _unmet(value: Any, schema: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a value itself, not what it holds, should be."""
    kinds = schema.get("type", ())
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(_is_kind(value, kind) for kind in kinds):
        yield " or ".join(kinds)
    if "enum" in schema and value not in schema["enum"]:
        yield "one of " + ", ".join(str(one) for one in schema["enum"])
    if "const" in schema and value != schema["const"]:
        yield str(schema["const"])
    if isinstance(value, str):
        if not re.search(schema.get("pattern", ""), value):
            yield f"the form {schema['pattern']}"
        yield from _size(len(value), schema, "Length", "letters")
    if isinstance(value, list):
        yield from _size(len(value), schema, "Items", "items")
    if isinstance(value, int | float) and not isinstance(value, bool):
        yield from _bounds(value, schema)


def _is_kind(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    if kind == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, TYPES[kind])


def _size(count: int, schema: Mapping[str, Any], what: str, unit: str) -> Iterator[str]:
    if count < schema.get(f"min{what}", 0):
        yield f"at least {schema[f'min{what}']} {unit}"
    if count > schema.get(f"max{what}", count):
        yield f"at most {schema[f'max{what}']} {unit}"


def _bounds(value: float, schema: Mapping[str, Any]) -> Iterator[str]:
    if not abs(value) <= LARGEST:  # NaN is no number either
        yield "a number of sense"
        return
    if value < schema.get("minimum", value):
        yield f"at least {schema['minimum']}"
    if value > schema.get("maximum", value):
        yield f"at most {schema['maximum']}"
    if "exclusiveMinimum" in schema and value <= schema["exclusiveMinimum"]:
        yield f"more than {schema['exclusiveMinimum']}"
