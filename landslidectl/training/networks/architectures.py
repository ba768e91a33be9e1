"""The three networks: CNN, ResNet and CBAM, binary classifiers of 64 x 64 pixel windows.

The convolutions before pooling and attention are *valid* (no padding): a feature then depends on
pixels of its own window only and is the same whether the window is computed alone or inside a
larger tile, and no false edge is painted round each window. Features repeat every 8 pixels in the
CNN and every 4 in the others, so windows at multiples of 8 can share them. All that stands before
the first pooling over the window is position-wise; what follows is per window. The last two rows
and columns of a window are seen by no feature: pooling leaves them over.

The heads pool each feature over the window by its average and by its maximum: the average tells of
spread-out change, the maximum of a slide that fills a twentieth of the window. Nothing is
flattened, so the batch may have any size.

Every ReLU stops at 6. Eight bits then resolve each feature map in steps of 6/255 whatever the
windows hold, so the ranges are fixed, and a ship or a mast cannot outshine the rest of its window.

Source: Nava et al., "Sentinel-1 SAR-based globally distributed co-seismic landslide detection by
deep neural networks", supplement, section 2; widths and depths are this project's.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landslidectl.terms import BandSet, Polarisation
from landslidectl.training.networks.framework import load_keras

WINDOW = 64
MIDDLE = 3.0
BOUND = 6.0


@dataclass(frozen=True, slots=True)
class BandScale:
    """The dB value that becomes the middle of a band's range, and dB per unit.

    The range is ``middle_db`` -/+ 3 ``unit_db``; values outside are clipped.
    """

    middle_db: float
    unit_db: float


POST_SCALES = {Polarisation.VV: BandScale(-10.0, 7.0), Polarisation.VH: BandScale(-16.0, 8.0)}
DIFF_SCALE = BandScale(0.0, 4.0)


def band_scales(bands: BandSet) -> tuple[BandScale, ...]:
    """Return the scale of every band, in band order."""
    post = tuple(POST_SCALES[polarisation] for polarisation in bands.polarisations)
    return (*post, *(DIFF_SCALE for _ in bands.polarisations))


def build_network(architecture: str, bands: BandSet, dropout: float = 0.4) -> Any:
    """Build an untrained network.

    Parameters
    ----------
    architecture : {"cnn", "resnet", "cbam"}
        Which of the three.
    bands : BandSet
        Bands of the input, dB, as they are in a stack.
    dropout : float
        Share of features dropped in training, before the dense layers.

    Returns
    -------
    keras.Model
        Input (batch, 64, 64, band) float32 in dB without NaN; output (batch, 1), the score 0..1.
        Weights come from Keras' global random state: seed it before.

    Raises
    ------
    ValueError
        If the architecture is not one of the three.
    """
    keras = load_keras()

    if architecture not in ARCHITECTURES:
        raise ValueError(f"unknown architecture '{architecture}', known: {sorted(ARCHITECTURES)}")
    window = keras.Input((WINDOW, WINDOW, len(bands.band_names)), name="window_db")
    features, dense = ARCHITECTURES[architecture](_to_units(window, bands))
    pooled = keras.layers.Concatenate(name="pooled")(
        [
            keras.layers.GlobalAveragePooling2D(name="average")(features),
            keras.layers.GlobalMaxPooling2D(name="maximum")(features),
        ]
    )
    hidden = keras.layers.Dropout(dropout, name="dropout")(pooled)
    for index, width in enumerate(dense, start=1):
        hidden = keras.layers.Dense(width, activation="relu", name=f"dense_{index}")(hidden)
    logit = keras.layers.Dense(1, name="logit")(hidden)
    score = keras.layers.Activation("sigmoid", name="score")(logit)
    return keras.Model(window, score, name=architecture)


def multiply_adds(network: Any) -> int:
    """Return the multiply-adds of one window in convolutions and dense layers."""
    keras = load_keras()

    total = 0
    for layer in network.layers:
        if isinstance(layer, keras.layers.Conv2D | keras.layers.DepthwiseConv2D):
            rows, cols = layer.output.shape[1:3]
            total += int(np.prod(layer.kernel.shape)) * rows * cols
        elif isinstance(layer, keras.layers.Dense):
            total += int(np.prod(layer.kernel.shape))
    return total


def _to_units(window: Any, bands: BandSet) -> Any:
    """Bring dB to 0..6, the same for every band, by a fixed affine map that clips.

    As a 1 x 1 depthwise convolution with ReLU6 this is one operation that stays in float when the
    rest is quantised: eight bits then cover the useful range of each band, not -50 to +30 dB.
    """
    keras = load_keras()

    gains, offsets = _affine(bands)
    return keras.layers.DepthwiseConv2D(
        1,
        activation="relu6",
        depthwise_initializer=keras.initializers.Constant(gains),
        bias_initializer=keras.initializers.Constant(offsets),
        trainable=False,
        name="to_units",
    )(window)


def _affine(bands: BandSet) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    scales = band_scales(bands)
    unit = np.array([scale.unit_db for scale in scales], dtype=np.float32)
    middle = np.array([scale.middle_db for scale in scales], dtype=np.float32)
    return (1.0 / unit).reshape(1, 1, -1, 1), MIDDLE - middle / unit


def _convolve(x: Any, width: int, kernel: int = 3) -> Any:
    """Apply convolution, batch normalisation and ReLU."""
    keras = load_keras()

    return keras.layers.ReLU(BOUND)(_convolve_linear(x, width, kernel))


def _convolve_linear(x: Any, width: int, kernel: int) -> Any:
    """Apply convolution and batch normalisation."""
    keras = load_keras()

    convolved = keras.layers.Conv2D(width, kernel, padding="valid", use_bias=False)(x)
    return keras.layers.BatchNormalization(momentum=0.95)(convolved)


def _halve(x: Any) -> Any:
    keras = load_keras()

    return keras.layers.MaxPooling2D(2)(x)


def _cnn(x: Any) -> tuple[Any, tuple[int, ...]]:
    """Stages of convolution and max-pooling; 64 -> 62 -> 31 -> 29 -> 14 -> 12 -> 6 -> 4.

    One convolution at full resolution and no more: with so few channels a second costs as much time
    as all the rest.
    """
    x = _halve(_convolve(x, 32))
    x = _halve(_convolve(x, 64))
    x = _halve(_convolve(x, 128))
    return _convolve(x, 128), ()


def _resnet(x: Any) -> tuple[Any, tuple[int, ...]]:
    """Convolutions, then residual blocks and max-pooling; 64 -> 62 -> 31 -> 27 -> 13 -> 9 -> 5."""
    x = _halve(_convolve(x, 32))
    x = _halve(_residual_block(x, 64))
    x = _residual_block(x, 128)
    return _residual_block(x, 128), ()


def _residual_block(x: Any, width: int) -> Any:
    """Add the input, cropped to the output's extent, to two convolutions; ReLU on the sum.

    Where the width changes, the input passes a 1 x 1 convolution to match it.
    """
    keras = load_keras()

    inner = _convolve_linear(_convolve(x, width), width, 3)
    skip = keras.layers.Cropping2D(2)(x)
    if x.shape[-1] != width:
        skip = _convolve_linear(skip, width, 1)
    return keras.layers.ReLU(BOUND)(keras.layers.Add()([inner, skip]))


def _cbam(x: Any) -> tuple[Any, tuple[int, ...]]:
    """Convolutions at three scales, resized and concatenated, refined by channel and by place.

    64 -> 62 -> 31 (fine) -> 29 -> 14 (middle) -> 12 (coarse). A coarse feature is centred on that
    of the middle map one further on, and between the fine ones three and four further on, at twice
    its index. So the middle map is cropped, and the fine one cropped and halved by bilinear
    interpolation, which at this scale is the mean of 2 x 2 features. Thus resizing, too, is the
    same whether a window is computed alone or inside a larger tile.
    """
    keras = load_keras()

    fine = _halve(_convolve(x, 32))
    middle = _halve(_convolve(fine, 64))
    coarse = _convolve(middle, 96)
    cropped = keras.layers.Cropping2D(((3, 4), (3, 4)), name="fine_cropped")(fine)
    scales = [
        keras.layers.AveragePooling2D(2, name="fine_resized")(cropped),
        keras.layers.Cropping2D(1, name="middle_cropped")(middle),
        coarse,
    ]
    features = keras.layers.Concatenate(name="scales")(scales)
    return _attend_to_places(_attend_to_channels(features)), (64,)


def _attend_to_channels(x: Any, reduction: int = 8) -> Any:
    """Weigh channels by what their averages over the window say together."""
    keras = load_keras()

    channels = x.shape[-1]
    averages = keras.layers.GlobalAveragePooling2D(keepdims=True, name="channel_average")(x)
    squeezed = keras.layers.Conv2D(
        channels // reduction, 1, activation="relu", name="channel_dense_1"
    )(averages)
    weights = keras.layers.Conv2D(channels, 1, activation="sigmoid", name="channel_dense_2")(
        squeezed
    )
    return keras.layers.Multiply(name="channel_attention")([x, weights])


def _attend_to_places(x: Any) -> Any:
    """Weigh places by the mean and the maximum over all channels round them."""
    keras = load_keras()

    pooled = keras.layers.Concatenate(name="place_pooled")(
        [
            keras.ops.mean(x, axis=-1, keepdims=True),
            keras.ops.max(x, axis=-1, keepdims=True),
        ]
    )
    weights = keras.layers.Conv2D(
        1, 7, padding="same", activation="sigmoid", name="place_convolution"
    )(pooled)
    return keras.layers.Multiply(name="place_attention")([x, weights])


ARCHITECTURES: dict[str, Callable[[Any], tuple[Any, tuple[int, ...]]]] = {
    "cnn": _cnn,
    "resnet": _resnet,
    "cbam": _cbam,
}
