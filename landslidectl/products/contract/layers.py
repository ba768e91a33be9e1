"""The layers of the GeoPackage and the styles that travel in it."""

from dataclasses import dataclass
from enum import StrEnum

from landslidectl.products.contract.attributes import (
    AREA_FIELDS,
    DETECTION_FIELDS,
    FOOTPRINT_FIELDS,
    RUN_FIELDS,
    SOURCE_FIELDS,
    FieldSpec,
)


class LayerName(StrEnum):
    """The layers of the GeoPackage."""

    DETECTIONS = "detections"
    AREA = "area_of_interest"
    FOOTPRINT = "image_footprint"
    SOURCE = "source"
    RUN = "run"


@dataclass(frozen=True, slots=True)
class LayerSpec:
    """One layer: its attributes, what it holds, and whether it has geometry."""

    name: LayerName
    fields: tuple[FieldSpec, ...]
    description: str
    has_geometry: bool = True


LAYERS: tuple[LayerSpec, ...] = (
    LayerSpec(LayerName.DETECTIONS, DETECTION_FIELDS, "Probable landslides with their evidence"),
    LayerSpec(LayerName.AREA, AREA_FIELDS, "Area of interest and how much of it was analysed"),
    LayerSpec(LayerName.FOOTPRINT, FOOTPRINT_FIELDS, "Footprints of the scenes used"),
    LayerSpec(LayerName.SOURCE, SOURCE_FIELDS, "Scenes used, as Copernicus EMS lists them", False),
    LayerSpec(LayerName.RUN, RUN_FIELDS, "Facts of the run as keys and values", False),
)


def layer_spec(name: LayerName) -> LayerSpec:
    """Return the specification of one layer."""
    return next(spec for spec in LAYERS if spec.name is name)


@dataclass(frozen=True, slots=True)
class StyleSpec:
    """One QGIS style that travels in the GeoPackage.

    Parameters
    ----------
    layer : LayerName
        The layer it draws.
    name : str
        Name in QGIS, 30 characters at most.
    file : str
        In ``assets/styles``.
    attribute : str
        The attribute it needs; a style whose attribute is not there is left out. Empty: none.
    description : str
        What it shows.
    """

    layer: LayerName
    name: str
    file: str
    attribute: str
    description: str


STYLES: tuple[StyleSpec, ...] = (
    StyleSpec(
        LayerName.DETECTIONS,
        "score",
        "detections_score.qml",
        "score_max",
        "Yellow to red by the highest score",
    ),
    StyleSpec(
        LayerName.DETECTIONS,
        "confidence",
        "detections_confidence.qml",
        "confidence",
        "Dark red for high confidence, orange for low, hollow grey for rejected",
    ),
    StyleSpec(LayerName.AREA, "outline", "area_of_interest.qml", "", "Blue outline"),
    StyleSpec(LayerName.FOOTPRINT, "thin", "image_footprint.qml", "", "Thin grey outlines"),
)
"""Of several styles of one layer the last whose attribute is there is the one QGIS opens with."""
