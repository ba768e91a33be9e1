from hypothesis import given
from hypothesis import strategies as st

from landslidectl.training.event_numbers import as_spans, from_spans


def test_neighbours_become_spans():
    assert as_spans([3, 1, 2, 7, 9, 10, 10]) == "1-3, 7, 9-10"
    assert as_spans([]) == ""


@given(st.sets(st.integers(0, 10**9), max_size=60))
def test_numbers_come_back(numbers):
    assert from_spans(as_spans(numbers)) == numbers


def test_a_list_of_older_manifests_is_taken_as_it_is():
    assert from_spans([4, 2]) == {2, 4}
