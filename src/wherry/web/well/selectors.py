"""Reads about harm: who may come to it, whose review is due, what was found. Scoped to where the reader may look."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Max, Q

from wherry.waiting import harm, questionnaire, readiness, risk_rules
from wherry.web import snapshot as snapshots
from wherry.web.access import Permission
from wherry.web.access.access import Access
from wherry.web.components.formats import day
from wherry.web.waiting import overlay as overlays
from wherry.web.waiting.frame import NO_DAY, Bools, Frame, Ints, frame_of, pc
from wherry.web.waiting.naming import names_of
from wherry.web.waiting.selectors import NothingYet
from wherry.web.well import acts, frame
from wherry.web.well.models import FormState, HarmReview, HealthForm, SeeRequest, Task

if TYPE_CHECKING:
    from wherry.hub.snapshot import Snapshot

LONG_WAIT, CANCER = "long_wait", "cancer"
#: What somebody needs, beside seeing the rows, to take them out as a file with names.
FILES = Permission.VALIDATE
_EPOCH = date(1970, 1, 1)


def harm_reviews_of(pathway_key: str) -> list[HarmReview]:
    """Every review of harm of a pathway, newest first, undone ones included (`undone_by`, `undoes` tell them)."""
    return list(HarmReview.objects.filter(pathway_key=pathway_key).select_related("undoes").order_by("-sequence"))


def standing_reviews(pathway_keys: Iterable[str] | None = None) -> dict[str, dict[str, HarmReview]]:
    """The review that stands of each pathway, by kind."""
    rows = HarmReview.objects.all()
    if pathway_keys is not None:
        rows = rows.filter(pathway_key__in=list(pathway_keys))
    grouped: dict[tuple[str, str], list[HarmReview]] = defaultdict(list)
    for row in rows:
        grouped[row.pathway_key, row.kind].append(row)
    out: dict[str, dict[str, HarmReview]] = defaultdict(dict)
    for (key, kind), mine in grouped.items():
        if (stands := acts.standing(mine)) is not None:
            out[key][kind] = stands
    return dict(out)


def own_words(today: date) -> dict[str, str]:
    """What people wrote who say that their condition has become worse, by pathway: answers that still hold, and
    requests to be seen that nobody has answered yet."""
    out: dict[str, str] = {}
    since = today - timedelta(days=31 * questionnaire.on(today).months_valid)
    forms = HealthForm.objects.filter(state=FormState.SUBMITTED, submitted_on__gte=since).exclude(own_words="")
    for form in forms.order_by("submitted_on", "id"):
        if form.submitted_on is None:
            continue
        if readiness.valid_until(questionnaire.named(form.questionnaire), form.submitted_on) >= today:
            out[form.pathway_key] = f"In the questionnaire of {day(form.submitted_on)}: “{form.own_words}”"
    for request in SeeRequest.objects.filter(answer="", urgency__in=["worse", "much_worse"]).order_by("id"):
        out[request.pathway_key] = f"Asked to be seen on {day(request.asked_on)}: “{request.words}”"
    return out


_OPEN = Q(answer="")


def _stamp(today: date) -> tuple[Any, ...]:
    forms = HealthForm.objects.filter(state=FormState.SUBMITTED).aggregate(n=Count("id"), at=Max("saved_at"))
    requests = SeeRequest.objects.filter(urgency__in=["worse", "much_worse"])
    asked = requests.aggregate(n=Count("id"), open=Count("id", filter=_OPEN), last=Max("id"))
    reviews = HarmReview.objects.aggregate(n=Count("id"), last=Max("id"))
    return (today, forms["n"], forms["at"], asked["n"], asked["open"], asked["last"], reviews["n"], reviews["last"])


@dataclass(frozen=True)
class _Live:
    """What the database says, as of one stamp."""

    stamp: tuple[Any, ...]
    words: dict[str, str]
    reviews: dict[str, dict[str, HarmReview]]


_live: dict[str, _Live] = {}
_lock = threading.Lock()


def _live_of(today: date) -> _Live:
    stamp = _stamp(today)
    with _lock:
        kept = _live.get("care")
    if kept is not None and kept.stamp == stamp:
        return kept
    made = _Live(stamp, own_words(today), standing_reviews())
    with _lock:
        _live["care"] = made
    return made


def forget() -> None:
    """Drop what is kept, for tests."""
    frame.forget()
    with _lock:
        _live.clear()
        _cancer.clear()


_cancer: dict[str, tuple[str, int, list[dict[str, Any]]]] = {}


def _late_cancer(snapshot: Snapshot, from_day: int) -> list[dict[str, Any]]:
    """Cancer pathways still tracked at or past a day, the longest last; read once a snapshot."""
    with _lock:
        kept = _cancer.get("care")
    if kept is None or kept[:2] != (snapshot.id, from_day):
        rows: list[dict[str, Any]] = []
        if "cancer_wait" in snapshot.names:
            columns = ["pathway_key", "person_key", "surname", "forename", "nhs_number", "organisation"]
            table: Any = snapshot.arrow("cancer_wait", columns=[*columns, "tumour_group", "day", "tracked"])
            late = pc.and_kleene(table["tracked"], pc.greater_equal(table["day"], from_day))
            rows = sorted(table.filter(late).to_pylist(), key=lambda row: (row["day"], row["pathway_key"]))
        kept = (snapshot.id, from_day, rows)
        with _lock:
            _cancer["care"] = kept
    return kept[2]


class RiskList:
    """Who may come to harm, as one person may see it. `taking` a file out needs more than seeing: see `FILES`."""

    def __init__(self, access: Access, *, taking: bool = False) -> None:
        if not access.can(Permission.SEE_WELL):
            raise PermissionDenied(Permission.SEE_WELL.value)
        care = snapshots.current("care")
        if care is None:
            raise NothingYet
        self.access, self.snapshot = access, care
        self.today = snapshots.today()
        self.rules = risk_rules.on(self.today)
        self.names = names_of(care)
        self.organisations = access.where(Permission.SEE_WELL) & access.where(Permission.SEE_IDENTITY)
        self.organisations &= access.where(FILES) if taking else self.organisations
        self.frame: Frame = frame_of(care, "care")
        self.live = _live_of(self.today)
        self.risks, self.order = frame.laid_over(care, self.frame, (care.id, *self.live.stamp), self.live.words)
        self.scope: Bools = self.frame.facets["organisation"].mask(self.organisations)

    @cached_property
    def waiting(self) -> Bools:
        """Rows in scope whose clock no decision has ended."""
        off = overlays.overlay_of(self.snapshot, self.frame, self.today).off
        out: Bools = self.scope & ~off
        return out

    @cached_property
    def long(self) -> Bools:
        """Rows that have waited long enough for a review of harm."""
        out: Bools = self.frame.days > self.rules.long_wait_days
        return out

    @cached_property
    def cancer(self) -> dict[str, dict[str, Any]]:
        """Cancer pathways at or past the day of their review, by pathway, at the reader's trusts."""
        late = _late_cancer(self.snapshot, self.rules.cancer_from_day)
        return {row["pathway_key"]: row for row in late if row["organisation"] in self.organisations}

    def review_of(self, key: str, kind: str) -> HarmReview | None:
        """The review of a pathway that stands."""
        return self.live.reviews.get(key, {}).get(kind)

    def is_due(self, key: str, kind: str) -> bool:
        """Whether a review of that kind is due today, given that the wait asks for one."""
        stands = self.review_of(key, kind)
        return stands is None or (stands.next_due_on is not None and stands.next_due_on <= self.today)

    @cached_property
    def due(self) -> Bools:
        """Rows whose review of harm is due today."""
        long = self.long.copy()
        cancer = np.zeros(self.frame.size, dtype=bool)
        rows = self.frame.rows_of(list(self.cancer))
        cancer[rows[rows >= 0]] = True
        for mask, kind in ((long, LONG_WAIT), (cancer, CANCER)):
            quiet = [key for key in self.live.reviews if not self.is_due(key, kind)]
            at = self.frame.rows_of(quiet)
            mask[at[at >= 0]] = False
        out: Bools = long | cancer
        return out

    def mask(self, *, trust: str = "", function: str = "", reason: str = "", due: bool = False) -> Bools:
        """Rows in scope that fit."""
        mask = self.waiting
        if trust:
            mask = mask & self.frame.facets["organisation"].mask([trust])
        if function:
            mask = mask & self.frame.facets["treatment_function"].mask([function])
        if reason:
            mask = mask & self.risks.has(reason)
        return mask & self.due if due else mask

    def select(self, **wanted: Any) -> Ints:
        """Rows with a reason that fit, in the order of the worklist."""
        mask = self.mask(**wanted)
        out: Ints = self.order[mask[self.order]]
        return out

    def counts(self, **wanted: Any) -> dict[str, dict[str, int]]:
        """How many rows each choice of each filter would leave."""
        at_risk = self.risks.bits != 0
        trusts = self.frame.facets["organisation"].counts(self.mask(**{**wanted, "trust": ""}) & at_risk)
        functions = self.frame.facets["treatment_function"].counts(self.mask(**{**wanted, "function": ""}) & at_risk)
        base = self.mask(**{**wanted, "reason": ""})
        reasons = {code: int((self.risks.has(code) & base).sum()) for code in frame.REASONS}
        owed = {"due": int((self.mask(**{**wanted, "due": True}) & at_risk).sum())}
        return {"trust": trusts, "function": functions, "reason": reasons, "due": owed}

    def lines(self, rows: Ints) -> list[dict[str, Any]]:
        """Rows with their reasons, the evidence of each, the review of harm, and why they stand where they stand."""
        taken = self.frame.take(rows)
        evidence = self.risks.evidence([row["pathway_key"] for row in taken])
        for row, number in zip(taken, rows.tolist(), strict=True):
            key = row["pathway_key"]
            told = {**evidence[key], frame.OWN_WORDS: self.live.words.get(key, "")}
            codes = self.risks.codes(number)
            row["state"], row["case"] = overlays.UNDECIDED, None
            row["reasons"] = [(code, frame.REASONS[code], told.get(code, "")) for code in codes]
            row["due"] = bool(self.due[number])
            row["reviews"] = self.live.reviews.get(key, {})
            row["why_here"] = harm.why_here(row["clinical_priority"], len(codes), row["position"])
        return taken

    def find(self, key: str) -> dict[str, Any] | None:
        """One row of the list, whether or not it has a reason; None outside the reader's scope."""
        number = self.frame.find(key)
        if number is None or not self.scope[number]:
            return None
        return self.lines(np.array([number], dtype=np.int32))[0]

    # --- reviews that are due ---------------------------------------------------------------------------------------

    def due_reviews(self, kind: str, trust: str = "") -> list[dict[str, Any]]:
        """People whose review of that kind is due, the longest due first, as few columns."""
        rows = self._due_cancer() if kind == CANCER else self._due_long()
        rows = [row for row in rows if not trust or row["organisation"] == trust]
        return sorted(rows, key=lambda row: (row["since"], row["pathway_key"]))

    def _due_long(self) -> list[dict[str, Any]]:
        numbers = np.flatnonzero(self.long & self.waiting & (self.frame.days != NO_DAY)).astype(np.int32)
        keys = self.frame.table["pathway_key"].take(numbers).to_pylist()
        days = self.frame.days[numbers].tolist()
        trusts = self.frame.facets["organisation"]
        out = []
        for number, key, waited in zip(numbers.tolist(), keys, days, strict=True):
            if not self.is_due(key, LONG_WAIT):
                continue
            last = self.review_of(key, LONG_WAIT)
            first = self.today - timedelta(days=waited - self.rules.long_wait_days - 1)
            since = last.next_due_on if last is not None and last.next_due_on else first
            organisation = trusts.values[trusts.codes[number]]
            out.append({"row": number, "pathway_key": key, "organisation": organisation, "since": since, "last": last})
        return out

    def _due_cancer(self) -> list[dict[str, Any]]:
        out = []
        for key, row in self.cancer.items():
            if self.is_due(key, CANCER):
                last = self.review_of(key, CANCER)
                first = self.today - timedelta(days=row["day"] - self.rules.cancer_from_day)
                out.append({**row, "last": last, "since": last.next_due_on if last and last.next_due_on else first})
        return out


def open_tasks(access: Access, trust: str = "") -> list[Task]:
    """What is to be done at the reader's trusts, the soonest due first."""
    where = access.where(Permission.SEE_WELL)
    tasks = Task.objects.filter(organisation__in=where, done_on=None, withdrawn=False)
    return list(tasks.filter(organisation=trust) if trust else tasks)


def tasks_of(pathway_key: str) -> list[Task]:
    """Every task of a pathway, open ones first."""
    rows = list(Task.objects.filter(pathway_key=pathway_key))
    return sorted(rows, key=lambda task: (task.withdrawn, task.done_on is not None, task.due_on, task.pk))
