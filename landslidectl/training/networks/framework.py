"""The one way to TensorFlow and Keras, which are heavy, talkative and optional."""

import importlib.util
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext, redirect_stdout
from pathlib import Path
from typing import Any

from landslidectl.errors import ResourceError


def check_installed() -> None:
    """Refuse at once where TensorFlow is missing; nothing heavy is imported where it is not.

    Raises
    ------
    ResourceError
        If the extra is not installed.
    """
    try:
        found = importlib.util.find_spec("tensorflow") is not None
    except ValueError:
        found = False
    if not found:
        load_tensorflow()


def load_tensorflow() -> Any:
    """Import TensorFlow quietly.

    Raises
    ------
    ResourceError
        If the extra is not installed.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with quiet() if "tensorflow" not in sys.modules else nullcontext():
        try:
            import tensorflow  # noqa: PLC0415
        except ImportError as error:
            raise ResourceError(
                f"training needs TensorFlow, which is not installed: {error}",
                "Install the extra: pip install 'landslidectl[train]'.",
            ) from error
    return tensorflow


def load_keras() -> Any:
    """Import Keras, with TensorFlow under it, quietly.

    Raises
    ------
    ResourceError
        If the extra is not installed.
    """
    load_tensorflow()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import keras  # noqa: PLC0415
    return keras


@contextmanager
def quiet() -> Iterator[None]:
    """Keep TensorFlow's chatter off the terminal; Python and C++ both write to it."""
    with (
        tempfile.TemporaryFile() as sink,
        warnings.catch_warnings(),
        ExitStack() as stack,
    ):
        warnings.simplefilter("ignore")
        for descriptor in (1, 2):
            saved = os.dup(descriptor)
            stack.callback(os.close, saved)
            stack.callback(os.dup2, saved, descriptor)
            os.dup2(sink.fileno(), descriptor)
        with Path(os.devnull).open("w") as null, redirect_stdout(null):
            yield


@contextmanager
def calm() -> Iterator[None]:
    """Drop the warnings that Keras raises about its own use of numpy when it reads and writes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


def seed_everything(seed: int) -> None:
    """Seed all generators and ask for repeatable operations."""
    load_keras().utils.set_random_seed(seed)
    load_tensorflow().config.experimental.enable_op_determinism()
