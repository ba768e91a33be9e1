"""The pages of the manual and their sections."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from landslidectl.errors import UsageError
from landslidectl.files.resources import asset

ORDER = ("quick-start", "manual")
"""Pages that come first; the others follow by name."""
HEADING = re.compile(r"^(#{1,4}) +(.+?)\s*$")
FENCE = "```"


@dataclass(frozen=True, slots=True)
class Page:
    """One file of the manual, Markdown.

    Parameters
    ----------
    name : str
        What a reader asks for, such as ``scoring``.
    path : Path
    text : str
    """

    name: str
    path: Path
    text: str

    @property
    def title(self) -> str:
        """Return its first heading, else its name."""
        return next((section.title for section in sections(self)), self.name)


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with all that stands below it, deeper headings included."""

    page: str
    level: int
    title: str
    text: str


def pages(folder: Path | None = None) -> tuple[Page, ...]:
    """Return the pages in the order in which they are read.

    Parameters
    ----------
    folder : Path, optional
        By default the manual that came with the program.
    """
    found = (folder or asset("docs")).glob("*.md")
    rank = {name: index for index, name in enumerate(ORDER)}
    ordered = sorted(found, key=lambda path: (rank.get(path.stem, len(ORDER)), path.stem))
    return tuple(Page(path.stem, path, path.read_text(encoding="utf-8")) for path in ordered)


def sections(page: Page) -> Iterator[Section]:
    """Yield the sections of a page in their order; what looks like a heading in code is none."""
    lines = page.text.splitlines()
    heads: list[tuple[int, int, str]] = []
    in_code = False
    for number, line in enumerate(lines):
        in_code ^= line.startswith(FENCE)
        match = HEADING.match(line)
        if match and not in_code:
            heads.append((number, len(match[1]), match[2]))
    for index, (start, level, title) in enumerate(heads):
        later = (number for number, depth, _ in heads[index + 1 :] if depth <= level)
        end = next(later, len(lines))
        yield Section(page.name, level, title, "\n".join(lines[start:end]).rstrip() + "\n")


def find(topic: str, manual: tuple[Page, ...]) -> str:
    """Return the text of a page, or of the first section whose heading holds a topic.

    Parameters
    ----------
    topic : str
        A page's name or part of a heading; capitals do not count.
    manual : tuple of Page

    Raises
    ------
    UsageError
        If nothing fits; the message names the pages.
    """
    wanted = topic.strip().lower()
    for page in manual:
        if page.name == wanted:
            return page.text
    fitting = [
        section
        for page in manual
        for section in sections(page)
        if wanted and wanted in section.title.lower()
    ]
    if fitting:
        # a heading that is just that comes before one that merely mentions it
        return min(fitting, key=lambda section: section.title.lower() != wanted).text
    names = ", ".join(page.name for page in manual)
    raise UsageError(
        f"the manual has no page and no heading with '{topic}'",
        f"Pages are {names}; 'landslidectl docs' lists their headings.",
    )
