"""Verdicts of evaluations for the report, from the part that keeps them: what did not work stands with what did."""

from __future__ import annotations

from wherry.performance.evaluation.settings import METHODS
from wherry.performance.evaluation.verdict import WORDS, Kind
from wherry.performance.report import Verdict
from wherry.web.evaluation.models import Evaluation, Result


def verdicts() -> tuple[Verdict, ...]:
    """Every evaluation that was fixed, with its newest result; the sentence is the one that its own page shows."""
    newest: dict[int, Result] = {}
    for result in Result.objects.defer("found").order_by("pk"):
        newest[result.evaluation_id] = result
    return tuple(
        _verdict(one, newest.get(one.pk)) for one in Evaluation.objects.exclude(fixed_at=None).order_by("starts_on")
    )


def _verdict(one: Evaluation, result: Result | None) -> Verdict:
    method = METHODS.get(one.method, one.method)
    if one.withdrawn_at is not None:
        return Verdict(
            one.title,
            "Withdrawn",
            f"Withdrawn by {one.withdrawn_by_name}: {one.withdrawn_why}",
            method,
            one.tried_by,
            one.withdrawn_at.date().isoformat(),
            scope=one.scope,
        )
    if result is None:
        words = WORDS[Kind.CANNOT_BE_JUDGED]
        return Verdict(one.title, words, "Nothing has been worked out yet.", method, one.tried_by, "", scope=one.scope)
    return Verdict(
        one.title,
        WORDS[Kind(result.verdict)],
        " ".join([result.sentence, *(str(why) for why in result.reasons)]),
        method,
        one.tried_by,
        result.made_at.date().isoformat(),
        result.verdict == Kind.REALISED,
        one.scope,
    )
