"""What a run can be taken away as: the workbook, the Parquet tables, and the table beside each chart as CSV."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import FileResponse, Http404, HttpResponseBase
from django.views.decorators.http import require_GET

from wherry.errors import UserError
from wherry.planning.answers.kept import from_dict as answers_of
from wherry.planning.answers.model import Answers, Fan, Spread
from wherry.planning.scenario.model import year_words
from wherry.web.access import Permission
from wherry.web.access.http import Request
from wherry.web.access.requires import requires
from wherry.web.components.export import stream_csv
from wherry.web.planning import store
from wherry.web.planning.models import PlanRun, RunState
from wherry.web.planning.run_views import run_of

GONE = (
    "The files of this run are not in the working folder any more: it may have been moved or emptied. The answers on "
    "the page are kept. Run the scenario again to write its files."
)
_SPREAD = ("low", "middle", "high", "mean")
Table = tuple[tuple[str, ...], Iterator[tuple[Any, ...]]]


def done_run(pk: int) -> PlanRun:
    """A run that has answers. Raises `Http404` for none, `UserError` for one that is not done."""
    run = run_of(pk)
    if run.state != RunState.DONE or not run.result:
        raise UserError(f"Run {pk} is not done, so it has nothing to take away yet. Look at its page for where it is.")
    return run


@requires(Permission.SEE_PLANS)
@require_GET
def workbook(request: Request, pk: int) -> HttpResponseBase:
    """The whole run as one Excel workbook."""
    run = done_run(pk)
    path = store.workbook(run.pk)
    if path is None:
        raise UserError(GONE)
    return FileResponse(
        path.open("rb"),
        as_attachment=True,
        filename=f"{run.slug}-{run.number}-run-{run.pk}.xlsx",
        content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    )


@requires(Permission.SEE_PLANS)
@require_GET
def tables(request: Request, pk: int) -> HttpResponseBase:
    """The whole run as Parquet tables, in one zip file."""
    run = done_run(pk)
    file = store.zipped(run.pk)
    if file is None:
        raise UserError(GONE)
    name = f"{run.slug}-{run.number}-run-{run.pk}.zip"
    return FileResponse(file, as_attachment=True, filename=name, content_type="application/zip")


@requires(Permission.SEE_PLANS)
@require_GET
def table(request: Request, pk: int) -> HttpResponseBase:
    """One table as CSV: `what` is fans, gaps, waterfalls, returns, tornado, breakdowns or assumptions."""
    run = done_run(pk)
    what = request.GET.get("what", "fans")
    if what not in TABLES:
        raise Http404(what)
    header, rows = TABLES[what](answers_of(run.result or {}))
    return stream_csv(f"{run.slug}-{run.number}-run-{run.pk}-{what}", header, rows)


def _numbers(value: Spread | None) -> tuple[float | None, ...]:
    return (None,) * 4 if value is None else (value.low, value.middle, value.high, value.mean)


def _fan_rows(fans: tuple[Fan, ...], places: dict[str, str]) -> Iterator[tuple[Any, ...]]:
    for fan in fans:
        for year, at in fan.points:
            place = places.get(fan.place, fan.place)
            yield fan.measure, fan.words, fan.unit, place, fan.by, fan.label, year_words(year), fan.base, *_numbers(at)


_FAN = ("measure", "words", "unit", "place", "by", "part", "year", "base", *_SPREAD)


def fans(answers: Answers) -> Table:
    """Every measure, place and year."""
    return _FAN, _fan_rows(answers.fans, dict(answers.places))


def breakdowns(answers: Answers) -> Table:
    """Every part of every breakdown."""
    return _FAN, _fan_rows(answers.breakdowns, dict(answers.places))


def gaps(answers: Answers) -> Table:
    """What must exist, what exists, what is missing."""
    places = dict(answers.places)
    header = ("requirement", "words", "unit", "place", "ward", "year", "existing")
    rows = (
        (
            *(g.requirement, g.words, g.unit, places.get(g.place, g.place), g.ward, year_words(g.year), g.existing),
            *_numbers(g.needed),
            *_numbers(g.gap),
            g.enough,
        )
        for g in answers.gaps
    )
    needed, missing = (tuple(f"{part}_{name}" for name in _SPREAD) for part in ("needed", "missing"))
    return (*header, *needed, *missing, "share_of_runs_enough"), rows


def waterfalls(answers: Answers) -> Table:
    """What each driver adds or takes away."""
    places = dict(answers.places)

    def rows() -> Iterator[tuple[Any, ...]]:
        for one in answers.waterfalls:
            head = (one.measure, one.words, one.unit, places.get(one.place, one.place))
            yield (*head, "start", "At the start", one.start, one.start, one.start, one.start)
            for step in one.steps:
                yield (*head, step.driver, step.title, *_numbers(step.value))
            yield (*head, "end", "At the end", *_numbers(one.end))

    return ("measure", "words", "unit", "place", "driver", "step", *_SPREAD), rows()


def returns(answers: Answers) -> Table:
    """What each intervention saves."""
    places = dict(answers.places)

    def rows() -> Iterator[tuple[Any, ...]]:
        for one in answers.returns:
            head = (one.name, one.title, places.get(one.place, one.place))
            yield (*head, "beds", *_numbers(one.beds), one.alone_beds, one.source)
            yield (*head, "nights", *_numbers(one.nights), None, one.source)
            for kind, value in one.activity:
                yield (*head, kind, *_numbers(value), None, one.source)

    return ("name", "intervention", "place", "saves", *_SPREAD, "beds_if_alone", "source"), rows()


def tornado(answers: Answers) -> Table:
    """How much hangs on each assumption."""
    places = dict(answers.places)
    header = ("name", "assumption", "place", "low_at", "high_at", "beds_at_low", "beds_at_high", "beds_at_middle")
    rows = (
        (s.name, s.title, places.get(s.place, s.place), s.low_at, s.high_at, s.low_value, s.high_value, s.middle_value)
        for s in answers.tornado
    )
    return header, rows


def assumptions(answers: Answers) -> Table:
    """The assumptions log."""
    rows = ((a.name, a.title, a.driver, a.about, a.amount, a.when, a.source) for a in answers.assumptions)
    return ("name", "assumption", "driver", "about", "amount", "when", "source"), rows


TABLES = {
    "fans": fans,
    "gaps": gaps,
    "waterfalls": waterfalls,
    "returns": returns,
    "tornado": tornado,
    "breakdowns": breakdowns,
    "assumptions": assumptions,
}
