"""The next days as pages say them: beds free tonight and tomorrow, fans and tables, sources, how good it has been."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from wherry.flow.forecast.outlook import ALL, GENERAL
from wherry.flow.forecast.score import INTERVALS
from wherry.reference.wards import GENERAL_AND_ACUTE
from wherry.web.components.formats import LONDON, short_day
from wherry.web.outlook import charts, selectors
from wherry.web.outlook.models import Forecast, UnitForecast
from wherry.web.outlook.selectors import Expected

NIGHT, MORNING = 22, 8
#: From this chance on a place is named as likely to be short.
LIKELY = 0.5
SOURCE_WORDS = (
    "Here now, and still here",
    "In the department now",
    "Emergencies yet to come",
    "Planned admissions",
    "Transfers and maternity",
)


@dataclass(frozen=True)
class FreeRow:
    """One line of the first table: a place, its open beds, and what is expected tonight and tomorrow morning."""

    site: str
    group: str
    words: str
    whole: bool
    apart: bool
    beds_open: int | None
    now: int
    looks: tuple[Expected | None, ...]


def signed(number: float | None) -> str:
    """Free beds as said: `12 free`, `3 short`, `none free`.

    >>> signed(12.2), signed(-3.4), signed(0.2), signed(None)
    ('12 free', '3 short', 'none free', 'not known')
    """
    if number is None:
        return "not known"
    whole = round(number)
    return f"{whole} free" if whole > 0 else f"{-whole} short" if whole < 0 else "none free"


def chance(share: float | None) -> str:
    """A chance as said.

    >>> chance(0.123), chance(0.0004), chance(0.9999), chance(None)
    ('12%', 'under 1%', 'over 99%', 'not known')
    """
    if share is None:
        return "not known"
    return "under 1%" if share < 0.01 else "over 99%" if share > 0.99 else f"{100 * share:.0f}%"


def hour_words(at: datetime, now: datetime) -> str:
    """A moment against today: `today 22:00`, `tomorrow 08:00`, `Fri 17 Jul 08:00`."""
    local, today = at.astimezone(LONDON), now.astimezone(LONDON).date()
    ahead = (local.date() - today).days
    day = {0: "today", 1: "tomorrow"}.get(ahead, f"{local:%a} {local.day} {local:%b}")
    return f"{day} {local:%H:%M}"


def moments(as_at: datetime) -> tuple[datetime, datetime]:
    """Tonight and tomorrow morning, seen from an hour."""
    night = selectors.next_at(NIGHT, as_at)
    return night, selectors.next_at(MORNING, night)


def free_rows(row: Forecast, units: Sequence[UnitForecast]) -> list[FreeRow]:
    """The first table: all general and acute beds, then each site's, with its ward groups beneath."""
    looks = moments(row.as_at)
    found = []
    for unit in sorted(units, key=_order(units)):
        whole = unit.group == GENERAL
        words = (
            f"{selectors.scope_words(unit.site)}: adult general and acute"
            if whole
            else selectors.group_words(unit.group)
        )
        found.append(
            FreeRow(
                unit.site,
                unit.group,
                words,
                whole,
                not whole and unit.group not in GENERAL_AND_ACUTE,
                unit.beds_open,
                round(unit.rows[0]["mean"]),
                tuple(selectors.at_moment(row, unit, look) for look in looks),
            )
        )
    return [one for one in found if one.beds_open or one.now]


def _order(units: Sequence[UnitForecast]) -> Any:
    places = list(dict.fromkeys(unit.site for unit in units))
    groups = [GENERAL, "medicine", "older", "surgery", "children", "maternity", "critical"]

    def key(unit: UnitForecast) -> tuple[int, int]:
        place = -1 if unit.site == ALL else places.index(unit.site)
        return place, groups.index(unit.group) if unit.group in groups else len(groups)

    return key


def headlines(row: Forecast, rows: Sequence[FreeRow]) -> list[tuple[str, str]]:
    """The answer, a moment and a sentence each: what is expected of all adult beds, and where it is likely too few."""
    said = []
    for place, at in enumerate(moments(row.as_at)):
        every = next((one.looks[place] for one in rows if one.site == ALL), None)
        parts = sorted(
            (one for one in rows if not one.whole and _short(one.looks[place]) >= LIKELY),
            key=lambda one: -_short(one.looks[place]),
        )
        words = f"{signed(every.free)} of the adult beds expected. " if every is not None else ""
        if parts:
            names = ", ".join(f"{selectors.scope_words(one.site)} {one.group}" for one in parts[:3])
            more = f" and {len(parts) - 3} more" if len(parts) > 3 else ""
            words += f"More likely than not too few: {names}{more}."
        else:
            words += "No ward group is more likely than not to have too few."
        said.append((hour_words(at, row.as_at).capitalize(), words))
    return said


def _short(look: Expected | None) -> float:
    return look.short if look is not None and look.short is not None else 0.0


def hours_fan(row: Forecast, unit: UnitForecast) -> charts.Fan:
    """The fan of 72 hours."""
    mine = [one for one in unit.rows if one["ahead"] <= 72]
    labels = []
    for one in mine:
        local = (row.as_at + timedelta(hours=one["ahead"])).astimezone(LONDON)
        if local.hour in (0, 12):
            labels.append((one["ahead"], f"{local:%a} {local:%H}:00" if local.hour == 0 else "12:00"))
    return _fan(mine, labels, unit)


def days_fan(row: Forecast, unit: UnitForecast) -> charts.Fan:
    """The fan of 14 days, each at 08:00."""
    mine = day_rows(row, unit)
    labels = []
    for place, one in enumerate(mine):
        local = (row.as_at + timedelta(hours=one["ahead"])).astimezone(LONDON)
        if place % 2 == 0:
            labels.append((one["ahead"], f"{local:%a} {local.day}"))
    return _fan(mine, labels, unit)


def _fan(mine: Sequence[dict[str, Any]], labels: Sequence[tuple[int, str]], unit: UnitForecast) -> charts.Fan:
    words = "" if unit.beds_open is None else f"{unit.beds_open} open beds"
    return charts.fan([one["ahead"] for one in mine], [one["levels"] for one in mine], labels, unit.beds_open, words)


def day_rows(row: Forecast, unit: UnitForecast) -> list[dict[str, Any]]:
    """The rows at 08:00."""
    return [
        one
        for one in unit.rows
        if one["ahead"] > 0 and (row.as_at + timedelta(hours=one["ahead"])).astimezone(LONDON).hour == MORNING
    ]


def table(row: Forecast, unit: UnitForecast, mine: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows as a table shows them."""
    beds = unit.beds_open
    return [
        {
            "when": hour_words(row.as_at + timedelta(hours=one["ahead"]), row.as_at),
            "mean": f"{one['mean']:.0f}",
            "range": f"{one['levels'][1]} to {one['levels'][5]}",
            "free": signed(None if beds is None else beds - one["mean"]),
            "short": chance(one["short"]),
            "full": chance(one["full"]),
            "sources": [f"{part:.0f}" if part >= 10 or part == 0 else f"{part:.1f}" for part in one["sources"]],
        }
        for one in mine
    ]


def source_rows(row: Forecast, unit: UnitForecast) -> list[dict[str, Any]]:
    """The breakdown by source, every six hours of 72."""
    return table(row, unit, [one for one in unit.rows if one["ahead"] <= 72 and one["ahead"] % 6 == 0])


def quality_block(kept: dict[str, Any], live: bool) -> dict[str, Any]:
    """How good forecasts have been, by hours ahead: rows of a table and the drawing of 24 hours ahead."""
    rows = []
    for ahead, one in sorted(kept["ahead"].items(), key=lambda pair: int(pair[0])):
        rows.append(
            {
                "ahead": int(ahead),
                "count": one["count"],
                "inside": [f"{100 * share:.0f}%" for share in one["inside"]],
                "promised": [f"{100 * share:.0f}%" for share in one["promised"]],
                "width": f"{one['width']:.1f}",
                "bias": f"{one['bias']:+.1f}",
                "crps": f"{one['crps']:.2f}",
                "error": f"{one['error']:.1f}",
                "now": f"{one['error_now']:.1f}",
                "week": "not known" if one.get("error_week") is None else f"{one['error_week']:.1f}",
            }
        )
    shown = kept["ahead"].get("24") or next(iter(kept["ahead"].values()))
    return {
        "rows": rows,
        "names": [f"{100 * level:.0f}%" for level in INTERVALS],
        "drawing": charts.shares(shown["histogram"]),
        "histogram": [f"{100 * share:.1f}%" for share in shown["histogram"]],
        "issues": kept["issues"],
        "live": live,
        "against": kept.get("against"),
        "period": kept.get("period"),
    }


def since_words(text: str) -> str:
    """The day of an ISO moment.

    >>> since_words("2026-07-14T13:00:00+00:00")
    '14 Jul 2026'
    """
    return short_day(datetime.fromisoformat(text).astimezone(LONDON).date())
