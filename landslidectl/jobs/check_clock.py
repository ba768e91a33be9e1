"""Is the clock right: it dates products and jobs, and says what is old."""

import os
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from landslidectl.catalog.catalog import Catalog
from landslidectl.jobs.checks import Check, Installation, Level
from landslidectl.terms import utc_instant

SLACK = timedelta(days=1)
FAR = timedelta(days=3652)
HINT = "Set the clock: products and jobs are dated by it. Scenes and events have their own times."


def check_clock(installation: Installation) -> Iterator[Check]:
    """Compare the clock with the files of the program and with the jobs of the catalog."""
    now = datetime.now(UTC)
    trouble = _against_program(now, program_date()) or _against_catalog(now, installation.catalog)
    local = now.astimezone()
    facts = {"utc": now.isoformat(timespec="seconds"), "zone": str(local.tzinfo)}
    told = f"{now:%Y-%m-%d %H:%M:%S} UTC, {local:%H:%M} here ({local:%Z})"
    level = Level.WARNING if trouble else Level.OK
    yield Check("clock", f"{told}{trouble}", level, HINT if trouble else "", facts)
    zone = os.environ.get("TZ", "")
    if not _is_zone(zone):
        detail = f"TZ={zone} is no time zone of this system, which then takes UTC"
        yield Check("time zone", detail, Level.WARNING, "Correct TZ, or remove it.")


def program_date() -> datetime:
    """Return when the newest file of the program was put on this machine."""
    package = Path(__file__).resolve().parent.parent
    sources = [*package.glob("*.py"), *package.glob("*/*.py")]
    files = sources or [Path(sys.executable)]  # a standalone program holds its modules in itself
    return datetime.fromtimestamp(max(file.stat().st_mtime for file in files), UTC)


def _against_program(now: datetime, program: datetime) -> str:
    if now < program - SLACK:
        return f"; the program is from {program:%Y-%m-%d}, so the clock is behind"
    if now > program + FAR:
        return f"; the program is from {program:%Y-%m-%d}, so the clock is far ahead"
    return ""


def _against_catalog(now: datetime, path: Path) -> str:
    if not path.is_file():
        return ""
    with Catalog(path, only_look=True) as catalog:
        jobs = catalog.list_jobs()
    newest = max((utc_instant(job.started) for job in jobs), default=now)
    if newest > now + SLACK:
        return f"; a job began on {newest:%Y-%m-%d}, so the clock was ahead then or is behind now"
    return ""


def _is_zone(name: str) -> bool:
    """Tell whether a name of a place is one that the system knows; rules such as UTC-3 are."""
    if "/" not in name or name.startswith((":", "/")) or not hasattr(time, "tzset"):
        return True
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        return False
    return True
