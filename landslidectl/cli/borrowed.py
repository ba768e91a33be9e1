"""Commands that take the options of another command."""

import inspect
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any


def with_options_of(
    command: Callable[..., None],
    without: Sequence[str] = (),
    more: Sequence[inspect.Parameter] = (),
) -> Callable[[Callable[..., None]], Any]:
    """Give a command the options of another, but for some, and some of its own.

    Parameters
    ----------
    command : callable
        Whose options are taken over.
    without : sequence of str
        Names of those that mean nothing here.
    more : sequence of inspect.Parameter
        Keyword parameters with their annotation.
    """

    def give(function: Callable[..., None]) -> Any:
        asked = inspect.signature(command)
        kept = [item for name, item in asked.parameters.items() if name not in without]
        borrowed: Any = wraps(command)(function)
        borrowed.__signature__ = asked.replace(parameters=[*kept, *more])
        # Typer looks the annotations up by name
        annotations = {item.name: item.annotation for item in more}
        borrowed.__annotations__ = command.__annotations__ | annotations
        return borrowed

    return give
