"""Lines of a JSON stream, held against the published form."""

import json
from typing import Any

from jsonschema import Draft202012Validator

from landslidectl.files.resources import asset

SCHEMA = json.loads(asset("schemas", "events.schema.json").read_text(encoding="utf-8"))
KINDS: dict[str, Any] = SCHEMA["$defs"]
HEAD = set(SCHEMA["properties"])


def checked(stdout: str) -> list[dict[str, Any]]:
    """Return the lines; each has the published form, and no member that was not published."""
    lines = [json.loads(line) for line in stdout.splitlines()]
    validator = Draft202012Validator(SCHEMA)
    for line in lines:
        validator.validate(line)
        assert line["type"] in KINDS, line
        assert set(line) <= HEAD | set(KINDS[line["type"]]["properties"]), line
    assert [line["type"] for line in lines].count("summary") == 1
    assert lines[-1]["type"] == "summary"
    return lines
