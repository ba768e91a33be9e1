"""Work on blocks in a few threads, with results in the order of the blocks."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import TypeVar

Tool = TypeVar("Tool")
Item = TypeVar("Item")
Result = TypeVar("Result")


def run_in_order(
    work: Callable[[Tool, Item], Result], items: Iterable[Item], tools: Sequence[Tool]
) -> Iterator[Result]:
    """Apply ``work`` to items, as many at once as there are tools.

    Open rasters must not be read by two threads at once, so each call has a tool to itself. No
    more than ``len(tools) + 1`` items are begun and not yet handed out, so memory stays flat.

    Parameters
    ----------
    work : callable
        From a tool and an item to a result that does not share memory with the tool.
    items : iterable
    tools : sequence
        One runs the work in the calling thread.

    Yields
    ------
    result
        In the order of ``items``, whatever the number of tools.
    """
    if len(tools) == 1:
        for item in items:
            yield work(tools[0], item)
        return
    free: SimpleQueue[Tool] = SimpleQueue()
    for tool in tools:
        free.put(tool)

    def task(item: Item) -> Result:
        tool = free.get()
        try:
            return work(tool, item)
        finally:
            free.put(tool)

    pending: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(len(tools)) as pool:
        try:
            for item in items:
                pending.append(pool.submit(task, item))
                if len(pending) > len(tools):
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            for future in pending:
                future.cancel()
