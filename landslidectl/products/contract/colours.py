"""The colours that pictures, maps and styles share."""

Rgb = tuple[int, int, int]

SCORE_RAMP: tuple[tuple[float, Rgb], ...] = (
    (0.0, (255, 255, 178)),
    (0.4, (254, 217, 106)),
    (0.6, (253, 141, 60)),
    (0.8, (227, 40, 30)),
    (1.0, (150, 0, 38)),
)
"""Yellow to red, as damage maps of the field use it."""

MASKED_RGB: Rgb = (84, 96, 178)
MASKED_WORDS = "Masked: cannot be judged"
