"""The map page: A4 landscape, to print, to project or to send; as PDF and as PNG.

Both are painted from one list of marks. Neither needs a font, a library or a service of the
machine: the page must come out of a field laptop and of the standalone program just as it comes out
here.
"""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from landslidectl.files.atomic import atomic_path
from landslidectl.products.ink import FAINT, GREY, WHITE, Across, Down, Ink, Pen, Style
from landslidectl.products.map_frame import (
    draw_area,
    draw_badges,
    draw_graticule,
    draw_outlines,
)
from landslidectl.products.map_furniture import draw_north_arrow, draw_scale_bar
from landslidectl.products.map_layers import map_picture
from landslidectl.products.map_panel import Panel, fill_panel, room_for_detections
from landslidectl.products.map_view import Box, MapView
from landslidectl.products.paint_pdf import PdfFacts, paint_pdf
from landslidectl.products.paint_png import paint_png
from landslidectl.products.previews import Previews
from landslidectl.products.wording import (
    credit,
    day,
    event_in_words,
    limitations,
    minute,
    time_between,
)

if TYPE_CHECKING:
    from landslidectl.products.request import ProductRequest

DOTS_PER_INCH = 200
PAGE = (2339, 1654)
BANNER_HEIGHT = 132
BANNER_RGB = (24, 42, 60)
TITLE, LONG_TITLE = Style(40, WHITE, bold=True), Style(27, WHITE, bold=True)
PALE = (214, 224, 234)
ALARM_RGB = (140, 20, 20)
MARGIN = 48
FRAME = Box(176, 166, 1424, 1300)
PANEL = Box(1650, 164, 641, 1400)
FURNITURE_TOP = 1520
FOOT_TOP = 1590
TAG_WIDTH = 250
ONE_PASS = timedelta(minutes=10)


def write_map(png: Path, pdf: Path, request: "ProductRequest", previews: Previews) -> None:
    """Write the map page of a product as PNG and as PDF."""
    page = lay_out(request, previews)
    with atomic_path(png) as temporary:
        paint_png(page, PAGE).save(temporary, format="PNG", dpi=(DOTS_PER_INCH, DOTS_PER_INCH))
    facts = PdfFacts(
        title=_title(request),
        subject=" ".join(limitations(request)),
        creator=request.software_name,
        created=request.provenance.processed,
        dots_per_inch=DOTS_PER_INCH,
    )
    with atomic_path(pdf) as temporary:
        temporary.write_bytes(paint_pdf(page, PAGE, facts))


def lay_out(request: "ProductRequest", previews: Previews) -> Ink:
    """Return the marks of the page."""
    ink, view = Ink(), MapView(request.detections.grid, FRAME.width, FRAME.height)
    items = request.detections.items
    ink.picture(map_picture(view, request, previews), FRAME)
    if request.provenance.area_of_interest is not None:
        draw_area(ink, view, FRAME, request.provenance.area_of_interest)
    draw_outlines(ink, view, FRAME, items)
    listed = items[: room_for_detections(PANEL, view, request)]
    draw_graticule(ink, view, FRAME)
    draw_badges(ink, view, FRAME, listed)
    draw_scale_bar(ink, view, (FRAME.left, FURNITURE_TOP), DOTS_PER_INCH)
    draw_north_arrow(ink, view, (FRAME.right - 46, FURNITURE_TOP + 20))
    _backdrop(ink, request, previews)
    _banner(ink, request)
    fill_panel(Panel(ink, PANEL), view, request, listed)
    _foot(ink, request)
    return ink


def _title(request: "ProductRequest") -> str:
    place = request.provenance.aoi_name
    return f"Probable landslides: {event_in_words(request)}{f', {place}' if place else ''}"


def _banner(ink: Ink, request: "ProductRequest") -> None:
    """Set the title and, below it, the instants that matter."""
    facts = request.provenance
    ink.rectangle(Box(0, 0, PAGE[0], BANNER_HEIGHT), BANNER_RGB)
    room = PAGE[0] - 2 * MARGIN
    if facts.is_simulated:
        room -= TAG_WIDTH + MARGIN
        tag = Box(PAGE[0] - MARGIN - TAG_WIDTH, 34, TAG_WIDTH, 64)
        ink.rectangle(tag, WHITE, Pen(ALARM_RGB, 5.0))
        middle = (tag.left + TAG_WIDTH / 2, tag.top + tag.height / 2)
        ink.write(middle, "SIMULATED", Style(32, ALARM_RGB, bold=True), Across.CENTRE, Down.MIDDLE)
    _headline(ink, _title(request), room)
    parts = (
        f"Event {minute(facts.event.first)}",
        f"Sentinel-1 after it {_span(request)}",
        "automatic first estimate, not validated",
    )
    line = Style(22, PALE)
    ink.write((MARGIN, 82), ink.fitted("   \N{MIDDLE DOT}   ".join(parts), line, room), line)


def _headline(ink: Ink, text: str, room: float) -> None:
    """Set the title in one line, or smaller in two, so that a long name keeps its end."""
    if ink.width(text, TITLE) <= room:
        ink.write((MARGIN, 20), text, TITLE)
        return
    first, *more = ink.wrapped(text, LONG_TITLE, room)
    ink.write((MARGIN, 10 if more else 28), first, LONG_TITLE)
    if more:
        ink.write((MARGIN, 44), ink.fitted(" ".join(more), LONG_TITLE, room), LONG_TITLE)


def _backdrop(ink: Ink, request: "ProductRequest", previews: Previews) -> None:
    """Say what the grey ground of the map is, and the system of its coordinates."""
    grid = request.detections.grid
    if request.has_relief:
        ground = "Grey: relief, lit from the northwest."
    elif previews.tracks:
        ground = (
            f"Grey: VV backscatter after the event, dB ({previews.tracks[0].track.name} first)."
        )
    else:
        ground = "Plain ground: no backdrop could be read."
    style = Style(16, GREY)
    right = FRAME.right - 110
    ink.write((right, FURNITURE_TOP - 4), ground, style, Across.RIGHT)
    words = f"WGS 84, UTM, EPSG:{grid.epsg}; {grid.pixel_m:g} m pixels."
    ink.write((right, FURNITURE_TOP + 18), words, style, Across.RIGHT)


def _foot(ink: Ink, request: "ProductRequest") -> None:
    """Set the credit and what identifies the product."""
    facts, style = request.provenance, Style(17, GREY)
    right = PAGE[0] - MARGIN
    ink.line(((MARGIN, FOOT_TOP - 10), (right, FOOT_TOP - 10)), Pen(FAINT, 2.0))
    ink.write((MARGIN, FOOT_TOP), f"{credit(request)}. Made with {request.software_name}.", style)
    processed = f"Processed {minute(facts.processed)}. Job {facts.job_id}."
    ink.write((right, FOOT_TOP), processed, style, Across.RIGHT)
    name = ink.fitted(request.name.folder, style, right - MARGIN)
    ink.write((MARGIN, FOOT_TOP + 24), name, style)


def _span(request: "ProductRequest") -> str:
    """Return when the post-event scenes were taken and how old the last was when processed."""
    facts = request.provenance
    last = max(stack.post_stop for stack in request.stacks)
    one_pass = last - request.post_start < ONE_PASS
    span = (
        minute(request.post_start) if one_pass else f"{day(request.post_start)} to {minute(last)}"
    )
    since = time_between(facts.event.last, last)
    age = time_between(last, facts.processed)
    return f"{span} ({since} later; {age} old when processed)"
