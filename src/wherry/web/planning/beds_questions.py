"""What one may ask of the bed simulation, read from a form with an error in words for each field that will not do."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import QueryDict

from wherry.planning.scenario.model import year_words
from wherry.web.planning.edit_fields import Field
from wherry.web.planning.edit_values import NotAsAsked, taken
from wherry.web.planning.scenario_reading import read
from wherry.web.planning.scenario_selectors import Version, newest

#: Questions by code: how they are asked, and what the answer has.
QUESTIONS = {
    "enough": "How many beds are enough, by an occupancy and by a risk, side by side?",
    "as_it_is": "What is a year like with the beds that there are?",
    "pooling": "What would the hospitals gain by taking each other’s patients?",
    "winter": "What does winter do?",
    "more": "What would 10, 20 or 30 beds more do?",
}
#: The year as it was, instead of a scenario.
AS_IT_WAS = ""


@dataclass(frozen=True)
class Asked:
    """One question. `slug` blank: the year of activity as it was. Shares are 0 to 1; `year` by its first half."""

    question: str
    slug: str = AS_IT_WAS
    number: int = 0
    year: int = 0
    occupancy: float = 0.92
    risk: float = 0.01

    def as_dict(self) -> dict[str, Any]:
        """As the run keeps it."""
        return asdict(self)

    @property
    def words(self) -> str:
        """The question in a line, for lists."""
        if self.question == "enough":
            return f"Beds for {_per_cent(self.occupancy)} occupancy, and to be full on {_per_cent(self.risk)} of days"
        if self.question in ("pooling", "winter"):
            return (
                f"{TITLES[self.question]}, where {_per_cent(self.risk)} of emergencies may wait over 4 hours for a bed"
            )
        return TITLES[self.question]


TITLES = {
    "enough": "Beds that are enough",
    "as_it_is": "A year with the beds that there are",
    "pooling": "What pooling gains",
    "winter": "What winter does",
    "more": "What 10, 20 or 30 beds more would do",
}


@dataclass
class Form:
    """What the form said. `values` is shown again when there are `errors`."""

    values: dict[str, str]
    errors: dict[str, str] = field(default_factory=dict)
    asked: Asked | None = None
    version: Version | None = None


def blank() -> Form:
    """The form as it is first shown."""
    return Form({"question": "enough", "scenario": "", "year": "", "occupancy": "92", "risk": "1"})


def read_form(post: QueryDict) -> Form:
    """The question of a form, or what is wrong with it, field by field."""
    form = Form({name: post.get(name, "").replace("\x00", "").strip()[:80] for name in blank().values})
    if form.values["question"] not in QUESTIONS:
        form.errors["question"] = "Choose a question"
    occupancy = _share(form, "occupancy", "Occupancy", Decimal(50), Decimal("99.5"))
    risk = _share(form, "risk", "Risk", Decimal("0.1"), Decimal(20))
    year = _year(form)
    if not form.errors:
        form.asked = Asked(
            form.values["question"],
            form.version.slug if form.version else AS_IT_WAS,
            form.version.number if form.version else 0,
            year,
            occupancy,
            risk,
        )
    return form


def _share(form: Form, name: str, label: str, low: Decimal, high: Decimal) -> float:
    typed = form.values[name].removesuffix("%").strip()
    try:
        value = Decimal(typed)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or not low <= value <= high:
        form.errors[name] = f"{label}: write from {low} to {high} per cent"
        return 0.0
    return float(value / 100)


def _year(form: Form) -> int:
    """The year of a scenario that is asked about; 0 for the year as it was."""
    slug = form.values["scenario"]
    if slug == AS_IT_WAS:
        return 0
    form.version = next((one for one in newest() if one.slug == slug), None)
    scenario = read(form.version.text).scenario if form.version else None
    if scenario is None:
        form.errors["scenario"] = "Choose a scenario of the list that can be run"
        return 0
    if not form.values["year"]:
        form.values["year"] = year_words(scenario.horizon_year)
    try:
        year = int(str(taken(Field((), "year", "", ""), form.values["year"]))[:4])
    except NotAsAsked as wrong:
        form.errors["year"] = f"Year: {str(wrong)[0].lower()}{str(wrong)[1:]}"
        return 0
    if not scenario.base_year <= year <= scenario.horizon_year:
        ends = f"{year_words(scenario.base_year)} to {year_words(scenario.horizon_year)}"
        form.errors["year"] = f"Year: this scenario goes from {ends}"
    return year


def _per_cent(share: float) -> str:
    """A share as people write it.

    >>> _per_cent(0.92), _per_cent(0.005)
    ('92%', '0.5%')
    """
    return f"{100 * share:.4g}%"
