"""Processes that simulate side by side, with one thread each."""

import os
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import connection, get_context, parent_process

ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@contextmanager
def processes(count: int) -> Iterator[Executor]:
    """Start processes; they end with the block, or when this process is killed.

    Parameters
    ----------
    count : int
        How many. Each has one thread for linear algebra: more spin while they wait, in the way of
        the other processes.
    """
    context = get_context("spawn")
    with (
        _one_thread_each(),
        ProcessPoolExecutor(count, mp_context=context, initializer=_end_with_parent) as pool,
    ):
        try:
            yield pool
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


@contextmanager
def _one_thread_each() -> Iterator[None]:
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _end_with_parent() -> None:
    """Let this process end when the one that started it is gone: nobody would take its results."""
    parent = parent_process()
    if parent is None:
        return
    gone = parent.sentinel

    def watch() -> None:
        connection.wait([gone])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
