"""What mutual aid, a manager or a patient proposes: one person to another hospital, in one week, from one pool."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class ProposedMove:
    """One person's proposed move. It offers nothing yet: a clinician must agree first.

    `capacity_key` names the pool that the place comes from ("kind|site|week_start|treatment_function|procedure_group|
    complexity") and `places` how many cases or slots it can take, as the snapshot has it, before anything promised here
    is taken off. `week_start` is a Monday; `home_week` the week in which the person would be treated where they are,
    None if that is not known; `weeks_sooner` the whole weeks between the two. `miles` is the distance to `to_site`;
    None if the home is unknown. `minutes` is the length of a theatre case with its turnover; None for clinics. `why` is
    one sentence that clinicians and the patient's hospital read.
    """

    pathway_key: str
    period: int
    person_key: str
    from_organisation: str
    from_site: str
    to_organisation: str
    to_site: str
    week_start: date
    home_week: date | None
    weeks_sooner: int | None
    miles: float | None
    complexity: str
    treatment_function: str
    procedure_group: str
    capacity_key: str
    places: int
    minutes: int | None
    why: str
