"""Work on blocks in a few threads, or in none, with results in the order of the blocks."""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Any, TypeVar

Tool = TypeVar("Tool")
Item = TypeVar("Item")
Result = TypeVar("Result")


def run_in_order(
    work: Callable[[Tool, Item], Result], items: Iterable[Item], tools: Sequence[Tool]
) -> Generator[Result, None, None]:
    """Apply ``work`` to items, as many at once as there are tools.

    Whoever leaves it early must close it before the tools, which what was begun still uses.

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


@contextmanager
def workers(count: int, is_inline: bool) -> Iterator[Executor]:
    """Open ``count`` threads; what is not begun when the block is left by an error never is.

    Parameters
    ----------
    count : int
    is_inline : bool
        Do the work at once, in the calling thread, instead.
    """
    if is_inline:
        yield _Inline()
        return
    pool = ThreadPoolExecutor(count)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


class _Inline(Executor):
    """Does what it is given before it returns."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future
