"""Values are held against the published form as a validator of JSON Schema does it."""

import json
from typing import Any

import jsonschema
import pytest

from landslidectl.files.resources import asset
from landslidectl.products.form import misfit

SCHEMA = json.loads(asset("schemas", "metadata.schema.json").read_text(encoding="utf-8"))
SMALL: dict[str, Any] = {
    "type": "object",
    "required": ["a"],
    "properties": {
        "a": {"type": ["number", "null"], "exclusiveMinimum": 0, "maximum": 9},
        "b": {"type": "array", "items": {"$ref": "#/$defs/word"}, "minItems": 1, "maxItems": 2},
        "c": {"oneOf": [{"type": "null"}, {"type": "integer", "minimum": 3}]},
        "d": {"enum": ["x", "y"]},
        "e": {"const": "1.0"},
    },
    "additionalProperties": {"type": "boolean"},
    "propertyNames": {"pattern": "^[a-z]+$"},
    "$defs": {"word": {"type": "string", "minLength": 2, "pattern": "^[a-z]+$"}},
}


@pytest.mark.parametrize(
    "value",
    [
        {"a": 1, "b": ["ab"], "c": None, "d": "x", "e": "1.0", "more": True},
        {"a": None, "c": 3},
        {"a": 2.0, "b": ["ab", "cd"]},
        [],
        {},
        {"a": True},
        {"a": "1"},
        {"a": 0},
        {"a": 10},
        {"a": 1, "b": []},
        {"a": 1, "b": ["ab", "ab", "ab"]},
        {"a": 1, "b": ["a"]},
        {"a": 1, "b": ["AB"]},
        {"a": 1, "b": [["ab"]]},
        {"a": 1, "c": 2},
        {"a": 1, "c": 3.5},
        {"a": 1, "d": "z"},
        {"a": 1, "e": "2.0"},
        {"a": 1, "more": 1},
        {"a": 1, "MORE": True},
    ],
)
def test_the_verdict_is_that_of_a_validator(value: Any) -> None:
    is_right = jsonschema.Draft202012Validator(SMALL).is_valid(value)
    assert (misfit(value, SMALL) is None) == is_right


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e300", "9" * 400])
def test_numbers_without_sense_are_none(number: str) -> None:
    assert "a number of sense" in str(misfit({"a": json.loads(number)}, SMALL))


def test_the_place_is_named() -> None:
    assert misfit({"a": 1, "b": ["ab", 7]}, SMALL) == "b.1 is '7', expected string"
    assert misfit({"b": ["ab"]}, SMALL) == "the whole is without 'a'"


def test_every_word_of_the_published_form_is_understood() -> None:
    """A word that is passed over would let through what the form forbids."""
    known = {"type", "required", "properties", "items", "$ref", "enum", "const", "pattern"}
    known |= {"minimum", "maximum", "exclusiveMinimum", "minLength", "minItems", "maxItems"}
    known |= {"oneOf", "propertyNames", "additionalProperties", "description", "title"}
    known |= {"$schema", "$id", "$defs"}

    def words(schema: Any) -> set[str]:
        if not isinstance(schema, dict):
            return set()
        named = ("properties", "$defs")
        inner = [form for name in named for form in schema.get(name, {}).values()]
        inner += [schema.get(name) for name in ("items", "propertyNames", "additionalProperties")]
        inner += schema.get("oneOf", [])
        return set(schema).union(*(words(form) for form in inner))

    assert words(SCHEMA) <= known
