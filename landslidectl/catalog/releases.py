"""Releases of output folders and what each of them showed."""

import json
from collections.abc import Sequence
from pathlib import Path

from landslidectl.catalog.access import Access, Row, columns_of, dump, row_of, storable
from landslidectl.catalog.records import ReleaseRecord, SightingRecord


class Releases(Access):
    """The part of the catalog that remembers releases."""

    def record_release(self, release: ReleaseRecord, sightings: Sequence[SightingRecord]) -> None:
        """Record a release with what it shows, whole or not at all.

        Raises
        ------
        CatalogError
            If this folder already has a release of these counters.
        """
        row = row_of(release) | {
            "identity": dump(release.identity),
            "scenes": storable(json.dumps(release.scenes)),
        }
        with self._writing():
            owner = {"release_id": self._db.table("releases").insert(row).last_pk}
            self._db.table("sightings").insert_all(
                [
                    owner
                    | row_of(item)
                    | {
                        "acquisitions": json.dumps(item.acquisitions),
                        "seen_by": json.dumps(item.seen_by),
                    }
                    for item in sightings
                ]
            )

    def forget_release(self, release: ReleaseRecord) -> None:
        """Take back the record of a release whose product was never finished."""
        where = "workspace=? AND release=? AND version=?"
        key = [release.workspace, release.release, release.version]
        with self._writing():
            self._execute(
                "DELETE FROM sightings WHERE release_id IN "
                f"(SELECT release_id FROM releases WHERE {where})",
                key,
            )
            self._execute(f"DELETE FROM releases WHERE {where}", key)

    def list_releases(self, workspace: Path) -> tuple[ReleaseRecord, ...]:
        """Return what an output folder got, in the order of release and version."""
        rows = self._rows(
            "SELECT * FROM releases WHERE workspace=? ORDER BY release, version", [str(workspace)]
        )
        return self._records(_release, rows)

    def sibling_releases(self, job_id: str) -> tuple[ReleaseRecord, ...]:
        """Return all releases of the output folder that got one from a job, in their order."""
        rows = self._rows(
            "SELECT * FROM releases WHERE workspace IN "
            "(SELECT workspace FROM releases WHERE job_id=?) ORDER BY workspace, release, version",
            [job_id],
        )
        return self._records(_release, rows)

    def list_sightings(self, release: ReleaseRecord) -> tuple[SightingRecord, ...]:
        """Return what a release shows and what it dropped, by name."""
        rows = self._rows(
            "SELECT sightings.* FROM sightings JOIN releases USING (release_id) "
            "WHERE workspace=? AND release=? AND version=? ORDER BY det_id",
            [release.workspace, release.release, release.version],
        )
        return self._records(_sighting, rows)


def _release(row: Row) -> ReleaseRecord:
    return ReleaseRecord(
        **columns_of(ReleaseRecord, row, "identity", "scenes"),
        identity=json.loads(row["identity"]),
        scenes=tuple(json.loads(row["scenes"])),
    )


def _sighting(row: Row) -> SightingRecord:
    return SightingRecord(
        **columns_of(SightingRecord, row, "acquisitions", "seen_by"),
        acquisitions=tuple((track, flight) for track, flight in json.loads(row["acquisitions"])),
        seen_by=tuple(json.loads(row["seen_by"])),
    )
