"""Write a whole product: in a folder nobody looks into, then renamed into place."""

from pathlib import Path

from landslidectl.errors import OutputError
from landslidectl.events import ArtefactWritten, Reporter, silent
from landslidectl.files.atomic import write_text_atomic
from landslidectl.files.hashing import file_digest
from landslidectl.files.staged import staged_folder
from landslidectl.products.composites import write_composites
from landslidectl.products.contents import contents_of
from landslidectl.products.contract.files import FileKind
from landslidectl.products.contract.rasters import QUALITY_LAYER, SCORE_LAYER
from landslidectl.products.export import WRITERS
from landslidectl.products.map_page import write_map
from landslidectl.products.metadata import describe_product, write_metadata
from landslidectl.products.previews import read_previews
from landslidectl.products.rasters import (
    provenance_tags,
    write_class_cog,
    write_class_names,
    write_cog,
)
from landslidectl.products.readme import write_readme
from landslidectl.products.report import write_report
from landslidectl.products.request import Product, ProductRequest
from landslidectl.products.stac import write_stac


def write_product(request: ProductRequest, reporter: Reporter = silent) -> Product:
    """Write all files of a product into ``request.folder / request.name.folder``.

    The folder appears complete or not at all. No clock is read: the same request gives the same
    bytes.

    Raises
    ------
    OutputError
        If the folder cannot be written, or a complete product of that name is there already and
        may not be replaced.
    """
    final = request.folder / request.name.folder
    if final.exists() and not request.overwrite:
        raise OutputError(
            f"{final}: is there already",
            "Give --overwrite to replace it, or choose another folder with --output.",
        )
    with staged_folder(final) as staging:
        files = _write_files(request, staging)
        names = {kind: path.name for kind, path in files.items()}
    for kind, name in names.items():
        reporter(ArtefactWritten(str(final / name), kind.value))
    return Product(final, {kind: final / name for kind, name in names.items()})


def _write_files(request: ProductRequest, staging: Path) -> dict[FileKind, Path]:
    """Write every file; each of the last three covers those before it."""
    paths = {kind: staging / request.name.file(kind) for kind in request.kinds}
    tags = provenance_tags(request)
    write_class_cog(paths[FileKind.CLASS], request, tags)
    write_class_names(paths[FileKind.CLASS_NAMES])
    write_cog(paths[FileKind.SCORE], request.fused.path, SCORE_LAYER, tags)
    write_cog(paths[FileKind.QUALITY], request.fused.quality_path, QUALITY_LAYER, tags)
    if FileKind.COMPOSITES in paths:
        write_composites(paths[FileKind.COMPOSITES], request.stacks, tags)
    facts = describe_product(request)
    contents = contents_of(request, facts, paths[FileKind.SCORE], paths[FileKind.QUALITY])
    for kind, write in WRITERS.items():
        if kind in paths:
            write(paths[kind], contents)
    previews = read_previews(request, paths[FileKind.SCORE], paths[FileKind.QUALITY])
    write_map(paths[FileKind.MAP], paths[FileKind.PAGE], request, previews)
    write_report(paths[FileKind.REPORT], request, previews)
    write_readme(paths[FileKind.README], request)
    covers = (FileKind.METADATA, FileKind.STAC, FileKind.CHECKSUMS)
    described = {kind: path for kind, path in paths.items() if kind not in covers}
    write_metadata(paths[FileKind.METADATA], facts, described)
    assets = described | {FileKind.METADATA: paths[FileKind.METADATA]}
    write_stac(paths[FileKind.STAC], contents, assets)
    summed = sorted(path for kind, path in paths.items() if kind is not FileKind.CHECKSUMS)
    lines = [f"{file_digest(path)}  {path.name}\n" for path in summed]
    write_text_atomic(paths[FileKind.CHECKSUMS], "".join(lines))
    return paths
