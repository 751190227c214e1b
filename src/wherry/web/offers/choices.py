"""What patients chose, in totals: the plan's three measures with no answer and asked to move, each with its split.

An offer belongs to the month in which it was last made. People who opted out of secondary use are left out. Numbers are
rounded to five and fewer than five are not told, as everywhere on these pages, and rates are of the rounded numbers, so
that nobody can be worked out by subtraction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied

from wherry.reference.people_codes import ETHNIC_GROUPS, SEXES
from wherry.web import snapshot as snapshots
from wherry.web.access import Permission
from wherry.web.access.access import Access
from wherry.web.components.formats import count
from wherry.web.home.presenters import SMALL
from wherry.web.offers import patients, rules
from wherry.web.offers.models import Invitation, Kind, Offer, OfferDecision, State
from wherry.web.waiting.naming import QUINTILES, Names

#: The ways to split, with the words of the column.
SPLITS = {
    "month": "Month",
    "trust": "Trust",
    "function": "Treatment function",
    "quintile": "Deprivation quintile",
    "age": "Age",
    "sex": "Sex",
    "ethnicity": "Ethnic group",
}
MEASURES = {
    "offered": "Offered another hospital",
    "moved": "Chose another hospital",
    "stayed": "Chose to wait where they were",
    "no_answer": "No answer",
    "open": "Not answered yet",
    "asked": "Asked to move",
}
#: Of how many: the denominator of each measure's rate.
OF = {"offered": "waiting", "moved": "offered", "stayed": "offered", "no_answer": "offered", "asked": "invited"}
Counts = dict[str, Counter[str]]


@dataclass(frozen=True)
class Asked:
    """The filter of an address."""

    by: str = "month"
    month: str = ""
    trust: str = ""
    function: str = ""


@dataclass(frozen=True)
class Cell:
    """A number as it may be told, and its rate; `number` None is fewer than five."""

    number: int | None
    rate: float | None

    @property
    def words(self) -> str:
        """The number in words."""
        return f"fewer than {SMALL}" if self.number is None else count(self.number)


@dataclass(frozen=True)
class Row:
    """One group: what it is called and its numbers by measure, with `waiting` and `invited`."""

    value: str
    text: str
    cells: Mapping[str, Cell]


@dataclass(frozen=True)
class Choices:
    """The table of a filter, and what the filter may be set to."""

    rows: list[Row]
    total: Row
    months: tuple[str, ...]
    trusts: tuple[str, ...]
    functions: tuple[str, ...]
    opted_out: int


def told(number: int) -> int | None:
    """A number as it may be told.

    >>> [told(n) for n in (0, 4, 5, 7, 8, 43)]
    [None, None, 5, 5, 10, 45]
    """
    return None if number < SMALL else SMALL * ((2 * number + SMALL) // (2 * SMALL))


def read(query: Mapping[str, str]) -> Asked:
    """The filter of an address; a split that there is not is by month."""
    by = query.get("by", "")
    return Asked(
        by=by if by in SPLITS else "month",
        month=query.get("month", "")[:7],
        trust=query.get("trust", "")[:10],
        function=query.get("function", "")[:10],
    )


def choices(access: Access, asked: Asked, names: Names, today: date) -> Choices:
    """The measures of the trusts where the person may see totals."""
    if not access.can(Permission.SEE_CHOICES):
        raise PermissionDenied(Permission.SEE_CHOICES.value)
    where = access.where(Permission.SEE_CHOICES)
    facts = [*_offers(where, today), *_invited(where)]
    out = _opted_out({fact["person"] for fact in facts})
    kept = [fact for fact in facts if fact["person"] not in out]
    counts: Counts = {measure: Counter() for measure in (*MEASURES, "waiting", "invited")}
    chosen = [fact for fact in kept if _fits(fact, asked)]
    for fact in chosen:
        for measure in fact["measures"]:
            counts[measure][fact[asked.by]] += 1
    counts["waiting"] = _waiting(where, asked)
    values = sorted({value for counter in counts.values() for value in counter}, key=_order(asked.by))
    rows = [_row(value, in_words(asked.by, value, names), counts, {value}) for value in values]
    return Choices(
        rows=rows,
        total=_row("", "Everybody", counts, set(values)),
        months=tuple(sorted({fact["month"] for fact in kept}, reverse=True)),
        trusts=tuple(sorted(where)),
        functions=tuple(sorted({fact["function"] for fact in kept})),
        opted_out=len(out),
    )


def _offers(where: frozenset[str], today: date) -> Iterator[dict[str, Any]]:
    left = OfferDecision.objects.filter(kind=Kind.WITHDRAW, state_before=State.NO_ANSWER)
    unanswered = set(left.filter(offer__from_organisation__in=where).values_list("offer_id", flat=True))
    for offer in Offer.objects.filter(from_organisation__in=where, offered_on__isnull=False).iterator():
        measures = ["offered"]
        if offer.answer:
            measures.append("moved" if offer.answer == "yes" else "stayed")
        elif rules.standing(offer, today) is State.NO_ANSWER or offer.pk in unanswered:
            measures.append("no_answer")
        elif offer.state == State.OFFERED:
            measures.append("open")
        yield {**_groups(offer), "month": f"{offer.offered_on:%Y-%m}", "measures": measures}


def _invited(where: frozenset[str]) -> Iterator[dict[str, Any]]:
    for made in Invitation.objects.filter(organisation__in=where).iterator():
        asked = ["asked"] if made.answered_on and made.sites else []
        yield {**_groups(made), "month": f"{made.invited_on:%Y-%m}", "measures": ["invited", *asked]}


def _groups(thing: Offer | Invitation) -> dict[str, Any]:
    return {
        "person": thing.person_key,
        "trust": thing.from_organisation if isinstance(thing, Offer) else thing.organisation,
        "function": thing.treatment_function,
        "quintile": thing.imd_quintile,
        "age": thing.age_band,
        "sex": thing.sex,
        "ethnicity": thing.ethnic_group,
    }


def _fits(fact: Mapping[str, Any], asked: Asked) -> bool:
    wanted = {"month": asked.month, "trust": asked.trust, "function": asked.function}
    return all(not value or fact[name] == value for name, value in wanted.items())


def _opted_out(people: set[str]) -> set[str]:
    if not people or snapshots.current("care") is None:
        return set()
    rows = patients.rows_where(patients.care(), "person", "person_key", people)
    return {row["person_key"] for row in rows if row["opted_out"]}


def _waiting(where: frozenset[str], asked: Asked) -> Counter[str]:
    """Open clocks by group: what offers are compared with. Not split by month: the list is as at the census."""
    snapshot = snapshots.current("secondary")
    if snapshot is None or asked.by == "month":
        return Counter()
    columns = ["organisation", "treatment_function", "imd_quintile", "age", "sex", "ethnic_category"]
    table: Any = snapshot.arrow("waiting_list", columns=columns).group_by(columns).aggregate([([], "count_all")])
    found: Counter[str] = Counter()
    for row in table.to_pylist():
        if row["organisation"] not in where or (asked.trust and row["organisation"] != asked.trust):
            continue
        if asked.function and row["treatment_function"] != asked.function:
            continue
        groups = patients.groups_of(row)
        value = {
            "trust": row["organisation"],
            "function": row["treatment_function"] or "",
            "quintile": groups["imd_quintile"],
            "age": groups["age_band"],
            "sex": groups["sex"],
            "ethnicity": groups["ethnic_group"],
        }[asked.by]
        found[value] += row["count_all"]
    return found


def _row(value: str, text: str, counts: Counts, values: set[str]) -> Row:
    sums = {measure: told(sum(counter[v] for v in values)) for measure, counter in counts.items()}
    cells = {}
    for measure, number in sums.items():
        base = sums.get(OF.get(measure, ""))
        cells[measure] = Cell(number, number / base if number is not None and base else None)
    return Row(value, text, cells)


def _order(by: str) -> Any:
    if by == "ethnicity":
        places = {group: n for n, group in enumerate(dict.fromkeys(ETHNIC_GROUPS.values()))}
        return lambda value: (places.get(value, 99), value)
    return lambda value: (value == "", value)


def in_words(by: str, value: str, names: Names) -> str:
    """What a group of a split is called."""
    if not value:
        return "Not recorded"
    if by == "month":
        return f"{date.fromisoformat(value + '-01'):%B %Y}"
    if by == "trust":
        return names.trust(value)
    if by == "function":
        return names.function(value)
    if by == "quintile":
        return QUINTILES.get(value, value)
    return SEXES.get(value, value) if by == "sex" else value
