"""Views of two runs side by side: what they assume differently, and what that does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from wherry.planning.answers.kept import from_dict as answers_of
from wherry.planning.answers.model import Answers, Fan
from wherry.planning.scenario.model import year_words
from wherry.web.access import Permission
from wherry.web.access.http import Request
from wherry.web.access.requires import requires
from wherry.web.components.export import stream_csv
from wherry.web.components.formats import day
from wherry.web.planning import differences as differ
from wherry.web.planning import plan_charts, plan_words, store
from wherry.web.planning import run_presenters as present
from wherry.web.planning.models import PlanRun, RunState

#: Runs that may be chosen: the newest ones.
AT_MOST = 100


@dataclass(frozen=True)
class Side:
    """One of the two runs."""

    letter: str
    run: PlanRun
    answers: Answers


def done_runs() -> list[PlanRun]:
    """Runs that can be compared, newest first, without their answers."""
    return list(PlanRun.objects.filter(kind="plan", state=RunState.DONE).defer("result", "text")[:AT_MOST])


def words_of(run: PlanRun) -> str:
    """A run in a list of them."""
    version = f"version {run.number}" if run.number else "the system’s own file"
    return f"{run.title}, {version}: run {run.pk} of {day(run.asked_at)}"


@requires(Permission.SEE_PLANS)
@require_GET
def compare(request: Request) -> HttpResponseBase:
    """Two runs that are done, chosen by `a` and `b`; as CSV with `as=csv`."""
    runs = done_runs()
    sides, ignored = _sides(request, runs)
    context: dict[str, Any] = {
        "choices": [(str(run.pk), words_of(run)) for run in runs],
        "chosen_a": request.GET.get("a", ""),
        "chosen_b": request.GET.get("b", ""),
        "ignored": ignored,
        "enough": len(runs) > 1,
    }
    if len(sides) == 2:
        found = _compared(request, *sides)
        if request.GET.get("as") == "csv" and found.get("rows") is not None:
            return _csv(found, *sides)
        context |= found
    return render(request, "planning/compare.jinja", context)


def _sides(request: Request, runs: list[PlanRun]) -> tuple[list[Side], list[str]]:
    """The runs of the address. A number that is no run that is done is said and left out."""
    sides, ignored = [], []
    for letter in ("a", "b"):
        asked = request.GET.get(letter, "")
        if not asked:
            continue
        number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 10 else -1
        run = PlanRun.objects.filter(kind="plan", state=RunState.DONE, pk=number).first()
        if run is None or not run.result:
            ignored.append(f"run {asked[:20]} is not there or is not done")
        else:
            sides.append(Side(letter.upper(), run, answers_of(run.result)))
    if len(sides) == 2 and sides[0].run.pk == sides[1].run.pk:
        ignored.append("both are the same run; choose another for one of them")
        sides.pop()
    return sides, ignored


def _compared(request: Request, a: Side, b: Side) -> dict[str, Any]:
    changed, same = differ.assumptions(a.answers, b.answers)
    year = differ.last_year(a.answers, b.answers)
    context: dict[str, Any] = {
        "a": a,
        "b": b,
        "changed": changed,
        "same": present.assumption_groups(tuple(same)),
        "same_count": len(same),
        "settings": differ.settings(a.answers, b.answers),
        "shared": differ.shared(a.answers, b.answers),
        "year": None if year is None else year_words(year),
        "say": plan_words,
        "range_means": plan_words.RANGE_MEANS,
    }
    if year is None:
        return context
    chosen = present.choice(b.answers, request.GET, present.BEDS)
    names = {differ.key(measure, chosen.place) for measure, _ in chosen.measures}
    series = [store.read_series(side.run.pk, names) for side in (a, b)]
    rows = differ.differences(a.answers, b.answers, chosen.place, year, *series)
    rank = {code: number for number, (code, _) in enumerate(chosen.measures)}
    rows.sort(key=lambda row: rank.get(row.measure, 99))
    fans = [present.fan_of(side.answers, chosen.measure, chosen.place) for side in (a, b)]
    one, two = fans
    level = present.existing(b.answers, chosen.measure, chosen.place)
    if one is not None and two is not None:
        words = f"today: {plan_words.whole(level)}"
        pair = [(f"A: {a.run.title}", one), (f"B: {b.run.title}", two)]
        context["chart"] = plan_charts.fan_chart(pair, level=level, level_words=words)
        context["chart_said"] = " ".join(
            f"{letter}: {present.fan_said(fan, chosen.place_words)}" for letter, fan in (("A", one), ("B", two))
        )
        context["fan_rows"] = _year_rows(one, two)
    context |= {
        "chosen": chosen,
        "rows": rows,
        "known": any(row.less is not None for row in rows),
        "headline": _headline(rows, a, b, year, chosen.place_words),
    }
    return context


def _year_rows(one: Fan, two: Fan) -> list[tuple[str, str, str, str, str]]:
    first, second = dict(one.points), dict(two.points)
    return [
        (
            year_words(year),
            plan_words.whole(first[year].middle),
            plan_words.span(first[year].low, first[year].high),
            plan_words.whole(second[year].middle),
            plan_words.span(second[year].low, second[year].high),
        )
        for year in sorted(set(first) & set(second))
    ]


def _headline(rows: list[differ.Difference], a: Side, b: Side, year: int, place: str) -> str:
    """The difference in beds, or in nights, in a sentence; blank if neither was worked out."""
    for wanted in (present.BEDS, "beds", "nights"):
        for row in rows:
            if row.measure == wanted:
                middle = plan_words.more(row.difference.middle)
                reach = f" (80% range {plan_words.span_more(row.difference)})" if row.less is not None else ""
                return (
                    f"In {year_words(year)}, {place}: “{b.run.title}” (B) needs {middle} "
                    f"{row.unit}{reach} than “{a.run.title}” (A)."
                    if round(row.difference.middle)
                    else f"In {year_words(year)}, {place}: both need about the same number of {row.unit}{reach}."
                )
    return ""


def _csv(found: dict[str, Any], a: Side, b: Side) -> HttpResponseBase:
    header = ["measure", "words", "unit", "place", "year"]
    header += [f"{name}_{part}" for name in ("a", "b", "b_less_a") for part in ("low", "middle", "high", "mean")]
    rows: list[differ.Difference] = found["rows"]
    if not rows:
        raise Http404
    place = found["chosen"].place_words

    def numbers(row: differ.Difference) -> list[float]:
        return [x for s in (row.a, row.b, row.difference) for x in (s.low, s.middle, s.high, s.mean)]

    lines = ((row.measure, row.words, row.unit, place, found["year"], *numbers(row), row.less) for row in rows)
    return stream_csv(f"run-{b.run.pk}-less-run-{a.run.pk}", [*header, "share_of_runs_in_which_b_is_less"], lines)
