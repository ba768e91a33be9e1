"""``jobs`` and ``scenes``: read the catalog back."""

import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from landslidectl.cli import completing, options
from landslidectl.cli.flags import command_group
from landslidectl.cli.listing import FormName, Listing, chosen_form, write_listing
from landslidectl.cli.output import clean, write_facts, write_json, write_line, write_table
from landslidectl.cli.session import chosen_catalog
from landslidectl.terms import JobStatus, utc_instant

if TYPE_CHECKING:
    from landslidectl.catalog.catalog import Catalog
    from landslidectl.catalog.records import JobRecord

jobs = command_group("What was run, when, and with what result.")
scenes = command_group("Scenes that jobs have met.")


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(jobs, name="jobs", rich_help_panel="Look")
    app.add_typer(scenes, name="scenes", rich_help_panel="Look")


@jobs.command("list")
def list_jobs(
    catalog: options.CatalogFile = None,
    form: FormName = None,
    json_lines: options.Json = False,
) -> None:
    """List jobs, the newest first.

    landslidectl jobs list

    landslidectl jobs list --format csv
    """
    from landslidectl.catalog.catalog import Catalog  # noqa: PLC0415
    from landslidectl.catalog.records import as_json  # noqa: PLC0415

    chosen = chosen_form(form, json_lines)
    with Catalog(chosen_catalog(catalog), only_look=True) as opened:
        found = opened.list_jobs()
    write_listing(JOBS, [{**as_json(job), **_standing_facts(job)} for job in found], chosen)


@jobs.command("show")
def show_job(
    job_id: Annotated[
        str | None,
        typer.Argument(
            metavar="ID",
            help="The id or the beginning of it. Default: the newest.",
            autocompletion=completing.job_ids,
        ),
    ] = None,
    catalog: options.CatalogFile = None,
    json_lines: options.Json = False,
) -> None:
    """Show one job: settings, steps with times, outputs, detections.

    landslidectl jobs show

    landslidectl jobs show 20180906T071500Z-3f9a1c
    """
    from landslidectl.catalog.catalog import Catalog  # noqa: PLC0415

    with Catalog(chosen_catalog(catalog), only_look=True) as opened:
        job = opened.job(job_id) if job_id else opened.newest_job()
        facts = _job_facts(opened, job)
    if json_lines:
        write_json(facts)
    else:
        _tell_job(job, facts)


@jobs.command("release")
def release_job(
    job_id: Annotated[
        str, typer.Argument(metavar="ID", help="The id or the beginning of it.", show_default=False)
    ],
    catalog: options.CatalogFile = None,
    json_lines: options.Json = False,
) -> None:
    """Record that a job of another computer ended, when you know that it did.

    Its lock goes as well, so that the same command goes on with its work. A job that is alive is
    not released: exit code 9.

    landslidectl jobs release 20180906T071500Z-3f9a1c
    """
    from landslidectl.catalog.catalog import Catalog  # noqa: PLC0415
    from landslidectl.catalog.records import as_json  # noqa: PLC0415
    from landslidectl.jobs.standing import release  # noqa: PLC0415

    with Catalog(chosen_catalog(catalog)) as opened:
        job = release(opened, job_id)
    if json_lines:
        write_json(as_json(job))
    else:
        write_line(
            f"{job.job_id} counts as {job.status.value} now. To go on with it: {job.command}"
        )


@scenes.command("list")
def list_scenes(
    catalog: options.CatalogFile = None,
    form: FormName = None,
    json_lines: options.Json = False,
) -> None:
    """List scenes by time, with the reason where one was refused.

    landslidectl scenes list

    landslidectl scenes list --format csv
    """
    from landslidectl.catalog.catalog import Catalog  # noqa: PLC0415
    from landslidectl.catalog.records import as_json  # noqa: PLC0415

    chosen = chosen_form(form, json_lines)
    with Catalog(chosen_catalog(catalog), only_look=True) as opened:
        found = opened.list_scenes()
    write_listing(SCENES, [as_json(scene) for scene in found], chosen)


def _standing_facts(job: "JobRecord") -> dict[str, Any]:
    """Return what is known of a job beside what was recorded: all null once it ended."""
    from landslidectl.jobs.standing import standing  # noqa: PLC0415

    found = standing(job) if job.status is JobStatus.RUNNING else None
    seen = found.last_sign if found else None
    return {
        "gone": found.is_gone if found else None,
        "last_sign": seen.isoformat(timespec="seconds") if seen else None,
    }


def _status_in_words(job: Mapping[str, Any]) -> str:
    """Return the status, of a job that counts as running with where, and whether it is alive."""
    if job["status"] != JobStatus.RUNNING.value:
        return str(job["status"])
    where = "" if job["host"] == platform.node() else f" on {job['host']}"
    if job["last_sign"] is None:
        unknown = " (no sign)" if where and job["gone"] is None else ""
        return f"running{where}{' (gone)' if job['gone'] else unknown}"
    silent = datetime.now(UTC) - utc_instant(job["last_sign"])
    minutes = max(0, int(silent.total_seconds() // 60))
    ago = f"{minutes // 60} h" if minutes >= 120 else f"{minutes} min"
    return f"running{where} ({'gone, ' if job['gone'] else ''}not seen for {ago})"


def _job_facts(catalog: "Catalog", job: "JobRecord") -> dict[str, Any]:
    from landslidectl.catalog.records import as_json  # noqa: PLC0415

    return {
        **as_json(job),
        **_standing_facts(job),
        "steps": [as_json(step) for step in catalog.list_steps(job.job_id)],
        "outputs": [
            as_json(output) | {"exists": Path(output.path).exists()}
            for output in catalog.list_outputs(job.job_id)
        ],
        "detections": [as_json(item) for item in catalog.list_detections(job.job_id)],
    }


def _tell_job(job: "JobRecord", facts: dict[str, Any]) -> None:
    write_facts(
        {
            "id": job.job_id,
            "command": job.command,
            "status": _status_in_words(facts),
            "exit code": job.exit_code,
            "message": job.message or "-",
            "started": job.started,
            "finished": job.finished or "-",
            "on": f"{job.host}, process {job.pid}",
            "output": job.output,
        }
    )
    for title, values in (("Settings", job.settings), ("Versions", job.versions)):
        write_line(f"\n{title}")
        for name, value in values.items():
            write_line(f"  {name}: {clean(value)}")
    _tell_rows("Steps", facts["steps"], ("name", "status", "seconds", "detail"))
    left = [output for output in facts["outputs"] if output["exists"]]
    _tell_rows("Outputs", left, ("kind", "bytes", "sha256", "path"))
    place = ("det_id", "centroid_lon", "centroid_lat", "area_ha")
    columns = (*place, "score_max", "confidence", "status", "tracks")
    _tell_rows("Detections", facts["detections"], columns)


def _tell_rows(title: str, rows: list[dict[str, Any]], columns: tuple[str, ...]) -> None:
    if not rows:
        return
    write_line(f"\n{title}")
    write_table(columns, [[_rounded(row[column]) for column in columns] for row in rows])


def _rounded(value: Any) -> Any:
    return round(value, 5) if isinstance(value, float) else value


def _short(instant: str | None) -> str:
    """Return an instant to the second, for tables."""
    return f"{instant[:19]}Z" if instant else ""


JOBS = Listing(
    fields=(
        *("job_id", "status", "exit_code", "started", "finished", "output", "message", "command"),
        *("host", "pid", "settings", "versions", "gone", "last_sign"),
    ),
    headings=("id", "status", "exit", "started", "output"),
    row=lambda job: (
        *(job["job_id"], _status_in_words(job), job["exit_code"], _short(job["started"])),
        job["output"],
    ),
)
SCENES = Listing(
    fields=(
        *("scene_id", "start", "stop", "platform", "product_type", "mode", "polarisations"),
        *("direction", "relative_orbit", "absolute_orbit", "ipf", "bytes", "status", "path"),
        *("reason", "footprint", "seen"),
    ),
    headings=("scene", "start", "orbit", "pass", "polarisations", "status", "path", "reason"),
    row=lambda scene: (
        *(scene["scene_id"], _short(scene["start"]), scene["relative_orbit"]),
        *(scene["direction"], scene["polarisations"], scene["status"], scene["path"]),
        scene["reason"],
    ),
)
