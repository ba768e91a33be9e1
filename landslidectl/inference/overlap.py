"""Reading one item ahead and writing one behind, each in a thread of its own."""

from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self, TypeVar

_Item = TypeVar("_Item")


def ahead(items: Generator[_Item, None, None]) -> Generator[_Item, None, None]:
    """Yield items in their order while the next one is made in another thread.

    All of them are made in one thread, and what holds files open there is closed there too. What
    making one raises is raised here in its turn.
    """
    end = object()
    with ThreadPoolExecutor(1, "read") as reader:
        try:
            pending: Future[Any] = reader.submit(next, items, end)
            while (item := pending.result()) is not end:
                pending = reader.submit(next, items, end)
                yield item
        finally:
            reader.submit(items.close).result()


class Behind:
    """Does one piece of work at a time in another thread; the caller goes on meanwhile.

    What a piece raises is raised when the next is handed over, or at the end of the context.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "write")
        self._pending: Future[Any] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._thread.shutdown()
        if kind is None:
            self._wait()

    def do(self, work: Callable[[], Any]) -> None:
        """Start a piece of work once the one before it is done."""
        self._wait()
        self._pending = self._thread.submit(work)

    def _wait(self) -> None:
        if self._pending is not None:
            self._pending.result()
            self._pending = None
