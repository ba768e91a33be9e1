"""The manual is found by page and by heading."""

from pathlib import Path

import pytest

from landslidectl.errors import UsageError
from landslidectl.manual.pages import find, pages, sections

TEXT = """# The manual

## Masks

```sh
# no heading
```

### Of slope

deep

## Cron and masks

last
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "manual.md").write_text(TEXT, encoding="utf-8")
    (tmp_path / "abc.md").write_text("# Letters\n", encoding="utf-8")
    (tmp_path / "quick-start.md").write_text("# Quick\n", encoding="utf-8")
    return tmp_path


def test_pages_come_in_reading_order(folder: Path) -> None:
    found = pages(folder)
    assert [page.name for page in found] == ["quick-start", "manual", "abc"]
    assert [page.title for page in found] == ["Quick", "The manual", "Letters"]


def test_sections_hold_what_is_below_them(folder: Path) -> None:
    manual = pages(folder)[1]
    found = {section.title: section for section in sections(manual)}
    assert list(found) == ["The manual", "Masks", "Of slope", "Cron and masks"]
    assert found["Masks"].text.endswith("deep\n")
    assert found["The manual"].text == TEXT


@pytest.mark.parametrize(
    ("topic", "first"),
    [
        ("abc", "# Letters"),
        ("MASKS", "## Masks"),
        ("cron", "## Cron and masks"),
        ("of sl", "### O"),
    ],
)
def test_a_topic_is_a_page_or_part_of_a_heading(folder: Path, topic: str, first: str) -> None:
    assert find(topic, pages(folder)).startswith(first)


@pytest.mark.parametrize("topic", ["rivers", "", " "])
def test_an_unknown_topic_names_the_pages(folder: Path, topic: str) -> None:
    with pytest.raises(UsageError) as raised:
        find(topic, pages(folder))
    assert "quick-start, manual, abc" in raised.value.hint


def test_the_manual_that_ships_is_found() -> None:
    names = [page.name for page in pages()]
    assert names[:2] == ["quick-start", "manual"]
    assert "crontab" in find("cron", pages()).lower(), "the help and the card ask for it"
