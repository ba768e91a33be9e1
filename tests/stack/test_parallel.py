"""Blocks in threads: in order, few at once, and no tool in two hands."""

import threading
import time

import pytest

from landslidectl.stack.parallel import run_in_order


class Tool:
    """Notices when two threads use it at once."""

    def __init__(self) -> None:
        self.lock = threading.Lock()

    def __call__(self, item: int) -> int:
        """Square after a while; the first items take longest."""
        assert self.lock.acquire(blocking=False)
        time.sleep(0.002 * (item < 3))
        self.lock.release()
        return item * item


@pytest.mark.parametrize("count", [1, 2, 5])
def test_results_come_in_order_and_no_more_are_begun_than_needed(count) -> None:
    begun = []

    def items():
        for item in range(20):
            begun.append(item)
            yield item

    results = []
    for result in run_in_order(Tool.__call__, items(), [Tool() for _ in range(count)]):
        results.append(result)
        assert len(begun) <= len(results) + count
    assert results == [item * item for item in range(20)]


@pytest.mark.parametrize("count", [1, 3])
def test_an_error_comes_through(count) -> None:
    def fail(tool: Tool, item: int) -> int:
        if item == 4:
            raise ValueError("damaged block")
        return tool(item)

    with pytest.raises(ValueError, match="damaged block"):
        list(run_in_order(fail, range(9), [Tool() for _ in range(count)]))
