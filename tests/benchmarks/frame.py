"""Full-size Sentinel-1 scenes with simulated pixels, written into real metadata.

``python tests/benchmarks/frame.py OUT [--folder] [--zip] [--scenes 10] [--dem]`` makes IW GRDH
products of one track, a repeat cycle apart (1.75 GB each as a folder, 1.1 GB as a zip), and beside
them elevation tiles. What stands already is kept. The real metadata is the shared product of
19 January 2021 (folder of real inputs: see ``LANDSLIDECTL_SHARED_DATA``).
"""

import argparse
import hashlib
import os
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from frame_dem import write_tiles
from frame_files import ZipWriter, tiff_head
from frame_metadata import Base, Repeat, manifest_with, measurement_name, read_base, retimed
from frame_pixels import Pool

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = "s1/products/S1A_IW_GRDH_1SDV_20210119T031653_20210119T031718_036201_043ED0_8255.zip"
POLARISATIONS = ("vv", "vh")
# up to 60 m from one repeat to the next along the track
ALONG_TRACK_S = 0.008
MOST_SCENES = 64
CELLS = [(lat, lon) for lat in (-20, -19, -18) for lon in (32, 33, 34)]


@dataclass(frozen=True)
class Wanted:
    """What to make, and in which form."""

    out: Path
    scenes: int
    days: int
    folder: bool
    zipped: bool

    def safe(self, name: str) -> Path:
        """Return where a product's folder belongs."""
        return self.out / "folders" / f"{name}.SAFE"

    def archive(self, name: str) -> Path:
        """Return where a product's zip belongs."""
        return self.out / "zips" / f"{name}.zip"

    def stands(self, name: str) -> bool:
        """Tell whether a product is there in all forms that are wanted."""
        folder = not self.folder or (self.safe(name) / "manifest.safe").exists()
        return folder and (not self.zipped or self.archive(name).exists())


def shared_data() -> Path:
    """Return the folder of real inputs."""
    return Path(os.environ.get("LANDSLIDECTL_SHARED_DATA", ROOT.parent / "shared" / "data"))


def make_scenes(wanted: Wanted) -> list[str]:
    """Write the scenes that are not there yet and return the names of all."""
    base = read_base(shared_data() / PRODUCT)
    lines, samples = base.number("numberOfLines"), base.number("numberOfSamples")
    slides = np.random.default_rng(11).uniform(-ALONG_TRACK_S, ALONG_TRACK_S, MOST_SCENES)
    products = [
        retimed(base, Repeat(index, index * wanted.days, float(slides[index])))
        for index in range(wanted.scenes)
    ]
    missing = [pair for pair in enumerate(products) if not wanted.stands(pair[1].name)]
    if missing:
        pools = {name: Pool(name, lines, samples, wanted.zipped) for name in POLARISATIONS}
        for index, product in missing:
            _write(wanted, product, pools, index)
    return [product.name for product in products]


def _write(wanted: Wanted, product: Base, pools: dict[str, Pool], index: int) -> None:
    heads = {
        name: tiff_head(pool.lines, pool.samples, product.annotation(name))
        for name, pool in pools.items()
    }
    measured = {
        measurement_name(product, name): _sum(heads[name], pool, index)
        for name, pool in pools.items()
    }
    members = product.members | {"manifest.safe": manifest_with(product, measured)}
    if wanted.folder:
        safe = wanted.safe(product.name)
        for name, pool in pools.items():
            target = safe / measurement_name(product, name)
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as handle:
                handle.write(heads[name])
                handle.writelines(piece.raw for piece in pool.pieces(index))
        # the manifest last: it says that the product stands
        for member in sorted(members, key=lambda member: (member == "manifest.safe", member)):
            (safe / member).parent.mkdir(parents=True, exist_ok=True)
            (safe / member).write_bytes(members[member])
    if wanted.zipped:
        target = wanted.archive(product.name)
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_suffix(".part")
        with partial.open("wb") as handle:
            archive = ZipWriter(handle, f"{product.name}.SAFE")
            archive.add("manifest.safe", members.pop("manifest.safe"))
            for name, pool in pools.items():
                archive.add_pieces(measurement_name(product, name), heads[name], pool.pieces(index))
            for member, content in members.items():
                archive.add(member, content)
            archive.close()
        partial.rename(target)


def _sum(head: bytes, pool: Pool, index: int) -> tuple[int, str]:
    """Return size and MD5 sum of a measurement."""
    digest, size = hashlib.md5(head, usedforsecurity=False), len(head)
    for piece in pool.pieces(index):
        digest.update(piece.raw)
        size += len(piece.raw)
    return size, digest.hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--scenes", type=int, default=1)
    parser.add_argument("--days", type=int, default=12, help="days between scenes")
    parser.add_argument("--zip", action="store_true", help="write OUT/zips")
    parser.add_argument("--folder", action="store_true", help="write OUT/folders (default)")
    parser.add_argument("--dem", action="store_true", help="write OUT/dem, nine one-degree tiles")
    given = parser.parse_args()
    began = time.monotonic()
    wanted = Wanted(given.out, given.scenes, given.days, given.folder or not given.zip, given.zip)
    for name in make_scenes(wanted):
        print(name)
    if given.dem:
        write_tiles(given.out / "dem", CELLS)
    print(f"{time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
