"""``docs``: the manual in the terminal, as one HTML file, the card to print, the man page."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from landslidectl.cli import completing
from landslidectl.cli.output import say, write_line

if TYPE_CHECKING:
    from landslidectl.manual.pages import Page

DOCS_HELP = """Read the manual, without a network.

TOPIC is a page or part of a heading; without one, pages and headings are listed.

    landslidectl docs

    landslidectl docs cron

    landslidectl docs --html manual.html

    landslidectl docs --card quick-start.pdf

    landslidectl docs --man landslidectl.1
"""
CARD = "quick-start"


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("docs", help=DOCS_HELP, rich_help_panel="Look")(docs)


def docs(
    context: typer.Context,
    topic: Annotated[
        str | None,
        typer.Argument(
            metavar="[TOPIC]",
            help="Page or part of a heading.",
            autocompletion=completing.pages,
        ),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="Write the whole manual as one HTML file."),
    ] = None,
    card: Annotated[
        Path | None,
        typer.Option("--card", metavar="FILE", help="Write the quick start as one page of PDF."),
    ] = None,
    man: Annotated[
        Path | None,
        typer.Option("--man", metavar="FILE", help="Write the man page, for man -l FILE."),
    ] = None,
) -> None:
    """Show or write the manual."""
    from landslidectl.manual.pages import find, pages  # noqa: PLC0415

    manual = pages()
    if html is not None:
        from landslidectl.manual.html import manual_html  # noqa: PLC0415

        _write(html, manual_html(manual).encode("utf-8"))
    if card is not None:
        from landslidectl.manual.card import card_pdf  # noqa: PLC0415

        (page,) = (page for page in manual if page.name == CARD)
        _write(card, card_pdf(page, datetime.now(UTC)))
    if man is not None:
        from landslidectl.cli.man_page import man_page  # noqa: PLC0415

        _write(man, man_page(context, datetime.now(UTC)).encode("utf-8"))
    if topic is not None:
        _show(find(topic, manual))
    elif html is card is man is None:
        _list(manual)


def _write(path: Path, content: bytes) -> None:
    from landslidectl.files.atomic import write_bytes_atomic  # noqa: PLC0415

    write_bytes_atomic(path, content)
    say(f"{path}: written")


def _list(manual: "tuple[Page, ...]") -> None:
    from landslidectl.manual.pages import sections  # noqa: PLC0415

    for page in manual:
        write_line(f"{page.name}: {page.title}")
        for section in sections(page):
            if section.level == 2:
                write_line(f"    {section.title}")


def _show(text: str) -> None:
    """Show Markdown: set and paged on a terminal, as it is written elsewhere."""
    if not sys.stdout.isatty():
        write_line(text.rstrip())
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.markdown import Markdown  # noqa: PLC0415

    console = Console(width=min(100, Console().width))
    with console.pager(styles=True):
        console.print(Markdown(text, hyperlinks=False))
