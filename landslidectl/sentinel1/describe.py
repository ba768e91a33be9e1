"""A scene in plain JSON values, for people and scripts."""

from typing import TypeAlias

from landslidectl.sentinel1.annotation import Annotation, read_annotation
from landslidectl.sentinel1.manifest import Manifest
from landslidectl.sentinel1.noise import read_noise
from landslidectl.sentinel1.scene import Scene
from landslidectl.terms import Polarisation

JSON: TypeAlias = "bool | int | float | str | list[JSON] | dict[str, JSON] | None"


def describe_scene(scene: Scene) -> dict[str, JSON]:
    """Return everything worth showing of a scene, JSON-ready; times are ISO 8601 in UTC.

    Raises
    ------
    DamagedScene
        If an annotation or a noise table cannot be read.
    """
    annotation = read_annotation(scene, scene.polarisations[0])
    bands: dict[str, JSON] = {
        str(one): _describe_polarisation(scene, one) for one in scene.polarisations
    }
    return {
        "scene_id": scene.scene_id,
        "path": str(scene.path),
        "supported": True,
        "platform": scene.platform,
        "product_type": scene.product_type,
        "mode": scene.track.mode,
        "polarisations": [str(one) for one in scene.polarisations],
        "recorded_polarisations": [str(one) for one in scene.recorded],
        "relative_orbit": scene.track.relative_orbit,
        "pass": scene.track.direction.value,
        "track": scene.track.name,
        "absolute_orbit": scene.absolute_orbit,
        "datatake": scene.datatake,
        "start": scene.start.isoformat(),
        "stop": scene.stop.isoformat(),
        "ipf": scene.ipf,
        "simulated": scene.is_simulated,
        "timeliness": scene.timeliness,
        "footprint": [[lon, lat] for lon, lat in scene.footprint],
        **_describe_annotation(annotation),
        "bands": bands,
        "problems": list(scene.problems),
        "pixels_usable": not scene.pixel_faults,
    }


def describe_manifest(manifest: Manifest) -> dict[str, JSON]:
    """Return what the manifest says of any Sentinel-1 product, supported or not, JSON-ready."""
    return {
        "platform": manifest.platform,
        "product_type": manifest.product_type,
        "mode": manifest.mode,
        "recorded_polarisations": list(manifest.polarisations),
        "relative_orbit": manifest.relative_orbit,
        "pass": manifest.direction.value if manifest.direction else None,
        "absolute_orbit": manifest.absolute_orbit,
        "datatake": manifest.datatake,
        "start": manifest.start.isoformat(),
        "stop": manifest.stop.isoformat(),
        "ipf": manifest.ipf,
        "timeliness": manifest.timeliness,
        "footprint": [[lon, lat] for lon, lat in manifest.footprint],
    }


def _describe_annotation(annotation: Annotation) -> dict[str, JSON]:
    return {
        "lines": annotation.lines,
        "samples": annotation.samples,
        "pixel_spacing_m": annotation.pixel_spacing_m,
        "line_interval_s": annotation.line_interval_s,
        "incidence_mid_deg": annotation.incidence_mid_deg,
        "state_vectors": len(annotation.orbit.times_s),
        "sub_swaths": [*sorted({bounds.swath for bounds in annotation.swath_bounds})],
    }


def _describe_polarisation(scene: Scene, polarisation: Polarisation) -> dict[str, JSON]:
    annotation = read_annotation(scene, polarisation)
    noise = read_noise(scene, polarisation, annotation)
    return {
        "measurement": scene.members[polarisation].measurement,
        "pixel_fault": scene.pixel_faults.get(polarisation),
        "thermal_noise_removed": annotation.thermal_noise_removed,
        "thermal_noise_known": not noise.is_zero,
    }
