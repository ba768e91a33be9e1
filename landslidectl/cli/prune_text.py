"""What ``catalog prune`` understands as an age, and what it tells of a plan."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from landslidectl.cli.listing import Form, Record, plain_listing, write_listing
from landslidectl.cli.output import clean, say, write_json, write_line
from landslidectl.errors import UsageError

if TYPE_CHECKING:
    from landslidectl.jobs.prune import PrunePlan

UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
PRUNE_FIELDS = ("job_id", "status", "ended", "action", "files", "bytes", "reason", "output")


def age_of(text: str) -> timedelta:
    """Read an age such as ``90d``; days where no unit is named.

    Raises
    ------
    UsageError
        If it is none, or longer than any.
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([hdw]?)", text.strip().lower())
    if found is None:
        raise UsageError(f"--older-than: '{text}' is no age", "Such as 90d, 12h or 8w.")
    try:
        return float(found[1]) * UNITS[found[2] or "d"]
    except OverflowError as error:
        raise UsageError(f"--older-than: '{text}' is too long ago", "Such as 90d.") from error


def tell_plan(plan: "PrunePlan", form: Form, facts: dict[str, Any]) -> None:
    """Tell what would go, what stays and why, and what that frees or has freed."""
    jobs = list(_records(plan))
    left = {item.name: item.reason for item in plan.spared}
    known = {record["job_id"] for record in jobs}
    notes = [f"left: {name}: {reason}" for name, reason in left.items() if name not in known]
    if form is Form.JSON:
        write_json(
            {**facts, "jobs": jobs, "left": [{"name": n, "reason": r} for n, r in left.items()]}
        )
        return
    if jobs or form is not Form.TABLE:
        write_listing(plain_listing(PRUNE_FIELDS), jobs, form)
    tell = write_line if form is Form.TABLE else say
    if jobs and form is Form.TABLE:
        write_line()
    for note in notes:
        tell(clean(note))
    tell(_summary(facts))


def counted(count: int, things: str) -> str:
    """Return a number with what is counted, which is named in the plural."""
    return f"{count} {things.removesuffix('s') if count == 1 else things}"


def _summary(facts: dict[str, Any]) -> str:
    rows = ", ".join(counted(count, table) for table, count in facts["rows"].items() if count)
    what = f"{counted(facts['files'], 'files')} of {facts['bytes'] / 1e6:.1f} MB"
    if not rows and not facts["files"]:
        return "There is nothing to prune."
    if not facts["done"]:
        return f"Would free {what}, and forget {rows or 'no rows'}. Do it with --yes."
    later = "" if facts["compacted"] else " The catalog's file shrinks later: it is in use."
    return f"Freed {what}, and forgot {rows or 'no rows'}.{later}"


def _records(plan: "PrunePlan") -> Iterator[Record]:
    for item in plan.doomed:
        bound = item.bound_by
        yield {
            "job_id": item.job.job_id,
            "status": item.job.status.value,
            "ended": f"{(item.job.finished or item.job.started)[:19]}Z",
            "action": "keep record" if bound else "forget",
            "files": len(item.files),
            "bytes": item.size_bytes,
            "reason": f"{bound} refer to it" if bound else "",
            "output": item.job.output,
        }
