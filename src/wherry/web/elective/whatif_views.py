"""What if: the list run forward, beside what is tried; while a worker works it out, how far it is."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from wherry.waiting.forward.scenario import Scenario
from wherry.web.access import Permission
from wherry.web.access.http import Request
from wherry.web.access.requires import requires
from wherry.web.components.export import stream_csv
from wherry.web.elective import whatif_presenters as present
from wherry.web.elective import whatif_question as asking
from wherry.web.elective import whatif_store as store
from wherry.web.elective import whatif_theory as theories
from wherry.web.elective.whatif_charts import fan_chart
from wherry.web.elective.whatif_question import LINES, Question, Slot
from wherry.web.elective.whatif_selectors import Answer, WhatIf
from wherry.web.waiting.selectors import NothingYet

_NOTHING = {"title": "What if", "what": "what would happen to the list over the next two years"}
#: Seconds of waiting after which a page says that the worker may not be running.
_LONG = 120
_KEPT = 24
_kept: OrderedDict[tuple[Any, ...], dict[str, Any]] = OrderedDict()
_lock = threading.Lock()


def _asked(request: Request) -> tuple[WhatIf, Question, tuple[str, ...], list[Scenario]]:
    seen = WhatIf(request.access)
    choices = seen.choices()
    question, ignored = asking.read(request.GET, choices)
    if seen.basis is None:  # nothing can be chosen before the list is measured; the address keeps what was asked
        ignored = ()
    return seen, question, ignored, asking.scenarios(question, choices)


def _ready(seen: WhatIf, question: Question, scenarios: list[Scenario]) -> tuple[int, int]:
    """Ask for what is missing; how much of how much is still missing. The basis counts as one until it is there."""
    seen.ask(scenarios, question)
    for name in ("basis", "cells", "seen"):
        seen.__dict__.pop(name, None)  # it may just have been written
    if seen.basis is None:
        return 1, 1
    return seen.missing(scenarios, question)


@requires(Permission.SEE_CAPACITY)
@require_GET
def what_if(request: Request) -> HttpResponse:
    """The question, the answer with its range, what drives it, and how to change it."""
    try:
        seen, question, ignored, scenarios = _asked(request)
    except NothingYet:
        return render(request, "elective/capacity_nothing.jinja", _NOTHING)
    if "again" in request.GET and store.failure(seen.snapshot.id):
        store.forgive(seen.snapshot.id)
    missing, whole = _ready(seen, question, scenarios)
    if seen.basis is not None and not seen.choices()["function"]:
        missing = 0
    elif missing == 0 or seen.basis is not None:
        seen, question, ignored, scenarios = _asked(request)  # choices are known by now
        missing, whole = _ready(seen, question, scenarios)
    context: dict[str, Any] = {
        "seen": seen,
        "question": question,
        "ignored": ignored,
        "choices": seen.choices(),
        "scenarios": scenarios,
        "slots": [*question.slots, *[Slot()] * (len(asking.SLOTS) - len(question.slots))],
        "limits": asking.LIMITS,
        "lines": LINES,
        "missing": missing,
        "whole": whole,
        "no_worker": seen.waited > _LONG,
        "failure": store.failure(seen.snapshot.id),
        "address": request.META.get("QUERY_STRING", ""),
        "nobody": seen.basis is not None and not seen.chosen(question),
    }
    if not missing and seen.basis is not None and not context["nobody"]:
        context |= _answered(seen, question, scenarios)
    return render(request, "elective/whatif.jinja", context)


def _answered(seen: WhatIf, question: Question, scenarios: list[Scenario]) -> dict[str, Any]:
    """What a page says; the last few are kept, for what is worked out never changes."""
    key = (str(store.folder(seen.snapshot.id)), seen.trusts_seen, question, seen.check is not None)
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    found = _say(seen, question, scenarios)
    with _lock:
        _kept[key] = found
        while len(_kept) > _KEPT:
            _kept.popitem(last=False)
    return found


def _say(seen: WhatIf, question: Question, scenarios: list[Scenario]) -> dict[str, Any]:
    answers = [seen.answer(scenario, question) for scenario in scenarios]
    fans = [answer.fan(question.over) for answer in answers]
    highest = max(max(fan.high) for fan in fans)
    charts = [fan_chart(fan, seen.census, highest, beside=fans[0].middle if n else ()) for n, fan in enumerate(fans)]
    facet = "site" if question.function else "function"
    by = [seen.by(scenario, question, facet) for scenario in scenarios]
    together = {value: [one[value] for one in by] for value in by[0]}
    choices = seen.choices()
    return {
        "answered": True,
        "headline": present.headline(answers, seen),
        "compared": present.compared(answers, question.over, seen),
        "goals": present.goals_table(answers, seen),
        "charts": list(zip(scenarios, charts, strict=True)),
        "weeks": present.weeks_table(answers, question.over, seen),
        "facet": facet,
        "parts": present.parts_table(together, question, facet, seen, choices[facet]) if len(together) > 1 else [],
        "theory": theories.theory(seen, question),
        "stages": theories.stages(seen, question),
        "assumed": present.assumed(seen, question, answers),
        "past": present.past(seen, question),
        "list_query": _list_query(question),
        "last_day": seen.day(answers[0].waiting.shape[-1] - 1),
        "runs": answers[0].waiting.shape[1],
    }


def _list_query(question: Question) -> str | None:
    """The waiting list's own filter for the same people; None where it has none (by site)."""
    if question.site:
        return None
    pairs = [f"function={question.function}"] if question.function else []
    pairs += [f"trust={question.trust}"] if question.trust else []
    return "&".join(pairs)


@requires(Permission.SEE_CAPACITY)
@require_GET
def status(request: Request) -> HttpResponse:
    """How far the work is; tells the page to load again once it is done."""
    try:
        seen, question, _, scenarios = _asked(request)
    except NothingYet:
        return HttpResponse("")
    missing, whole = _ready(seen, question, scenarios)
    context = {"missing": missing, "whole": whole, "no_worker": seen.waited > _LONG}
    response = render(request, "elective/whatif_status.jinja", context)
    if not missing:
        response["HX-Refresh"] = "true"
    return response


@requires(Permission.SEE_CAPACITY)
@require_GET
def weeks_csv(request: Request) -> HttpResponseBase:
    """Every week of every scenario, with its range; only what is worked out already."""
    header = ("scenario", "week_ending", "people", "low", "middle", "high")
    try:
        seen, question, _, scenarios = _asked(request)
    except NothingYet:
        return stream_csv("what-if", header, [])
    missing, _ = _ready(seen, question, scenarios)
    answers = [] if missing or seen.basis is None else [seen.answer(scenario, question) for scenario in scenarios]
    return stream_csv(f"what-if-{seen.census}", header, _lines(answers, seen))


def _lines(answers: list[Answer], seen: WhatIf) -> Iterator[tuple[str, ...]]:
    for answer in answers:
        for over, words in LINES.items():
            fan = answer.fan(over)
            for week, (low, middle, high) in enumerate(zip(fan.low, fan.middle, fan.high, strict=True)):
                said = (f"{value:.0f}" for value in (low, middle, high))
                yield answer.scenario.name, seen.day(week).isoformat(), words, *said


def address(question: Question) -> str:
    """The address of a question."""
    return f"{reverse('elective:what_if')}?{question.query()}"
