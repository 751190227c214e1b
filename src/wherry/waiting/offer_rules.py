"""When an offer of treatment elsewhere is reasonable, who may ask to move, and what a decline does: nothing.

Source: *Recording and reporting RTT waiting times* v5.0, 4.4 and 8 (patient choice and delay) and 11 (transfers). The
numbers are dated data in `data/offer_rules.toml`, each with its own source. Nothing here reads or writes a clock:
declining an earlier date with another team never stops one (8), and a transfer carries the clock start over (11).
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib import resources
from typing import Any

from wherry.errors import UserError
from wherry.reference.procedure_groups import GROUPS
from wherry.reference.services import COMPLEXITIES

_EARTH_MILES = 3958.8


@dataclass(frozen=True)
class OfferRules:
    """The numbers in force from a day. Lengths are in the unit that the name ends with."""

    from_date: date
    notice_days: int
    declines_before_talk: int
    long_wait_weeks: int
    no_date_within_weeks: int
    frail_from: int
    severe_from: int
    answer_days: int
    answer_days_least: int
    answer_before_treatment_days: int
    code_days_after: int
    invitation_days: int
    road_factor: float
    miles_asked: tuple[int, ...]
    search_weeks: int
    sources: Mapping[str, str]


@cache
def _all() -> tuple[OfferRules, ...]:
    text = resources.files("wherry.waiting").joinpath("data", "offer_rules.toml").read_text(encoding="utf-8")
    rows: list[dict[str, Any]] = tomllib.loads(text)["rules"]
    made = [OfferRules(**{**row, "miles_asked": tuple(row["miles_asked"])}) for row in rows]
    return tuple(sorted(made, key=lambda rules: rules.from_date))


def rules_on(on: date) -> OfferRules:
    """The rules in force on a day. `UserError` for a day before the first.

    >>> rules_on(date(2026, 1, 31)).notice_days
    21
    """
    held = [rules for rules in _all() if rules.from_date <= on]
    if not held:
        raise UserError(f"No rules of offers are known for {on.isoformat()}: add them to offer_rules.toml.")
    return held[-1]


def is_reasonable(offered_on: date, treat_on: date) -> bool:
    """Whether a date is a reasonable offer: at least three weeks between the offer and the date (4.4).

    >>> is_reasonable(date(2026, 1, 31), date(2026, 2, 21)), is_reasonable(date(2026, 1, 31), date(2026, 2, 20))
    (True, False)
    """
    return (treat_on - offered_on).days >= rules_on(offered_on).notice_days


def usual_answer_by(offered_on: date, treat_on: date) -> date:
    """The answer-by date that a form suggests.

    >>> usual_answer_by(date(2026, 1, 31), date(2026, 3, 2))
    datetime.date(2026, 2, 10)
    """
    rules = rules_on(offered_on)
    latest = treat_on - timedelta(days=rules.answer_before_treatment_days)
    return min(offered_on + timedelta(days=rules.answer_days), latest)


def wrong_with(
    *, offered_on: date, week_start: date, treat_on: date | None, answer_by: date | None, agreed_sooner: bool
) -> dict[str, str]:
    """What keeps an offer from being made, field by field; empty if it may be made.

    `treat_on` lies in the week that the place is in (`week_start` is its Monday). Less than three weeks' notice needs
    the patient's own agreement (`agreed_sooner`).

    >>> wrong_with(offered_on=date(2026, 1, 31), week_start=date(2026, 2, 16), treat_on=date(2026, 2, 17),
    ...            answer_by=date(2026, 2, 9), agreed_sooner=False)
    {'treat_on': 'The date must leave 21 days: 21 February 2026 or later, unless the patient has agreed to less'}
    """
    rules, errors = rules_on(offered_on), {}
    if treat_on is None:
        errors["treat_on"] = "Give the date of treatment or of the appointment"
    elif not week_start <= treat_on <= week_start + timedelta(days=6):
        errors["treat_on"] = f"The place is in the week of {_words(week_start)}: choose a day of that week"
    elif treat_on <= offered_on:
        errors["treat_on"] = "The date must be in the future"
    elif not is_reasonable(offered_on, treat_on) and not agreed_sooner:
        soonest = offered_on + timedelta(days=rules.notice_days)
        errors["treat_on"] = (
            f"The date must leave {rules.notice_days} days: {_words(soonest)} or later, "
            "unless the patient has agreed to less"
        )
    if answer_by is None:
        errors["answer_by"] = "Give the day by which the patient should answer"
    elif treat_on is not None and "treat_on" not in errors:
        least = rules.answer_days_least if is_reasonable(offered_on, treat_on) else 0
        first = offered_on + timedelta(days=least)
        last = treat_on - timedelta(days=rules.answer_before_treatment_days if least else 1)
        if not first <= answer_by <= last:
            errors["answer_by"] = f"The answer-by date must be from {_words(first)} to {_words(last)}"
    return errors


def unanswered(answer_by: date | None, today: date) -> bool:
    """Whether the answer-by date has passed: the day itself still counts for the patient.

    >>> unanswered(date(2026, 2, 10), date(2026, 2, 10)), unanswered(date(2026, 2, 10), date(2026, 2, 11))
    (False, True)
    """
    return answer_by is not None and today > answer_by


def may_ask_to_move(days_waited: int | None, next_date: date | None, today: date) -> bool:
    """Whether a patient may ask to move: beyond 40 weeks, and no date within eight weeks.

    >>> may_ask_to_move(281, None, date(2026, 1, 31)), may_ask_to_move(280, None, date(2026, 1, 31))
    (True, False)
    >>> [may_ask_to_move(400, booked, date(2026, 1, 31)) for booked in (date(2026, 3, 28), date(2026, 3, 29))]
    [False, True]
    """
    rules = rules_on(today)
    if days_waited is None or days_waited <= 7 * rules.long_wait_weeks:
        return False
    return next_date is None or next_date > today + timedelta(weeks=rules.no_date_within_weeks)


def complexity_of(group: str, frailty: float | None, asa: float | None, on: date) -> str:
    """How hard one person's case is: the group's complexity, one step harder if frail or severely ill.

    >>> complexity_of("cataract", None, None, date(2026, 1, 31)), complexity_of("cataract", 6, None, date(2026, 1, 31))
    ('routine', 'intermediate')
    """
    rules = rules_on(on)
    level = COMPLEXITIES.index(GROUPS[group].complexity) if group in GROUPS else 0
    harder = (frailty is not None and frailty >= rules.frail_from) or (asa is not None and asa >= rules.severe_from)
    return COMPLEXITIES[min(level + harder, len(COMPLEXITIES) - 1)]


def road_miles(from_point: tuple[float, float], to_point: tuple[float, float], on: date) -> float:
    """Miles by road between two places in degrees (north, east): the great circle times the road factor.

    >>> round(road_miles((52.6177, 1.2203), (52.5616, 1.7176), date(2026, 1, 31)))
    28
    """
    north, east, north_to, east_to = map(math.radians, (*from_point, *to_point))
    half = math.sin((north_to - north) / 2) ** 2
    half += math.cos(north) * math.cos(north_to) * math.sin((east_to - east) / 2) ** 2
    return 2 * _EARTH_MILES * math.asin(min(1.0, math.sqrt(half))) * rules_on(on).road_factor


def _words(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
