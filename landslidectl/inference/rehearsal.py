"""A network from elsewhere is run once in a child process: one that is broken may end its process.

The runtime trusts the files it is given. A file that was damaged before its digest was taken, or
made to harm, can crash it or fill the memory, and would take hours of work along. The shipped
networks need no such trial.
"""

import os
import signal
import sys
import warnings
from contextlib import suppress
from pathlib import Path

import numpy as np

from landslidectl.files.resources import resource_dir
from landslidectl.inference.manifest import Model
from landslidectl.inference.network import BATCH, Network

MOST_BYTES = 1 << 29
"""Beyond what the process holds already; of the shipped networks none takes a tenth of it."""
MOST_S = 60
READ_BYTES = 1 << 16


def rehearse(model: Model, content: bytes) -> str:
    """Load a network and score as many windows as are scored at a time, in a child process.

    Returns
    -------
    str
        What is wrong with it; empty where nothing is, and where it cannot be tried: only Linux
        lets a process split safely, and not beside TensorFlow.
    """
    untried = sys.platform != "linux" or "tensorflow" in sys.modules
    if untried or model.folder.parent.resolve() == resource_dir("models").resolve():
        return ""
    reader, writer = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # other threads rest meanwhile
        child = os.fork()
    if child == 0:
        _perform(model, content, writer)
    os.close(writer)
    with os.fdopen(reader, "rb") as told:
        words = told.read(READ_BYTES).decode("utf-8", "replace")
    _, status = os.waitpid(child, 0)
    if words or not os.WIFSIGNALED(status):
        return words
    number = os.WTERMSIG(status)
    if number == signal.SIGALRM:
        return f"it took more than {MOST_S} seconds for {BATCH} windows"
    return f"it crashes the runtime ({signal.Signals(number).name})"


def _perform(model: Model, content: bytes, writer: int) -> None:
    """Do it in the child, which ends here whatever happens."""
    try:
        _confine()
        network = Network(content)
        if network.input_shape == model.input_shape and network.values == 1:
            network.score(np.zeros((BATCH, *model.input_shape), dtype=np.float32))
    except MemoryError:
        os.write(writer, f"it takes more than {MOST_BYTES >> 20} MB of memory".encode())
    except Exception as error:
        os.write(writer, (str(error) or type(error).__name__).encode()[:READ_BYTES])
    finally:
        os._exit(0)


def _confine() -> None:
    """Let the child neither fill the memory, nor run for ever, nor write what nobody asked for."""
    import faulthandler  # noqa: PLC0415
    import resource  # noqa: PLC0415

    faulthandler.disable()
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(MOST_S)
    with suppress(OSError, ValueError):
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        ceiling = pages * resource.getpagesize() + MOST_BYTES
        _, most = resource.getrlimit(resource.RLIMIT_AS)  # only a superuser may raise it
        bounded = ceiling if most == resource.RLIM_INFINITY else min(ceiling, most)
        resource.setrlimit(resource.RLIMIT_AS, (bounded, most))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
