"""What a measure is: one definition, from which every number of that name in every place is made.

A definition is a TOML file (`docs/measures.md`): the national ones are in `definitions` beside this module, a system's
own in `systems/<name>/measures`. A number is never an average of percentages: what is kept is numerator and
denominator, and a group's value is the sum of the one over the sum of the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Direction(StrEnum):
    """Which way is better."""

    INCREASE = "increase"
    DECREASE = "decrease"
    NEUTRAL = "neutral"


class Grain(StrEnum):
    """How long a period is. Weeks begin on Monday; a period is named by its first day.

    `DAY` is for events too rare to count by the month: each row is a day on which it happened (`chart` t or g).
    """

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


class Kind(StrEnum):
    """Where the figures come from."""

    TABLE = "table"  # counted from one of the fact tables of `facts`, that is from the hub or from what people did
    PUBLISHED = "published"  # a published series of NHS England, every trust
    LOADED = "loaded"  # sent by whoever answers for it, in a file (`wherry measures load`)


class Split(StrEnum):
    """What a measure may be split by. `ALL` is everybody."""

    ALL = "all"
    IMD_QUINTILE = "imd_quintile"  # "1" (most deprived) to "5", "" not known
    AGE_BAND = "age_band"  # the bands of `AGE_BANDS`
    SEX = "sex"  # "1", "2", "9", "X"
    ETHNICITY = "ethnicity"  # the group: "White", "Mixed", "Asian", "Black", "Other", "Not known"
    PLACE = "place"  # district code of residence, "" elsewhere or not known


AGE_BANDS = ("0-17", "18-39", "40-64", "65-74", "75-84", "85+")


@dataclass(frozen=True)
class Target:
    """What a measure should be from one day to another, inclusive. `trajectory` points are local plans for one period.

    `value` is in the measure's unit (percent: 0 to 100). `certainty`: sourced, general knowledge, own default.
    """

    value: float
    from_date: date
    to_date: date | None
    source: str
    certainty: str


@dataclass(frozen=True)
class Source:
    """Where numerator and denominator come from, and how.

    `table`: a fact table (TABLE), a dataset of published statistics (PUBLISHED), or blank (LOADED). Expressions are
    SQL aggregates over the table's columns, checked when the definition is read (`expressions`); `where` is a
    condition on rows. `denominator` is blank for a plain count or sum.
    """

    kind: Kind
    table: str = ""
    numerator: str = ""
    denominator: str = ""
    where: str = ""


@dataclass(frozen=True)
class Measure:
    """One measure. `code` is lower case with hyphens, and the name of its file.

    `unit`: percent (value = 100 x numerator / denominator), per_1000, per_100000, number (numerator alone), days,
    hours, minutes, pence or ratio (numerator / denominator). `domain` is a page of the report (`DOMAINS`), `dashboards`
    are further pages that show it ("quality", "maternity"). `objective` is one of the 21 ("6a"), `theme` a sub-theme of
    the acute-collaboration framework (`THEMES`). `owner` is the post that answers for it. `chart`: xmr, t or g.
    `national`: published figures, exempt from disclosure control. `quality` says what is known to be weak about the
    figures. `dataset` names the rule of disclosure, where it is not that of its kind (`controlled.dataset_of`).
    """

    code: str
    name: str
    what: str
    domain: str
    owner: str
    unit: str
    direction: Direction
    grain: Grain
    source: Source
    reference: str
    certainty: str
    decimals: int = 1
    splits: tuple[Split, ...] = ()
    targets: tuple[Target, ...] = ()
    trajectory: tuple[Target, ...] = ()
    dashboards: tuple[str, ...] = ()
    objective: str = ""
    theme: str = ""
    chart: str = "xmr"
    national: bool = False
    quality: str = ""
    headline: bool = False
    dataset: str = ""

    def target_on(self, day: date) -> Target | None:
        """The trajectory's point for a day where there is one, otherwise the target in force, otherwise None."""
        for row in (*self.trajectory, *self.targets):
            if row.from_date <= day and (row.to_date is None or day <= row.to_date):
                return row
        return None

    def value(self, numerator: float | None, denominator: float | None) -> float | None:
        """The figure of a numerator and a denominator, in the measure's unit; None where it cannot be made.

        A plain number needs no denominator; a missing numerator, a missing or zero denominator give no figure.
        """
        if numerator is None:
            return None
        if self.unit == "number":
            return numerator
        if not denominator:
            return None
        return FACTORS.get(self.unit, 1.0) * numerator / denominator


#: What numerator over denominator is multiplied by.
FACTORS = {"percent": 100.0, "per_1000": 1_000.0, "per_100000": 100_000.0}
UNITS = ("percent", "per_1000", "per_100000", "number", "days", "hours", "minutes", "pence", "ratio")

#: Pages of the report, in order.
DOMAINS = {
    "elective": "Planned care",
    "cancer": "Cancer",
    "diagnostics": "Diagnostics",
    "urgent": "Urgent and emergency care",
    "flow": "Beds and leaving hospital",
    "community": "Care outside hospital",
    "quality": "Quality and safety",
    "maternity": "Maternity",
    "children": "Babies, children and young people",
    "mental_health": "Mental health",
    "primary_care": "Primary care and dentistry",
    "prevention": "Prevention and inequalities",
    "workforce": "People who work here",
    "money": "Money and productivity",
    "collaboration": "Working together",
}
#: Dashboards beside the domains.
DASHBOARDS = {"quality": "Quality", "maternity": "Maternity", "board": "Board summary"}
#: The framework for measuring acute collaborations: four themes, twelve sub-themes (New care models, Figure 6).
THEMES = {
    "patient_experience": ("Patient access and experience", "Improved patient experience"),
    "closer_to_home": ("Patient access and experience", "Care closer to home"),
    "waiting_times": ("Patient access and experience", "Reduction in waiting times"),
    "inpatient_fft": ("Patient access and experience", "Inpatient Friends and Family Test (national)"),
    "rtt_incompletes": ("Patient access and experience", "Referral-to-treatment incompletes (national)"),
    "variation": ("Unwarranted variation", "Reduction in unwarranted variation"),
    "setting": ("Unwarranted variation", "Shifting the setting of care"),
    "sharing": ("Unwarranted variation", "Improved sharing of information between providers"),
    "staff": ("Workforce", "Improved staff recruitment and retention"),
    "agency": ("Workforce", "Reduction in the use of agency staff"),
    "efficiency": ("Efficiency", "Efficiency, by local evaluation"),
    "unit_cost": ("Efficiency", "Unit cost of care: cost per weighted activity unit (national)"),
}
