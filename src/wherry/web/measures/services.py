"""Writes about charts: a new baseline with its reason, a note, taking either back. Each with its audit line."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import TypeVar

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Max

from wherry.errors import UserError
from wherry.performance.measures.model import Measure
from wherry.performance.measures.values import Scope
from wherry.web.access import Permission, audit
from wherry.web.access.access import Access
from wherry.web.access.models import User
from wherry.web.components import performance
from wherry.web.components.formats import day
from wherry.web.measures.models import Baseline, Note

Kind = TypeVar("Kind", Baseline, Note)

#: Longest text of a reason or a note.
WORDS_AT_MOST = 2000
#: A reason that somebody can weigh later: own default.
FEWEST_WORDS, FEWEST_LETTERS = 4, 20


class Refused(UserError):
    """An act that cannot be recorded as it was sent. `errors` says why, field by field."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = dict(errors)


def plain(text: str) -> str:
    """Text that every database can keep, without spaces round it."""
    return text.replace("\x00", "").replace("\r\n", "\n").strip()


def reason_error(text: str) -> str:
    """Why a reason will not do; blank if it will.

    >>> reason_error("new system")[:24], reason_error("A second hospital moved to the new record.")
    ('Say why in a sentence, o', '')
    """
    if len(text.split()) < FEWEST_WORDS or len(text) < FEWEST_LETTERS:
        return "Say why in a sentence, of what changed: whoever reads the chart later will ask"
    if len(text) > WORDS_AT_MOST:
        return f"The reason is longer than {WORDS_AT_MOST:,} letters"
    return ""


def newest(measure: str, scope: str) -> int:
    """Number of the newest baseline of a chart, taken back or not; 0 where there is none."""
    found = Baseline.objects.filter(measure=measure, scope=scope).aggregate(last=Max("number"))["last"]
    return int(found or 0)


@transaction.atomic
def start_baseline(
    *, access: Access, measure: Measure, scope: Scope, starts_on: date | None, reason: str, seen: int
) -> Baseline:
    """Work the chart's mean and limits out anew from a period. `seen`: the newest baseline the person knew of.

    Raises `Refused` for a day that is no period of the data or its first, for no real reason, and where somebody
    started one in between.
    """
    user = _allowed(access, Permission.KEEP_MEASURES)
    reason, errors = plain(reason), {}
    periods = performance.series(measure, scope).series.periods
    if starts_on is None or starts_on not in periods[1:]:
        errors["starts_on"] = "Choose a period of the data, later than its first"
    if wrong := reason_error(reason):
        errors["reason"] = wrong
    last = newest(measure.code, scope.code)
    if last > seen:
        errors["seen"] = _overtaken(measure, scope)
    elif (
        starts_on
        and Baseline.objects.filter(
            measure=measure.code, scope=scope.code, starts_on=starts_on, undone_at=None
        ).exists()
    ):
        errors["starts_on"] = "A baseline starts there already"
    if errors or starts_on is None:
        raise Refused(errors)
    try:
        with transaction.atomic():
            made = Baseline.objects.create(
                measure=measure.code,
                scope=scope.code,
                number=last + 1,
                starts_on=starts_on,
                reason=reason,
                made_by=user,
                made_by_name=user.display_name[:200],
                made_at=datetime.now(UTC),
            )
    except IntegrityError:  # two at the same moment: the second one is told
        raise Refused({"seen": _overtaken(measure, scope)}) from None
    _record(access, "measure.baseline_started", made, {"starts_on": made.starts_on.isoformat(), "reason": reason})
    return made


def _overtaken(measure: Measure, scope: Scope) -> str:
    one = Baseline.objects.filter(measure=measure.code, scope=scope.code).order_by("-number").first()
    if one is None:
        return "Somebody started a baseline at the same moment. Nothing of yours was saved; look and send it again."
    gone = f", taken back by {one.undone_by_name}" if one.undone_at else ""
    return (
        f"{one.made_by_name} started a baseline from {day(one.starts_on)} while you wrote{gone}: “{one.reason[:200]}”. "
        "Yours is not saved; it stands below. Send it again if it is still needed."
    )


@transaction.atomic
def add_note(*, access: Access, measure: Measure, scope: Scope, period: date | None, text: str) -> Note:
    """Write what is known about a chart, or about one period of it."""
    user = _allowed(access, Permission.WRITE_COMMENTARY)
    text, errors = plain(text), {}
    if not text:
        errors["text"] = "Write the note before you save it"
    elif len(text) > WORDS_AT_MOST:
        errors["text"] = f"The note is longer than {WORDS_AT_MOST:,} letters"
    if period is not None and period not in performance.series(measure, scope).series.periods:
        errors["period"] = "Choose a period of the data, or none"
    if errors:
        raise Refused(errors)
    made = Note.objects.create(
        measure=measure.code,
        scope=scope.code,
        period=period,
        text=text,
        made_by=user,
        made_by_name=user.display_name[:200],
        made_at=datetime.now(UTC),
    )
    _record(access, "measure.note_added", made, {"period": period.isoformat() if period else "", "text": text})
    return made


def take_back_baseline(*, access: Access, measure: Measure, pk: int) -> Baseline:
    """Take a baseline back: the chart is again as it was without it. Raises UserError where somebody was first."""
    _allowed(access, Permission.KEEP_MEASURES)
    return _take_back(access, Baseline, measure, pk, "measure.baseline_taken_back")


def take_back_note(*, access: Access, measure: Measure, pk: int) -> Note:
    """Take a note back, one's own or another's: both names stay."""
    _allowed(access, Permission.WRITE_COMMENTARY)
    return _take_back(access, Note, measure, pk, "measure.note_taken_back")


@transaction.atomic
def _take_back(access: Access, kind: type[Kind], measure: Measure, pk: int, action: str) -> Kind:
    user = access.user
    if user is None:
        raise PermissionDenied(action)
    changed = kind.objects.filter(pk=pk, measure=measure.code, undone_at=None).update(
        undone_by=user, undone_by_name=user.display_name[:200], undone_at=datetime.now(UTC)
    )
    found = kind.objects.filter(pk=pk, measure=measure.code).first()
    if found is None:
        raise UserError("It is not there. Nothing was changed; go back to the chart and look again.")
    if not changed:
        raise UserError(f"{found.undone_by_name} took it back already. Nothing was changed.")
    _record(access, action, found, {"made_by": found.made_by_name})
    return found


def _allowed(access: Access, permission: Permission) -> User:
    if access.user is None or not access.can(permission):
        raise PermissionDenied(permission.value)
    return access.user


def _record(access: Access, action: str, one: Baseline | Note, detail: Mapping[str, str]) -> None:
    audit.record(
        access=access,
        action=action,
        subject_kind="measure",
        subject_key=f"{one.measure}:{one.scope}",
        purpose="performance",
        detail={"number": one.pk, **detail},
    )
