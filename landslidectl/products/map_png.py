"""The map page: A4 landscape at 200 dots per inch, to print, to project or to send.

Drawn with Pillow alone: the page must come out of a field laptop and of the standalone program
just as it comes out here.
"""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from landslidectl.files.atomic import atomic_path
from landslidectl.products.ink import FAINT, GREY, WHITE, Anchor, Ink, Style
from landslidectl.products.map_frame import (
    draw_badges,
    draw_graticule,
    draw_north_arrow,
    draw_outlines,
    draw_scale_bar,
)
from landslidectl.products.map_layers import MapRasters, map_picture
from landslidectl.products.map_panel import Panel, fill_panel, room_for_detections
from landslidectl.products.map_view import Box, MapView
from landslidectl.products.wording import credit, day, event_in_words, minute

if TYPE_CHECKING:
    from PIL.Image import Image

    from landslidectl.products.request import ProductRequest

DOTS_PER_INCH = 200
PAGE = (2339, 1654)
BANNER_HEIGHT = 138
BANNER_RGB = (24, 42, 60)
FRAME = Box(158, 172, 1524, 1340)
PANEL = Box(1736, 168, 555, 1392)
FOOT_TOP = 1584
ONE_PASS = timedelta(minutes=10)


def write_map(final: Path, request: "ProductRequest", rasters: MapRasters) -> None:
    """Write the map page of a product as PNG."""
    page = draw_page(request, rasters)
    with atomic_path(final) as temporary:
        page.save(temporary, format="PNG", dpi=(DOTS_PER_INCH, DOTS_PER_INCH), optimize=False)


def draw_page(request: "ProductRequest", rasters: MapRasters) -> "Image":
    """Return the map page, RGB."""
    from PIL import Image, ImageDraw  # noqa: PLC0415

    page = Image.new("RGB", PAGE, WHITE)
    ink = Ink(ImageDraw.Draw(page))
    view = MapView(request.detections.grid, FRAME.width, FRAME.height)
    picture = map_picture(view, request, rasters)
    items = request.detections.items
    draw_outlines(picture, view, items, request.provenance.area_of_interest)
    page.paste(picture, (FRAME.left, FRAME.top))
    listed = items[: room_for_detections(PANEL, request)]
    draw_graticule(ink, view, FRAME)
    draw_badges(ink, view, FRAME, listed)
    draw_scale_bar(ink, view, FRAME)
    draw_north_arrow(ink, view, FRAME)
    _banner(ink, request)
    fill_panel(Panel(page, ink, PANEL), request, listed)
    _foot(ink, request)
    return page


def _banner(ink: Ink, request: "ProductRequest") -> None:
    """Set the title and, below it, the instants that matter."""
    facts = request.provenance
    ink.draw.rectangle((0, 0, PAGE[0], BANNER_HEIGHT), fill=BANNER_RGB)
    room = PAGE[0] - 2 * 48
    title = Style(46, WHITE, bold=True)
    place = f", {facts.aoi_name}" if facts.aoi_name else ""
    words = f"Probable landslides: {event_in_words(request)}{place}"
    ink.write((48, 22), ink.fitted(words, title, room), title)
    parts = (
        f"Event {minute(facts.event.first)}",
        f"Sentinel-1 after the event {_span(request)}",
        "automatic first estimate, not validated",
    )
    line = Style(26, (206, 218, 230))
    ink.write((48, 86), ink.fitted("   \N{MIDDLE DOT}   ".join(parts), line, room), line)


def _foot(ink: Ink, request: "ProductRequest") -> None:
    """Set the credit and what identifies the product."""
    facts, grid = request.provenance, request.detections.grid
    style = Style(19, GREY)
    ink.draw.line((48, FOOT_TOP - 12, PAGE[0] - 48, FOOT_TOP - 12), fill=FAINT, width=2)
    ink.write((48, FOOT_TOP), f"{credit(request)}. Made with {request.software_name}.", style)
    ink.write(
        (PAGE[0] - 48, FOOT_TOP),
        f"WGS 84, EPSG:{grid.epsg}, {grid.pixel_m:g} m pixels. Processed "
        f"{minute(facts.processed)}. Job {facts.job_id}.",
        style,
        Anchor.RIGHT_TOP,
    )
    name = ink.fitted(request.name.folder, style, PAGE[0] - 96)
    ink.write((48, FOOT_TOP + 28), name, style)


def _span(request: "ProductRequest") -> str:
    """Return the days of the post-event scenes, with the time when there is one pass only."""
    last = max(stack.post_stop for stack in request.stacks)
    if last - request.post_start < ONE_PASS:
        return minute(request.post_start)
    return f"{day(request.post_start)} to {day(last)}"
