"""The windows of a block of rows get their scores: sharing their features, or one by one.

Both ways give the same bits. Which one was taken is told, since it decides how long scoring takes.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from queue import SimpleQueue
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

import numpy as np

from landslidectl.inference.accelerator import GpuScorer
from landslidectl.inference.baselines import AnyScorer, RuleScorer
from landslidectl.inference.cutting import NotCuttableError
from landslidectl.inference.judged import SKIPPED_SCORE
from landslidectl.inference.network import BATCH
from landslidectl.inference.sharing import SharedNetwork, Worker, share
from landslidectl.inference.tiles import Tile, plan
from landslidectl.inference.windows import cut_windows, fill_missing, held

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHARED = "shared features"
ONE_BY_ONE = "windows one by one"
TILE_SIDE = 384

Enough = Callable[["NDArray[np.int64]"], "NDArray[np.bool_]"]

_Given = TypeVar("_Given")
_Made = TypeVar("_Made")


@dataclass(frozen=True, slots=True)
class WindowBlock:
    """Pixels and the windows that lie in them.

    Parameters
    ----------
    bands : float32, (band, row, col)
        dB, NaN where there is no value; at least as large as a window.
    missing : bool, (row, col)
        Pixels that lack a value in any band.
    rows, columns : sequence of int
        First rows and first columns of the windows, in the block's own pixels.
    side : int
        Of a window.
    """

    bands: "NDArray[np.float32]"
    missing: "NDArray[np.bool_]"
    rows: Sequence[int]
    columns: Sequence[int]
    side: int

    def gaps(self) -> "NDArray[np.int64]":
        """Return how many pixels are missing in each window: (window row, window col)."""
        if not self.missing.any():
            return np.zeros((len(self.rows), len(self.columns)), dtype=np.int64)
        return np.stack(
            [
                held(self.missing[row : row + self.side], self.columns, self.side)
                for row in self.rows
            ]
        )

    def windows(self, row: int, columns: Sequence[int]) -> "NDArray[np.float32]":
        """Return windows that start in one row, their gaps filled: (window, row, col, band)."""
        return fill_missing(cut_windows(self.bands[:, row : row + self.side], columns, self.side))


class BlockScorer:
    """Scores all windows of a block.

    Parameters
    ----------
    scorer : AnyScorer
        A loaded model; it stays the caller's to close.
    stride : int
        Distance of neighbouring windows.
    max_missing : float
        A window with a larger share of missing pixels is not scored.
    tile_side : int
        Largest side of a tile; the scores do not depend on it.
    may_share : bool
        False keeps windows one by one, to compare.

    Attributes
    ----------
    way : str
        `SHARED` or `ONE_BY_ONE`.
    reason : str
        Why windows are scored one by one; empty where they share.
    """

    def __init__(
        self,
        scorer: AnyScorer,
        stride: int,
        max_missing: float,
        tile_side: int = TILE_SIDE,
        may_share: bool = True,
    ) -> None:
        self._scorer, self._max_missing = scorer, max_missing
        self._grid = (stride, tile_side)
        self._idle: SimpleQueue[Worker] = SimpleQueue()
        self.reason = ""
        try:
            network = _shared_network(scorer, stride, may_share)
        except NotCuttableError as reason:
            self.way, self.reason = ONE_BY_ONE, str(reason)
        else:
            self.way = SHARED
            for _ in range(scorer.threads):
                self._idle.put(Worker(network))
        self._pool = ThreadPoolExecutor(scorer.threads, "score") if scorer.threads > 1 else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def score(self, block: WindowBlock, enough: Enough | None = None) -> "NDArray[np.float32]":
        """Score the windows of a block.

        Parameters
        ----------
        block : WindowBlock
        enough : Enough, optional
            Tells of the block's windows, from how many pixels each lacks, which hold enough ground
            that can be judged; by default all do.

        Returns
        -------
        float32, (window row, window col)
            NaN where too much is missing; else `SKIPPED_SCORE` where too little can be judged.
        """
        gaps = block.gaps()
        shares = gaps / block.side**2
        complete = (shares <= self._max_missing) & (shares < 1.0)
        scorable = complete if enough is None else complete & enough(gaps)
        if self.way == ONE_BY_ONE:
            scores = self._one_by_one(block, scorable)
        else:
            scores = self._shared(block, scorable, gaps == 0)
        scores[complete & ~scorable] = SKIPPED_SCORE
        return scores

    def each(self, work: Callable[[_Given], _Made], pieces: Iterable[_Given]) -> "Iterator[_Made]":
        """Do independent pieces of work on the scorer's threads; results in order."""
        return map(work, pieces) if self._pool is None else self._pool.map(work, pieces)

    def _one_by_one(
        self, block: WindowBlock, scorable: "NDArray[np.bool_]"
    ) -> "NDArray[np.float32]":
        scores = np.full(scorable.shape, np.nan, dtype=np.float32)
        for index, row in enumerate(block.rows):
            chosen = np.asarray(block.columns, dtype=np.intp)[scorable[index]]
            windows = block.windows(row, chosen.tolist())
            scores[index, scorable[index]] = self._scorer.score(windows)
        return scores

    def _shared(
        self, block: WindowBlock, scorable: "NDArray[np.bool_]", whole: "NDArray[np.bool_]"
    ) -> "NDArray[np.float32]":
        scores = np.full(scorable.shape, np.nan, dtype=np.float32)
        found = plan((block.rows, block.columns), scorable, whole, block.side, self._grid)
        height, width = found.shape

        def tile(one: Tile) -> None:
            place = (slice(one.row, one.row + height), slice(one.col, one.col + width))
            pixels, missing = block.bands[:, *place], block.missing[place]
            with _borrowed(self._idle) as worker:
                made = worker.score_tile(pixels, missing, one, self._grid[0])
            rows, cols = (np.argwhere(one.wanted) + one.first).T
            scores[rows, cols] = made

        def alone(batch: "NDArray[np.intp]") -> None:
            windows = [
                block.windows(block.rows[row], [block.columns[col]]) for row, col in batch.tolist()
            ]
            with _borrowed(self._idle) as worker:
                scores[tuple(batch.T)] = worker.score_windows(np.concatenate(windows))

        singles = [
            found.alone[first : first + BATCH] for first in range(0, len(found.alone), BATCH)
        ]
        deque(self.each(tile, found.tiles), maxlen=0)
        deque(self.each(alone, singles), maxlen=0)
        return scores


@contextmanager
def _borrowed(idle: "SimpleQueue[Worker]") -> Iterator[Worker]:
    """Give a worker that no other thread has, for a while."""
    worker = idle.get()
    try:
        yield worker
    finally:
        idle.put(worker)


def _shared_network(scorer: AnyScorer, stride: int, may_share: bool) -> SharedNetwork:
    """Return a scorer's network in two parts.

    Raises
    ------
    NotCuttableError
        If its windows cannot share their features at this stride.
    """
    if not may_share:
        raise NotCuttableError("it was asked for")
    if isinstance(scorer, RuleScorer):
        raise NotCuttableError("a rule has no features")
    if isinstance(scorer, GpuScorer):
        raise NotCuttableError("a graphics processor takes whole windows")
    network = share(scorer.content, scorer.network)
    if stride % network.step:
        raise NotCuttableError(f"its features repeat every {network.step} pixels")
    return network
