"""A handful of measures with values made by hand, and reports of them: no hub, no database, the same every time.

Twenty-five months to January 2026 of three trusts of the real system. Figures follow plain formulas that tests repeat.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa

from wherry.performance import disclosure
from wherry.performance.evaluation.draw import Line, lines
from wherry.performance.measures import scopes
from wherry.performance.measures.model import Direction, Grain, Kind, Measure, Source, Split, Target
from wherry.performance.measures.values import VALUES, Values
from wherry.performance.report import Figures, Given, Objective, Report, Step, Verdict, assemble
from wherry.reference.system import System, load

JANUARY = date(2026, 1, 1)
MONTHS = tuple(date(2024 + at // 12, at % 12 + 1, 1) for at in range(25))
TRUSTS = ("RM1", "RGP", "RCX")
AS_AT = date(2026, 2, 10)
MADE_AT = "2026-02-12T09:30:00+00:00"


def measure(code: str, name: str, **more: Any) -> Measure:
    """A measure with what most of them share."""
    given: dict[str, Any] = {
        "what": f"{name}, made by hand",
        "domain": "elective",
        "owner": "Chief operating officer",
        "unit": "percent",
        "direction": Direction.INCREASE,
        "grain": Grain.MONTH,
        "source": Source(Kind.TABLE, "rtt_waiting", "count(*)", "count(*)"),
        "reference": "Made by hand",
        "certainty": "own default",
    }
    return Measure(code=code, name=name, **(given | more))


def target(value: float) -> tuple[Target, ...]:
    """One target that always held."""
    return (Target(value, date(2020, 1, 1), None, "A plan made by hand", "own default"),)


#: Will miss its target of 90%; published, so never withheld.
FOUR = measure(
    "t-four",
    "Seen within four hours",
    domain="urgent",
    national=True,
    source=Source(Kind.PUBLISHED, "ae", "a", "b"),
    targets=target(90.0),
    headline=True,
    objective="6a",
    theme="rtt_incompletes",
)
#: Worse in the last eight months.
WAITS = measure("t-waits", "Waiting 18 weeks or less", targets=target(40.0), theme="waiting_times")
#: Small counts of people: RM1 has two in every month.
SMALL = measure(
    "t-small",
    "Serious harm",
    domain="quality",
    unit="number",
    decimals=0,
    direction=Direction.DECREASE,
    dashboards=("quality",),
)
#: Nothing since October; only a quarter at a time.
QUARTERS = measure(
    "t-quarters",
    "Posts that are vacant",
    domain="workforce",
    owner="Chief people officer",
    source=Source(Kind.LOADED),
    grain=Grain.QUARTER,
    direction=Direction.DECREASE,
    targets=target(50.0),
    objective="3b",
)
#: Each event on its day; published, so that the days are shown.
RARE = measure(
    "t-rare",
    "Never events",
    domain="quality",
    unit="number",
    decimals=0,
    direction=Direction.DECREASE,
    grain=Grain.DAY,
    chart="t",
    national=True,
    source=Source(Kind.LOADED),
)
#: Money: pence over nothing.
MONEY = measure(
    "t-money",
    "Spent on agency staff",
    domain="money",
    unit="pence",
    decimals=2,
    direction=Direction.DECREASE,
    source=Source(Kind.LOADED),
    owner="Chief finance officer",
)
#: Nobody sent it.
NOTHING = measure(
    "t-nothing",
    "Stillbirths",
    domain="maternity",
    dashboards=("maternity",),
    unit="per_1000",
    owner="Director of midwifery",
    direction=Direction.DECREASE,
    source=Source(Kind.LOADED),
)
MEASURES = {one.code: one for one in (FOUR, WAITS, SMALL, QUARTERS, RARE, MONEY, NOTHING)}
#: The chart of an evaluation.
CALL = lines(
    [date(2025, 4, 1), date(2025, 5, 1)],
    [Line("Seen", [70.0, 71.5])],
    id="evaluation-1",
    title="Seen within four hours",
    description="The solid line is what was seen.",
    start=date(2025, 5, 1),
)
DAYS = tuple(date(2025, month, 3) for month in range(1, 13))


def four(at: int, trust: int) -> tuple[int, int]:
    """Seen within four hours in the `at`-th month, and of how many."""
    below = 9_000 + 1_500 * trust
    return int(below * (0.70 + 0.004 * ((at * 7 + trust) % 5))), below


def waits(at: int, trust: int) -> tuple[int, int]:
    """Waiting 18 weeks or less, and of how many: five in a hundred fewer from the seventeenth month on."""
    below = 20_000 - 4_000 * trust
    return int(below * (0.60 + 0.003 * ((at * 5 + trust) % 4) - (0.05 if at >= 17 else 0))), below


def small(at: int, trust: int) -> int:
    """People harmed."""
    return (2, 41 + at % 3, 67 + at % 4)[trust]


def rows() -> list[tuple[Any, ...]]:
    """Every value, in the order of the columns."""
    found: list[tuple[Any, ...]] = []

    def add(one: Measure, period: date, code: str, top: float, below: float | None, **more: str) -> None:
        split, category = more.get("split", "all"), more.get("category", "")
        value = one.value(top, below)
        found.append((one.code, period, code, split, category, top, below, value, f"Files of {code}", AS_AT))

    for at, period in enumerate(MONTHS):
        for number, code in enumerate(TRUSTS):
            add(FOUR, period, code, *four(at, number))
            top, below = waits(at, number)
            add(WAITS, period, code, top, below)
            add(WAITS, period, code, top // 4, below // 4, split=Split.PLACE.value, category="E07000145")
            add(SMALL, period, code, small(at, number), None)
            add(MONEY, period, code, 123_456 + 100 * at, 1)
            if period.month in (1, 4, 7, 10) and period < date(2025, 10, 1):
                add(QUARTERS, period, code, 6 + number + at % 2, 90 + number)
    for at, day in enumerate(DAYS):
        add(RARE, day, TRUSTS[at % 3], 1, None)
    return found


def values(given: list[tuple[Any, ...]] | None = None, name: str = "made-by-hand") -> Values:
    """Values in memory."""
    columns = zip(*(rows() if given is None else given), strict=True)
    table = pa.table(
        {field.name: pa.array(list(column), field.type) for field, column in zip(VALUES, columns, strict=True)},
        schema=VALUES,
    )
    return Values(Path("nowhere"), {"load_id": name}, table)


def system() -> System:
    """The system that the figures are of."""
    return load("norfolk-waveney")


def given(found: Values | None = None, **more: Any) -> Given:
    """What reports of the made values share."""
    made = Given(
        Figures(found or values(), scopes.scopes(system(), JANUARY), disclosure.rules(system())),
        MEASURES,
        system().title,
        True,
        MADE_AT,
        (Objective("3b", "Maternity", "More midwives"), Objective("6a", "Urgent care", "Faster ambulances")),
        (
            Verdict("A new ward", "Negative", "It got worse.", "Synthetic control", "Chief nurse", "2026-01-20"),
            Verdict(
                *("A call", "Realised", "It got better.", "Differences", "Chief nurse", "", True, "RGP", CALL),
                *(
                    "Seen, and without it. The solid line is what was seen.",
                    (Step("May 2025", 71.5, None, "71.5%", "not known"),),
                ),
            ),
        ),
    )
    return replace(made, **more)


@lru_cache(maxsize=1)
def group_report() -> Report:
    """The group's report for January, without narratives. Read only."""
    return assemble(given(), "group", JANUARY)
