"""The network of the published SAR-LRA tool, so that its weights can be used here.

Three convolutions of equal width, each followed by ReLU and then by batch normalisation, two dense
layers. The published graph lays three copies of its last feature map beside each other before it
pools and flattens them. The copies are equal, so the dense layer's three blocks of weights always
meet the same numbers: one copy with the sum of the blocks gives the same result from a third of the
weights.

Source: the SAR-LRA tool's notebooks (Nava et al., doi:10.5194/gmd-19-167-2026).
"""

from typing import Any

import numpy as np

from landslidectl.terms import Pass
from landslidectl.training.networks.framework import load_keras

ARCHITECTURE = "sar-lra"
FILTERS = {Pass.DESCENDING: 64, Pass.ASCENDING: 32}
THRESHOLD = 0.6
WINDOW = 64
BANDS = 4
COPIES = 3
STAGES = 3
SIDE = WINDOW // 2**STAGES
DENSE_PER_FILTER = 8
DROPOUT = 0.7


def build_published(direction: Pass) -> Any:
    """Build the network as it was published, with untrained weights.

    Parameters
    ----------
    direction : Pass
        Descending has 64 filters and 6,369,473 parameters, ascending 32 and 1,593,441.

    Returns
    -------
    keras.Model
        Input (batch, 64, 64, 4), dB, post VV, post VH, diff VV, diff VH, as they are: no scaling
        and no clipping. Output (batch, 1), the score 0..1.
    """
    keras = load_keras()

    filters = FILTERS[direction]
    window = keras.Input((WINDOW, WINDOW, BANDS), name="window_db")
    features = _features(window, filters)
    copies = keras.layers.Concatenate(name="copies")([features] * COPIES)
    pooled = keras.layers.MaxPooling2D(2, name="pooling_3")(copies)
    flat = keras.layers.Flatten(name="flat")(keras.layers.Dropout(DROPOUT)(pooled))
    hidden = keras.layers.Dense(DENSE_PER_FILTER * filters, activation="relu", name="dense")(flat)
    score = keras.layers.Dense(1, activation="sigmoid", name="score")(hidden)
    return keras.Model(window, score, name="sar_lra")


def without_copies(published: Any) -> Any:
    """Return the network that computes the same from one copy of the last feature map.

    The dense layers become convolutions of 8 x 8 and 1 x 1 pixels, so that the batch may have any
    size; the output is (batch, 1, 1, 1).
    """
    keras = load_keras()

    kernel, bias = published.get_layer("dense").get_weights()
    filters = kernel.shape[1] // DENSE_PER_FILTER
    blocks = kernel.astype(np.float64).reshape(SIDE, SIDE, COPIES, filters, -1)
    last_kernel, last_bias = published.get_layer("score").get_weights()
    window = keras.Input((WINDOW, WINDOW, BANDS), name="window_db")
    pooled = keras.layers.MaxPooling2D(2, name="pooling_3")(_features(window, filters))
    hidden = keras.layers.Conv2D(kernel.shape[1], SIDE, activation="relu", name="dense")(pooled)
    score = keras.layers.Conv2D(1, 1, activation="sigmoid", name="score")(hidden)
    network = keras.Model(window, score, name="sar_lra_folded")
    for layer in network.layers:
        if layer.name.startswith(("convolution", "normalisation")):
            layer.set_weights(published.get_layer(layer.name).get_weights())
    network.get_layer("dense").set_weights([blocks.sum(axis=2).astype(np.float32), bias])
    network.get_layer("score").set_weights([last_kernel.reshape(1, 1, -1, 1), last_bias])
    return network


def _features(window: Any, filters: int) -> Any:
    keras = load_keras()

    x = window
    for stage in range(1, STAGES + 1):
        x = keras.layers.Conv2D(
            filters, 3, padding="same", activation="relu", name=f"convolution_{stage}"
        )(x)
        x = keras.layers.BatchNormalization(name=f"normalisation_{stage}")(x)
        if stage < STAGES:
            x = keras.layers.MaxPooling2D(2, name=f"pooling_{stage}")(x)
    return x
