"""Reads about questionnaires: whom to ask next, which stand open, which results wait for a clinician."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import numpy as np
from django.core.exceptions import PermissionDenied
from django.http import QueryDict

from wherry.waiting import questionnaire as questionnaires
from wherry.waiting import readiness
from wherry.waiting.questionnaire import Question, Questionnaire
from wherry.web import snapshot as snapshots
from wherry.web.access import Permission
from wherry.web.access.access import Access
from wherry.web.offers import patients
from wherry.web.waiting import overlay as overlays
from wherry.web.waiting.frame import Bools, Frame, Ints, frame_of, pc
from wherry.web.waiting.naming import names_of
from wherry.web.waiting.selectors import NothingYet
from wherry.web.well.models import OPEN_FORMS, FormState, HealthForm


class AskList:
    """People with a decision to admit who have not answered within the time for which answers hold.

    Order: the phase of their service (dated data: trauma and orthopaedics first, as the plan has it), then the list's
    own order. Children are not asked: the questions are for adults. Who has a date to come in stays in it: they need
    to be ready most of all.
    """

    def __init__(self, access: Access) -> None:
        if not access.can(Permission.ASK_HEALTH):
            raise PermissionDenied(Permission.ASK_HEALTH.value)
        care = snapshots.current("care")
        if care is None:
            raise NothingYet
        self.access, self.snapshot, self.today = access, care, snapshots.today()
        self.names = names_of(care)
        self.version = questionnaires.on(self.today)
        self.organisations = access.where(Permission.ASK_HEALTH) & access.where(Permission.SEE_IDENTITY)
        self.frame: Frame = frame_of(care, "care")
        self.scope: Bools = self.frame.facets["organisation"].mask(self.organisations)
        self.functions = self.frame.facets["treatment_function"]

    def to_ask(self, *, trust: str = "", function: str = "") -> Ints:
        """Rows to ask, in order."""
        off = overlays.overlay_of(self.snapshot, self.frame, self.today).off
        mask = self.scope & ~off & self.frame.facets["stage"].mask(["admitted"])
        if trust:
            mask = mask & self.frame.facets["organisation"].mask([trust])
        if function:
            mask = mask & self.functions.mask([function])
        mask = mask & self._adults
        settled = self.frame.rows_of(self._settled())
        mask[settled[settled >= 0]] = False
        rows = np.flatnonzero(mask)
        phases = [readiness.phase(self.version, value) for value in self.functions.values] or [0]
        phase = np.array(phases, dtype=np.int64)[self.functions.codes[rows]] if len(rows) else rows
        out: Ints = rows[np.lexsort((self.frame.position[rows], phase))].astype(np.int32)
        return out

    @cached_property
    def _adults(self) -> Bools:
        """Rows of people of the questionnaire's age; whose age is not known is asked, not left out."""
        age = pc.fill_null(self.frame.table["age"], self.version.least_age).to_numpy(zero_copy_only=False)
        out: Bools = age >= self.version.least_age
        return out

    def _settled(self) -> list[str]:
        """Pathways with an open questionnaire, or with answers that still hold."""
        since = self.today - timedelta(days=31 * self.version.months_valid)
        open_ = HealthForm.objects.filter(state__in=OPEN_FORMS).values_list("pathway_key", flat=True)
        answered = HealthForm.objects.filter(state=FormState.SUBMITTED, submitted_on__gte=since)
        rows = answered.values_list("pathway_key", "questionnaire", "submitted_on")
        return [*open_, *(key for key, name, on in rows if on and self._holds(name, on))]

    def _holds(self, name: str, on: date) -> bool:
        return readiness.valid_until(questionnaires.named(name), on) >= self.today

    def counts(self, trust: str = "") -> dict[str, int]:
        """How many are to be asked, by treatment function."""
        rows = self.to_ask(trust=trust)
        mask = np.zeros(self.frame.size, dtype=bool)
        mask[rows] = True
        return self.functions.counts(mask)

    def lines(self, rows: Ints) -> list[dict[str, Any]]:
        """Rows with how each person wants to be reached, when they last answered, and why they stand where they do."""
        taken = self.frame.take(rows)
        keys = [row["identity_key"] for row in taken]
        contacts = {
            row["identity_key"]: row
            for row in patients.rows_where(self.snapshot, "contact_detail", "identity_key", keys)
        }
        last: dict[str, date] = {}
        before = HealthForm.objects.filter(pathway_key__in=[row["pathway_key"] for row in taken])
        for form in before.filter(state=FormState.SUBMITTED).order_by("submitted_on"):
            if form.submitted_on:
                last[form.pathway_key] = form.submitted_on
        for row in taken:
            at = readiness.phase(self.version, row["treatment_function"])
            phases = self.version.phases
            row["state"], row["case"] = overlays.UNDECIDED, None
            row["phase"] = phases[at].words if at < len(phases) else "All other services"
            row["contact"] = contacts.get(row["identity_key"], {})
            row["last_answered"] = last.get(row["pathway_key"])
        return taken

    def asked(self, keys: list[str]) -> list[dict[str, Any]]:
        """The rows of some pathways that are to be asked; others are left out."""
        rows = self.frame.rows_of(keys)
        allowed = self.scope & self.frame.facets["stage"].mask(["admitted"])
        return self.frame.take(np.array([row for row in rows.tolist() if row >= 0 and allowed[row]], dtype=np.int32))

    def open_forms(self, trust: str = "") -> list[HealthForm]:
        """Questionnaires that stand open, the longest asked first."""
        forms = HealthForm.objects.filter(state__in=OPEN_FORMS, organisation__in=self.organisations)
        return list((forms.filter(organisation=trust) if trust else forms).order_by("invited_on", "id"))


def results(access: Access, view: str, trust: str = "") -> list[HealthForm]:
    """Answered questionnaires. `view` is review (a clinician must look), fit or decided. Not fit first, then oldest."""
    forms = HealthForm.objects.filter(
        state=FormState.SUBMITTED, organisation__in=access.where(Permission.SEE_WELL)
    ).order_by("submitted_on", "id")
    if trust:
        forms = forms.filter(organisation=trust)
    if view == "fit":
        return list(forms.filter(outcome=readiness.FIT, fitness=""))
    if view == "decided":
        return list(forms.exclude(fitness="").order_by("-submitted_on", "-id"))
    waiting = forms.filter(outcome__in=[readiness.REVIEW, readiness.NOT_FIT], fitness="")
    return sorted(waiting, key=lambda form: form.outcome != readiness.NOT_FIT)


def read_answers(version: Questionnaire, topic: str, post: QueryDict | Mapping[str, str]) -> dict[str, Any]:
    """What a page of one topic sends. A number that is none stays text, so that it is refused and not lost."""
    out: dict[str, Any] = {}
    for question in version.of_topic(topic):
        text = str(post.get(question.code, "")).strip()
        whole = question.kind == "whole" and text.isascii() and text.isdigit() and len(text) < 6
        out[question.code] = int(text) if whole else text
    return out


@dataclass(frozen=True)
class TopicState:
    """One topic of a form: how many of its questions have an answer, and which of them are asked at all."""

    code: str
    title: str
    warning: str
    answered: int
    needed: int
    missing: int

    @property
    def words(self) -> str:
        """Where it stands, in words."""
        if not self.missing:
            return "Answered"
        return "Not begun" if not self.answered else f"{self.missing} to answer"


def topics(version: Questionnaire, answers: Mapping[str, Any]) -> list[TopicState]:
    """The topics of a form with what is still missing."""
    asked = readiness.asked(version, answers)
    missing = set(readiness.score(version, answers).missing)
    out = []
    for topic in version.topics:
        mine = [question for question in asked if question.topic == topic.code]
        answered = sum(question.code in answers for question in mine)
        left = sum(question.code in missing for question in mine)
        out.append(TopicState(topic.code, topic.title, topic.warning, answered, len(mine), left))
    return out


def after(version: Questionnaire, topic: str) -> str | None:
    """The topic that follows, or None after the last."""
    codes = [t.code for t in version.topics]
    at = codes.index(topic)
    return codes[at + 1] if at + 1 < len(codes) else None


def _words(question: Question, answer: Any) -> str:
    if answer is None:
        return "Not answered"
    return question.answers.get(str(answer)) or question.said(answer)


def said(version: Questionnaire, answers: Mapping[str, Any]) -> list[tuple[str, list[tuple[Question, str]]]]:
    """Every answer in words, by topic; a question without one says so."""
    asked = readiness.asked(version, answers)
    out = []
    for topic in version.topics:
        rows = [(q, _words(q, answers.get(q.code))) for q in asked if q.topic == topic.code]
        out.append((topic.title, rows))
    return out


def shown_questions(version: Questionnaire, topic: str, answers: Mapping[str, Any]) -> list[tuple[Question, str]]:
    """The questions of one page. One that depends on an answer of an earlier page is left out unless it is asked; one
    that depends on an answer of this page is always there, with the answer that it is for, and may be left blank."""
    asked = {question.code for question in readiness.asked(version, answers)}
    out = []
    for question in version.of_topic(topic):
        before = version.questions.get(question.asked_after)
        if before is None:
            out.append((question, ""))
        elif before.topic == topic:
            wanted = " or ".join(f"“{before.answers[code]}”" for code in question.asked_for)
            out.append((question, f"Only if you answered {wanted} above"))
        elif question.code in asked:
            out.append((question, ""))
    return out


def newly_asked(version: Questionnaire, topic: str, sent: Mapping[str, Any], answers: Mapping[str, Any]) -> bool:
    """Whether an answer of this page has led to a question of this page that was left blank."""
    asked = {question.code for question in readiness.asked(version, answers)}
    mine = [question for question in version.of_topic(topic) if question.asked_after]
    return any(q.code in asked and not q.optional and sent.get(q.code) in (None, "") for q in mine)
