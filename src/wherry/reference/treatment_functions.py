"""Treatment functions: every code a trust may send, its name, its dates, and the group it is reported in for RTT.

Eighteen functions are reported under their own code, seven roll up into one of them, and the rest go to X02 to X06. A
code that is not known has no group: it is never quietly put with "Other". Source: NHS Data Dictionary, TREATMENT
FUNCTION CODE; RTT guidance v5.0 10.1.4. The members of X02 to X06 are general knowledge; 420 is put in
X04 because the published January 2026 counts of the general hospitals only fit it there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache

from wherry.reference._data import csv_rows, day, holds

#: The code of all functions together in published files.
TOTAL = "999"

#: Reporting groups in the order of the published tables: code without the `C_` prefix, and words.
REPORTING_GROUPS: dict[str, str] = {
    "100": "General Surgery",
    "101": "Urology",
    "110": "Trauma and Orthopaedic",
    "120": "Ear Nose and Throat",
    "130": "Ophthalmology",
    "140": "Oral Surgery",
    "150": "Neurosurgical",
    "160": "Plastic Surgery",
    "170": "Cardiothoracic Surgery",
    "300": "General Internal Medicine",
    "301": "Gastroenterology",
    "320": "Cardiology",
    "330": "Dermatology",
    "340": "Respiratory Medicine",
    "400": "Neurology",
    "410": "Rheumatology",
    "430": "Elderly Medicine",
    "502": "Gynaecology",
    "X02": "Other - Medical",
    "X03": "Other - Mental Health",
    "X04": "Other - Paediatric",
    "X05": "Other - Surgical",
    "X06": "Other",
}


@dataclass(frozen=True)
class TreatmentFunction:
    """One treatment function; `group` is its RTT reporting group; blank dates mean "as long as anybody remembers"."""

    code: str
    name: str
    group: str
    from_date: date | None
    to_date: date | None

    def active(self, on: date) -> bool:
        """Whether the code may be used on a day, first and last day included."""
        return holds(self, on)


@cache
def all_functions() -> dict[str, TreatmentFunction]:
    """Every function by its code, in the order of the codes."""
    return {
        row["code"]: TreatmentFunction(
            row["code"], row["name"], row["group"], day(row["from_date"]), day(row["to_date"])
        )
        for row in csv_rows("treatment_functions.csv")
    }


def get(code: str | None) -> TreatmentFunction | None:
    """The function of a code, or None if the code is not known."""
    return None if code is None else all_functions().get(code)


def name(code: str | None) -> str | None:
    """Words for a function or a reporting group, with or without `C_`; None if the code is not known.

    >>> name("104"), name("X05"), name("C_999"), name("555")
    ('Colorectal Surgery', 'Other - Surgical', 'Total', None)
    """
    if code is None:
        return None
    bare = code.removeprefix("C_")
    if bare == TOTAL:
        return "Total"
    found = get(bare)
    return found.name if found else REPORTING_GROUPS.get(bare)


def reporting_group(code: str | None) -> str | None:
    """The RTT reporting group of a function, without `C_`; None if the code is not known.

    Roll-ups: 108, 111, 115 to 110; 144, 145 to 140; 172, 173 to 170; 306 to 309 to X02, not 300.

    >>> reporting_group("108"), reporting_group("307"), reporting_group("420"), reporting_group("ABC")
    ('110', 'X02', 'X04', None)
    """
    found = get(code)
    return found.group if found else None


def published_code(group: str) -> str:
    """The code of a reporting group as the published files write it.

    >>> published_code("110"), published_code("X05"), published_code("999")
    ('C_110', 'X05', 'C_999')
    """
    return group if group.startswith("X") else f"C_{group}"


def functions_of(group: str) -> tuple[str, ...]:
    """The codes that are reported in a group.

    >>> functions_of("170")
    ('170', '172', '173')
    """
    return tuple(code for code, function in all_functions().items() if function.group == group)
