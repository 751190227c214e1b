"""Calls from a file of JSON lines (`wherry.synthetic.flow.side.Call` names the fields): each once, whatever is loaded.

Nothing is offered by loading. Signs are not in such a file, so each is "not asked" until a clinician has asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from django.db import transaction

from wherry.errors import UserError
from wherry.synthetic.flow.side import Call as FileCall
from wherry.synthetic.flow.side import parse
from wherry.web.access import audit
from wherry.web.feed import changes
from wherry.web.unplanned import services
from wherry.web.unplanned.models import Call


@dataclass(frozen=True)
class Loaded:
    """How many calls were new and how many had come before, and each line that was left out with its reason."""

    new: int
    repeated: int
    left_out: tuple[str, ...]


def load(path: Path, organisation: str) -> Loaded:
    """Put the calls of a file into the stack of an ambulance service. Good lines are kept whatever the others are."""
    if not path.is_file():
        raise UserError(f"{path} is not there. Nothing was loaded.")
    new = repeated = 0
    left_out: list[str] = []
    with path.open(encoding="utf-8", errors="replace") as lines:
        for number, text in enumerate(lines, start=1):
            if not text.strip():
                continue
            try:
                made = take(parse(text, FileCall, f"{path.name} line {number}"), organisation)
            except services.Refused as refused:
                left_out.append(f"{path.name} line {number}: {refused}")
            except UserError as error:
                left_out.append(str(error))
            else:
                new, repeated = new + made, repeated + (not made)
    return Loaded(new, repeated, tuple(left_out))


@transaction.atomic
def take(row: FileCall, organisation: str) -> bool:
    """Keep one call; whether it is new. Raises `services.Refused`."""
    if Call.objects.filter(from_organisation=organisation, incident=row.reference).exists():
        return False
    person = row.person
    new = services.NewCall(
        source=row.source,
        incident=row.reference,
        category=str(row.category or ""),
        condition=row.condition,
        story=row.words,
        surname=person.surname,
        forename=person.forename,
        birth_date=person.birth_date,
        sex=person.sex,
        nhs_number=person.nhs_number,
        address=person.address,
        postcode=person.postcode,
        called_at=row.called_at,
    )
    made = services.make(organisation, new, "a file")
    audit.record_system(
        actor="calls from a file",
        action="call.entered",
        subject_kind="call",
        subject_key=str(made.pk),
        organisation=organisation,
        detail={"incident": made.incident, "category": made.category},
    )
    changes.touch([organisation])
    return True
