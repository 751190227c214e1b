"""The pages about the hub say what is so."""

from __future__ import annotations

from pathlib import Path

from wherry.hub.schema import FEEDS, TABLES
from wherry.hub.tables_page import page

ROOT = Path(__file__).parents[2]


def test_the_page_of_tables_is_up_to_date() -> None:
    assert (ROOT / "docs" / "tables.md").read_text(encoding="utf-8") == page(), (
        "write it again: python -m wherry.hub.tables_page > docs/tables.md"
    )
    for shape in (*FEEDS.values(), *TABLES.values()):
        assert f"### {shape.name}\n" in page()
