"""Two classical rules that need no network, in the place of one: windows in, scores out.

``logratio`` is the mean absolute change of a window, ``spread`` the mean of the standard deviations
of its change bands, both in dB. A score is the value divided by 10 dB, at most 1: a fixed, ordered
map, so thresholds in dB and thresholds in scores are the same.
"""

from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from landslidectl.files.hashing import stable_key
from landslidectl.inference.accelerator import GpuScorer
from landslidectl.inference.interpreter import Scorer
from landslidectl.inference.manifest import RULE, Model
from landslidectl.inference.naming import RULES
from landslidectl.stack.contract import StackContract
from landslidectl.terms import BandSet, Device

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

FULL_SCALE_DB = 10.0
WORDS = {
    "logratio": "mean absolute change of a window in dB, over 10 dB",
    "spread": "standard deviation of the change inside a window in dB, over 10 dB",
}
PURPOSE = "a classical rule without a network, to compare with and to check by hand"


class RuleScorer:
    """A rule with the interface of `interpreter.Scorer`.

    Parameters
    ----------
    model : Model
        As `rule_model` makes it.
    """

    def __init__(self, model: Model) -> None:
        if model.name not in RULES:
            raise ValueError(f"no rule '{model.name}'")
        self.model = model
        self.device_used = Device.CPU
        self.threads = 1

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
        """Do nothing; there is nothing to end."""

    def score(self, windows: "NDArray[np.floating[Any]]") -> "NDArray[np.float32]":
        """Score windows, (window, row, col, band) in dB: float32, (window,), 0..1."""
        if windows.shape[1:] != self.model.input_shape:
            raise ValueError(f"windows {windows.shape[1:]}, rule takes {self.model.input_shape}")
        return np.asarray(np.clip(rule_db(self.model.name, windows) / FULL_SCALE_DB, 0.0, 1.0))


AnyScorer = Scorer | GpuScorer | RuleScorer


def rule_db(rule: str, windows: "NDArray[np.floating[Any]]") -> "NDArray[np.float32]":
    """Return the value of a rule in dB, (window,); the change bands are the second half."""
    change = windows[..., windows.shape[-1] // 2 :].astype(np.float32)
    if rule == "logratio":
        return np.asarray(np.abs(change).mean(axis=(1, 2, 3)))
    return np.asarray(change.std(axis=(1, 2)).mean(axis=1))


def rule_model(
    rule: str, bands: BandSet, threshold: float, contract: StackContract, folder: "Path"
) -> Model:
    """Describe a rule as a model, so that whatever takes a model takes it.

    Parameters
    ----------
    rule : str
        One of `RULES`.
    bands : BandSet
        Which change bands it looks at.
    threshold : float
        In scores: dB / 10.
    contract : StackContract
        Of the stacks it is to run on.
    folder : Path
        Only named; nothing is read there.
    """
    facts = {"rule": rule, "bands": bands.value, "full_scale_db": FULL_SCALE_DB}
    return Model(
        name=rule,
        version="1",
        architecture=RULE,
        folder=folder,
        file=folder / rule,
        sha256=stable_key(facts),
        bands=bands,
        contract=contract,
        window=64,
        threshold=threshold,
        licence="MIT",
        raw=facts | {"score": WORDS.get(rule, ""), "threshold": threshold, "purpose": PURPOSE},
    )


def open_scorer(
    model: Model,
    device: Device = Device.AUTO,
    threads: int | None = None,
    verbose: bool = False,
) -> AnyScorer:
    """Return what scores windows for a model: a loaded network, or a rule.

    ``AUTO`` is the processor here; whoever wants to choose does it beforehand.

    Raises
    ------
    ModelError, ResourceError
        As `interpreter.Scorer` and `accelerator.GpuScorer`.
    """
    if model.is_rule:
        return RuleScorer(model)
    if device is Device.GPU:
        return GpuScorer(model, threads, verbose)
    return Scorer(model, device, threads, verbose)
