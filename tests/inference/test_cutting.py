import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from landslidectl.inference.cutting import NotCuttableError, cut
from landslidectl.inference.graph import operations, read_model
from landslidectl.inference.network import Network, Part
from landslidectl.inference.pairs import can_pair, paired, sized
from tests.inference.convolutional import convolutional_bytes
from tests.inference.tiny import Head, network_bytes


def _tiles(count, rows, cols, bands=4, seed=1):
    rng = np.random.default_rng(seed)
    levels = rng.normal(0, 4, (count, 1, 1, bands))
    return (levels + rng.normal(0, 3, (count, rows, cols, bands))).astype(np.float32)


def _made(part, given):
    def fill(place):
        place[...] = given.reshape(place.shape)

    return part.run(fill)


def test_the_parts_hold_all_operations_and_hand_over_integers():
    content = convolutional_bytes()
    halves = cut(content)
    before, after = operations(halves.trunk), operations(read_model(halves.head))
    assert before == ["DEPTHWISE_CONV_2D", "QUANTIZE", "CONV_2D", "MAX_POOL_2D", "CONV_2D"]
    assert before + after == operations(read_model(content))
    assert halves.trunk.subgraphs[0].tensors[halves.trunk.subgraphs[0].outputs[0]].type == (
        schema.TensorType.INT8
    )


def test_trunk_and_head_give_the_bits_of_the_whole():
    content = convolutional_bytes()
    halves, windows = cut(content), _tiles(9, 64, 64)
    trunk = Part(sized(halves.trunk, (64, 64)), windows.shape)
    features = _made(trunk, windows)
    head = Part(halves.head, features.shape)
    scores = head.scores(lambda place: np.copyto(place, features))
    assert np.array_equal(scores, Network(content).score(windows))
    assert np.ptp(scores) > 0.2


@pytest.mark.parametrize("bands", [2, 4])
@pytest.mark.parametrize("shape", [(64, 64), (64, 96), (97, 130)])
def test_pairs_of_columns_are_the_same_integers(bands, shape):
    trunk = cut(convolutional_bytes(bands)).trunk
    assert can_pair(trunk)
    tiles = _tiles(3, *shape, bands)
    plain = _made(Part(sized(trunk, shape), tiles.shape), tiles)
    rows, cols = shape
    part = Part(paired(trunk, shape), (3, rows, cols // 2, 2 * bands))
    assert np.array_equal(_made(part, tiles), plain)
    assert np.array_equal(_made(part, tiles[::-1].copy()), plain[::-1]), "nothing is kept"


def test_cutting_is_repeatable_and_leaves_the_trunk_as_it_is():
    first, second = (cut(convolutional_bytes()) for _ in range(2))
    assert first.head == second.head
    assert paired(first.trunk, (64, 64)) == paired(second.trunk, (64, 64))
    assert sized(first.trunk, (64, 64)) == sized(second.trunk, (64, 64))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (network_bytes(Head()), "nothing stands before"),
        (network_bytes(Head(scale=0.2)), "nothing stands before"),
        (convolutional_bytes(averages=False), "no pooling"),
        (convolutional_bytes(padding=schema.Padding.SAME), "edges"),
    ],
)
def test_networks_whose_windows_share_nothing_are_not_cut(content, reason):
    with pytest.raises(NotCuttableError, match=reason):
        cut(content)
