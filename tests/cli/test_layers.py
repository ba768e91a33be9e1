"""Which layer belongs to which inventory."""

import pytest

from landslidectl.cli.layers import layers_for
from landslidectl.errors import UsageError


def test_one_layer_is_for_all_and_several_are_for_each() -> None:
    assert layers_for(None, 2, "events") == [None, None]
    assert layers_for(["slides"], 2, "events") == ["slides", "slides"]
    assert layers_for(["a", "b"], 2, "events") == ["a", "b"]
    with pytest.raises(UsageError, match="given 2 times for 3 events"):
        layers_for(["a", "b"], 3, "events")
