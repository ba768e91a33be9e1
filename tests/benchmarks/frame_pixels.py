"""Digital numbers for a full frame: speckle, texture, an empty rim, and their deflated form.

A frame is a column of bands of `BAND_LINES` lines. The bands come from a small pool in which each
band has its own speckle over one common texture; scene and place choose the band, so ten scenes
of one frame differ everywhere. A line is 52 kB, wider than the 32 kB that deflate looks back, so a
band that comes again costs the same to inflate as a new one. Each band is deflated once, up to a
full flush, and such pieces can be strung together into one deflate stream.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BAND_LINES = 1024
POOL = 12
LEVEL = 6
LOOKS = 4.4
# Medians of DN in a real scene of 2018 (231 in VV, 110 in VH).
MEAN_DN = {"vv": 245.0, "vh": 116.0}
NOISE_DN = {"vv": 30.0, "vh": 32.0}
TEXTURE_DB = 2.2
# Neighbouring samples of a GRDH product overlap: 20 m wide, 10 m apart.
SMOOTHING = np.array([0.2, 0.6, 0.2])


@dataclass(frozen=True)
class Piece:
    """Bytes of some lines and the same deflated, ending on a full flush."""

    raw: bytes
    deflated: bytes


class Pool:
    """The bands of one polarisation, and pieces of them.

    Parameters
    ----------
    polarisation : str
        ``vv`` or ``vh``.
    lines, samples : int
        Size of the frame.
    zipped : bool
        Whether deflated pieces are wanted.
    """

    def __init__(self, polarisation: str, lines: int, samples: int, zipped: bool) -> None:
        self.lines = lines
        self.samples = samples
        self._zipped = zipped
        rng = np.random.default_rng([7, ord(polarisation[-1])])
        backscatter = _texture(np.random.default_rng(5), BAND_LINES, samples)
        level = MEAN_DN[polarisation] ** 2 * backscatter + NOISE_DN[polarisation] ** 2
        rim = _rim(BAND_LINES, samples)
        self._bands = [_band(rng, level, rim) for _ in range(POOL)]
        self._whole = [self._piece(band) for band in self._bands]
        rest = lines % BAND_LINES
        self._last = [self._piece(band[:rest]) for band in self._bands] if rest else []

    def pieces(self, scene: int) -> Iterator[Piece]:
        """Yield the pieces of a scene from its first line to its last."""
        for place in range(self.lines // BAND_LINES):
            yield self._whole[(place + scene) % POOL]
        if self._last:
            yield self._last[(self.lines // BAND_LINES + scene) % POOL]

    def _piece(self, band: NDArray[np.uint16]) -> Piece:
        raw = band.tobytes()
        if not self._zipped:
            return Piece(raw, b"")
        deflater = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
        return Piece(raw, deflater.compress(raw) + deflater.flush(zlib.Z_FULL_FLUSH))


def _band(
    rng: np.random.Generator, level: NDArray[np.float32], rim: NDArray[np.bool_]
) -> NDArray[np.uint16]:
    """Return DN of speckle that neighbours share in part, with `LOOKS` looks."""
    shape = LOOKS * float((SMOOTHING**2).sum()) ** 2
    power = rng.standard_gamma(shape, size=level.shape, dtype=np.float32)
    power *= np.float32(1.0 / shape)
    for axis in (0, 1):
        power = np.float32(SMOOTHING[1]) * power + np.float32(SMOOTHING[0]) * (
            np.roll(power, 1, axis) + np.roll(power, -1, axis)
        )
    power *= level
    numbers = np.clip(np.rint(np.sqrt(power)), 1, 65535).astype("<u2")
    numbers[rim] = 0
    return numbers


def _texture(rng: np.random.Generator, lines: int, samples: int) -> NDArray[np.float32]:
    """Return relative backscatter with mean about 1: patches of 8 to 128 pixels, and the swath."""
    decibel = np.zeros((lines, samples), dtype=np.float32)
    for side in (8, 32, 128):
        coarse = rng.standard_normal((lines // side, samples // side + 1)).astype(np.float32)
        patch = np.repeat(np.repeat(coarse, side, axis=0), side, axis=1)
        decibel += np.float32(TEXTURE_DB / np.sqrt(3.0)) * patch[:, :samples]
    decibel -= np.linspace(-1.5, 1.5, samples, dtype=np.float32)
    return np.float32(10.0) ** (decibel / np.float32(10.0))


def _rim(lines: int, samples: int) -> NDArray[np.bool_]:
    """Return where a frame is empty: wedges of up to 60 samples near and 200 far."""
    line = np.arange(lines)
    near = 15 + 45 * line // lines
    far = samples - 60 - 140 * (lines - line) // lines
    column = np.arange(samples)
    return np.asarray((column[None] < near[:, None]) | (column[None] >= far[:, None]))
