"""Paint a page as pixels, with Pillow."""

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from landslidectl.products.ink import WHITE, Ink, Picture, Point, Shape

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

OVERSAMPLING = 2
"""Lines are drawn so much larger and averaged, so that they are smooth."""


def paint_png(ink: Ink, size: tuple[int, int]) -> "Image":
    """Return the page, RGB of ``size`` (width, height)."""
    from PIL import Image, ImageDraw, ImageFont  # noqa: PLC0415

    large = Image.new("RGB", (size[0] * OVERSAMPLING, size[1] * OVERSAMPLING), WHITE)
    draw = ImageDraw.Draw(large)
    for mark in ink.marks:
        if isinstance(mark, Picture):
            _paste(large, mark)
        else:
            _draw(draw, mark)
    page = large.reduce(OVERSAMPLING)
    draw = ImageDraw.Draw(page)
    fonts = {}
    for line in ink.words:
        if line.style not in fonts:
            fonts[line.style] = ImageFont.truetype(
                ink.typeface(line.style).path,
                line.style.size,
                layout_engine=ImageFont.Layout.BASIC,  # the same with and without libraqm
            )
        draw.text(
            (line.x, line.y),
            line.text,
            fill=line.style.colour,
            font=fonts[line.style],
            anchor=f"{line.across.value}s",
        )
    return page


def dashes(
    points: Sequence[Point], lengths: tuple[float, float], closed: bool
) -> Iterator[tuple[Point, Point]]:
    """Yield the strokes of a dashed line."""
    ring = [*points, points[0]] if closed else list(points)
    period, walked = sum(lengths), 0.0
    for start, end in itertools.pairwise(ring):
        length = math.dist(start, end)
        at = 0.0
        while at < length:
            phase = (walked + at) % period
            is_stroke = phase < lengths[0]
            step = min((lengths[0] if is_stroke else period) - phase + 1e-6, length - at)
            if is_stroke:
                yield _between(start, end, at / length), _between(start, end, (at + step) / length)
            at += step
        walked += length


def _between(start: Point, end: Point, share: float) -> Point:
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share


def _paste(page: "Image", mark: Picture) -> None:
    from PIL import Image  # noqa: PLC0415

    box = mark.box
    size = (box.width * OVERSAMPLING, box.height * OVERSAMPLING)
    picture = Image.fromarray(mark.pixels).resize(size, Image.Resampling.NEAREST)
    page.paste(picture, (box.left * OVERSAMPLING, box.top * OVERSAMPLING))


def _draw(draw: "ImageDraw", mark: Shape) -> None:
    points = [(x * OVERSAMPLING, y * OVERSAMPLING) for x, y in mark.points]
    if mark.fill is not None:
        draw.polygon(points, fill=mark.fill)
    if mark.pen is None:
        return
    width = max(1, round(mark.pen.width * OVERSAMPLING))
    if mark.pen.dash is None:
        ring = [*points, *points[:2]] if mark.closed else points
        draw.line(ring, fill=mark.pen.colour, width=width, joint="curve")
        return
    lengths = (mark.pen.dash[0] * OVERSAMPLING, mark.pen.dash[1] * OVERSAMPLING)
    for stroke in dashes(points, lengths, mark.closed):
        draw.line(stroke, fill=mark.pen.colour, width=width)
