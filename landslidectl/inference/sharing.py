"""Windows that share their features: the trunk runs over a tile, the head once for each window.

A network qualifies when it can be cut (`cutting`), and when windows of one random tile get the
same bits from tile and crop as from the whole network one by one; both are found out anew whenever
a model is loaded, so no file has to say so.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from landslidectl.inference.cutting import Halves, NotCuttableError, cut
from landslidectl.inference.network import BATCH, Network, Part
from landslidectl.inference.pairs import PAIR, can_pair, paired, sized
from landslidectl.inference.tiles import Tile

if TYPE_CHECKING:
    from numpy.typing import NDArray

HEAD_VALUES = 1 << 17
PROBE_WINDOWS = 24
PROBE_SEED = 1

Crops = list["NDArray[np.float32]"]
"""Of each window the features that the trunk made, int8 or float32."""


@dataclass(frozen=True, slots=True)
class SharedNetwork:
    """A network in two parts.

    Parameters
    ----------
    halves : Halves
    pairs : bool
        Whether the first convolution is run over pairs of columns.
    input_shape : (int, int, int)
        (row, col, band) of one window.
    step : int
        Distance of neighbouring features in pixels: windows at multiples of it can share them.
    crop : (int, int, int)
        (row, col, channel) of the features of one window.
    """

    halves: Halves
    pairs: bool
    input_shape: tuple[int, int, int]
    step: int
    crop: tuple[int, int, int]

    def trunk(self, count: int, shape: tuple[int, int]) -> Part:
        """Load the trunk for ``count`` tiles of a shape (row, col) at a time."""
        rows, cols = shape
        bands = self.input_shape[2]
        if not self.pairs or cols % PAIR:
            return Part(sized(self.halves.trunk, shape), (count, rows, cols, bands))
        content = paired(self.halves.trunk, shape)
        return Part(content, (count, rows, cols // PAIR, PAIR * bands))

    def head(self) -> Part:
        """Load the head for as many windows at a time as keep its maps in the cache."""
        rows, cols, channels = self.crop
        count = max(1, min(BATCH, HEAD_VALUES // (rows * cols * channels)))
        return Part(self.halves.head, (count, *self.crop))


class Worker:
    """The interpreters of one thread.

    Parameters
    ----------
    network : SharedNetwork
    """

    def __init__(self, network: SharedNetwork) -> None:
        self._network = network
        side, _, self._bands = network.input_shape
        self._side = side
        self._head = network.head()
        self._single = network.trunk(BATCH, (side, side))
        self._tile: Part | None = None
        self._shape = (0, 0)

    def score_tile(
        self,
        bands: "NDArray[np.float32]",
        missing: "NDArray[np.bool_]",
        tile: Tile,
        stride: int,
    ) -> "NDArray[np.float32]":
        """Score the wanted windows of a tile.

        Parameters
        ----------
        bands : float32, (band, row, col)
            The pixels of the tile alone, dB.
        missing : bool, (row, col)
            Which of them lack a value; none that a wanted window holds.
        tile : Tile
        stride : int
            A multiple of the network's step.

        Returns
        -------
        float32, (window,)
            In the order of ``np.argwhere(tile.wanted)``.
        """
        rows, cols = bands.shape[1:]

        def fill(given: "NDArray[np.float32]") -> None:
            pixels = given.reshape(rows, cols, self._bands)
            for index, band in enumerate(bands):
                pixels[:, :, index] = band
            if missing.any():
                pixels[missing] = 0.0

        features = self._tile_of((rows, cols)).run(fill)[0]
        step = stride // self._network.step
        places = np.argwhere(tile.wanted) * step
        height, width, _ = self._network.crop
        crops = [features[row : row + height, col : col + width] for row, col in places.tolist()]
        return self._scores(crops)

    def score_windows(self, windows: "NDArray[np.float32]") -> "NDArray[np.float32]":
        """Score windows without gaps, (window, row, col, band), each by itself."""
        scores = []
        for first in range(0, windows.shape[0], BATCH):
            batch = windows[first : first + BATCH]

            def fill(given: "NDArray[np.float32]", batch: "NDArray[np.float32]" = batch) -> None:
                given.reshape(BATCH, *batch.shape[1:])[: batch.shape[0]] = batch

            features = self._single.run(fill)
            scores.append(self._scores(list(features[: batch.shape[0]])))
        return np.concatenate(scores)

    def _tile_of(self, shape: tuple[int, int]) -> Part:
        """Return the trunk for tiles of a shape; only the last shape's stays loaded."""
        if self._tile is None or self._shape != shape:
            self._tile, self._shape = self._network.trunk(1, shape), shape
        return self._tile

    def _scores(self, crops: Crops) -> "NDArray[np.float32]":
        """Run the head on the features of windows."""
        scores, count = np.empty(len(crops), dtype=np.float32), self._head.shape[0]
        for first in range(0, len(crops), count):
            batch = crops[first : first + count]

            def fill(given: "NDArray[np.float32]", batch: Crops = batch) -> None:
                for index, crop in enumerate(batch):
                    given[index] = crop

            scores[first : first + count] = self._head.scores(fill)[: len(batch)]
        return scores


def share(content: bytes, whole: Network) -> SharedNetwork:
    """Cut a network and check that its parts give the bits of the whole.

    Parameters
    ----------
    content : bytes
        A ``.tflite``.
    whole : Network
        The same, loaded.

    Raises
    ------
    NotCuttableError
        If it cannot be cut, or the parts score a random tile otherwise.
    """
    rows, cols, bands = whole.input_shape
    if rows != cols or whole.given != np.float32:
        raise NotCuttableError("its windows are no squares of float32")
    halves = cut(content)
    try:
        single, double = (_features(halves, (side, side, bands)) for side in (rows, 2 * rows))
        more = double[0] - single[0]
        if more < 1 or rows % more or double[1] - single[1] != more:
            raise NotCuttableError("its features do not repeat by whole pixels")
        shape = (rows, cols, bands)
        network = SharedNetwork(halves, can_pair(halves.trunk), shape, rows // more, single)
        same = _parts_agree(network, whole)
    except (ValueError, RuntimeError, IndexError) as error:
        raise NotCuttableError(f"the runtime does not take its parts: {error}") from error
    if not same:
        raise NotCuttableError("windows of a tile got other scores than one by one")
    return network


def _features(halves: Halves, shape: tuple[int, int, int]) -> tuple[int, int, int]:
    """Return the shape of the feature map that the trunk makes of a tile."""
    rows, cols, channels = Part(sized(halves.trunk, shape[:2]), (1, *shape)).run(_nothing).shape[1:]
    return rows, cols, channels


def _nothing(given: "NDArray[np.float32]") -> None:
    """Leave an input as it is: zeros."""


def _parts_agree(network: SharedNetwork, whole: Network) -> bool:
    """Score some windows of one random tile in all three ways, and compare the bits."""
    rng = np.random.default_rng(PROBE_SEED)
    side, _, bands = network.input_shape
    slow = np.repeat(np.repeat(rng.normal(-4.0, 5.0, (bands, 4, 4)), side // 2, 1), side // 2, 2)
    pixels = (slow + rng.normal(0.0, 3.0, slow.shape)).astype(np.float32)
    extent = pixels.shape[1]
    per_axis = (extent - side) // network.step + 1
    wanted = np.zeros((per_axis, per_axis), dtype=bool)
    wanted.flat[rng.permutation(wanted.size)[:PROBE_WINDOWS]] = True
    tile = Tile(0, 0, (0, 0), wanted)
    worker = Worker(network)
    shared = worker.score_tile(pixels, np.isnan(pixels[0]), tile, network.step)
    windows = np.stack(
        [
            pixels[:, row : row + side, col : col + side].transpose(1, 2, 0)
            for row, col in (np.argwhere(wanted) * network.step).tolist()
        ]
    )
    alone, one_by_one = worker.score_windows(windows), whole.score(windows)
    return np.array_equal(shared, one_by_one) and np.array_equal(alone, one_by_one)
