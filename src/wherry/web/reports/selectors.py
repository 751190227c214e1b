"""Reads: editions, what was written for them, and what a report is put together from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache

from wherry.errors import UserError
from wherry.performance import disclosure
from wherry.performance.report import Figures, Given, Marks, Narrative, Report, from_json, with_narratives, words
from wherry.performance.report.objectives import objectives
from wherry.web import snapshot as snapshots
from wherry.web.access import Permission
from wherry.web.access.access import Access
from wherry.web.components import performance
from wherry.web.measures.models import Baseline, Note
from wherry.web.reports import evaluations
from wherry.web.reports.models import Commentary, Edition, EditionState

#: Who works on drafts.
WORKERS = (Permission.WRITE_COMMENTARY, Permission.SIGN_REPORTS, Permission.SEND_REPORTS)
NO_VALUES = (
    "No values of measures have been built yet, so there is nothing to report. Build them: wherry measures build."
)


def works_on_drafts(access: Access) -> bool:
    """Whether somebody may see what has not been sent."""
    return any(access.can(one) for one in WORKERS)


def editions(access: Access) -> Sequence[Edition]:
    """Editions that somebody may see, newest month first, without their contents."""
    found = Edition.objects.defer("report")
    return list(found if works_on_drafts(access) else found.filter(state=EditionState.SENT))


def edition_of(access: Access, scope: str, month: date, version: int) -> Edition | None:
    """One edition, or None where there is none for this person."""
    found = Edition.objects.filter(scope=scope, month=month, version=version).first()
    if found is None or (found.is_draft and not works_on_drafts(access)):
        return None
    return found


def versions(edition: Edition, access: Access) -> Sequence[Edition]:
    """Every edition of the same scope and month that somebody may see."""
    return [one for one in editions(access) if one.scope == edition.scope and one.month == edition.month]


def latest_texts(edition: Edition) -> dict[str, Commentary]:
    """The newest version of each text, by measure; `""` is the summary."""
    found: dict[str, Commentary] = {}
    for one in Commentary.objects.filter(edition=edition).order_by("measure", "number"):
        found[one.measure] = one
    return found


def history(edition: Edition, measure: str) -> Sequence[Commentary]:
    """Every version of a text, newest first."""
    return list(Commentary.objects.filter(edition=edition, measure=measure).order_by("-number"))


def narrative(text: Commentary, figures: str) -> Narrative:
    """A text as the report has it. A signature on other figures does not count."""
    signed = text.signed_at is not None and text.signed_figures == figures
    return Narrative(
        text.what,
        text.why,
        text.so_what,
        text.action,
        text.by_when.isoformat() if text.by_when else "",
        text.by_whom,
        text.written_by_name,
        text.written_at.isoformat(),
        text.signed_by_name if signed else "",
        text.signed_at.isoformat() if signed and text.signed_at else "",
        text.number,
    )


def report_of(edition: Edition) -> Report:
    """The report of an edition: as it was sent, or the draft's figures with what is written now."""
    kept = _parsed(edition.report)
    if not edition.is_draft:
        return kept
    said = {code: narrative(text, figures_of(kept, code)) for code, text in latest_texts(edition).items()}
    return with_narratives(kept, said)


@lru_cache(maxsize=8)
def _parsed(text: str) -> Report:
    return from_json(text)


def figures_of(report: Report, code: str) -> str:
    """What a text on a measure stands on, as SHA-256: another one means that the text has to be signed again.

    The summary stands on all figures and exceptions.
    """
    rows = report.rows if not code else tuple(row for row in report.rows if row.code == code)
    seen = [
        (row.code, row.period, row.words, row.numerator, row.denominator, row.target, row.variation, row.assurance)
        for row in rows
    ]
    return hashlib.sha256(
        json.dumps([seen, [one.code for one in report.exceptions] if not code else []]).encode()
    ).hexdigest()


@dataclass(frozen=True)
class Standing:
    """What keeps a draft from being sent, in words. `unexplained` may be sent with a reason, the rest may not."""

    unexplained: tuple[str, ...]
    unsigned: tuple[str, ...]
    no_summary: bool

    @property
    def ready(self) -> bool:
        """Whether it may be sent, with a reason where something is unexplained."""
        return not self.unsigned and not self.no_summary


def standing(report: Report) -> Standing:
    """What a draft still lacks; codes of measures, "" for the summary."""
    texts = [("", report.summary), *((one.code, one.narrative) for one in (*report.exceptions, *report.remarks))]
    return Standing(
        report.unexplained,
        tuple(code for code, said in texts if not said.empty and not said.signed_by),
        report.summary.empty,
    )


def sent_before(scope: str, month: date) -> Report | None:
    """The newest version of the last edition that was sent for an earlier month."""
    found = (
        Edition.objects.filter(scope=scope, month__lt=month, state=EditionState.SENT)
        .order_by("-month", "-version")
        .first()
    )
    return None if found is None else _parsed(found.report)


def sent_for(scope: str, month: date) -> Report | None:
    """The newest version that was sent for a month."""
    found = Edition.objects.filter(scope=scope, month=month, state=EditionState.SENT).order_by("-version").first()
    return None if found is None else _parsed(found.report)


def refuse_unfinished(month: date) -> None:
    """Raises UserError for a month that is not over: its report would say what nobody can know yet."""
    if words.month_end(month) > performance.today():
        raise UserError(f"{words.month(month)} is not over, so there is nothing to report on yet. Nothing was made.")


def given(now: datetime | None = None) -> Given:
    """What reports are put together from, as it stands now. Raises UserError where nothing was built."""
    values, system = performance.values(), snapshots.system()
    if values is None or system is None:
        raise UserError(NO_VALUES)
    return Given(
        Figures(values, performance.scopes(), disclosure.rules(system)),
        performance.definitions(),
        system.title,
        snapshots.is_artificial() or bool(values.manifest.get("artificial")),
        (now or datetime.now(UTC)).isoformat(timespec="seconds"),
        objectives(system),
        evaluations.verdicts(),
        marks(),
    )


def marks() -> Mapping[tuple[str, str], Marks]:
    """Baselines and notes of every chart, those taken back left out."""
    found: dict[tuple[str, str], Marks] = {}
    for baseline in Baseline.objects.filter(undone_at=None):
        key = (baseline.measure, baseline.scope)
        before = found.get(key, Marks())
        found[key] = Marks((*before.rebases, (baseline.starts_on, baseline.reason)), before.notes)
    for note in Note.objects.filter(undone_at=None, period__isnull=False):
        key = (note.measure, note.scope)
        before = found.get(key, Marks())
        if note.period is not None:
            found[key] = Marks(before.rebases, (*before.notes, (note.period, note.text)))
    return found


def newer_figures(edition: Edition) -> bool:
    """Whether values were built after those that a draft shows."""
    values = performance.values()
    return edition.is_draft and values is not None and values.id != edition.values_id
