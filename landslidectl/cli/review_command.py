"""``review``: what people say of detections, kept in the catalog and applied from then on."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from landslidectl.cli import options
from landslidectl.cli.output import clean, write_json, write_line, write_table

if TYPE_CHECKING:
    from landslidectl.jobs.review import Reviewed

REVIEW_HELP = """Accept and reject detections, or take in what was edited in QGIS.

JOB is a product folder, an output folder (its newest product is taken), a job id or 'last'.

    landslidectl review last --list

    landslidectl review last --accept LS-1a2b3c4d5e6f --reject LS-0f9e,LS-77aa --note "fields"

    landslidectl review out/ --import edited.gpkg --reviewer "A. Analyst"

Reviews are kept in the catalog, with who said what and when; none is ever deleted. Every export
applies them, and the command of the job, run again, makes the next version of the product with
them. A later release keeps them for detections in the same place.
"""
NAMES = (
    "Names of detections, or beginnings of them, with commas between; may be given several times."
)


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("review", help=REVIEW_HELP, rich_help_panel="Work")(review)


def review(  # noqa: PLR0913  (the options of a command are its parameters)
    *,
    job: Annotated[
        str,
        typer.Argument(
            metavar="JOB", help="Product or output folder, job id or 'last'.", show_default="last"
        ),
    ] = "last",
    accept: Annotated[
        list[str] | None, typer.Option(help=f"These are landslides. {NAMES}", metavar="ID,...")
    ] = None,
    reject: Annotated[
        list[str] | None, typer.Option(help="These are none.", metavar="ID,...")
    ] = None,
    reset: Annotated[
        list[str] | None,
        typer.Option(help="Take back what was said of these.", metavar="ID,..."),
    ] = None,
    edited: Annotated[
        Path | None,
        typer.Option(
            "--import",
            help="GeoPackage of the product that was edited, or an edited copy: the attribute "
            "review, outlines, what was added and deleted.",
            metavar="FILE",
        ),
    ] = None,
    note: Annotated[str, typer.Option(help="Why; stands in the products.", metavar="TEXT")] = "",
    reviewer: Annotated[
        str,
        typer.Option(
            help="Who; stands in the products. Default: your user name.",
            envvar=f"{options.PREFIX}REVIEWER",
            metavar="NAME",
        ),
    ] = "",
    listed: Annotated[
        bool, typer.Option("--list", help="Show what was said so far, and by whom.")
    ] = False,
    catalog: options.CatalogFile = None,
    json_lines: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Review a product."""
    from landslidectl.jobs.review import ReviewSettings, run_review  # noqa: PLC0415

    settings = ReviewSettings(
        job=job,
        accept=_names(accept),
        reject=_names(reject),
        reset=_names(reset),
        edited=edited,
        note=note,
        reviewer=reviewer,
    )
    outcome = run_review(settings, catalog)
    if json_lines:
        write_json(_as_json(outcome))
    elif not quiet:
        _tell(outcome, listed, is_asked=bool(settings.named) or edited is not None)


def _names(given: list[str] | None) -> tuple[str, ...]:
    return tuple(name for words in given or () for name in words.replace(",", " ").split())


def _as_json(outcome: "Reviewed") -> dict[str, Any]:
    return {
        "product": outcome.product,
        **{kind.value: count for kind, count in outcome.counts.items()},
        "added": [_record(record) for record in outcome.added],
        "history": [_record(record) for record in outcome.history],
    }


def _record(record: Any) -> dict[str, Any]:
    names = ("det_id", "decision", "reviewer", "recorded", "note", "source", "product", "is_drawn")
    told = {name: getattr(record, name) for name in names}
    return told | {"is_redrawn": record.outline is not None}


def _tell(outcome: "Reviewed", listed: bool, is_asked: bool) -> None:
    from landslidectl.products.wording import review_in_words  # noqa: PLC0415

    if listed and outcome.verdicts:
        _tell_verdicts(outcome)
        write_line()
    if is_asked:
        count = len(outcome.added)
        write_line(
            f"{count} recorded" if count else "Nothing new: no difference from what is recorded."
        )
    write_line(f"{outcome.product}:")
    write_line(review_in_words(outcome.counts))
    if outcome.added:
        write_line(
            "Exports apply this. The next version of the product comes with the same command:"
        )
        write_line(f"  {clean(outcome.command)}")


def _tell_verdicts(outcome: "Reviewed") -> None:
    rows = [
        (
            name,
            verdict.decision.value,
            _outline(verdict.is_drawn, verdict.outline is not None),
            verdict.reviewer,
            f"{verdict.time:%Y-%m-%d %H:%M}",
            verdict.note,
        )
        for name, verdict in outcome.verdicts.items()
    ]
    write_table(("detection", "review", "outline", "by", "on (UTC)", "note"), rows)


def _outline(is_drawn: bool, is_redrawn: bool) -> str:
    if is_drawn:
        return "drawn"
    return "redrawn" if is_redrawn else ""
