"""Verdicts of evaluations for the report, from the part that keeps them: what did not work stands with what did."""

from __future__ import annotations

from dataclasses import replace

from wherry.performance.evaluation import periods as time
from wherry.performance.evaluation import words
from wherry.performance.evaluation.outcome import of_json
from wherry.performance.evaluation.settings import METHODS
from wherry.performance.evaluation.verdict import WORDS, Kind
from wherry.performance.report import Step, Verdict
from wherry.web.components import performance
from wherry.web.evaluation import charts, presenters
from wherry.web.evaluation.models import Evaluation, Result
from wherry.web.evaluation.shown import controlled


def verdicts() -> tuple[Verdict, ...]:
    """Every evaluation that was fixed, with its newest result; the sentence is the one that its own page shows."""
    newest = presenters.newest_results()
    return tuple(
        _verdict(one, newest.get(one.pk)) for one in Evaluation.objects.exclude(fixed_on=None).order_by("starts_on")
    )


def _verdict(one: Evaluation, result: Result | None) -> Verdict:
    bare = Verdict(one.title, "", "", METHODS.get(one.method, one.method), one.tried_by, "", scope=one.scope)
    if one.withdrawn_at is not None:
        return replace(
            bare,
            verdict="Withdrawn",
            words=f"Withdrawn by {one.withdrawn_by_name}: {one.withdrawn_why}",
            decided=one.withdrawn_at.date().isoformat(),
        )
    if result is None:
        return replace(bare, verdict=WORDS[Kind.CANNOT_BE_JUDGED], words="Nothing has been worked out yet.")
    return _with_chart(
        replace(
            bare,
            verdict=WORDS[Kind(result.verdict)],
            words=" ".join([result.sentence, *(str(why) for why in result.reasons)]),
            decided=result.made_at.date().isoformat(),
            realised=result.verdict == Kind.REALISED,
        ),
        one,
        result,
    )


def _with_chart(verdict: Verdict, one: Evaluation, result: Result) -> Verdict:
    """The chart of what was seen and what would have been, as it may leave, with its figures."""
    measures, scope = performance.definitions(), presenters.scope_of(one, performance.scopes())
    found = controlled(of_json(result.found["outcome"]), measures.get(one.measure), scope, None)
    if all(value is None for value in found.lines.observed):
        return verdict
    # of the two lines alone, which are the two columns of its table
    found = replace(found, lines=replace(found.lines, others=(None,) * len(found.lines.periods)))
    who = presenters.who(one, scope)
    chart = charts.seen(one, found, presenters.measure_name(one, measures), who, id=f"evaluation-{one.pk}")
    drawn = zip(found.lines.periods, found.lines.observed, found.lines.without, strict=True)
    return replace(
        verdict,
        chart=chart.svg,
        alt=f"{chart.title}. {chart.description}",
        steps=tuple(
            Step(
                time.words(when, found.grain),
                seen,
                without,
                words.level(seen, found.unit),
                words.level(without, found.unit),
            )
            for when, seen, without in drawn
        ),
    )
