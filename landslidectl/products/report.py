"""``report.html``: one file to explore a result in any browser, without a network.

Everything is in the file: pictures as data addresses, style and script in the page. A policy in the
page forbids the browser to fetch anything and to run any other script than this one, so that not
even a text that slipped through as markup could do harm.
"""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from landslidectl.detection.geodesy import from_wgs84, to_wgs84
from landslidectl.files.atomic import write_text_atomic
from landslidectl.files.resources import asset
from landslidectl.products.map_frame import is_weak
from landslidectl.products.previews import Previews
from landslidectl.products.report_chips import Chip, make_chip
from landslidectl.products.report_layers import (
    GreyScale,
    grey_scale,
    quality_layer,
    score_layer,
    track_layers,
)
from landslidectl.products.report_legend import legend
from landslidectl.products.report_text import (
    chip_cards,
    facts,
    footer,
    outlines_in_words,
    summary,
    table,
)
from landslidectl.products.texts import html_text
from landslidectl.products.wording import event_in_words, minute, time_between

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from landslidectl.products.request import ProductRequest

LAYERS_MOST_BYTES = 5_000_000
CHIPS_MOST = 60
CHIPS_MOST_BYTES = 1_500_000
OUTLINES_MOST = 5000
LATTICE_SIDE = 17
SLOT = re.compile(r"\{\{(\w+)\}\}")


def write_report(final: Path, request: "ProductRequest", previews: Previews) -> None:
    """Write the report of a product."""
    write_text_atomic(final, report_page(request, previews))


def report_page(request: "ProductRequest", previews: Previews) -> str:
    """Return the page."""
    job = request.provenance
    style, script = (_part(name) for name in ("report.css", "report.js"))
    place = f", {job.aoi_name}" if job.aoi_name else ""
    last = max(stack.post_stop for stack in request.stacks)
    tracks, left_out = _tracks(previews)
    slots = {
        "policy": (
            "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; "
            f"style-src {_digest(style)}; script-src {_digest(script)}"
        ),
        "title": html_text(f"Probable landslides: {event_in_words(request)}{place}"),
        "subtitle": html_text(
            f"Event {minute(job.event.first)}. Last Sentinel-1 scene {minute(last)}, "
            f"{time_between(job.event.last, last)} later. Automatic first estimate, not validated."
        ),
        "banner_class": "simulated" if job.is_simulated else "",
        "tag": '<p class="tag">SIMULATED</p>' if job.is_simulated else "",
        "summary": summary(request),
        "track_choice": _track_choice([track["name"] for track in tracks], left_out),
        "outlines": outlines_in_words(len(request.detections.items), OUTLINES_MOST),
        "legend": legend(request),
        "table": table(request),
        "chips": chip_cards(request, _chips(request, previews)),
        "facts": facts(request),
        "credit": footer(request),
        "name": html_text(request.name.folder),
        "data": _json(_map_data(request, previews, tracks)),
        "style": style,
        "script": script,
    }
    return SLOT.sub(lambda slot: slots[slot[1]], _part("report.html"))


def _part(name: str) -> str:
    return asset("report", name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    """Return what the policy names a style or script by."""
    packed = base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest())
    return f"'sha256-{packed.decode('ascii')}'"


def _json(value: Any) -> str:
    """Return JSON that can stand in a page: no text in it can end the element that holds it."""
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")


def _tracks(previews: Previews) -> tuple[list[dict[str, str]], list[str]]:
    """Return the layers of the tracks that there is room for, and the names of the others."""
    shown: list[dict[str, str]] = []
    left_out, size = list(previews.left_out), 0
    for track in previews.tracks:
        layers = track_layers(track)
        size += sum(len(layer) for layer in layers.values())
        if shown and size > LAYERS_MOST_BYTES:
            left_out.append(track.track.name)
        else:
            shown.append({"name": track.track.name, **layers})
    return shown, sorted(left_out)


def _track_choice(names: list[str], left_out: list[str]) -> str:
    more = f'<p class="note">Not shown: {html_text(", ".join(left_out))}.</p>' if left_out else ""
    if len(names) < 2:
        return more
    options = "".join(
        f'<option value="{index}">{html_text(name)}</option>' for index, name in enumerate(names)
    )
    return (
        '<fieldset><legend>Track</legend><select id="track" aria-label="Track">'
        f"{options}</select></fieldset>{more}"
    )


def _chips(request: "ProductRequest", previews: Previews) -> list[Chip | None]:
    """Return the chips of the strongest detections, as many as there is room for."""
    stacks = {stack.track.name: stack for stack in request.stacks}
    scales = {track.track.name: grey_scale(track) for track in previews.tracks}
    if previews.tracks:
        first = scales[previews.tracks[0].track.name]
        scales |= dict.fromkeys(previews.left_out, first)
    return _within(request, stacks, scales)


def _within(
    request: "ProductRequest", stacks: Mapping[str, Any], scales: Mapping[str, GreyScale]
) -> list[Chip | None]:
    chips: list[Chip | None] = []
    size = 0
    for item in request.detections.items[:CHIPS_MOST]:
        chip = make_chip(item, stacks, scales)
        size += len(chip.address) if chip else 0
        if size > CHIPS_MOST_BYTES:
            break
        chips.append(chip)
    return chips


def _map_data(
    request: "ProductRequest", previews: Previews, tracks: list[dict[str, str]]
) -> dict[str, Any]:
    """Return what the map is drawn from, in pixels of the layers."""
    rows, cols = previews.shape
    grid, area = previews.grid, request.provenance.area_of_interest
    found = request.detections
    return {
        "width": cols,
        "height": rows,
        "metres": grid.cols * grid.pixel_m / cols,
        "lattice": _lattice(previews),
        "tracks": tracks,
        "score": score_layer(previews.score, found.threshold),
        "quality": quality_layer(previews.score, previews.quality),
        "area": _path(from_wgs84(area, grid.epsg), previews) if area is not None else "",
        "detections": [
            {
                "n": number,
                "d": _path(item.polygon, previews),
                "box": _box(item.polygon, previews),
                "low": is_weak(item),
            }
            for number, item in enumerate(found.items[:OUTLINES_MOST], 1)
        ],
    }


def _lattice(previews: Previews) -> list[list[list[float]]]:
    """Return longitudes and latitudes of points spread evenly over the map."""
    import shapely  # noqa: PLC0415

    bounds, epsg = previews.grid.bounds, previews.grid.epsg
    x = np.linspace(bounds.left, bounds.right, LATTICE_SIDE)
    y = np.linspace(bounds.top, bounds.bottom, LATTICE_SIDE)
    points = shapely.MultiPoint([(east, north) for north in y for east in x])
    degrees = shapely.get_coordinates(to_wgs84(points, epsg)).reshape(LATTICE_SIDE, -1, 2)
    lattice: list[list[list[float]]] = np.round(degrees, 6).tolist()
    return lattice


def _pixels(points: "np.ndarray", previews: Previews) -> "np.ndarray":
    bounds, (rows, cols) = previews.grid.bounds, previews.shape
    x = (points[:, 0] - bounds.left) / (bounds.right - bounds.left) * cols
    y = (bounds.top - points[:, 1]) / (bounds.top - bounds.bottom) * rows
    return np.column_stack([x, y])


def _box(region: "BaseGeometry", previews: Previews) -> list[float]:
    left, bottom, right, top = region.bounds
    corners = _pixels(np.array([[left, top], [right, bottom]]), previews)
    return [round(float(value), 2) for value in corners.ravel()]


def _path(region: "BaseGeometry", previews: Previews) -> str:
    """Return an outline in the words of SVG."""
    import shapely  # noqa: PLC0415

    rings = [ring for part in shapely.get_parts(region) for ring in shapely.get_rings(part)]
    return "".join(
        "M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in pixels[:-1].tolist()) + "Z"
        for pixels in (_pixels(shapely.get_coordinates(ring), previews) for ring in rings)
    )
