"""What-if in words and tables: when lines are reached, what theory says, what was assumed, how well the model does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np

from wherry.waiting.forward.answers import HIGH, LOW, Reached
from wherry.waiting.forward.runner import MEASURES
from wherry.web.components.formats import count, day, percent, plural, short_day
from wherry.web.elective.whatif_question import LINES, Question
from wherry.web.elective.whatif_selectors import Answer, WhatIf

#: Weeks ahead that tables show.
SHOWN = (0, 13, 26, 52, 78, 104)


@dataclass(frozen=True)
class Met:
    """When one scenario reaches a line: the day or what is said instead, the range, and its own day's chance."""

    words: str
    range: str
    chance: str
    reached: bool


def met(reached: Reached, seen: WhatIf, runs: int) -> Met:
    """When a line is reached, in words. No day is named that fewer than half of the runs reach."""
    last = len(reached.by_week) - 1
    made = round(reached.share * runs)
    chance = ""
    if reached.goal.by is not None and reached.on_time is not None:
        chance = f"Holds on {short_day(reached.goal.by)} in {percent(reached.on_time, 0)} of the runs."
    if reached.week is None:
        return Met(f"Not by {short_day(seen.day(last))}", f"{made} of {runs} runs reach it", chance, False)
    if reached.week == 0:
        return Met("Holds today", "", chance, True)
    late = (
        f"to {short_day(seen.day(reached.late))}"
        if reached.late is not None
        else f"to after {short_day(seen.day(last))}"
    )
    early = short_day(seen.day(reached.early or 0))
    return Met(f"By {short_day(seen.day(reached.week))}", f"{early} {late}; {made} of {runs} runs", chance, True)


def headline(answers: list[Answer], seen: WhatIf) -> list[str]:
    """The answer in two or three sentences: what becomes of 65 and 52 weeks, and what the other scenarios do to it."""
    said = []
    for over, goal_code in ((65, "rtt.65_weeks.count"), (52, "rtt.52_weeks.limit")):
        first = answers[0]
        now = int(first.series(over)[0, 0])
        reached = next((r for r in first.reached if r.goal.code == goal_code), None)
        if reached is None:
            continue
        if now == 0 and reached.week == 0:
            said.append(f"Nobody waits over {over} weeks today.")
            continue
        if reached.week is None:
            end = first.fan(over)
            least, most = count(round(end.low[-1])), count(round(end.high[-1]))
            said.append(
                f"If nothing changes, {count(now)} over {over} weeks today become {least} to {most} by "
                f"{day(seen.day(len(end.low) - 1))}. The line of nobody over {over} weeks is not reached by then."
            )
        else:
            said.append(f"If nothing changes, nobody waits over {over} weeks by {day(seen.day(reached.week))}.")
    return said


def compared(answers: list[Answer], over: int, seen: WhatIf) -> list[str]:
    """What each thing that is tried does to the people of the chart at the end, in a sentence."""
    base = answers[0].fan(over)
    end = day(seen.day(len(base.middle) - 1))
    out = []
    for answer in answers[1:]:
        found = answer.fan(over)
        out.append(
            f"{answer.scenario.name}: {count(round(found.middle[-1]))} {_who(over)} on {end} "
            f"({count(round(found.low[-1]))} to {count(round(found.high[-1]))}), "
            f"instead of {count(round(base.middle[-1]))} if nothing changes."
        )
    return out


def _who(over: int) -> str:
    return f"over {over} weeks" if over else "on the list"


def goals_table(answers: list[Answer], seen: WhatIf) -> list[dict[str, Any]]:
    """One row a line to reach, with each scenario's answer."""
    runs = answers[0].waiting.shape[1]
    return [
        {
            "goal": reached.goal,
            "by": [met(answer.reached[n], seen, runs) for answer in answers],
        }
        for n, reached in enumerate(answers[0].reached)
    ]


def weeks_table(answers: list[Answer], over: int, seen: WhatIf) -> list[dict[str, Any]]:
    """People at some weeks ahead: the middle of the runs and their range, by scenario."""
    fans = [answer.fan(over) for answer in answers]
    last = len(fans[0].middle) - 1
    return [
        {
            "day": seen.day(week),
            "week": week,
            "cells": [(round(f.middle[week]), round(f.low[week]), round(f.high[week])) for f in fans],
        }
        for week in SHOWN
        if week <= last
    ]


def parts_table(
    answers: dict[str, list[Answer]], question: Question, facet: str, seen: WhatIf, names: dict[str, str]
) -> list[dict[str, Any]]:
    """One row a function, trust or site: today, a year ahead under each scenario, and when nobody is left over."""
    rows = []
    for value, found in answers.items():
        year = min(52, found[0].waiting.shape[-1] - 1)
        runs = found[0].waiting.shape[1]
        goal = next((n for n, r in enumerate(found[0].reached) if r.goal.over == question.over), None)
        rows.append(
            {
                "words": names.get(value, value),
                "query": question.query(**{facet: value}),
                "now": int(found[0].series(question.over)[0, 0]),
                "list": int(found[0].series(0)[0, 0]),
                "year": [round(a.fan(question.over).middle[year]) for a in found],
                "met": [met(a.reached[goal], seen, runs) for a in found] if goal is not None else [],
            }
        )
    return sorted(rows, key=lambda row: (-row["now"], -row["list"], row["words"]))


def assumed(seen: WhatIf, question: Question, answers: list[Answer]) -> list[tuple[str, str, str]]:
    """What was used, its value, and where it is from."""
    basis, rows = seen.measured, seen.chosen(question)
    runs, weeks, window = (int(n) for n in basis["run"])
    lately = f"measured over the {window} weeks to {day(seen.census)}"
    used = basis["capacity"][rows].mean(-1)
    share = (1 - basis["out_of_order"])[rows]
    in_order = float((share * used).sum() / used.sum()) if used.sum() else None
    planned = int((basis["plan_weeks"][rows] > 0).any(-1).sum())
    growth, error = (float(v) for v in basis["trend"])
    out = [
        ("Referrals", f"{basis['arrivals'][rows].mean(-1).sum():,.0f} a week", f"clock starts, {lately}"),
        (
            "Places",
            f"{used[:, 0].sum():,.0f} seen and {used[:, 1].sum():,.0f} admitted a week",
            f"clock stops by an attendance or admission, and decisions to admit, {lately}",
        ),
        (
            "Sessions planned ahead",
            f"{planned} of {len(rows)} lists",
            "planned over held sessions, quarter by quarter, less what is lately cancelled; others go on as lately",
        ),
        (
            "Other removals",
            f"{basis['left'][rows].mean(-1).sum():,.0f} a week",
            f"validation, review, death and the like, by how long people wait, {lately}",
        ),
        (
            "Order",
            f"{percent(in_order, 0)} by priority and longest wait",
            f"who was treated beside who waited, {lately}; the others as such people lately waited",
        ),
        ("Decisions to admit", f"{percent(_joining(basis, rows), 0)} of those seen", lately),
        (
            "Growth of referrals",
            "none unless you ask for it",
            f"over the last 52 weeks the group’s changed by {100 * growth:+.1f}% a year, give or take {200 * error:.1f}"
            if growth == growth
            else "too few referrals to measure a trend",
        ),
        ("Left out", plural(int(basis["without_start"]), "clock"), "the start of the clock is not known"),
        (
            "Not in the model",
            "season, staff, beds, complexity and distance of one patient",
            "bank holidays are in: each week ahead is as busy as some measured week. Who may move is a share",
        ),
        (
            "Chance",
            f"{runs} runs of {weeks} weeks",
            "the same people and weeks in every scenario; a range holds eight runs in ten",
        ),
    ]
    if any(answer.scenario.aid for answer in answers):
        aided = next(answer for answer in answers if answer.scenario.aid)
        moved = f"about {count(round(aided.moved / weeks))} a week are treated elsewhere"
        out.insert(
            6,
            (
                "Aid",
                moved,
                "the share who would travel is your choice; the model asks nobody. A site’s own P1 and P2 come first",
            ),
        )
    return out


def _joining(basis: Any, rows: list[int]) -> float | None:
    seen = basis["capacity"][rows, 0].mean(-1)
    return float((seen * basis["convert"][rows]).sum() / seen.sum()) if seen.sum() else None


def past(seen: WhatIf, question: Question) -> dict[str, Any] | None:
    """How the model did for the chosen lists when started 26 weeks ago; None while it is worked out."""
    found = seen.check
    if found is None:
        return None
    wanted = {seen.cells[n] for n in seen.chosen(question)}
    rows = [
        n
        for n, row in enumerate(found["cells"].tolist())
        if tuple(row) in {(c.function, c.organisation, c.site) for c in wanted}
    ]
    said, happened, before = found["said"][:, :, rows], found["happened"][:, rows], found["before"][:, rows]
    lines = []
    for n, over in enumerate(MEASURES):
        for stage, words in (
            (slice(None), "all"),
            (slice(0, 1), "before a decision to admit"),
            (slice(1, 2), "admitted list"),
        ):
            total = said[n][:, :, stage].sum((1, 2))
            low, middle, high = (
                (round(float(q)) for q in np.quantile(total, [LOW, 0.5, HIGH])) if total.size else (0, 0, 0)
            )
            was = int(happened[n][:, stage].sum())
            lines.append(
                {
                    "over": LINES[over],
                    "stage": words,
                    "then": int(before[n][:, stage].sum()),
                    "low": low,
                    "middle": middle,
                    "high": high,
                    "was": was,
                    "inside": low <= was <= high,
                }
            )
    each = said.sum(-1)
    lows, highs = np.quantile(each, [LOW, HIGH], axis=1) if len(rows) else (np.zeros((4, 0)), np.zeros((4, 0)))
    was_each = happened.sum(-1)
    inside = (was_each >= np.floor(lows)) & (was_each <= np.ceil(highs))
    some = (highs > 0) | (was_each > 0)
    share = {LINES[over]: (int((inside & some)[n].sum()), int(some[n].sum())) for n, over in enumerate(MEASURES)}
    return {"lines": lines, "share": share, "from": seen.census - timedelta(weeks=26), "lists": len(rows)}
