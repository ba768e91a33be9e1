"""A model is loaded once a thread, and gives windows their scores."""

from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import TYPE_CHECKING, Self

import numpy as np

from landslidectl.errors import ModelError
from landslidectl.files.processes import usable_processors
from landslidectl.inference.manifest import Model, verify_model
from landslidectl.inference.network import Network
from landslidectl.inference.quiet import quiet
from landslidectl.inference.rehearsal import rehearse
from landslidectl.terms import Device

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_THREADS = 8


def default_threads() -> int:
    """Return how many processors this process may use, at most eight."""
    return min(usable_processors(), MOST_THREADS)


class Scorer:
    """A model loaded on the processor, that gives windows their scores.

    Windows are shared out among single-threaded interpreters: threads inside LiteRT spin while
    they wait for each other, which costs more than it gains when the machine has other work. The
    scores do not depend on the number of threads, nor on how windows are batched.

    Parameters
    ----------
    model : Model
        Its digest is checked again here.
    device : Device
        The processor; ``AUTO`` is the same here.
    threads : int, optional
        Windows scored at the same time; by default the processors this process may use.
    verbose : bool
        Let the runtime write its own lines to standard error.

    Attributes
    ----------
    content : bytes
        The network file.

    Raises
    ------
    ModelError
        If the network file is missing, damaged, or does not take the windows of its manifest.
    """

    def __init__(
        self,
        model: Model,
        device: Device = Device.AUTO,
        threads: int | None = None,
        verbose: bool = False,
    ) -> None:
        if device is Device.GPU:
            raise ValueError("a graphics processor takes an accelerator.GpuScorer")
        verify_model(model)
        self.model = model
        self.device_used = Device.CPU
        self.threads = default_threads() if threads is None else max(1, threads)
        with quiet(verbose):
            self.content = _read(model)
            reason = rehearse(model, self.content)
            if reason:
                raise _unusable(model, reason)
            self._networks = [_load(model, self.content) for _ in range(self.threads)]
        self._pool = ThreadPoolExecutor(self.threads) if self.threads > 1 else None

    @property
    def network(self) -> Network:
        """Return the network of the first thread; for use while no other thread scores."""
        return self._networks[0]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the threads; the scorer cannot be used afterwards."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def score(self, windows: "NDArray[np.float32]") -> "NDArray[np.float32]":
        """Score windows.

        Parameters
        ----------
        windows : float32, (window, row, col, band)
            dB, in the model's band order, without NaN.

        Returns
        -------
        float32, (window,)
            0..1.
        """
        if windows.shape[1:] != self.model.input_shape:
            raise ValueError(f"windows {windows.shape[1:]}, model takes {self.model.input_shape}")
        if windows.shape[0] == 0:
            return np.empty(0, dtype=np.float32)
        if self._pool is None:
            return self._networks[0].score(windows)
        shares = np.array_split(windows, self.threads)
        parts = self._pool.map(Network.score, self._networks, shares)
        return np.concatenate(list(parts))


def check_network(model: Model) -> None:
    """Load a network once, so that a wrong one is told before hours of work; rules have none.

    Raises
    ------
    ModelError
        As `Scorer` does.
    """
    if not model.is_rule:
        Scorer(model, threads=1).close()


def _read(model: Model) -> bytes:
    try:
        return model.file.read_bytes()
    except OSError as error:
        raise _unusable(model, str(error)) from error


def _load(model: Model, content: bytes) -> Network:
    """Load one interpreter and check what it takes and gives."""
    try:
        network = Network(content)
        values = network.values
    except (ValueError, RuntimeError, IndexError) as error:
        raise _unusable(model, str(error)) from error
    if network.input_shape != model.input_shape or values != 1:
        raise _unusable(
            model,
            f"the network takes {network.input_shape} and gives {values} values a window, "
            f"the manifest says {model.input_shape} and a score is 1 value",
        )
    return network


def _unusable(model: Model, reason: str) -> ModelError:
    return ModelError(
        f"{model.file}: cannot be used as a network: {reason}",
        "Install the model again, or choose another one: landslidectl models list.",
    )
