"""What changed among the detections from one product to another: new, gone, confirmed, redrawn."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from landslidectl.detection.history import links_to
from landslidectl.errors import ProductError
from landslidectl.products.attributes import Row
from landslidectl.products.compare_layers import outline_distance
from landslidectl.products.contents import Layer
from landslidectl.products.contract.files import FileKind
from landslidectl.products.contract.layers import LayerName, layer_spec
from landslidectl.products.contract.tolerances import OUTLINE_TOLERANCE_DEG
from landslidectl.products.reading import StoredProduct
from landslidectl.products.stored_layers import read_layer
from landslidectl.stack.footprints import wrapped
from landslidectl.terms import Standing

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

HA_DECIMALS = 2


@dataclass(frozen=True, slots=True)
class Told:
    """A detection as one product tells it.

    Parameters
    ----------
    det_id : str
        Its name, or where it stands in the file when it has none.
    outline : shapely geometry
        Longitude and latitude.
    area_ha : float
        As its attribute says; 0 where it says nothing.
    status : str
        ``first``, ``provisional`` or ``confirmed``.
    lon, lat : float
        Degrees; a point inside.
    """

    det_id: str
    outline: "BaseGeometry"
    area_ha: float
    status: str
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class Changes:
    """What became of the detections of one product in another.

    Parameters
    ----------
    new : tuple of Told
        In the second product, and going on from none of the first.
    gone : tuple of Told
        In the first product, and none of the second goes on from it.
    continued : tuple of Told
        In the second product, and going on from one of the first or several.
    confirmed : tuple of Told
        Those of them that are confirmed now and were not.
    redrawn : tuple of Told
        Those of them with another outline.
    """

    new: tuple[Told, ...]
    gone: tuple[Told, ...]
    continued: tuple[Told, ...]
    confirmed: tuple[Told, ...]
    redrawn: tuple[Told, ...]

    @property
    def groups(self) -> "dict[str, tuple[Told, ...]]":
        """Return all groups by their names, in the order to tell them."""
        names = ("new", "gone", "continued", "confirmed", "redrawn")
        return {name: getattr(self, name) for name in names}


def changes_between(a: StoredProduct, b: StoredProduct) -> Changes:
    """Follow the detections of one product into another of the same event.

    A detection goes on from those of the first product with which it shares its name, or at least
    a quarter of the smaller of the two areas, as from release to release. What a person rejected is
    in neither product.

    Raises
    ------
    ProductError
        If the products are of different events, or a GeoPackage cannot be read.
    """
    events = [side.metadata["event"] for side in (a, b)]
    if any(events[0][name] != events[1][name] for name in ("first", "last")):
        raise ProductError(
            f"the products are of different events: {events[0]['first']} and {events[1]['first']}",
            "Give two products of one event.",
        )
    return follow(_told(a), _told(b))


def follow(before: Sequence[Told], after: Sequence[Told]) -> Changes:
    """Follow detections into those of a later product."""
    links = links_to(after, before)
    pairs = [(item, [before[i] for i in found]) for item, found in zip(after, links, strict=True)]
    kept = {index for found in links for index in found}
    return Changes(
        new=tuple(item for item, earlier in pairs if not earlier),
        gone=tuple(item for index, item in enumerate(before) if index not in kept),
        continued=tuple(item for item, earlier in pairs if earlier),
        confirmed=tuple(
            item for item, earlier in pairs if earlier and _is_confirmed(item, earlier)
        ),
        redrawn=tuple(item for item, earlier in pairs if earlier and _is_redrawn(item, earlier)),
    )


def changes_as_json(changes: Changes) -> dict[str, Any]:
    """Return changes for programs."""
    return {
        name: {
            "count": len(items),
            "area_ha": round(sum(item.area_ha for item in items), HA_DECIMALS),
            "detections": [
                {
                    "det_id": item.det_id,
                    "area_ha": item.area_ha,
                    "status": item.status,
                    "lon": item.lon,
                    "lat": item.lat,
                }
                for item in items
            ],
        }
        for name, items in changes.groups.items()
    }


def _is_confirmed(item: Told, earlier: Sequence[Told]) -> bool:
    confirmed = Standing.CONFIRMED.value
    return item.status == confirmed and all(one.status != confirmed for one in earlier)


def _is_redrawn(item: Told, earlier: Sequence[Told]) -> bool:
    if len(earlier) != 1:
        return True
    return outline_distance(item.outline, earlier[0].outline) > OUTLINE_TOLERANCE_DEG


def _told(stored: StoredProduct) -> list[Told]:
    path = stored.present(FileKind.GEOPACKAGE)
    layer: Layer = read_layer(path, layer_spec(LayerName.DETECTIONS)).without_rejected()
    return [
        _one(row, wrapped(outline), f"{path.name} #{number}")
        for number, (row, outline) in enumerate(
            zip(layer.rows, layer.outlines_wgs84(), strict=True), start=1
        )
    ]


def _one(row: Row, outline: "BaseGeometry", stand_in: str) -> Told:
    point = outline.representative_point()
    return Told(
        det_id=row.get("det_id") or stand_in,
        outline=outline,
        area_ha=row.get("area_ha") or 0.0,
        status=row.get("status") or "",
        lon=round(point.x, 6),
        lat=round(point.y, 6),
    )
