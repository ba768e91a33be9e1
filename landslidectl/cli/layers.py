"""The option ``--layer``: which layer of a file holds the polygons."""

from typing import Annotated

import typer

from landslidectl.errors import UsageError

Layers = Annotated[
    list[str] | None,
    typer.Option(
        "--layer",
        help="Layer of the polygons, for files with several: once for all files, or once for each "
        "in their order.",
        metavar="NAME",
    ),
]


def layers_for(given: list[str] | None, count: int, what: str) -> list[str | None]:
    """Return the layer of each of ``count`` inventories; None where none was named.

    Parameters
    ----------
    given : list of str, optional
        One for all, or one for each.
    count : int
    what : str
        What there are ``count`` of, for the message.

    Raises
    ------
    UsageError
        If there are neither one nor as many.
    """
    if not given:
        return [None] * count
    if len(given) == 1:
        return [given[0]] * count
    if len(given) != count:
        raise UsageError(
            f"--layer is given {len(given)} times for {count} {what}",
            "Give it once for all of them, or once for each, in their order.",
        )
    return list(given)
