"""What people do with evaluations: each act is one transaction with its audit line, on the version the person saw."""

from __future__ import annotations

import math
from datetime import UTC, datetime

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from wherry import __version__
from wherry.errors import UserError
from wherry.performance.evaluation import words
from wherry.performance.evaluation.judge import judge
from wherry.performance.evaluation.outcome import as_json
from wherry.performance.evaluation.settings import number
from wherry.web.access import Permission, audit
from wherry.web.access.access import Access
from wherry.web.access.models import User
from wherry.web.components import performance
from wherry.web.evaluation import asking, comparators, question
from wherry.web.evaluation.models import Added, Evaluation, Result
from wherry.web.evaluation.question import Question

WORDS_AT_MOST = 4_000
KINDS = {"adoption": "How far it is in use", "cost": "What it cost"}


class Refused(UserError):
    """A question that cannot be kept as it was sent. `errors` says why, field by field."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = errors


class Overtaken(UserError):
    """Somebody else was first."""


def _may(access: Access) -> User:
    if access.user is None or not access.can(Permission.JUDGE_BENEFITS):
        raise PermissionDenied(Permission.JUDGE_BENEFITS.value)
    return access.user


@transaction.atomic
def register(*, access: Access, asked: Question, unread: dict[str, str] | None = None) -> Evaluation:
    """Keep a new question as a draft; no figure is shown. `unread` is what could not be read, by field."""
    user = _may(access)
    _check(asked, unread or {})
    now, name = datetime.now(UTC), user.display_name[:200]
    row = Evaluation.objects.create(
        **_fields(asked), made_by=user, made_by_name=name, made_at=now, changed_by_name=name, changed_at=now
    )
    _note(access, row, "evaluation.registered", {"measure": row.measure, "starts_on": row.starts_on.isoformat()})
    return row


@transaction.atomic
def change(*, access: Access, pk: int, asked: Question, seen: int, unread: dict[str, str] | None = None) -> Evaluation:
    """Change a draft. Raises `Overtaken` if somebody changed or fixed it since version `seen`."""
    user = _may(access)
    _check(asked, unread or {})
    row = _first(pk, seen)
    for name, value in _fields(asked).items():
        setattr(row, name, value)
    row.version, row.changed_by_name, row.changed_at = seen + 1, user.display_name[:200], datetime.now(UTC)
    row.save()
    _note(access, row, "evaluation.changed", {"version": row.version})
    return row


@transaction.atomic
def fix(*, access: Access, pk: int, seen: int) -> Evaluation:
    """Fix baseline, design and comparators, with who and on which day. From here on nothing of it changes.

    The day is that of the system, and never before the newest figure of the measure: who fixes a question after its
    outcome is known chose it afterwards, whatever the clock says.
    """
    user = _may(access)
    row = _first(pk, seen)
    measures, scope, values = performance.definitions(), performance.scope(row.scope), performance.values()
    if values is None or scope is None or row.measure not in measures:
        raise UserError(
            "There are no values of measures yet, so nobody can be chosen to compare with. Nothing was fixed."
        )
    chosen = comparators.choose(_question(row), measures[row.measure], scope, values, performance.scopes())
    row.comparators, row.comparator_words = list(chosen.codes), chosen.words[:200]
    named = {*chosen.codes, *scope.organisations, *row.excluded}
    row.names = {code: name for code, name in chosen.names.items() if code in named}
    known = values.rows(row.measure)["period"].to_pylist()
    row.fixed_on = max([performance.today(), *(day for day in known if day is not None)])
    row.fixed_at, row.fixed_by_name = datetime.now(UTC), user.display_name[:200]
    row.version = seen + 1
    row.save()
    detail = {
        "fixed_on": row.fixed_on.isoformat(),
        "baseline": [row.baseline_from.isoformat(), row.baseline_to.isoformat()],
        "comparators": row.comparators,
        "afterwards": row.afterwards,
    }
    _note(access, row, "evaluation.fixed", detail)
    return row


@transaction.atomic
def withdraw(*, access: Access, pk: int, why: str) -> Evaluation:
    """Withdraw it with a reason. It stays where it is, with everything that was found."""
    user = _may(access)
    why = why.replace("\x00", "").strip()
    if not why or len(why) > WORDS_AT_MOST:
        said = f"Say why it is withdrawn, in at most {WORDS_AT_MOST:,} characters: it stays on the list with the reason"
        raise Refused({"why": said})
    now = datetime.now(UTC)
    name = user.display_name[:200]
    changed = Evaluation.objects.filter(pk=pk, withdrawn_at=None).update(
        withdrawn_at=now, withdrawn_by_name=name, withdrawn_why=why
    )
    row = Evaluation.objects.get(pk=pk)
    if not changed:
        raise Overtaken(f"{row.withdrawn_by_name} withdrew it before you. Your reason was not kept.")
    _note(access, row, "evaluation.withdrawn", {"why": why})
    return row


@transaction.atomic
def add(*, access: Access, pk: int, kind: str, text: str, pence: int | None = None) -> Added:
    """Add how far it is in use, or what it cost."""
    user = _may(access)
    text = text.replace("\x00", "").strip()
    errors = {}
    if kind not in KINDS:
        errors["kind"] = "Choose what you add"
    if not text or len(text) > WORDS_AT_MOST:
        errors["text"] = f"Write a sentence, at most {WORDS_AT_MOST:,} characters"
    if kind == "cost" and (pence is None or pence < 0):
        errors["pounds"] = "Give the cost in pounds, without a sign"
    if errors:
        raise Refused(errors)
    row = Evaluation.objects.get(pk=pk)
    made = Added.objects.create(
        evaluation=row,
        kind=kind,
        text=text,
        pence=pence if kind == "cost" else None,
        made_by=user,
        made_by_name=user.display_name[:200],
        made_at=datetime.now(UTC),
    )
    _note(access, row, f"evaluation.{kind}_added", {"pence": made.pence})
    return made


def would_compare(row: Evaluation) -> tuple[int | None, str]:
    """How many comparators a draft would be fixed with, and what is wrong with that; nothing of any outcome."""
    measures, scope, values = performance.definitions(), performance.scope(row.scope), performance.values()
    if values is None or scope is None or row.measure not in measures:
        return None, "There are no values of this measure yet, so it cannot be fixed."
    try:
        found = comparators.choose(_question(row), measures[row.measure], scope, values, performance.scopes())
    except UserError as error:
        return None, str(error)
    needed = math.ceil(1 / number("alpha")) - 1
    if len(found.codes) < needed:
        return len(found.codes), f"With fewer than {needed} no effect, however large, could be told from chance."
    return len(found.codes), ""


def judge_now(row: Evaluation, by: Access | None = None) -> Result | None:
    """What the values in force say of a fixed evaluation, worked out once and kept; None where there are none.

    It follows from the question and the values alone, so anybody's look may make it; two at once make one.
    """
    values = performance.values()
    if row.fixed_on is None or values is None:
        return None
    kept = Result.objects.filter(evaluation=row, values_id=values.id).first()
    if kept is not None or row.withdrawn_at is not None:
        return kept or row.results.first()
    scope = performance.scope(row.scope)
    if scope is None:
        return row.results.first()
    measures = performance.definitions()
    try:
        asked = asking.spec_of(row, values, measures, scope)
    except UserError:
        return row.results.first()
    made = judge(asked)
    measure = measures[row.measure]
    found = {
        "outcome": as_json(made.outcome),
        "balance": [{**as_json(one), "outcome": as_json(outcome)} for one, outcome in made.balance],
        "measure": {"name": measure.name, "unit": measure.unit, "decimals": measure.decimals},
        "artificial": bool(values.manifest.get("artificial", False)),
    }
    try:
        with transaction.atomic():
            result = Result.objects.create(
                evaluation=row,
                values_id=values.id,
                made_at=datetime.now(UTC),
                made_by_name=by.user.display_name[:200] if by and by.user else "Wherry",
                version=__version__[:60],
                verdict=made.verdict.kind.value,
                sentence=words.sentence(made.outcome, measure.name, scope.name),
                reasons=list(made.verdict.reasons),
                found=found,
            )
            audit.record_system(
                actor="new values",
                action="evaluation.judged",
                subject_kind="evaluation",
                subject_key=str(row.pk),
                detail={"values": values.id, "verdict": result.verdict},
            )
    except IntegrityError:
        return Result.objects.get(evaluation=row, values_id=values.id)
    return result


def judge_all() -> int:
    """Work out whatever is fixed and not yet judged by the values in force. How many were."""
    values = performance.values()
    if values is None:
        return 0
    waiting = Evaluation.objects.exclude(fixed_on=None).filter(withdrawn_at=None).exclude(results__values_id=values.id)
    made = [judge_now(row) for row in waiting]
    return sum(one is not None and one.values_id == values.id for one in made)


def _first(pk: int, seen: int) -> Evaluation:
    row = Evaluation.objects.select_for_update().get(pk=pk)
    if row.fixed_on is not None:
        raise Overtaken(f"{row.fixed_by_name} fixed it on {words_of(row)}: nothing of it can be changed any more.")
    if row.withdrawn_at is not None:
        raise Overtaken(f"{row.withdrawn_by_name} withdrew it. Nothing of yours was kept.")
    if row.version != seen:
        raise Overtaken(
            f"{row.changed_by_name} changed it after you began (version {row.version}). Nothing of yours is lost and "
            "nothing is saved yet: look at theirs beside yours, then save again."
        )
    return row


def words_of(row: Evaluation) -> str:
    """The day on which it was fixed."""
    return "" if row.fixed_on is None else f"{row.fixed_on.day} {row.fixed_on:%B %Y}"


def _check(asked: Question, unread: dict[str, str]) -> None:
    errors = {**question.wrong(asked, performance.definitions(), performance.scopes()), **unread}
    if errors:
        raise Refused(errors)


def _fields(asked: Question) -> dict[str, object]:
    return {
        "title": asked.title,
        "what": asked.what,
        "tried_by": asked.tried_by,
        "measure": asked.measure,
        "scope": asked.scope,
        "starts_on": asked.starts_on,
        "baseline_from": asked.baseline_from,
        "baseline_to": asked.baseline_to,
        "method": asked.method,
        "direction": asked.direction,
        "expected": asked.expected,
        "pool": asked.pool,
        "picked": list(asked.picked),
        "excluded": dict(asked.excluded),
        "balance": list(asked.balance),
        "asked": dict(asked.asked),
    }


def _question(row: Evaluation) -> Question:
    return Question(pool=row.pool, picked=tuple(row.picked), measure=row.measure, scope=row.scope, method=row.method)


def _note(access: Access, row: Evaluation, action: str, detail: dict[str, object]) -> None:
    audit.record(
        access=access,
        action=action,
        subject_kind="evaluation",
        subject_key=str(row.pk),
        purpose="evaluation",
        detail=detail,
    )
