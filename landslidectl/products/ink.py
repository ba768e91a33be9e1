"""Text on a page: one shipped font in every size, measured, wrapped and set.

The font that comes with Pillow is used, so that a page looks the same on every machine. It knows
Latin letters without accents; other letters are set without theirs, or as a question mark.
"""

import unicodedata
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from landslidectl.products.texts import plain_text

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont, ImageFont

    from landslidectl.products.contract import Rgb

BLACK: "Rgb" = (28, 32, 38)
GREY: "Rgb" = (96, 102, 110)
FAINT: "Rgb" = (190, 195, 200)
WHITE: "Rgb" = (255, 255, 255)
EXTRA_GLYPHS = "\N{DEGREE SIGN}\N{MIDDLE DOT}"


class Anchor(Enum):
    """Which point of a text its position names (Pillow's two letters)."""

    LEFT_TOP = "la"
    RIGHT_TOP = "ra"
    CENTRE_TOP = "ma"
    CENTRE = "mm"
    LEFT_MIDDLE = "lm"
    RIGHT_MIDDLE = "rm"
    CENTRE_BOTTOM = "mb"


@dataclass(frozen=True, slots=True)
class Style:
    """Size in pixels, colour, and whether the strokes are thickened."""

    size: int
    colour: "Rgb" = BLACK
    bold: bool = False


class Ink:
    """Sets text on one drawing."""

    def __init__(self, draw: "ImageDraw") -> None:
        self.draw = draw
        self._fonts: dict[int, FreeTypeFont | ImageFont] = {}

    def write(
        self, at: tuple[float, float], text: str, style: Style, anchor: Anchor = Anchor.LEFT_TOP
    ) -> None:
        """Set one line of text."""
        self.draw.text(
            at,
            printable(text),
            fill=style.colour,
            font=self._font(style.size),
            anchor=anchor.value,
            stroke_width=0.018 * style.size if style.bold else 0,
            stroke_fill=style.colour,
        )

    def width(self, text: str, style: Style) -> float:
        """Return the width of one line in pixels."""
        return float(self.draw.textlength(printable(text), font=self._font(style.size)))

    def wrapped(self, text: str, style: Style, width: float) -> list[str]:
        """Return the lines a text needs to fit a width; a word that is too long is cut."""
        lines: list[str] = []
        for word in printable(text).split():
            joined = f"{lines[-1]} {word}" if lines else word
            if lines and self.width(joined, style) <= width:
                lines[-1] = joined
            else:
                lines.append(self.fitted(word, style, width))
        return lines

    def fitted(self, text: str, style: Style, width: float) -> str:
        """Return the text, cut with dots when it is wider than ``width``."""
        if self.width(text, style) <= width:
            return text
        while text and self.width(f"{text}...", style) > width:
            text = text[:-1]
        return f"{text.rstrip()}..."

    def _font(self, size: int) -> "FreeTypeFont | ImageFont":
        from PIL import ImageFont  # noqa: PLC0415

        if size not in self._fonts:
            self._fonts[size] = ImageFont.load_default(size=size)
        return self._fonts[size]


def printable(text: str) -> str:
    """Return the text in the letters that the font knows."""
    letters = []
    for letter in unicodedata.normalize("NFKD", plain_text(text)):
        if letter.isascii() or letter in EXTRA_GLYPHS:
            letters.append(letter)
        elif not unicodedata.combining(letter):
            letters.append("?")
    return "".join(letters)
