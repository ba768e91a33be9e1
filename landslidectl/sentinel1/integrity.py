"""Checking a product against the digests in its manifest, which reads every byte once."""

import hashlib

from landslidectl.files.hashing import CHUNK_BYTES
from landslidectl.sentinel1.archive import SceneArchive
from landslidectl.sentinel1.manifest import Manifest


def check_digests(archive: SceneArchive, manifest: Manifest) -> tuple[str, ...]:
    """Compare every file of the product with the manifest's size and MD5 digest.

    Returns
    -------
    tuple of str
        What is missing or differs, in the manifest's order; empty for an intact product.

    Raises
    ------
    DamagedScene
        If a member cannot be read to its end.
    """
    problems = []
    sizes = archive.members()
    for file in manifest.files:
        if file.name not in sizes:
            problems.append(f"{file.name} is missing")
        elif file.size >= 0 and sizes[file.name] != file.size:
            problems.append(
                f"{file.name} has {sizes[file.name]} bytes, the manifest says {file.size}"
            )
        elif file.md5 and _md5(archive, file.name) != file.md5:
            problems.append(f"{file.name} differs from its MD5 digest in the manifest")
    return tuple(problems)


def _md5(archive: SceneArchive, member: str) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    with archive.open(member) as stream:
        while chunk := stream.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
