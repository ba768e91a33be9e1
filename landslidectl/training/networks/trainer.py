"""The double of a network that trains: the same mathematics in fewer passes over memory.

Keras normalises a batch by a dozen operations of its own, each a pass over the whole batch; at full
resolution they cost more than the convolutions. The double uses TensorFlow's fused normalisation,
and on request computes in bfloat16 what stands between the input in dB and the dense layers;
weights, losses, moments and steps stay float32. What is validated, saved and converted is the plain
float32 network with the double's weights.
"""

from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from landslidectl.training.networks.framework import calm, load_keras, load_tensorflow

EXACT_LAYERS = ("window_db", "to_units", "pooled", "dropout", "dense", "logit", "score")


class Precision(StrEnum):
    """What a network computes in while it trains."""

    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"


def trainer_of(network: Any, precision: Precision) -> Any:
    """Return the double of a network, with its weights and with what of it does not train.

    Parameters
    ----------
    network : keras.Model
        Float32, not compiled.
    precision : Precision
        Bfloat16 is faster where the processor multiplies matrices in it (AMX), slower elsewhere.
    """
    keras = load_keras()
    double = keras.models.clone_model(
        network, clone_function=lambda layer: _cloned(layer, precision)
    )
    double.set_weights(network.get_weights())
    return double


def load_trainer(path: Path) -> Any:
    """Load a double saved between two epochs, with its optimiser."""
    layer = _fused_normalisation()
    with calm():
        return load_keras().models.load_model(path, custom_objects={layer.__name__: layer})


def _cloned(layer: Any, precision: Precision) -> Any:
    keras = load_keras()
    settings = layer.get_config()
    inner = "dtype" in settings and not layer.name.startswith(EXACT_LAYERS)
    if precision is Precision.BFLOAT16 and inner:
        settings["dtype"] = "mixed_bfloat16"
    made: type[Any] = type(layer)
    if made is keras.layers.BatchNormalization:
        made = _fused_normalisation()
    return made.from_config(settings)


@cache
def _fused_normalisation() -> type[Any]:
    keras = load_keras()
    tensorflow = load_tensorflow()

    class FusedNormalisation(keras.layers.BatchNormalization):  # type: ignore[misc, name-defined]
        """Batch normalisation in one operation while it trains."""

        def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
            if not (training and self.trainable):
                return super().call(inputs, training=False, mask=mask)
            normalised, mean, variance = tensorflow.compat.v1.nn.fused_batch_norm(
                inputs,
                tensorflow.convert_to_tensor(self.gamma, dtype="float32"),
                tensorflow.convert_to_tensor(self.beta, dtype="float32"),
                epsilon=self.epsilon,
            )[:3]
            shape = tensorflow.cast(tensorflow.shape(inputs), "float32")
            count = shape[0] * shape[1] * shape[2]
            # The operation gives the variance over n - 1; Keras keeps that over n.
            self._move(self.moving_mean, mean)
            self._move(self.moving_variance, variance * (count - 1.0) / count)
            return normalised

        def _move(self, average: Any, value: Any) -> None:
            average.assign(average * self.momentum + value * (1.0 - self.momentum))

    return FusedNormalisation
