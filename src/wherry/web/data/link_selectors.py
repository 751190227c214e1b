"""Reads about identities that may be one person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wherry.reference import people_codes
from wherry.web import snapshot as snapshots
from wherry.web.access import Permission
from wherry.web.access.access import Access
from wherry.web.components import formats
from wherry.web.data.models import Decision, IdentityDecision


@dataclass(frozen=True)
class Pair:
    """Two identities that may be one person, and what has been decided."""

    left: str
    right: str
    left_name: str
    right_name: str
    probability: float
    reason: str
    decision: IdentityDecision | None

    @property
    def is_open(self) -> bool:
        """Whether somebody must still say."""
        return self.decision is None or self.decision.decision == Decision.UNDONE


@dataclass(frozen=True)
class Field:
    """One thing the two records say, side by side."""

    title: str
    left: str
    right: str
    verdict: str


def pairs(access: Access) -> tuple[list[Pair], int]:
    """Pairs of which both records are in scope, open ones first, then the likeliest; and how many others there are."""
    snapshot = snapshots.current()
    if snapshot is None:
        return [], 0
    scope = access.where(Permission.DECIDE_LINKS)
    reviews = snapshot.arrow("link_review").to_pylist()
    mine = [row for row in reviews if {_source(row["left_identity"]), _source(row["right_identity"])} <= scope]
    keys = sorted({key for row in mine for key in (row["left_identity"], row["right_identity"])})
    names = {row["identity_key"]: row for row in _identities(keys)}
    decided = _standing()
    found = [_pair(row, names, decided) for row in mine]
    found.sort(key=lambda pair: (not pair.is_open, -pair.probability, pair.left, pair.right))
    return found, len(reviews) - len(mine)


def pair(access: Access, left: str, right: str) -> tuple[Pair, list[Field], list[IdentityDecision]] | None:
    """One pair side by side with its history, or `None` if it is not there for this reader."""
    snapshot = snapshots.current()
    if snapshot is None or not {_source(left), _source(right)} <= access.where(Permission.DECIDE_LINKS):
        return None
    reviews = snapshot.table("link_review")
    found = reviews.filter((reviews.left_identity == left) & (reviews.right_identity == right)).to_pyarrow().to_pylist()
    names = {row["identity_key"]: row for row in _identities([left, right])}
    history = list(IdentityDecision.objects.filter(left_identity=left, right_identity=right).order_by("-id"))
    if set(names) != {left, right} or not (found or history):
        return None
    review = (
        found[0] if found else {"left_identity": left, "right_identity": right, "match_probability": 1.0, "reason": ""}
    )
    return _pair(review, names, _standing()), _fields(names[left], names[right]), history


def _pair(
    row: dict[str, Any], names: dict[str, dict[str, Any]], decided: dict[tuple[str, str], IdentityDecision]
) -> Pair:
    left, right = row["left_identity"], row["right_identity"]
    return Pair(
        left=left,
        right=right,
        left_name=_name(names.get(left)),
        right_name=_name(names.get(right)),
        probability=row["match_probability"],
        reason=row["reason"],
        decision=decided.get((left, right)),
    )


def _standing() -> dict[tuple[str, str], IdentityDecision]:
    return {(row.left_identity, row.right_identity): row for row in IdentityDecision.objects.order_by("id")}


def _identities(keys: list[str]) -> list[dict[str, Any]]:
    snapshot = snapshots.current()
    if snapshot is None or not keys:
        return []
    table = snapshot.table("person_identity")
    rows: list[dict[str, Any]] = table.filter(table.identity_key.isin(keys)).to_pyarrow().to_pylist()
    return rows


def _source(identity: str) -> str:
    return identity.split(":", 1)[0]


def _name(row: dict[str, Any] | None) -> str:
    return formats.person_name(row["surname"], row["forename"]) if row else "not in this snapshot"


_TITLES = (
    ("surname", "Surname"),
    ("forename", "Forename"),
    ("birth_date", "Born"),
    ("sex", "Sex"),
    ("nhs_number", "NHS number"),
    ("nhs_number_status", "NHS number status"),
    ("address_line", "Address"),
    ("postcode", "Postcode"),
    ("gp_practice", "GP practice"),
    ("death_date", "Died"),
)


def _fields(left: dict[str, Any], right: dict[str, Any]) -> list[Field]:
    return [
        Field(title, _show(name, left[name]), _show(name, right[name]), _verdict(left[name], right[name]))
        for name, title in _TITLES
    ]


def _verdict(left: Any, right: Any) -> str:
    if left is None and right is None:
        return "neither has it"
    if left is None or right is None:
        return "one has it"
    same = str(left).strip().casefold() == str(right).strip().casefold()
    return "the same" if same else "differs"


def _show(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name.endswith("_date"):
        return formats.day(value)
    if name == "nhs_number":
        return formats.nhs_number(value)
    if name == "surname":
        return str(value).upper()
    if name == "sex":
        return people_codes.SEXES.get(value, str(value))
    if name == "nhs_number_status":
        return people_codes.NHS_NUMBER_STATUSES.get(value, str(value))
    return str(value)
