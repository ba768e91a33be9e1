"""The legend of the report's map, its samples painted as the layers are."""

from typing import TYPE_CHECKING

import numpy as np

from landslidectl.products.contract.colours import MASKED_RGB, MASKED_WORDS
from landslidectl.products.map_layers import (
    blend,
    hatching,
    mask_alpha,
    score_alpha,
    score_colours,
)
from landslidectl.products.report_layers import CHANGE_SPAN_DB, change_colours, picture_address
from landslidectl.products.texts import html_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from landslidectl.products.request import ProductRequest

SAMPLE = (22, 44)
RAMP = (22, 150)
GROUND = 200.0


def legend(request: "ProductRequest") -> str:
    """Return the legend as HTML."""
    threshold = request.detections.threshold
    shares = np.tile(np.linspace(0.0, 1.0, RAMP[1], dtype=np.float32), (RAMP[0], 1))
    ground = np.full((*RAMP, 3), GROUND, dtype=np.float32)
    score = blend(ground, score_colours(shares), score_alpha(shares, threshold))
    plain = np.full((*SAMPLE, 3), GROUND, dtype=np.float32)
    masked = blend(plain, np.array(MASKED_RGB, np.float32), mask_alpha(SAMPLE))
    unobserved = np.repeat(hatching(SAMPLE)[:, :, None], 3, axis=2)
    change = change_colours((2.0 * shares - 1.0) * CHANGE_SPAN_DB).astype(np.float32)
    return "".join(
        (
            _sample(score, f"Score 0 to 1, coloured from half the threshold of {threshold:.2f}"),
            _sample(masked, MASKED_WORDS),
            _sample(unobserved, "Not observed"),
            _sample(change, f"Change, -{CHANGE_SPAN_DB:g} to +{CHANGE_SPAN_DB:g} dB"),
        )
    )


def _sample(pixels: "NDArray[np.float32]", words: str) -> str:
    from PIL import Image  # noqa: PLC0415

    address = picture_address(Image.fromarray(np.rint(pixels).astype(np.uint8)), "PNG")
    return f'<span><img src="{address}" alt="">{html_text(words)}</span>'
