"""How a network is trained."""

from dataclasses import asdict, dataclass, replace
from typing import Any

from landslidectl.terms import BandSet, Pass
from landslidectl.training.networks.finetune import Start
from landslidectl.training.networks.trainer import Precision


@dataclass(frozen=True, slots=True)
class FitSettings:
    """How a network is trained.

    Parameters
    ----------
    architecture : str
        ``cnn``, ``resnet`` or ``cbam``.
    bands : BandSet
        What the network takes.
    seed : int
        Of weights, order, flips and dropout.
    epochs, patience : int
        Most epochs, and how many may pass without a better validation score.
    batch : int
        Patches a step.
    learning_rate : float
        Of Adam at the start; it falls to a hundredth along a cosine over ``epochs``.
    negatives_per_positive : float
        Imbalance of an epoch. Twins without slides come first, the rest is drawn anew each epoch.
    dropout : float
        Before the dense layers.
    precision : Precision
        Of the arithmetic while it trains; the network itself is float32.
    flips : bool
        Mirror patches at random. West-east turns a right-looking ascending pass into a descending
        one at the same incidence, so it is right only where one model serves both passes.
        North-south turns the look direction by some 24 degrees, within what steep terrain does.
    direction : Pass, optional
        Direction of flight of the patches it is given, where it is not both.
    start : Start, optional
        Trained weights to go on from, in place of random ones.
    frozen : int
        So many of the first convolutions keep the weights of ``start``.
    """

    architecture: str
    bands: BandSet = BandSet.VV_VH
    seed: int = 1
    epochs: int = 40
    patience: int = 8
    batch: int = 128
    learning_rate: float = 1e-3
    negatives_per_positive: float = 2.0
    dropout: float = 0.4
    flips: bool = True
    precision: Precision = Precision.FLOAT32
    direction: Pass | None = None
    start: Start | None = None
    frozen: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Return the settings, JSON-ready; direction and fine-tuning only where there is any."""
        values = {"bands": self.bands.value, "precision": self.precision.value}
        plain = {**asdict(replace(self, start=None)), **values}
        absent = {"direction"} if self.direction is None else set()
        if self.start is not None:
            plain["start"] = self.start.as_dict()
        else:
            absent |= {"start", "frozen"}
        return {name: value for name, value in plain.items() if name not in absent}
