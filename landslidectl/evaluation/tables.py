"""From matched objects and patches to tables of plain values, ready for JSON."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from landslidectl.evaluation.intervals import (
    Interval,
    f1_interval,
    f1_of,
    group_draws,
    ratio_interval,
    share,
    share_interval,
    statistic_interval,
)
from landslidectl.evaluation.metrics import average_precision, precision_recall_curve, roc_auc
from landslidectl.evaluation.objects import SMALLEST_M2, Fate, Objects, Place, Verdict
from landslidectl.evaluation.patches import Patches, PixelCounts
from landslidectl.evaluation.terrain_classes import (
    ASPECT_CLASSES,
    SLOPE_CLASSES,
    aspect_class,
    slope_class,
)
from landslidectl.terrain.legend import Legend

if TYPE_CHECKING:
    from numpy.typing import NDArray

Row = dict[str, Any]
SIZE_EDGES_M2 = (SMALLEST_M2, 5_000.0, 20_000.0, 50_000.0)
SIZE_CLASSES = (
    "below 2,000 m2",
    "2,000-5,000 m2",
    "5,000-20,000 m2",
    "20,000-50,000 m2",
    "over 50,000 m2",
)
OUTLINE_EDGES_M2 = (50_000.0, 200_000.0, 500_000.0)
OUTLINE_CLASSES = ("below 5 ha", "5-20 ha", "20-50 ha", "over 50 ha")
THRESHOLDS = tuple(step / 20 for step in range(1, 20))
UNKNOWN_CLASS = "unknown"
CURVE_POINTS = 400


def object_row(name: str, objects: Objects) -> Row:
    """Return what was found of the slides of at least 2,000 m2, and how many detections are true.

    Slides that were not seen and detections that are undecided do not count; F1 joins the precision
    of the detections with the recall of the slides.
    """
    return _row(name, objects, [place.area_m2 >= SMALLEST_M2 for place in objects.slides])


def size_rows(objects: Objects) -> list[Row]:
    """Return the recall by size of the slide; those below 2,000 m2 are in no other table."""
    index = np.digitize([place.area_m2 for place in objects.slides], SIZE_EDGES_M2)
    rows = []
    for number, name in enumerate(SIZE_CLASSES):
        row = _row(name, objects, index == number)
        rows.append({key: row[key] for key in ("class", "slides", "found", "recall", "recall_ci")})
    return rows


def outline_rows(objects: Objects) -> list[Row]:
    """Return the precision by size of the outline."""
    index = np.digitize([place.area_m2 for place in objects.detections], OUTLINE_EDGES_M2)
    keys = ("class", "detections", "true", "false", "precision", "precision_ci")
    rows = []
    for number, name in enumerate(OUTLINE_CLASSES):
        row = _row(name, objects, np.zeros(len(objects.slides), bool), index == number)
        rows.append({key: row[key] for key in keys})
    return rows


def slope_rows(objects: Objects) -> list[Row]:
    """Return the object figures by mean slope."""
    return _class_rows(
        objects, lambda item: int(slope_class(np.array(item.slope_deg))), SLOPE_CLASSES
    )


def aspect_rows(objects: Objects) -> list[Row]:
    """Return the object figures by the direction that the ground falls towards."""

    def point(item: Place) -> int:
        return int(aspect_class(np.array(item.slope_deg), np.array(item.aspect_deg)))

    return _class_rows(objects, point, ASPECT_CLASSES)


def cover_rows(objects: Objects, legend: Legend) -> list[Row]:
    """Return the object figures by majority land cover; classes without any object are left out."""
    order = {item.code: index for index, item in enumerate(legend.classes)}
    names = [item.name for item in legend.classes]
    rows = _class_rows(objects, lambda item: order.get(item.cover, -1), names)
    return [row for row in rows if row["slides"] or row["detections"]]


def fate_counts(objects: Objects, judged_km2: float) -> dict[str, Any]:
    """Return how many slides and detections of every kind there are, small slides included."""
    false = objects.verdicts.count(Verdict.FALSE)
    return {
        "slides_in_inventory": len(objects.slides),
        "slides": {fate.value: objects.fates.count(fate) for fate in Fate},
        "detections": {verdict.value: objects.verdicts.count(verdict) for verdict in Verdict},
        "false_per_100_km2": 100.0 * false / judged_km2 if judged_km2 else None,
    }


def pixel_row(counts: PixelCounts) -> Row:
    """Return the overlap of outlines and slides, pixel by pixel."""
    union = counts.both + counts.only_detected + counts.only_mapped
    total = union + counts.neither
    return {
        "intersection_over_union": share(counts.both, union),
        "precision": share(counts.both, counts.both + counts.only_detected),
        "recall": share(counts.both, counts.both + counts.only_mapped),
        "outlined_share": share(counts.both + counts.only_detected, total),
        "mapped_share": share(counts.both + counts.only_mapped, total),
        "judged_pixels": total,
    }


def patch_table(patches: Patches, threshold: float | None) -> Row:
    """Return the figures of the patches as the product has them, at other thresholds, without one.

    ``threshold`` is only named; None where products of different thresholds are joined.
    """
    positives = int(patches.label.sum())
    both_kinds = 0 < positives < len(patches)
    auc = roc_auc(patches.score, patches.label) if both_kinds else None
    precision = _average_precision(patches.score, patches.label)
    return {
        "patches": len(patches),
        "positives": positives,
        "prevalence": share(positives, len(patches)),
        "at_threshold": {
            **patch_row(patches, patches.positive, threshold),
            **_patch_intervals(patches),
        },
        "at_thresholds": [
            patch_row(patches, patches.score >= np.float32(value), value) for value in THRESHOLDS
        ],
        "roc_auc": auc,
        "roc_auc_ci": _interval_of(patches, _auc, auc),
        "average_precision": precision,
        "average_precision_ci": _interval_of(patches, _average_precision, precision),
        "curve": _curve(patches),
    }


def patch_row(patches: Patches, positive: "NDArray[np.bool_]", threshold: float | None) -> Row:
    """Return the figures of patches that are held to be positive."""
    tp, fp, fn, tn = (int(kind.sum()) for kind in outcomes(patches.label, positive))
    precision, recall = share(tp, tp + fp), share(tp, tp + fn)
    return {
        "threshold": threshold,
        "true_positive": tp,
        "false_positive": fp,
        "false_negative": fn,
        "true_negative": tn,
        "accuracy": share(tp + tn, len(patches)),
        "precision": precision,
        "recall": recall,
        "f1": f1_of(precision, recall),
    }


def outcomes(
    label: "NDArray[np.bool_]", positive: "NDArray[np.bool_]"
) -> "tuple[NDArray[np.bool_], ...]":
    """Return which are true positive, false positive, false negative, true negative."""
    return positive & label, positive & ~label, ~positive & label, ~positive & ~label


def _row(
    name: str,
    objects: Objects,
    slides_in: "Sequence[bool] | NDArray[np.bool_]",
    detections_in: "Sequence[bool] | NDArray[np.bool_] | None" = None,
) -> Row:
    inside = np.asarray(slides_in, dtype=bool)
    chosen = np.ones(len(objects.detections), bool) if detections_in is None else detections_in
    fates = [fate for fate, kept in zip(objects.fates, inside, strict=True) if kept]
    verdicts = [kind for kind, kept in zip(objects.verdicts, chosen, strict=True) if kept]
    found, true = fates.count(Fate.FOUND), verdicts.count(Verdict.TRUE)
    slides, decided = found + fates.count(Fate.MISSED), true + verdicts.count(Verdict.FALSE)
    precision, recall = share(true, decided), share(found, slides)
    return {
        "class": name,
        "slides": slides,
        "found": found,
        "missed": slides - found,
        "recall": recall,
        "recall_ci": share_interval(found, slides),
        "detections": decided,
        "true": true,
        "false": decided - true,
        "precision": precision,
        "precision_ci": share_interval(true, decided),
        "f1": f1_of(precision, recall),
        "f1_ci": f1_interval(true, decided, found, slides),
    }


def _class_rows(
    objects: Objects, class_of: Callable[[Place], int], names: Sequence[str]
) -> list[Row]:
    """Return a row a class, and one for objects of unknown class if there are any."""
    slides = np.array([class_of(place) for place in objects.slides], dtype=int)
    detections = np.array([class_of(place) for place in objects.detections], dtype=int)
    large = np.array([place.area_m2 >= SMALLEST_M2 for place in objects.slides], dtype=bool)
    rows = [
        _row(name, objects, (slides == number) & large, detections == number)
        for number, name in enumerate(names)
    ]
    unknown = _row(UNKNOWN_CLASS, objects, (slides < 0) & large, detections < 0)
    return rows + ([unknown] if unknown["slides"] or unknown["detections"] else [])


def _patch_intervals(patches: Patches) -> Mapping[str, Interval]:
    """Return intervals from groups of neighbouring patches, or of single ones where too few."""
    tp, fp, fn, tn = outcomes(patches.label, patches.positive)
    counted = {
        "accuracy": (tp | tn, np.ones(len(patches), bool)),
        "precision": (tp, tp | fp),
        "recall": (tp, tp | fn),
    }
    draws, labels = group_draws(patches.group), np.unique(patches.group, return_inverse=True)[1]

    def drawn(kind: "NDArray[np.bool_]") -> "NDArray[Any]":
        assert draws is not None
        return draws @ np.bincount(labels, weights=kind, minlength=draws.shape[1])

    found: dict[str, Interval] = {}
    for name, (above, below) in counted.items():
        hits, total = int(above.sum()), int(below.sum())
        if draws is None or hits in {0, total}:
            found[f"{name}_ci"] = share_interval(hits, total)
        else:
            found[f"{name}_ci"] = ratio_interval(drawn(above), drawn(below), hits / total)
    hits, positive, mapped = int(tp.sum()), int((tp | fp).sum()), int((tp | fn).sum())
    if draws is None or hits in {0, positive, mapped}:
        found["f1_ci"] = f1_interval(hits, positive, hits, mapped)
    else:
        twice = 2.0 * drawn(tp)
        estimate = 2.0 * hits / (positive + mapped)
        found["f1_ci"] = ratio_interval(twice, drawn(tp | fp) + drawn(tp | fn), estimate)
    return found


def _interval_of(
    patches: Patches,
    figure: "Callable[[NDArray[np.float32], NDArray[np.bool_]], float | None]",
    estimate: float | None,
) -> Interval:
    if estimate is None:
        return None

    def drawn(index: "NDArray[np.intp]") -> float | None:
        return figure(patches.score[index], patches.label[index])

    return statistic_interval(drawn, patches.group, estimate)


def _auc(score: "NDArray[np.float32]", label: "NDArray[np.bool_]") -> float | None:
    return roc_auc(score, label) if 0 < label.sum() < label.size else None


def _average_precision(score: "NDArray[np.float32]", label: "NDArray[np.bool_]") -> float | None:
    """Return it at the prevalence of the area itself."""
    if not 0 < label.sum() < label.size:
        return None
    return average_precision(score, label, float(label.mean()))


def _curve(patches: Patches) -> list[Row]:
    """Return the precision-recall curve, thinned to what a plot can show."""
    if not 0 < patches.label.sum() < len(patches):
        return []
    prevalence = float(patches.label.mean())
    curve = precision_recall_curve(patches.score, patches.label, prevalence)
    count = len(curve[0])
    kept = np.unique(np.linspace(0, count - 1, min(count, CURVE_POINTS)).astype(int))
    return [
        {"threshold": float(t), "precision": float(p), "recall": float(r)}
        for t, p, r in zip(*(values[kept] for values in curve), strict=True)
    ]
