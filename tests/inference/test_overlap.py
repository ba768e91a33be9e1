import threading
import time

import pytest

from landslidectl.inference.overlap import Behind, ahead


def test_items_come_in_order_from_one_other_thread():
    names = []

    def items():
        for index in range(5):
            names.append(threading.current_thread().name)
            yield index

    assert list(ahead(items())) == [0, 1, 2, 3, 4]
    assert len(set(names)) == 1
    assert names[0] != threading.current_thread().name


def test_one_item_is_made_ahead_and_no_more():
    made = []

    def items():
        for index in range(10):
            made.append(index)
            yield index

    following = ahead(items())
    for expected in range(3):
        assert next(following) == expected
    time.sleep(0.05)
    assert len(made) <= 4
    following.close()


def test_the_reader_is_closed_in_its_own_thread():
    threads = []

    def items():
        try:
            threads.append(threading.get_ident())
            yield from range(10)
        finally:
            threads.append(threading.get_ident())

    following = ahead(items())
    next(following)
    following.close()
    assert len(threads) == 2
    assert threads[0] == threads[1] != threading.get_ident()


def test_what_reading_raises_comes_through():
    def items():
        yield 1
        raise OSError("gone")

    following = ahead(items())
    assert next(following) == 1
    with pytest.raises(OSError, match="gone"):
        next(following)


def test_work_is_done_in_order_and_finished_at_the_end():
    done = []
    with Behind() as writer:
        for index in range(20):
            writer.do(lambda index=index: done.append(index))
    assert done == list(range(20))


def test_what_writing_raises_comes_through():
    def fail():
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"), Behind() as writer:
        writer.do(fail)
        writer.do(lambda: None)
    with pytest.raises(OSError, match="disk full"), Behind() as writer:
        writer.do(fail)


def test_an_error_of_the_caller_is_not_hidden_by_the_writer():
    def fail():
        raise OSError("disk full")

    with pytest.raises(ValueError, match="caller"), Behind() as writer:
        writer.do(fail)
        raise ValueError("caller")
