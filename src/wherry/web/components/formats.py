"""How things are written on every page: dates, names, NHS numbers, counts. A missing value is said, never zero."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
MISSING = "not known"


def day(value: date | None, missing: str = MISSING) -> str:
    """A date in words.

    >>> day(date(2026, 4, 3)), day(None)
    ('3 April 2026', 'not known')
    """
    if value is None:
        return missing
    if isinstance(value, datetime):
        value = value.astimezone(LONDON)
    return f"{value.day} {value:%B %Y}"


def short_day(value: date | None, missing: str = "") -> str:
    """A date for dense tables.

    >>> short_day(date(2026, 4, 3))
    '3 Apr 2026'
    """
    return missing if value is None else f"{value.day} {value:%b %Y}"


def iso_day(text: str | None) -> str:
    """A date that is kept as text, in words; text that is no date stays as it is.

    >>> iso_day("2026-03-06"), iso_day("March 2026"), iso_day(None)
    ('6 March 2026', 'March 2026', 'not known')
    """
    try:
        return day(date.fromisoformat(text)) if text else MISSING
    except ValueError:
        return text or MISSING


def moment(value: datetime | None, missing: str = MISSING) -> str:
    """A moment in London, 24-hour clock.

    >>> moment(datetime(2026, 7, 3, 13, 5, tzinfo=UTC))
    '3 July 2026 at 14:05'
    """
    if value is None:
        return missing
    value = (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(LONDON)
    return f"{day(value)} at {value:%H:%M}"


def person_name(surname: str | None, forename: str | None) -> str:
    """The surname in capitals, then the first name.

    >>> person_name("Brown", "Ann"), person_name(None, None), person_name("Brown", None), person_name("LEE", "MARY-ANN")
    ('BROWN, Ann', 'name not known', 'BROWN', 'LEE, Mary-Ann')
    """
    first = forename or ""
    if first.isupper() and len(first) > 2:
        first = first.title()
    parts = [part for part in ((surname or "").upper(), first) if part]
    return ", ".join(parts) or "name not known"


def nhs_number(value: str | None, missing: str = "NHS number not known") -> str:
    """An NHS number in threes and four.

    >>> nhs_number("9991234567")
    '999 123 4567'
    """
    if not value:
        return missing
    return f"{value[:3]} {value[3:6]} {value[6:]}" if len(value) == 10 and value.isdigit() else value


def count(value: int | None, missing: str = MISSING) -> str:
    """A whole number with thousands separated; a missing one is said so.

    >>> count(68959), count(0), count(None)
    ('68,959', '0', 'not known')
    """
    return missing if value is None else f"{value:,}"


def percent(value: float | None, places: int = 1, missing: str = MISSING) -> str:
    """A share (0 to 1) as a percentage.

    >>> percent(0.6543)
    '65.4%'
    """
    return missing if value is None else f"{100 * value:.{places}f}%"


def plural(number: int | None, one: str, many: str | None = None) -> str:
    """A number with its noun.

    >>> plural(1, "person", "people"), plural(2, "row")
    ('1 person', '2 rows')
    """
    return f"{count(number)} {one if number == 1 else many or one + 's'}"


def act(action: str) -> str:
    """An audited action in words.

    >>> act("pathway.opened"), act("account.signed_in")
    ('Pathway opened', 'Account signed in')
    """
    return action.replace(".", " ").replace("_", " ").capitalize()


FILTERS: dict[str, Callable[..., Any]] = {
    "day": day,
    "short_day": short_day,
    "iso_day": iso_day,
    "moment": moment,
    "nhs_number": nhs_number,
    "count": count,
    "percent": percent,
    "plural": plural,
    "act": act,
    "person_name": person_name,
}
