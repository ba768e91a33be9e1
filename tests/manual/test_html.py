"""One HTML file holds all pages and asks nothing of the network; no link leads nowhere."""

import re
from html.parser import HTMLParser

from landslidectl.manual.html import anchor, manual_html
from landslidectl.manual.pages import pages


class Seen(HTMLParser):
    """What a document refers to, and what it holds."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: set[str] = set()
        self.sources: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = dict(attrs)
        if facts.get("id"):
            self.ids.add(str(facts["id"]))
        if tag == "a":
            self.links.add(str(facts["href"]))
        if facts.get("src"):
            self.sources.add(str(facts["src"]))


def seen(text: str) -> Seen:
    parser = Seen()
    parser.feed(text)
    return parser


def test_every_link_of_the_manual_leads_somewhere() -> None:
    found = seen(manual_html(pages()))
    inside = {link[1:] for link in found.links if link.startswith("#")}
    assert len(inside) > 40
    assert inside <= found.ids, sorted(inside - found.ids)


def test_it_asks_nothing_of_the_network() -> None:
    text = manual_html(pages())
    assert all(source.startswith("data:image/") for source in seen(text).sources)
    assert "<script" not in text and "url(" not in text
    assert not re.search(r"<link\b", text)


def test_names_of_headings_are_those_that_links_use() -> None:
    assert anchor("Where the model runs: CPU, GPU") == "where-the-model-runs-cpu-gpu"
