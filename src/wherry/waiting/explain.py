"""One pathway's clock in words: event by event, period by period, and in a sentence.

Nothing is decided here. The clock is derived again with one more event at a time, by the same code that derives the
whole list, and what changed is said. Pure functions over the pathway's events; names of organisations are the
caller's affair. Sources: the guidance named in `codes` and, by paragraph A3 to A7, the clock contract.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa

from wherry.reference import rtt_codes
from wherry.waiting import clocks, codes
from wherry.waiting.derive import in_order
from wherry.waiting.words import day

#: Effect of an event -> paragraph of the contract that says so, where no clock rule does.
PARAGRAPHS = {
    "after_census": "A3, events after the census day",
    "copy": "A3, exact duplicates",
    "second_start": "A4, a start while a clock is open",
    "runs_on": "A4, status 20 and 21",
    "after_stop": "A4, events after the stop",
    "dna_runs_on": "A4, status 33 without proof",
    "cancellation": "A4, cancellations; guidance 4.4 and 8: a cancellation never stops a clock",
    "outside": "A4, status 90, 91, 92 and 98",
    "no_status": "A4, no status",
    "not_known": "A4, status 99",
    "unknown_status": "A4, any other status",
}


#: Effect of an event -> the issue that it raises.
ISSUE_OF = {
    "copy": "duplicate_event",
    "second_start": "two_starts",
    "after_stop": "event_after_stop",
    "dna_runs_on": "dna_not_communicated",
    "not_known": "status_99",
    "unknown_status": "unknown_status",
    "opened_unknown": "no_start",
    "stopped_unknown": "stop_without_start",
}


@dataclass(frozen=True)
class Step:
    """What one event did to the clock.

    `row` is its place in the table that was given, `rule` a code of `codes.RULES`, `period` the period it belongs to
    (blank where there is none, also later) and `issue` what it raises there.
    """

    row: int
    on: date
    event_type: str
    status: str | None
    status_words: str
    effect: str
    words: str
    rule: str | None
    source: str
    period: int | None
    issue: str | None


@dataclass(frozen=True)
class Story:
    """One period in words. Rows are places in the table that was given."""

    period: int
    outcome: str
    clock_start: date | None
    clock_stop: date | None
    days_waited: int | None
    list_order_date: date | None
    credit_days: int
    start_row: int | None
    stop_row: int | None
    start_rule: codes.Rule
    stop_rule: codes.Rule | None
    started: str
    stopped: str
    order: str
    issues: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Explanation:
    """A pathway's clock: one sentence, every event in the order in which the clock takes them, every period."""

    sentence: str
    steps: tuple[Step, ...]
    periods: tuple[Story, ...]

    @property
    def is_open(self) -> bool:
        """Whether a clock is running."""
        return bool(self.periods) and self.periods[-1].outcome == "open"


def explain(events: pa.Table, census: date) -> Explanation:
    """Explain the clock of one pathway.

    `events` has the columns of `pathway_event` (as the snapshot publishes it) or of the events file, all of one
    pathway.

    >>> events = pa.table({"pathway_id": ["A", "A"], "event_date": [date(2025, 10, 3), date(2025, 11, 1)],
    ...                    "event_type": ["referral_received", "patient_cancellation"], "rtt_status": ["10", "34"]})
    >>> told = explain(events, date(2026, 1, 31))
    >>> told.sentence
    'The clock has run since 3 October 2025: 120 days, 17 weeks.'
    >>> told.steps[1].words
    'A stop code on a cancellation counts as no status: clock 1 runs on.'
    """
    given = _contract(events)
    order = _order(given)
    final = _periods(given, list(range(given.num_rows)), census)
    rows = given.to_pylist()
    seen: list[int] = []
    before: list[dict[str, Any]] = []
    period_of: dict[int, int | None] = {}
    steps = []
    for row in order:
        if rows[row]["event_date"] > census:
            steps.append(_step(rows[row], _after_census(census), None))
            continue
        first = next((other for other in seen if rows[other] == rows[row] | {"row_": rows[other]["row_"]}), None)
        seen.append(row)
        after = _periods(given, sorted(seen), census)
        if first is not None:
            effect = Effect("copy", "An exact copy of an event already counted: it is not counted again.")
            period_of[row] = period_of[first]
        else:
            effect = _effect(row, rows[row], before, after)
            # what comes before every period belongs to the first one, if there ever is one
            period_of[row] = after[-1]["period"] if after else final[0]["period"] if final else None
        steps.append(_step(rows[row], effect, period_of[row]))
        before = after
    stories = tuple(_story(period, final[at - 1] if at else None) for at, period in enumerate(final))
    return Explanation(_sentence(stories, census), tuple(steps), stories)


# --- the events as the clock takes them -----------------------------------------------------------------------------

_NAMES = {"pathway_key": "pathway_id", "event_on": "event_date", "organisation": "provider"}


def _contract(events: pa.Table) -> pa.Table:
    """The events by the names of the contract, with where each stood in what was given."""
    named = events.append_column("row_", pa.array(list(range(events.num_rows)), pa.int64()))
    if "event_on" in events.column_names:
        named = in_order(named)
    named = named.rename_columns([_NAMES.get(name, name) for name in named.column_names])
    absent = [name for name in codes.EVENT_COLUMNS if name not in named.column_names]
    for name in absent:
        named = named.append_column(name, pa.nulls(named.num_rows, pa.string()))
    named = named.select([*codes.EVENT_COLUMNS, "row_"])
    if len(set(named.column("pathway_id").to_pylist())) > 1:
        raise ValueError("these events are of more than one pathway")
    return named


def _order(given: pa.Table) -> list[int]:
    days = given.column("event_date").to_pylist()
    return sorted(range(given.num_rows), key=lambda row: (days[row], row))


def _periods(given: pa.Table, rows: list[int], census: date) -> list[dict[str, Any]]:
    """The periods of some of the events, with rows as places in `given`."""
    found = clocks.derive(given.take(pa.array(rows, pa.int64())), census).to_pylist()
    for period in found:
        for name in ("start_row", "stop_row"):
            if period[name] is not None:
                period[name] = rows[period[name]]
        period["issues"] = frozenset((period["issues"] or "").split(";")) - {""}
    return found


# --- event by event -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Effect:
    """The name of what an event did, in words, and the clock rule that it applied."""

    name: str
    words: str
    rule: str | None = None


def _step(event: dict[str, Any], effect: Effect, period: int | None) -> Step:
    status = event["rtt_status"] or None
    return Step(
        row=event["row_"],
        on=event["event_date"],
        event_type=event["event_type"],
        status=status,
        status_words=rtt_codes.words(status),
        effect=effect.name,
        words=effect.words,
        rule=effect.rule,
        source=codes.RULES[effect.rule].source if effect.rule else PARAGRAPHS[effect.name],
        period=period,
        issue=ISSUE_OF.get(effect.name) if period is not None else None,
    )


def _after_census(census: date) -> Effect:
    return Effect("after_census", f"After the census of {day(census)}: it does not count yet.")


def _effect(row: int, event: dict[str, Any], before: list[dict[str, Any]], after: list[dict[str, Any]]) -> Effect:
    """What an event did, from what the clock was before and after it."""
    last = after[-1] if after else None
    number = f"clock {last['period']}" if last else ""
    new = len(after) > len(before)
    if last and last["stop_row"] == row:
        rule = str(last["stop_rule"])
        if new:
            words = f"A stop with no clock to stop: {number} is closed with an unknown start."
            return Effect("stopped_unknown", words, rule)
        if last["outcome"] == "nullified":
            words = f"{number.capitalize()} is nullified: it counts neither as waiting nor as treated."
            return Effect("nullified", words, rule)
        return Effect("stopped", f"{number.capitalize()} stops{_after(last['days_waited'])}.", rule)
    if last and new:
        rule = str(last["start_rule"])
        if last["clock_start"] is None:
            words = f"Activity before any clock start: {number} runs with an unknown start."
            return Effect("opened_unknown", words, rule)
        return Effect("started", f"{number.capitalize()} starts.", rule)
    return Effect(*_no_change(event, last, number))


def _no_change(event: dict[str, Any], last: dict[str, Any] | None, number: str) -> tuple[str, str]:
    """What is said of an event that neither started nor stopped a clock."""
    runs = last is not None and last["outcome"] == "open"
    if last is None:
        state = "no clock has started"
    else:
        state = f"{number} runs on" if runs else f"{number} had ended on {day(last['clock_stop'])}"
    status = event["rtt_status"] or ""
    number_of = int(status) if status.isdigit() and status.isascii() and len(status) == 2 else -1
    flags = {name: event[name] in (True, "yes") for name in ("first_activity", "dna_communicated")}
    action = codes.action(number_of if status else None, event["event_type"], **flags)
    if action == codes.Action.NOTHING:
        if not status:
            return "no_status", f"No status, so no effect: {state}."
        if event["event_type"] in codes.CANCELLATIONS and 30 <= number_of <= 36:
            return "cancellation", f"A stop code on a cancellation counts as no status: {state}."
        return "outside", f"Status {status} is outside the clock: {state}."
    if action == codes.Action.DNA_NOT_COMMUNICATED:
        return (
            "dna_runs_on",
            f"Not shown to be a first appointment that was clearly communicated, so no effect: {state}.",
        )
    if action == codes.Action.STATUS_99:
        return "not_known", f"Status 99 says only that the status is not yet known: {state}."
    if action == codes.Action.UNKNOWN_STATUS:
        return "unknown_status", f"Status {status} is not in the national list, so no effect: {state}."
    if not runs:
        return "after_stop", f"It changes nothing: {state}."
    if action == codes.Action.START:
        return "second_start", f"A start while {number} is running is ignored: {state}."
    moved = f", now with {event['provider']}" if number_of == 21 and event["provider"] else ""
    return "runs_on", f"{number.capitalize()} runs on{moved}."


# --- period by period -----------------------------------------------------------------------------------------------


def _story(period: dict[str, Any], previous: dict[str, Any] | None) -> Story:
    start, stop, order = period["clock_start"], period["clock_stop"], period["list_order_date"]
    start_rule = codes.START_RULES[period["start_rule"]]
    stop_rule = codes.STOP_RULES[period["stop_rule"]] if period["stop_rule"] else None
    credit = (start - order).days if start and order else 0
    started = f"Started {day(start)}. {start_rule.words}." if start else f"Start unknown. {start_rule.words}."
    if stop_rule is None:
        stopped = "Running."
    else:
        verb = "Nullified" if period["outcome"] == "nullified" else "Stopped"
        stopped = f"{verb} {day(stop)}{_after(period['days_waited'])}. {stop_rule.words}."
    if order is None:
        placed = "The start is unknown, so there is no list-order date."
    elif credit and previous is not None:
        placed = (
            f"{_days(credit)} of waiting before active monitoring count, so the list-order date is {day(order)}; "
            f"active monitoring itself, from {day(previous['clock_stop'])}, is not counted."
        )
    else:
        placed = f"The list-order date is the clock start, {day(order)}."
    return Story(
        period=period["period"],
        outcome=period["outcome"],
        clock_start=start,
        clock_stop=stop,
        days_waited=period["days_waited"],
        list_order_date=order,
        credit_days=credit,
        start_row=period["start_row"],
        stop_row=period["stop_row"],
        start_rule=start_rule,
        stop_rule=stop_rule,
        started=started,
        stopped=stopped,
        order=placed,
        issues=tuple((code, codes.ISSUE_WORDS[code]) for code in sorted(period["issues"])),
    )


def _days(number: int) -> str:
    return f"{number:,} day{'' if number == 1 else 's'}"


def _after(days: int | None) -> str:
    return "" if days is None else f" after {_days(days)}"


def _sentence(stories: tuple[Story, ...], census: date) -> str:
    """Where the pathway stands, in one sentence or two."""
    if not stories:
        return "No clock has started: no event up to the census has started or stopped one."
    last = stories[-1]
    if last.clock_stop is not None and last.stop_rule is not None:
        verb = "was nullified" if last.outcome == "nullified" else "stopped"
        return f"The clock {verb} on {day(last.clock_stop)}{_after(last.days_waited)}. {last.stop_rule.words}."
    if last.clock_start is None or last.days_waited is None:
        return "A clock is running, but when it started is not known."
    weeks = last.days_waited // 7
    waited = f"{_days(last.days_waited)}, {weeks:,} week{'' if weeks == 1 else 's'}"
    said = f"The clock has run since {day(last.clock_start)}: {waited}."
    if last.credit_days and last.list_order_date is not None:
        said += (
            f" The place on the list counts from {day(last.list_order_date)}, with {_days(last.credit_days)} credited."
        )
    return said
