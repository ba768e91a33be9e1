"""The whole manual as one HTML file that needs nothing else."""

import base64
import re
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from landslidectl.manual.pages import Page

if TYPE_CHECKING:
    from markdown_it.token import Token

STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; }
body { margin: 0 auto; max-width: 60rem; padding: 1rem 1.5rem 6rem;
  font: 16px/1.55 system-ui, sans-serif; }
h1 { margin-top: 4rem; border-top: 4px solid #c4380d; padding-top: .6rem; }
h2 { margin-top: 2.4rem; } nav > ul { columns: 2; padding-left: 1.2rem; }
nav li { break-inside: avoid; }
pre, code { font: .9em/1.45 ui-monospace, monospace; background: var(--soft); }
pre { padding: .7rem .9rem; overflow-x: auto; } code { padding: .1em .25em; }
pre code { padding: 0; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
th, td { border: 1px solid var(--line); padding: .3rem .6rem; text-align: left;
  vertical-align: top; }
img { max-width: 100%; } a { color: #b3410f; }
@media (prefers-color-scheme: dark) { a { color: #ff9d6b; } }
@media print { nav { display: none; } h1 { break-before: page; } }
"""
TYPES = {".png": "image/png", ".svg": "image/svg+xml", ".jpg": "image/jpeg"}


def manual_html(manual: Sequence[Page]) -> str:
    """Return a document with all pages, a list of headings, and pictures inside.

    Parameters
    ----------
    manual : sequence of Page
        Links between them become links inside the document.
    """
    names = {page.path.name: page.name for page in manual}
    bodies, links = [], []
    for page in manual:
        body, headings = _page(page, names)
        bodies.append(f'<section id="{page.name}">\n{body}</section>')
        links.append(f'<li><a href="#{page.name}"><b>{escape(page.title)}</b></a><ul>')
        links += [f'<li><a href="#{key}">{escape(title)}</a></li>' for key, title in headings]
        links.append("</ul></li>")
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>landslidectl: the manual</title><style>{STYLE}</style></head><body>\n"
        "<nav><ul>\n"
        + "\n".join(links)
        + "\n</ul></nav>\n"
        + "\n".join(bodies)
        + "\n</body></html>\n"
    )


def anchor(title: str) -> str:
    """Return the name by which pages link to a heading, as GitHub makes it."""
    kept = re.sub(r"[^\w\- ]", "", title.lower())
    return kept.replace(" ", "-")


def _page(page: Page, names: dict[str, str]) -> tuple[str, list[tuple[str, str]]]:
    from markdown_it import MarkdownIt  # noqa: PLC0415

    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse(page.text)
    headings = []
    for index, token in enumerate(tokens):
        if token.type == "heading_open":
            title = _plain(tokens[index + 1])
            token.attrSet("id", f"{page.name}-{anchor(title)}")
            if token.tag == "h2":
                headings.append((f"{page.name}-{anchor(title)}", title))
        for child in token.children or ():
            _relink(child, page, names)
    return str(parser.renderer.render(tokens, parser.options, {})), headings


def _plain(inline: "Token") -> str:
    return "".join(child.content for child in inline.children or ())


def _relink(token: Any, page: Page, names: dict[str, str]) -> None:
    """Let a link lead into this document, and a picture bring its pixels along."""
    if token.type == "image":
        picture = page.path.parent / str(token.attrGet("src"))
        kind = TYPES.get(picture.suffix.lower())
        if kind and picture.is_file():
            data = base64.b64encode(picture.read_bytes()).decode("ascii")
            token.attrSet("src", f"data:{kind};base64,{data}")
    if token.type != "link_open":
        return
    file, _, part = str(token.attrGet("href")).partition("#")
    name = names.get(file, page.name if not file else "")
    if name:
        token.attrSet("href", f"#{name}-{part}" if part else f"#{name}")
