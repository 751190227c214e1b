"""What plans stand on: the year of activity, what came in, what was left out and why, and what is not in it at all."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pyarrow_compute
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from wherry.hub.activity import Activity
from wherry.planning.scenario.model import year_words
from wherry.reference.activity import KINDS
from wherry.web.access import Permission
from wherry.web.access.http import Request
from wherry.web.access.requires import requires
from wherry.web.planning import scenario_selectors as selectors
from wherry.web.planning.scenario_reading import system

pc: Any = pyarrow_compute
#: Quarantined rows that the page shows; how many there are is always said.
SHOWN = 200

#: What a year of activity does not hold, however complete it is.
NOT_IN_IT = (
    "Who anybody is: no name, number, address or date. A spell cannot be opened as a patient.",
    "Need that met nobody: people who were not referred, who waited all year, or who went elsewhere.",
    "Critical care by the day: it is part of spells of other specialties, and its beds are not counted.",
    "Care outside these hospitals: general practice, community, mental health, ambulance and social care.",
    "People of the system whom hospitals outside it treated.",
)


@dataclass(frozen=True)
class Row:
    """One kind of activity: counts by trust in the order of the page, and their sum. `None`: none was sent."""

    words: str
    unit: str
    by_trust: tuple[int | None, ...]
    total: int | None


@dataclass(frozen=True)
class Totals:
    """A year by kind and trust; `nights` in bed by trust, and those of everybody."""

    rows: tuple[Row, ...]
    nights: Row


@requires(Permission.SEE_PLANS)
@require_GET
def baseline(request: Request) -> HttpResponse:
    """The year of activity that scenarios start from (`?year=2023` where there are several)."""
    found = selectors.activity()
    context: dict[str, Any] = {"activity": found, "not_in_it": NOT_IN_IT}
    if found is not None:
        asked = request.GET.get("year", "")
        year = int(asked) if asked.isascii() and asked.isdigit() and len(asked) == 4 else found.years[-1]
        year = year if year in found.years else found.years[-1]
        place = system()
        left_out = _left_out(str(found.folder), found.id)
        context |= {
            "year": year,
            "years": [(one, year_words(one)) for one in found.years],
            "words": year_words(year),
            "trusts": [place.short_name(code) for code in place.trusts],
            "totals": totals(found, year, place.trusts),
            "reasons": left_out[0],
            "left_out": left_out[1],
            "loaded": str(found.manifest["loaded_at"]),
        }
    return render(request, "planning/baseline.jinja", context)


def totals(found: Activity, year: int, trusts: tuple[str, ...]) -> Totals:
    """Sums of the cells of one year by kind and trust."""
    return _totals(str(found.folder), found.id, year, trusts)


@lru_cache(maxsize=8)
def _totals(folder: str, load_id: str, year: int, trusts: tuple[str, ...]) -> Totals:
    cells = Activity(Path(folder), {}).cells()
    cells = cells.filter(pc.equal(cells["financial_year"], year))
    spent = pc.multiply(pc.cast(cells["nights"], pa.int64()), cells["count"])
    by = cells.append_column("spent", spent).group_by(["organisation", "kind"])
    found = {
        (row["organisation"], row["kind"]): row
        for row in by.aggregate([("count", "sum"), ("spent", "sum")]).to_pylist()
    }

    def row(words: str, unit: str, kinds: list[str], key: str) -> Row:
        parts = []
        for trust in trusts:
            held = [found[trust, kind][key] for kind in kinds if (trust, kind) in found]
            parts.append(sum(held) if held else None)
        every = [values[key] for (_, kind), values in found.items() if kind in kinds]
        return Row(words, unit, tuple(parts), sum(every) if every else None)

    rows = [
        row(kind.plural[0].upper() + kind.plural[1:], kind.unit, [code], "count_sum") for code, kind in KINDS.items()
    ]
    beds = [code for code, kind in KINDS.items() if kind.nights]
    return Totals(tuple(rows), row("Nights in bed", "nights", beds, "spent_sum"))


@lru_cache(maxsize=4)
def _left_out(folder: str, load_id: str) -> tuple[list[tuple[str, int]], list[dict[str, Any]]]:
    """Rows that were left out: how many for each reason, most first, and the first of them without their content."""
    table = Activity(Path(folder), {}).quarantine()
    counted = table.group_by(["reason_code"]).aggregate([("line", "count")]).to_pylist()
    reasons = sorted(((row["reason_code"], row["line_count"]) for row in counted), key=lambda pair: (-pair[1], pair[0]))
    return reasons, table.select(["file_name", "line", "reason"]).slice(0, SHOWN).to_pylist()
