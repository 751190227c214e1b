"""Acts on the report: make a draft, write, sign, take newer figures, send. Each in one transaction with its audit line.

"Send" means: frozen as it is and published to readers inside wherry. No e-mail goes out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, OperationalError, transaction

from wherry.errors import UserError
from wherry.performance.report import Report, assemble, changes, to_json
from wherry.performance.report import words as report_words
from wherry.web.access import Permission, audit
from wherry.web.access.access import Access
from wherry.web.access.models import User
from wherry.web.reports import selectors
from wherry.web.reports.files import render, sha256
from wherry.web.reports.models import Commentary, Edition, EditionFile, EditionState

#: Longest text of one part of a narrative, in characters.
LONGEST = 4_000
PARTS = ("what", "why", "so_what", "action")
PURPOSE = "reporting to the board"


class Overtaken(UserError):
    """Somebody wrote since this one was begun; `theirs` is what stands now."""

    def __init__(self, theirs: Commentary) -> None:
        self.theirs = theirs
        super().__init__(
            f"{theirs.written_by_name} wrote version {theirs.number} after you began. Nothing of yours is lost and "
            "nothing is saved yet: both texts are below. Save yours as the next version, or take theirs into yours."
        )


def _allowed(access: Access, permission: Permission) -> User:
    if access.user is None or not access.can(permission):
        raise PermissionDenied(permission.value)
    return access.user


def _record(access: Access, act: str, edition: Edition, **detail: object) -> None:
    audit.record(
        access=access,
        action=f"report.{act}",
        subject_kind="report",
        subject_key=f"{edition.scope}:{edition.month_text}:{edition.version}",
        purpose=PURPOSE,
        detail=detail,
    )


def make(*, access: Access, scope: str, month: date, reason: str = "") -> Edition:
    """A draft for a scope and month. Where one was sent already it is a new version, and needs a `reason`.

    What was written in the version before is taken over, to be signed again. Raises UserError where there is a draft.
    """
    user = _allowed(access, Permission.SEND_REPORTS)
    selectors.refuse_unfinished(month)
    reason = _clean(reason, 2000)
    before = Edition.objects.filter(scope=scope, month=month).first()
    if before is not None and before.is_draft:
        raise UserError(_exists(before))
    if before is not None and not reason:
        raise UserError(
            f"Version {before.version} was sent, and stays as it is. Say what is wrong with it: the reason stands in "
            "the new version. Nothing was made."
        )
    now = datetime.now(UTC)
    report = _put_together(scope, month, now)
    with transaction.atomic():
        try:
            with transaction.atomic():
                made = Edition.objects.create(
                    scope=scope,
                    scope_name=report.scope_name[:200],
                    month=month,
                    version=1 if before is None else before.version + 1,
                    reason=reason,
                    report=to_json(report),
                    values_id=report.values_id[:100],
                    made_by=user,
                    made_by_name=user.display_name[:200],
                    made_at=now,
                    figures_at=now,
                )
        except IntegrityError:
            raise UserError(_exists(Edition.objects.filter(scope=scope, month=month).first())) from None
        if before is not None:
            _take_over(before, made)
        _record(access, "made", made, values=report.values_id, reason=reason)
    return made


def _put_together(scope: str, month: date, now: datetime) -> Report:
    """The report of a scope and month from the figures of now, with what differs from the version sent before it."""
    report = assemble(selectors.given(now), scope, month, previous=selectors.sent_before(scope, month))
    sent = selectors.sent_for(scope, month)
    return report if sent is None else replace(report, corrected=changes.between(sent, report))


def _exists(edition: Edition | None) -> str:
    who = f"{edition.made_by_name} made one first" if edition is not None else "Somebody made one first"
    return f"There is a draft for this month already: {who}. Nothing was made. Work on that one."


def _take_over(before: Edition, made: Edition) -> None:
    for measure, text in selectors.latest_texts(before).items():
        Commentary.objects.create(
            edition=made,
            measure=measure,
            number=1,
            **{part: getattr(text, part) for part in (*PARTS, "by_when", "by_whom")},
            written_by=text.written_by,
            written_by_name=text.written_by_name,
            written_at=text.written_at,
        )


def refresh(*, access: Access, edition: Edition) -> Edition:
    """Take the newest figures into a draft. What was signed on figures that changed has to be signed again."""
    _allowed(access, Permission.SEND_REPORTS)
    now = datetime.now(UTC)
    report = _put_together(edition.scope, edition.month, now)
    with transaction.atomic():
        held = _draft(edition)
        was = held.values_id
        held.report, held.values_id, held.figures_at = to_json(report), report.values_id[:100], now
        held.touched += 1
        held.save()
        _record(access, "refreshed", held, before=was, values=report.values_id)
    return held


@transaction.atomic
def write(*, access: Access, edition: Edition, measure: str, seen: int, text: Mapping[str, str]) -> Commentary:
    """Keep what is said of a measure (`""`: of the whole) as its next version. `seen`: the newest known to the writer.

    `text` has what, why, so_what, action, by_when (a date) and by_whom. Raises `Overtaken`, and UserError.
    """
    user = _allowed(access, Permission.WRITE_COMMENTARY)
    held = _draft(edition)
    report = selectors.report_of(held)
    if measure and measure not in report.by_code:
        raise UserError(f"There is no measure {measure!r} in this report. Nothing was saved.")
    newest = Commentary.objects.filter(edition=held, measure=measure).order_by("-number").first()
    if newest is not None and newest.number > seen:
        raise Overtaken(newest)
    fields = _fields(text)
    if newest is not None and all(getattr(newest, name) == value for name, value in fields.items()):
        raise UserError("This is what it says already, so there is nothing to save.")
    if newest is None and not any(fields.values()):
        raise UserError("Nothing is written, so nothing was saved. Say at least what happened.")
    made = Commentary.objects.create(
        edition=held,
        measure=measure,
        number=1 if newest is None else newest.number + 1,
        **fields,
        written_by=user,
        written_by_name=user.display_name[:200],
        written_at=datetime.now(UTC),
    )
    _touch(held)
    _record(access, "written", held, measure=measure, number=made.number)
    return made


def _fields(text: Mapping[str, str]) -> dict[str, object]:
    found: dict[str, object] = {}
    for part in PARTS:
        said = _clean(text.get(part, ""), None)
        if len(said) > LONGEST:
            raise UserError(f"“{said[:30]}…” is longer than {LONGEST:,} characters. Nothing was saved: shorten it.")
        found[part] = said
    when = text.get("by_when", "").strip()
    try:
        found["by_when"] = date.fromisoformat(when) if when else None
    except ValueError:
        raise UserError(f"“{when[:30]}” is no date: write it as 2026-04-30. Nothing was saved.") from None
    whom = " ".join(_clean(text.get("by_whom", ""), None).split())
    if len(whom) > 200:
        raise UserError("By whom is longer than 200 characters. Nothing was saved: name a post.")
    found["by_whom"] = whom
    return found


@transaction.atomic
def sign(*, access: Access, edition: Edition, measure: str, number: int) -> Commentary:
    """Sign a version of a text off. Refused to its writer, and where a newer version stands."""
    user = _allowed(access, Permission.SIGN_REPORTS)
    held = _draft(edition)
    text = Commentary.objects.select_for_update().filter(edition=held, measure=measure).order_by("-number").first()
    if text is None:
        raise UserError("Nothing is written yet, so there is nothing to sign.")
    if text.number != number:
        raise UserError(
            f"{text.written_by_name} wrote version {text.number} since you looked. Nothing was signed: read it, then "
            "sign."
        )
    if text.written_by_id == user.pk:
        raise UserError("You wrote this, so somebody else signs it off. Nothing was signed.")
    figures = selectors.figures_of(selectors.report_of(held), measure)
    if text.signed_at is not None and text.signed_figures == figures:
        raise UserError(f"{text.signed_by_name} signed this already. Nothing was changed.")
    text.signed_by, text.signed_by_name = user, user.display_name[:200]
    text.signed_at, text.signed_figures = datetime.now(UTC), figures
    text.save()
    _touch(held)
    _record(access, "signed", held, measure=measure, number=number, figures=figures)
    return text


@transaction.atomic
def unsign(*, access: Access, edition: Edition, measure: str) -> None:
    """Take a signature back, while the edition is a draft. Only who gave it can."""
    user = _allowed(access, Permission.SIGN_REPORTS)
    held = _draft(edition)
    text = Commentary.objects.select_for_update().filter(edition=held, measure=measure).order_by("-number").first()
    if text is None or text.signed_by_id != user.pk:
        raise UserError("You have not signed this, so there is nothing to take back.")
    text.signed_by, text.signed_by_name, text.signed_at, text.signed_figures = None, "", None, ""
    text.save()
    _touch(held)
    _record(access, "unsigned", held, measure=measure, number=text.number)


def send(*, access: Access, edition: Edition, touched: int, unsaid: str = "") -> Edition:
    """Freeze a draft as it is and publish it to readers. `touched`: what the sender looked at.

    Refused while something that is written is not signed, without a summary, or while an exception lacks its
    narrative and no reason (`unsaid`) is given.
    """
    user = _allowed(access, Permission.SEND_REPORTS)
    unsaid = _clean(unsaid, 2000)
    now = datetime.now(UTC)
    held = Edition.objects.get(pk=edition.pk)
    _may_go(held, touched, unsaid)
    report = final(held, sent_by=user.display_name, sent_at=now, unsaid=unsaid)
    files = {kind: render(report, kind) for kind in ("pdf", "xlsx")}
    try:
        return _kept(access, user, edition, touched, report, files, now)
    except OperationalError as error:
        raise UserError(
            f"The database could not keep this edition ({error}). Nothing was sent, and the draft is as it was. Tell "
            "whoever runs this service: it may be out of room."
        ) from error


def _kept(
    access: Access,
    user: User,
    edition: Edition,
    touched: int,
    report: Report,
    files: Mapping[str, bytes],
    now: datetime,
) -> Edition:
    """Keep an edition as sent with its files: all of it or nothing."""
    with transaction.atomic():
        held = _draft(edition)
        _may_go(held, touched, report.unsaid)
        held.report = to_json(report)
        held.report_sha256 = sha256(held.report.encode())
        held.state, held.unsaid = EditionState.SENT, report.unsaid
        held.sent_by, held.sent_by_name, held.sent_at = user, user.display_name[:200], now
        held.save()
        for kind, content in files.items():
            EditionFile.objects.create(
                edition=held, kind=kind, content=content, size=len(content), sha256=sha256(content)
            )
        hashes = {kind: sha256(content) for kind, content in files.items()}
        _record(access, "sent", held, values=held.values_id, report=held.report_sha256, unsaid=held.unsaid, **hashes)
    return held


def final(edition: Edition, *, sent_by: str, sent_at: datetime, unsaid: str) -> Report:
    """The report of a draft as it will be when it is sent."""
    report = selectors.report_of(edition)
    return replace(
        report,
        version=edition.version,
        draft=False,
        reason=edition.reason,
        unsaid=unsaid if report.unexplained else "",
        sent_by=sent_by,
        sent_at=sent_at.isoformat(timespec="seconds"),
    )


def _may_go(edition: Edition, touched: int, unsaid: str) -> None:
    if not edition.is_draft:
        raise UserError(f"{edition.sent_by_name} sent this edition already. Nothing was changed.")
    if edition.touched != touched:
        raise UserError("Somebody changed this draft since you looked. Nothing was sent: look at it again, then send.")
    report = selectors.report_of(edition)
    lacks = selectors.standing(report)
    if lacks.no_summary:
        raise UserError("There is no summary yet, so nothing was sent. Write it and have it signed off.")
    if lacks.unsigned:
        names = ", ".join(_called(report, code) for code in lacks.unsigned)
        raise UserError(f"Not signed off, or signed off on other figures: {names}. Nothing was sent.")
    if lacks.unexplained and not unsaid:
        names = ", ".join(_called(report, code) for code in lacks.unexplained)
        raise UserError(
            f"These exceptions lack a whole narrative: {names}. Nothing was sent. Write what is missing, or say why it "
            "is sent without."
        )


def _called(report: Report, code: str) -> str:
    return report.row(code).name if code else "the summary"


def _draft(edition: Edition) -> Edition:
    """The edition, locked, if it can still change."""
    held = Edition.objects.select_for_update().get(pk=edition.pk)
    if not held.is_draft:
        when = report_words.day(held.sent_at.date()) if held.sent_at else ""
        raise UserError(f"{held.sent_by_name} sent this edition on {when}: it stays as it is. Make a new version.")
    return held


def _touch(edition: Edition) -> None:
    edition.touched += 1
    edition.save(update_fields=["touched"])


def _clean(text: str, longest: int | None) -> str:
    found = text.replace("\r\n", "\n").replace("\x00", "").strip()
    return found if longest is None else found[:longest]
