"""``catalog``: look at the catalog's file, check it, copy it, make it smaller, ask it in SQL."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from landslidectl.cli import options
from landslidectl.cli.flags import command_group
from landslidectl.cli.listing import (
    Form,
    FormName,
    Record,
    chosen_form,
    plain_listing,
    write_listing,
)
from landslidectl.cli.output import clean, say_warning, write_facts, write_json, write_line
from landslidectl.cli.prune_text import age_of, counted, tell_plan
from landslidectl.cli.session import chosen_catalog
from landslidectl.errors import CatalogError, DifferenceFound, PartialFailure, UsageError
from landslidectl.terms import JobStatus

if TYPE_CHECKING:
    from landslidectl.catalog.query import Answer

catalog = command_group("The catalog's file: check it, copy it, make it smaller, ask it.")
FINDING_FIELDS = ("trouble", "subject", "detail")


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(catalog, name="catalog", rich_help_panel="Look")


@catalog.command("path")
def show_path(catalog: options.CatalogFile = None) -> None:
    """Show where the catalog is, or would be.

    landslidectl catalog path
    """
    write_line(str(_path(catalog)))


@catalog.command("info")
def info(catalog: options.CatalogFile = None, json_lines: options.Json = False) -> None:
    """Show size, schema, journal and file system of the catalog, and its numbers of rows.

    landslidectl catalog info
    """
    from landslidectl.catalog.migrations import SCHEMA_VERSION  # noqa: PLC0415
    from landslidectl.catalog.reading import catalog_facts  # noqa: PLC0415
    from landslidectl.files.volumes import volume_of  # noqa: PLC0415

    path = _path(catalog)
    facts = catalog_facts(path)
    told: dict[str, Any] = {
        "path": str(path),
        "schema": facts.schema,
        "schema_of_program": SCHEMA_VERSION,
        "journal": facts.journal,
        "file_system": volume_of(path).kind,
        "bytes": facts.size_bytes,
        "unused_bytes": facts.unused_bytes,
    }
    if json_lines:
        write_json({**told, "rows": facts.rows})
        return
    write_facts({name.replace("_", " "): value for name, value in told.items()})
    write_line("\nRows")
    write_facts({f"  {name}": count for name, count in facts.rows.items()})


@catalog.command("check")
def check(
    full: Annotated[
        bool,
        typer.Option("--full", help="Read every recorded file again, whatever its time says."),
    ] = False,
    catalog: options.CatalogFile = None,
    form: FormName = None,
    json_lines: options.Json = False,
) -> None:
    """Check the catalog against itself, the processes and the files on the disk.

    The exit code is 0 when nothing is wrong, 10 when the catalog is damaged, and 11 when files that
    jobs wrote are gone or changed, or jobs were killed. Nothing is changed.

    landslidectl catalog check
    """
    from landslidectl.jobs.audit import Trouble, audit  # noqa: PLC0415

    chosen, path = chosen_form(form, json_lines), _path(catalog)
    found = list(audit(path, full))
    if found or chosen is not Form.TABLE:
        rows = [dict(zip(FINDING_FIELDS, _finding(item), strict=True)) for item in found]
        write_listing(plain_listing(FINDING_FIELDS), rows, chosen)
    else:
        write_line(f"{clean(path)}: nothing is wrong.")
    if any(item.trouble is Trouble.DAMAGED for item in found):
        raise CatalogError(
            f"{path}: the catalog is damaged",
            "Put the last copy of 'landslidectl catalog backup' in its place, or move it away: the "
            "products do not need it, and a new one is started.",
        )
    if found:
        count = "1 thing differs" if len(found) == 1 else f"{len(found)} things differ"
        raise DifferenceFound(
            f"{path}: {count} from what is recorded",
            "Files that are gone on purpose are forgotten with: landslidectl catalog prune",
        )


@catalog.command("backup")
def backup(
    file: Annotated[Path, typer.Argument(help="The copy.", metavar="FILE")],
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the file if it is there.")
    ] = False,
    catalog: options.CatalogFile = None,
    json_lines: options.Json = False,
) -> None:
    """Copy the catalog into one file, also while jobs run, and check the copy.

    landslidectl catalog backup catalog-copy.db
    """
    from landslidectl.catalog.backup import back_up  # noqa: PLC0415

    facts = back_up(_path(catalog), file, overwrite)
    if json_lines:
        write_json({"path": str(file), "bytes": facts.size_bytes, "rows": facts.rows})
    else:
        jobs = counted(facts.rows.get("jobs", 0), "jobs")
        write_line(f"{clean(file)}: {jobs}, checked and whole.")


@catalog.command("prune")
def prune(  # noqa: PLR0913  (the options of a command are its parameters)
    *,
    older_than: Annotated[
        str | None,
        typer.Option(help="Jobs that ended longer ago, such as 90d, 12h or 8w.", metavar="AGE"),
    ] = None,
    status: Annotated[
        list[JobStatus] | None,
        typer.Option(help="Jobs that ended so; may be repeated.", show_default=False),
    ] = None,
    job: Annotated[
        list[str] | None,
        typer.Option(
            help="This job, by its id or the beginning of it; may be repeated.",
            metavar="ID",
            show_default=False,
        ),
    ] = None,
    products: Annotated[
        bool,
        typer.Option(
            "--products",
            help="Delete their products as well, and what stack and ingest made.",
        ),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do it. Without: only show it.")] = False,
    catalog: options.CatalogFile = None,
    form: FormName = None,
    json_lines: options.Json = False,
) -> None:
    """Forget old jobs and delete their intermediate files; shows first what that would free.

    Jobs that fit all that is given are meant. Kept in any case: what runs, releases and reviews,
    work that later jobs stand on, files that changed, and products unless --products is given.

    landslidectl catalog prune --older-than 90d

    landslidectl catalog prune --status failed --status interrupted --yes
    """
    from landslidectl.catalog.catalog import Catalog  # noqa: PLC0415
    from landslidectl.jobs.prune import Wanted, plan_prune  # noqa: PLC0415
    from landslidectl.jobs.prune_files import prune as carry_out  # noqa: PLC0415
    from landslidectl.jobs.standing import bury_dead_jobs  # noqa: PLC0415

    if not (older_than or status or job):
        raise UsageError(
            "which jobs are meant is not said", "Give --older-than, --status or --job, or several."
        )
    chosen = chosen_form(form, json_lines)
    with Catalog(_existing(catalog)) as opened:
        wanted = Wanted(
            older_than=age_of(older_than) if older_than else None,
            statuses=frozenset(status or ()),
            job_ids=frozenset(opened.job(name).job_id for name in job or ()),
            products=products,
        )
        bury_dead_jobs(opened)
        plan = plan_prune(opened, wanted)
        rows = opened.count_rows(plan.forgotten)
        done = carry_out(opened, wanted) if yes else None
    facts = {"done": yes, "files": plan.files, "bytes": plan.size_bytes, "rows": rows}
    if done is not None:
        facts |= {"files": done.files, "bytes": done.size_bytes, "rows": dict(done.rows)}
        facts["compacted"] = done.compacted
    tell_plan(plan, chosen, facts)
    if done is not None and done.failed:
        for item in done.failed:
            say_warning(f"{item.name}: left alone: {item.reason}")
        raise PartialFailure(f"{counted(len(done.failed), 'folders')} could not be pruned")


@catalog.command("sql")
def sql(
    query: Annotated[str, typer.Argument(help="One question, quoted for the shell.")],
    catalog: options.CatalogFile = None,
    form: FormName = None,
    json_lines: options.Json = False,
) -> None:
    """Ask the catalog in SQL. Nothing can be changed that way.

    landslidectl catalog sql "SELECT status, count(*) AS jobs FROM jobs GROUP BY status"

    landslidectl catalog sql "PRAGMA table_info(detections)"
    """
    from landslidectl.catalog.query import asked  # noqa: PLC0415

    chosen = chosen_form(form, json_lines)
    with asked(_path(catalog), query) as answer:
        write_listing(plain_listing(answer.columns), _records(answer), chosen)


def _path(named: Path | None) -> Path:
    from landslidectl.catalog.place import default_catalog_path  # noqa: PLC0415

    return (chosen_catalog(named) or default_catalog_path()).absolute()


def _existing(named: Path | None) -> Path:
    """Return the catalog's path, and make none where there is none."""
    from landslidectl.catalog.reading import reading  # noqa: PLC0415

    path = _path(named)
    with reading(path):
        return path


def _finding(item: Any) -> tuple[str, str, str]:
    return item.trouble.value, item.subject, item.detail


def _records(answer: "Answer") -> Iterator[Record]:
    for row in answer.rows:
        yield dict(zip(answer.columns, map(_value, row), strict=True))


def _value(value: Any) -> Any:
    """Return a value that every form can hold: bytes as SQL writes them, no infinite numbers."""
    if isinstance(value, bytes):
        return f"x'{value.hex()}'"
    return None if isinstance(value, float) and not math.isfinite(value) else value
