"""The little XML that KML needs, written by hand: elements, escaped texts, colours, rings."""

from html import escape
from typing import TYPE_CHECKING

from landslidectl.products.texts import plain_text
from landslidectl.stack.footprints import polygons, wrapped

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry
    from shapely.geometry.polygon import LinearRing

    from landslidectl.products.contract.colours import Rgb

NAMESPACE = "http://www.opengis.net/kml/2.2"
DECIMALS = 6
"""Of coordinates in degrees: a tenth of a metre."""


def tag(element: str, /, *content: str, **attributes: str) -> str:
    """Return an element; content is markup, attributes are texts."""
    inside = "".join(f' {key}="{escape(value)}"' for key, value in attributes.items())
    return f"<{element}{inside}>{''.join(content)}</{element}>"


def leaf(element: str, text: object, /, **attributes: str) -> str:
    """Return an element that holds a text."""
    return tag(element, escape(plain_text(str(text)), quote=False), **attributes)


def html(element: str, markup: str) -> str:
    """Return an element that holds HTML, in which texts are escaped once already."""
    return tag(element, escape(markup, quote=False))


def html_text(text: object) -> str:
    """Return a text as HTML shows it."""
    return escape(plain_text(str(text)))


def html_table(rows: "list[tuple[str, str]]") -> str:
    """Return names and values as an HTML table."""
    lines = (f"<tr><td>{html_text(a)}</td><td>{html_text(b)}</td></tr>" for a, b in rows)
    return f"<table>{''.join(lines)}</table>"


def kml_colour(rgb: "Rgb", alpha: int = 255) -> str:
    """Return a colour as KML has it: alpha, blue, green, red, two hexadecimal digits each."""
    red, green, blue = rgb
    return f"{alpha:02x}{blue:02x}{green:02x}{red:02x}"


def kml_geometry(geometry: "BaseGeometry") -> str:
    """Return polygons in longitude and latitude, cut at the antimeridian.

    Exterior rings run counter-clockwise, as KML wants them.
    """
    from shapely.geometry.polygon import orient  # noqa: PLC0415

    parts = []
    for part in polygons(wrapped(geometry)):
        turned = orient(part, sign=1.0)
        rings = [_boundary("outerBoundaryIs", turned.exterior)]
        rings += [_boundary("innerBoundaryIs", ring) for ring in turned.interiors]
        parts.append(tag("Polygon", *rings))
    return parts[0] if len(parts) == 1 else tag("MultiGeometry", *parts)


def _boundary(name: str, ring: "LinearRing") -> str:
    points = " ".join(f"{_degrees(x)},{_degrees(y)}" for x, y in ring.coords)
    return tag(name, tag("LinearRing", tag("coordinates", points)))


def _degrees(value: float) -> str:
    text = f"{value:.{DECIMALS}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
