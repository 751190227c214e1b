"""A few measures with values made by hand, for tests of the pages of performance: no hub, the same every time.

`made_values(folder)` writes a store of values for the system of the handmade snapshot; `use(monkeypatch)` makes the
pages know these measures and no others. Codes are `made-*`; figures follow plain formulas that a test can repeat.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from wherry.performance.measures import values as stored
from wherry.performance.measures.model import (
    AGE_BANDS,
    Direction,
    Grain,
    Kind,
    Measure,
    Source,
    Split,
    Target,
)
from wherry.performance.measures.values import VALUES, Values
from wherry.reference.system import System
from wherry.web.components import performance

ORGANISATIONS = ("RM1", "RGP", "RCX")
#: Every month of two years, by its first day.
MONTHS = tuple(date(2024 + at // 12, at % 12 + 1, 1) for at in range(24))
ETHNICITIES = ("White", "Mixed", "Asian", "Black", "Other", "Not known")
PLACES = ("E07000143", "E07000144", "E07000145", "E07000146", "E07000147", "E07000148", "E07000149", "")
SPLITS: Mapping[Split, tuple[str, ...]] = {
    Split.IMD_QUINTILE: ("1", "2", "3", "4", "5", ""),
    Split.AGE_BAND: AGE_BANDS,
    Split.SEX: ("1", "2"),
    Split.ETHNICITY: ETHNICITIES,
    Split.PLACE: PLACES,
}


def _measure(code: str, name: str, **more: Any) -> Measure:
    given: dict[str, Any] = {
        "what": f"{name}, made by hand for tests",
        "domain": "elective",
        "owner": "Chief operating officer",
        "unit": "percent",
        "direction": Direction.INCREASE,
        "grain": Grain.MONTH,
        "source": Source(Kind.TABLE, "rtt_waiting", "count(*) filter (days_waited <= 126)", "count(*)"),
        "reference": "Made by hand",
        "certainty": "own default",
    }
    return Measure(code=code, name=name, **(given | more))


#: Large counts, a target and every split; better since January 2025.
WAITS = _measure(
    "made-waits",
    "Waiting 18 weeks or less",
    splits=tuple(SPLITS),
    targets=(Target(65.0, date(2024, 1, 1), None, "Made by hand", "own default"),),
    headline=True,
    theme="rtt_incompletes",
)
#: Small counts, of which most are withheld from readers who may not see patients.
LONG = _measure(
    "made-long-waits",
    "Waiting more than 65 weeks",
    unit="number",
    decimals=0,
    direction=Direction.DECREASE,
    source=Source(Kind.TABLE, "rtt_waiting", "count(*) filter (days_waited > 455)"),
    splits=(Split.IMD_QUINTILE,),
    targets=(Target(0.0, date(2024, 1, 1), None, "Made by hand", "own default"),),
    objective="6a",
)
#: Published, every trust in England; never withheld.
FOUR_HOURS = _measure(
    "made-four-hours",
    "Seen within four hours",
    domain="urgent",
    source=Source(Kind.PUBLISHED, "ae", "within_4h", "attendances"),
    national=True,
    targets=(Target(78.0, date(2024, 1, 1), None, "Made by hand", "own default"),),
)
#: Sent by organisations in a file; counts posts and not patients.
VACANCIES = _measure(
    "made-vacancies",
    "Posts that are vacant",
    domain="workforce",
    owner="Chief people officer",
    direction=Direction.DECREASE,
    source=Source(Kind.LOADED),
)
#: Defined, and nobody sent it.
NOTHING = _measure(
    "made-nothing",
    "Stillbirths",
    domain="maternity",
    dashboards=("maternity",),
    unit="per_1000",
    direction=Direction.DECREASE,
    source=Source(Kind.LOADED),
)
#: Rare events of people, each on its day; not among `MEASURES`.
RARE = _measure(
    "made-rare",
    "Rare events",
    unit="number",
    grain=Grain.DAY,
    chart="t",
    source=Source(Kind.LOADED),
)
RARE_DAYS = tuple(date(2025, month, 11) for month in range(1, 10))
MEASURES = {one.code: one for one in (WAITS, LONG, FOUR_HOURS, VACANCIES, NOTHING)}


def _row(
    measure: Measure, period: date, organisation: str, split: Split, category: str, top: float, below: float | None
) -> tuple[Any, ...]:
    return (
        measure.code,
        period,
        organisation,
        split.value,
        category,
        top,
        below,
        measure.value(top, below),
        "made by hand",
        date(2026, 1, 31),
    )


def waits(at: int, organisation: int) -> tuple[int, int]:
    """Of how many people how many waited 18 weeks or less, in the `at`-th month."""
    below = 12_000 - 3_000 * organisation + 37 * ((at * 7) % 11)
    share = 60 + organisation + (at * 5 % 7) * 0.3 + (6 if at >= 12 else 0)
    return int(below * share / 100), below


def rows() -> Iterator[tuple[Any, ...]]:
    """Every value."""
    yield from (_row(RARE, day, "RM1", Split.ALL, "", 1, None) for day in RARE_DAYS)
    for at, period in enumerate(MONTHS):
        for number, code in enumerate(ORGANISATIONS):
            top, below = waits(at, number)
            yield _row(WAITS, period, code, Split.ALL, "", top, below)
            for split, categories in SPLITS.items():
                yield from (
                    _row(WAITS, period, code, split, category, a, b)
                    for category, a, b in _shared(categories, top, below)
                )
            long = (at * 3 + number * 5) % 13
            yield _row(LONG, period, code, Split.ALL, "", long, None)
            for place, quintile in enumerate(SPLITS[Split.IMD_QUINTILE]):
                yield _row(LONG, period, code, Split.IMD_QUINTILE, quintile, long // 6 + (place < long % 6), None)
            yield _row(VACANCIES, period, code, Split.ALL, "", 3 + number + at % 4, 60 + 10 * number)
        for number, code in enumerate((*ORGANISATIONS, *(f"X{n:02}" for n in range(40)))):
            below = 9_000 + 100 * number
            yield _row(FOUR_HOURS, period, code, Split.ALL, "", int(below * (60 + number % 20 + at % 3) / 100), below)


def _shared(categories: tuple[str, ...], top: int, below: int) -> Iterator[tuple[str, int, int]]:
    """A numerator and denominator shared out over categories, the first the worst off; the sums stay."""
    size = len(categories)
    parts = [below // size + (at < below % size) for at in range(size)]
    tops = [int(part * top / below) for part in parts]
    tops[0] -= min(tops[0], below // 100)
    tops[-1] += top - sum(tops)
    yield from zip(categories, tops, parts, strict=True)


def made_values(folder: Path) -> Values:
    """Write the values in force of a working folder (`folder/hub` is its hub)."""
    columns = zip(*rows(), strict=True)
    table = pa.table(
        {field.name: pa.array(list(column), field.type) for field, column in zip(VALUES, columns, strict=True)},
        schema=VALUES,
    )
    return stored.publish(table, {"artificial": True, "system": "norfolk-waveney"}, folder / "hub")


def use(monkeypatch: pytest.MonkeyPatch, measures: Mapping[str, Measure] = MEASURES) -> None:
    """Let pages know these measures and no others."""

    def made(system: System | None) -> Mapping[str, Measure]:
        return measures

    monkeypatch.setattr(performance, "read_definitions", made)
    performance.forget()
