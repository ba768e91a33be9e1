"""How long scoring will still take, from what it has taken so far."""

import numpy as np

FADING = 0.97
"""What a strip counts for once another one is done: a machine becomes busy, or idle."""
FIRST_SHARE = 0.02
"""Below this part of the work nothing is said."""


class Remaining:
    """Estimates the seconds left, from windows that were scored and windows that were passed.

    A strip takes so long for each window that is scored, and so long for each window at all, since
    its pixels are read, blended and written whether or not it is scored. Both are fitted to the
    strips that are done (least squares, neither below zero).

    Parameters
    ----------
    passed, scored : int
        All windows, and how many of them will be scored at most.
    """

    def __init__(self, passed: int, scored: int) -> None:
        self._total = np.array([scored, passed], dtype=np.float64)
        self._done = np.zeros(2)
        self._squares, self._products = np.zeros((2, 2)), np.zeros(2)

    def add(self, seconds: float, passed: int, scored: int, unscored: int) -> None:
        """Take a strip.

        Parameters
        ----------
        seconds : float
            How long it took.
        passed, scored : int
            Its windows, and those of them that were scored.
        unscored : int
            Those that were counted in advance among the windows to be scored, and then lacked too
            many pixels.
        """
        strip = np.array([scored, passed], dtype=np.float64)
        self._done += strip
        self._total[0] -= unscored
        self._squares = FADING * self._squares + np.outer(strip, strip)
        self._products = FADING * self._products + strip * seconds

    def seconds(self) -> float | None:
        """Return the seconds left; None while too little is done to say."""
        if self._done[1] < FIRST_SHARE * self._total[1] or not self._squares.any():
            return None
        left = np.maximum(self._total - self._done, 0.0)
        return float(left @ self._costs())

    def _costs(self) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
        """Return the seconds of a window that is scored, and of one at all."""
        both = np.linalg.lstsq(self._squares, self._products)[0]
        if (both >= 0.0).all():
            return np.asarray(both)
        alone = np.zeros(2)
        for index in np.argsort(both)[::-1]:
            square = self._squares[index, index]
            if square > 0.0:
                alone[index] = self._products[index] / square
                break
        return alone
