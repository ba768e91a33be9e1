"""What people said of detections; rows that are only ever added."""

import json
from collections.abc import Sequence

from landslidectl.catalog.access import Access, Row, columns_of, dump, row_of
from landslidectl.catalog.records import ReviewRecord


class Reviews(Access):
    """The part of the catalog that remembers reviews."""

    def add_reviews(self, reviews: Sequence[ReviewRecord]) -> None:
        """Record what a person said, all of it or nothing."""
        with self._writing():
            self._db.table("reviews").insert_all(
                [row_of(review) | {"seen_facts": dump(review.seen_facts)} for review in reviews]
            )

    def list_reviews(self, job_ids: Sequence[str]) -> tuple[ReviewRecord, ...]:
        """Return what was said of the products of some jobs, in the order it was said."""
        marks = ", ".join("?" for _ in job_ids)
        rows = self._rows(
            f"SELECT * FROM reviews WHERE job_id IN ({marks}) ORDER BY review_id", list(job_ids)
        )
        return self._records(_review, rows)


def _review(row: Row) -> ReviewRecord:
    return ReviewRecord(
        **columns_of(ReviewRecord, row, "is_drawn", "seen_facts"),
        is_drawn=bool(row["is_drawn"]),
        seen_facts=json.loads(row["seen_facts"]),
    )
