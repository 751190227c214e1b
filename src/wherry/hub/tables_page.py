"""`docs/tables.md`, written from the schema: what each feed and table is, column by column."""

from __future__ import annotations

from collections.abc import Mapping

from wherry.hub.reasons import REASONS
from wherry.hub.schema import FEEDS, IDENTIFYING_COLUMNS, TABLES, Shape
from wherry.hub.secondary import KEYS, LEFT_OUT, OLDEST, TRACES

_HEAD = """# Feeds and tables

This page is written from `wherry/hub/schema.py` by `python -m wherry.hub.tables_page`; a test fails when it is out of
date.

A *feed* is what one organisation sends about one subject. A source template (`systems/<system>/templates/*.toml`) says
how that organisation writes it. A *table* is what a snapshot publishes: one Parquet file, sorted, compressed with zstd.
A dot in the last column marks a column that is never blank.
"""

_SECONDARY = f"""## The view for secondary use

`wherry.hub.open(purpose="secondary")` is the same snapshot for everything that is not one person's care:

- people on the national data opt-out list are in no person-level table of it; the manifest says how many, never who;
- these tables are left out: {", ".join(f"`{name}`" for name in sorted(LEFT_OUT))};
- these columns are left out: {", ".join(f"`{name}`" for name in sorted(IDENTIFYING_COLUMNS | TRACES))};
- these keys are replaced by keyed hashes, which still join: {", ".join(f"`{name}`" for name in sorted(KEYS))};
- `birth_date` becomes `age_at_census`, whole years, {OLDEST} and over as {OLDEST};
- `death_date` becomes the first day of its month.
"""


def page() -> str:
    """The whole page as Markdown."""
    parts = [_HEAD, "## Feeds: what organisations send\n", *_shapes(FEEDS)]
    parts += [
        "## Tables: what a snapshot publishes\n",
        *_shapes(TABLES),
        "## Reasons of quarantine and blanked values\n",
    ]
    parts.append(
        "\n".join(["| code | words |", "|---|---|", *(f"| `{c}` | {words} |" for c, words in REASONS.items())])
    )
    return "\n".join([*parts, "", _SECONDARY])


def _shapes(shapes: Mapping[str, Shape]) -> list[str]:
    return [_shape(shape) for shape in shapes.values()]


def _shape(shape: Shape) -> str:
    said = "" if shape.person_level else " Not about single people."
    lines = [
        f"### {shape.name}\n",
        f"A row is {shape.row}. Key: {', '.join(f'`{name}`' for name in shape.key)}.{said}\n",
        "| column | type | meaning | |",
        "|---|---|---|---|",
    ]
    for column in shape.columns:
        kind = str(column.type).replace("date32[day]", "date").replace("timestamp[us, tz=UTC]", "moment, UTC")
        lines.append(f"| `{column.name}` | {kind} | {column.words} | {'•' if column.required else ''} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(page(), end="")
