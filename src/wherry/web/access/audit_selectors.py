"""Reads of the audit log: who looked at whom and why, and what is unusual."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from wherry.web import snapshot as snapshots
from wherry.web.access.access import Access
from wherry.web.access.models import AuditEvent
from wherry.web.access.permissions import Permission

_LONDON = ZoneInfo("Europe/London")
PAGE = 100
#: Kinds of subject that are a patient or a patient's pathway.
PATIENT_KINDS = ("pathway", "person", "identity")

#: More different patients than this opened by one person in one hour is unusual.
MANY_IN_AN_HOUR = 30
#: Openings before or after these hours, or at a weekend, are outside hours.
DAY_BEGINS, DAY_ENDS = 7, 20


@dataclass(frozen=True)
class AuditFilter:
    """What the audit screen was asked for. Dates are days in London, both included."""

    person: str = ""
    actor: str = ""
    action: str = ""
    since: date | None = None
    until: date | None = None
    before: int | None = None

    @property
    def words(self) -> str:
        """The filter in words, for exports."""
        parts = [f"about {self.person}" if self.person else "", f"by {self.actor}" if self.actor else ""]
        parts += [f"action {self.action}" if self.action else ""]
        parts += [f"from {self.since}" if self.since else "", f"until {self.until}" if self.until else ""]
        return ", ".join(part for part in parts if part) or "everything"


def visible(access: Access) -> QuerySet[AuditEvent]:
    """Lines that one reader may see: about their organisations, or by people of them, or about no organisation."""
    scope = access.where(Permission.SEE_AUDIT)
    mine = Q(organisation__in=scope)
    by_mine = Q()
    for code in sorted(scope):
        by_mine |= Q(organisations__contains=code)
    return (
        AuditEvent.objects.filter(mine | by_mine | Q(organisation="", organisations=""))
        if scope
        else (AuditEvent.objects.none())
    )


def lines(access: Access, asked: AuditFilter) -> QuerySet[AuditEvent]:
    """Lines that fit a filter, newest first."""
    found = visible(access)
    if asked.person:
        found = found.filter(subject_key__in=keys_of(asked.person))
    if asked.actor:
        found = found.filter(actor__icontains=asked.actor)
    if asked.action:
        found = found.filter(action=asked.action)
    if asked.since:
        found = found.filter(at__gte=datetime.combine(asked.since, time(), _LONDON))
    if asked.until:
        found = found.filter(at__lt=datetime.combine(asked.until + timedelta(days=1), time(), _LONDON))
    if asked.before:
        found = found.filter(sequence__lt=asked.before)
    return found.order_by("-sequence")


def actions(access: Access) -> list[str]:
    """Every action that occurs, for the filter's list."""
    return sorted(visible(access).order_by().values_list("action", flat=True).distinct())


def keys_of(person: str) -> list[str]:
    """Every subject key that stands for a person: what was typed, and, for an NHS number or a person key, the person's
    identities and pathways in the current snapshot."""
    text = person.strip()
    keys = {text}
    snapshot = snapshots.current()
    if snapshot is None or not text:
        return sorted(keys)
    digits = text.replace(" ", "")
    identities = snapshot.table("person_identity")
    wanted = identities.filter(
        (identities.nhs_number == digits) | (identities.person_key == text) | (identities.identity_key == text)
    )
    found = wanted.select("person_key", "identity_key").to_pyarrow()
    people = set(found["person_key"].to_pylist())
    if people:
        pathways = snapshot.table("pathway")
        rows = pathways.filter(pathways.person_key.isin(sorted(people))).select("pathway_key").to_pyarrow()
        keys |= people | set(found["identity_key"].to_pylist()) | set(rows["pathway_key"].to_pylist())
    return sorted(keys)


@dataclass(frozen=True)
class Unusual:
    """Something worth a question: who, what, how often, and the filter that shows it."""

    actor: str
    kind: str
    words: str
    count: int
    on: date
    query: dict[str, str] = field(default_factory=dict)


def unusual(access: Access, *, today: date, days: int = 30) -> list[Unusual]:
    """Unusual looks at patients in the last `days` days, the newest first.

    Rules (standards 6.6, proactive rules): many different patients in one hour; outside 07:00 to 20:00 or at a weekend;
    refused pages; and openings for an organisation that the person did not belong to at the time.
    """
    since = datetime.combine(today - timedelta(days=days), time(), _LONDON)
    rows = visible(access).filter(at__gte=since).order_by("sequence")
    return sorted(_judge(rows.iterator(chunk_size=2000)), key=lambda found: (found.on, found.count), reverse=True)


def _judge(rows: Iterator[AuditEvent]) -> Iterator[Unusual]:
    hourly: dict[tuple[str, datetime], set[str]] = defaultdict(set)
    outside: Counter[tuple[str, date]] = Counter()
    refused: Counter[tuple[str, date]] = Counter()
    foreign: Counter[tuple[str, date]] = Counter()
    for row in rows:
        local = row.at.astimezone(_LONDON)
        if row.action == "access.refused":
            refused[row.actor, local.date()] += 1
        if row.subject_kind not in PATIENT_KINDS or row.actor.startswith("system:"):
            continue
        hourly[row.actor, row.at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)].add(row.subject_key)
        if not DAY_BEGINS <= local.hour < DAY_ENDS or local.weekday() >= 5:
            outside[row.actor, local.date()] += 1
        if row.organisation and row.organisation not in row.organisations.split(","):
            foreign[row.actor, local.date()] += 1
    for (actor, hour), subjects in hourly.items():
        if len(subjects) > MANY_IN_AN_HOUR:
            begins = hour.astimezone(_LONDON)
            words = f"{len(subjects)} different records in the hour from {begins:%H:%M}"
            yield _found(actor, "many in an hour", words, len(subjects), begins.date())
    for kind, counted, words in (
        ("outside hours", outside, f"records opened before {DAY_BEGINS:02}:00, after {DAY_ENDS}:00 or at a weekend"),
        ("refused", refused, "pages refused to them"),
        ("another organisation", foreign, "records of an organisation they did not belong to"),
    ):
        for (actor, on), number in counted.items():
            yield _found(actor, kind, f"{number} {words}", number, on)


def _found(actor: str, kind: str, words: str, count: int, on: date) -> Unusual:
    return Unusual(actor, kind, words, count, on, {"actor": actor, "since": on.isoformat(), "until": on.isoformat()})
