"""``info``: what a scene is."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from landslidectl.cli import options
from landslidectl.cli.output import write_facts, write_json
from landslidectl.errors import SceneError

INFO_HELP = """Show what a scene is, or why it cannot be used.

    landslidectl info S1A_IW_GRDH_1SDV_20180906T....zip

    landslidectl info scenes/S1A_....SAFE --json
"""


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("info", help=INFO_HELP, rich_help_panel="Look")(info)


def info(
    scene: Annotated[Path, typer.Argument(help="A .SAFE folder or a .zip file.")],
    json_lines: options.Json = False,
) -> None:
    """Describe one scene."""
    from landslidectl.sentinel1.discover import describe_scene, open_scene  # noqa: PLC0415

    try:
        facts = describe_scene(open_scene(scene))
    except SceneError as error:
        if json_lines:
            write_json({"path": str(scene), "supported": False, "reason": error.reason})
        raise
    if json_lines:
        write_json(facts)
    else:
        write_facts({name.replace("_", " "): told(value) for name, value in facts.items()})


def told(value: Any) -> str:
    """Return a JSON value in words."""
    match value:
        case None | []:
            text = "-"
        case bool():
            text = "yes" if value else "no"
        case Mapping():
            text = ", ".join(f"{name} {told(item)}" for name, item in value.items())
        case [[_, *_], *_]:
            text = "; ".join(told(item) for item in value)
        case list() | tuple():
            text = ", ".join(told(item) for item in value)
        case float():
            text = f"{value:.6g}"
        case _:
            text = str(value)
    return text
