"""Hold a product against the inventory of its event."""

import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from landslidectl.evaluation.ground import survey_ground
from landslidectl.evaluation.inventory import Inventory, read_inventory
from landslidectl.evaluation.judgement import Judgement, Table
from landslidectl.evaluation.objects import Layers, match_objects
from landslidectl.evaluation.patches import Survey, survey
from landslidectl.evaluation.product import MappedProduct, open_product
from landslidectl.evaluation.tables import pixel_row
from landslidectl.evaluation.terrain_classes import open_terrain
from landslidectl.events import Reporter, StepFinished, StepStarted, Warned, silent
from landslidectl.terrain.landcover import find_land_cover
from landslidectl.terrain.legend import Legend


@dataclass(frozen=True, slots=True)
class JudgeOptions:
    """What is known of the ground besides the products.

    Parameters
    ----------
    land_cover : tuple of Path
        Files and folders of land-cover maps; none leaves land cover out.
    legend : str or None
        Legend of these; None: told from the files.
    dem : Path or None
        Elevation model for slope and aspect; None: the layers of the job, where they are at hand.
    inventory_layers : tuple of str or None
        Layer of each inventory, in their order; None, or nothing at all: the only one.
    """

    land_cover: tuple[Path, ...] = ()
    legend: str | None = None
    dem: Path | None = None
    inventory_layers: tuple[str | None, ...] = ()


def judge_event(
    product_path: Path,
    inventory_path: Path,
    options: JudgeOptions = JudgeOptions(),
    reporter: Reporter = silent,
    layer: str | None = None,
) -> tuple[Judgement, Table]:
    """Hold a product against an inventory, or a layer of it.

    Returns
    -------
    judgement : Judgement
    inputs : dict
        What it was made from, with digests, JSON-ready.

    Raises
    ------
    ProductError
        If product or inventory cannot be used, or they lie apart.
    InputError
        If the land cover or the elevation model cannot be used.
    """
    reporter(StepStarted("judge", f"Judging {product_path.name}"))
    began = time.monotonic()
    product = open_product(product_path, reporter)
    inventory = read_inventory(inventory_path, product.grid.epsg, layer)
    ground = survey_ground(product, inventory)
    inputs: Table = {"product": _product_facts(product), "inventory": _inventory_facts(inventory)}
    with ExitStack() as opened:
        work = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="landslidectl-")))
        terrain = opened.enter_context(open_terrain(product, options.dem, work))
        inputs["terrain"] = (
            {"source": terrain.source, "sha256": terrain.digest(product.grid)} if terrain else None
        )
        cover, legend = None, None
        if options.land_cover:
            found = find_land_cover(options.land_cover, product.grid, options.legend)
            cover, legend = opened.enter_context(found.open()), found.legend
            names = [path.name for path in found.files]
            inputs["land_cover"] = {"legend": legend.key, "title": legend.title, "files": names}
        else:
            inputs["land_cover"] = None
        layers = Layers(terrain, cover)
        surveyed = survey(product, ground, layers)
        objects = match_objects(product, inventory, ground, layers)
    if legend is not None:
        _tell_cover(product, surveyed, inputs["land_cover"], legend, reporter)
    reporter(StepFinished("judge", time.monotonic() - began, f"{len(inventory.slides)} slides"))
    judgement = Judgement(
        product.event_name,
        product.threshold,
        product.is_simulated,
        ground.areas_km2(),
        objects,
        surveyed,
        terrain is not None,
        legend,
    )
    return judgement, inputs


def _product_facts(product: MappedProduct) -> Table:
    return {
        "name": product.name,
        "event": dict(product.metadata["event"]),
        "simulated": product.is_simulated,
        "threshold": product.threshold,
        "models": [
            {"name": model["name"], "sha256": model["sha256"]}
            for model in product.metadata["models"]
        ],
        "files": dict(product.digests),
    }


def _inventory_facts(inventory: Inventory) -> Table:
    return {
        "name": inventory.path.name,
        "layer": inventory.layer,
        "sha256": inventory.sha256,
        "slides": len(inventory.slides),
        "mapped_ha": sum(inventory.areas_m2) / 1e4,
        "repaired": inventory.repaired,
        "without_area": inventory.skipped,
    }


def _tell_cover(
    product: MappedProduct, surveyed: Survey, facts: Table, legend: Legend, reporter: Reporter
) -> None:
    """Record how much of the judged area the land cover covers, and warn where it is not all."""
    pixels = pixel_row(surveyed.pixels)["judged_pixels"]
    covered = int(surveyed.area.cover.sum())
    facts["covered_share"] = covered / pixels if pixels else None
    facts["credit"] = legend.credit
    facts["pixels"] = {
        item.name: int(surveyed.area.cover[item.code])
        for item in legend.classes
        if surveyed.area.cover[item.code]
    }
    if covered < pixels:
        reporter(
            Warned(
                f"land cover is known on {100.0 * covered / pixels:.1f} % of the judged area of "
                f"{product.name}",
                "land-cover-gaps",
            )
        )
