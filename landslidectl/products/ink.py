"""A page as a list of marks, laid out once and painted as PNG and as PDF.

All lengths are pixels of the page, y downwards. Pictures and shapes come in their order, all text
above them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from landslidectl.products.texts import plain_text
from landslidectl.products.typeface import BOLD, REGULAR, Typeface, load_typeface

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from landslidectl.products.contract.colours import Rgb
    from landslidectl.products.map_view import Box

BLACK: "Rgb" = (28, 32, 38)
GREY: "Rgb" = (86, 92, 100)
FAINT: "Rgb" = (190, 195, 200)
WHITE: "Rgb" = (255, 255, 255)
CAP_HEIGHT = 0.729
"""Height of capital letters of the typeface, in em."""

Point = tuple[float, float]


class Across(Enum):
    """Which point of a text its x names (Pillow's letters)."""

    LEFT = "l"
    CENTRE = "m"
    RIGHT = "r"


class Down(Enum):
    """Which height of a text its y names."""

    TOP = "top"
    MIDDLE = "middle"


@dataclass(frozen=True, slots=True)
class Style:
    """Size in pixels, colour and weight."""

    size: int
    colour: "Rgb" = BLACK
    bold: bool = False

    @property
    def typeface(self) -> str:
        """Return the name of the typeface."""
        return BOLD if self.bold else REGULAR


@dataclass(frozen=True, slots=True)
class Words:
    """One line of text; ``y`` is its baseline."""

    x: float
    y: float
    text: str
    style: Style
    across: Across


@dataclass(frozen=True, slots=True)
class Pen:
    """How a line is drawn; ``dash`` are the lengths of stroke and gap."""

    colour: "Rgb"
    width: float
    dash: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Shape:
    """A line, or a polygon when it is closed."""

    points: tuple[Point, ...]
    pen: Pen | None = None
    fill: "Rgb | None" = None
    closed: bool = True


@dataclass(frozen=True, slots=True)
class Picture:
    """Pixels, uint8 of shape (row, col, 3), stretched over a box."""

    pixels: "NDArray[np.uint8]"
    box: "Box"


@dataclass(slots=True)
class Ink:
    """Collects the marks of one page."""

    marks: list[Shape | Picture] = field(default_factory=list)
    words: list[Words] = field(default_factory=list)
    typefaces: dict[str, Typeface] = field(default_factory=dict)

    def write(
        self,
        at: Point,
        text: str,
        style: Style,
        across: Across = Across.LEFT,
        down: Down = Down.TOP,
    ) -> None:
        """Set one line of text."""
        face = self.typeface(style)
        below = CAP_HEIGHT / 2 if down is Down.MIDDLE else face.ascent
        line = Words(
            at[0], at[1] + below * style.size, face.printable(plain_text(text)), style, across
        )
        self.words.append(line)

    def line(self, points: Sequence[Point], pen: Pen) -> None:
        """Draw an open line."""
        self.marks.append(Shape(tuple(points), pen, closed=False))

    def polygon(
        self, points: Sequence[Point], fill: "Rgb | None" = None, pen: Pen | None = None
    ) -> None:
        """Draw a closed line, filled or not."""
        self.marks.append(Shape(tuple(points), pen, fill))

    def rectangle(self, box: "Box", fill: "Rgb | None" = None, pen: Pen | None = None) -> None:
        """Draw a rectangle along the edges of a box."""
        left, top, right, bottom = box.left, box.top, box.right, box.bottom
        self.polygon(((left, top), (right, top), (right, bottom), (left, bottom)), fill, pen)

    def picture(self, pixels: "NDArray[np.uint8]", box: "Box") -> None:
        """Lay a picture over a box."""
        self.marks.append(Picture(pixels, box))

    def width(self, text: str, style: Style) -> float:
        """Return the width of one line in pixels."""
        face = self.typeface(style)
        return face.width(face.printable(plain_text(text))) * style.size

    def wrapped(self, text: str, style: Style, width: float) -> list[str]:
        """Return the lines a text needs to fit a width; a word that is too long is broken."""
        lines: list[str] = []
        for word in text.split():
            for piece in self._pieces(word, style, width):
                joined = f"{lines[-1]} {piece}" if lines else piece
                if lines and self.width(joined, style) <= width:
                    lines[-1] = joined
                else:
                    lines.append(piece)
        return lines

    def fitted(self, text: str, style: Style, width: float) -> str:
        """Return the text, cut with dots when it is wider than ``width``."""
        if self.width(text, style) <= width:
            return text
        while text and self.width(f"{text}...", style) > width:
            text = text[:-1]
        return f"{text.rstrip()}..."

    def typeface(self, style: Style) -> Typeface:
        """Return the typeface of a style."""
        if style.typeface not in self.typefaces:
            self.typefaces[style.typeface] = load_typeface(style.typeface)
        return self.typefaces[style.typeface]

    def _pieces(self, word: str, style: Style, width: float) -> list[str]:
        pieces = []
        while self.width(word, style) > width and len(word) > 1:
            cut = len(word) - 1
            while cut > 1 and self.width(word[:cut], style) > width:
                cut -= 1
            pieces.append(word[:cut])
            word = word[cut:]
        return [*pieces, word]
