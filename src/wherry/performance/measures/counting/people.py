"""Who somebody is, in the groups that measures are split by. No name, number or birth date leaves the build."""

from __future__ import annotations

import pyarrow as pa

from wherry.performance.measures.counting.given import Given
from wherry.performance.measures.model import AGE_BANDS
from wherry.reference.people_codes import ETHNIC_GROUPS

NOT_KNOWN = "Not known"


def people(given: Given) -> str:
    """The table of everybody: person_key, birth_date, sex, ethnicity, imd_quintile, place."""
    if "people" not in given.kept:
        groups = {code: group_of(code) for code in ETHNIC_GROUPS}
        given.register("ethnic_groups", pa.table({"code": list(groups), "words": list(groups.values())}))
        places = given.system.places if (given.system.folder / "places.csv").is_file() else None
        known = places is not None and "district_code" in places.column_names
        columns = places.select(["lsoa", "district_code"]) if places is not None and known else _NOWHERE
        given.register("districts", columns)
    return given.once(
        "people",
        f"""SELECT p.person_key, p.birth_date, coalesce(p.sex, 'X') AS sex,
                   coalesce(g.words, '{NOT_KNOWN}') AS ethnicity,
                   coalesce(((p.imd_decile + 1) // 2)::VARCHAR, '') AS imd_quintile,
                   coalesce(d.district_code, '') AS place
            FROM {given.parquet("person")} p
            LEFT JOIN ethnic_groups g ON g.code = p.ethnic_category LEFT JOIN districts d ON d.lsoa = p.lsoa""",
    )


def group_of(ethnic_category: str | None) -> str:
    """The group of an ethnic category.

    >>> group_of("J"), group_of("Z"), group_of(None)
    ('Asian', 'Not known', 'Not known')
    """
    words = ETHNIC_GROUPS.get(ethnic_category or "", "")
    return words if words in _GROUPS else NOT_KNOWN


_GROUPS = frozenset({"White", "Mixed", "Asian", "Black", "Other"})
_NOWHERE = pa.table({"lsoa": pa.array([], pa.string()), "district_code": pa.array([], pa.string())})


def columns(day: str, person: str = "who") -> str:
    """The person's columns on a day (an SQL expression), from a row of `people` under the name `person`."""
    age = f"date_sub('year', {person}.birth_date, {day})"
    return f"""{age} AS age, {age_band(age)} AS age_band, coalesce({person}.sex, 'X') AS sex,
        coalesce({person}.ethnicity, '{NOT_KNOWN}') AS ethnicity, coalesce({person}.imd_quintile, '') AS imd_quintile,
        coalesce({person}.place, '') AS place"""


def age_band(age: str) -> str:
    """The band of an age (an SQL expression); empty where it is not known."""
    cases = " ".join(f"WHEN {age} <= {last} THEN '{band}'" for band, last in _upper())
    return f"CASE WHEN {age} IS NULL OR {age} < 0 THEN '' {cases} ELSE '{AGE_BANDS[-1]}' END"


def _upper() -> list[tuple[str, int]]:
    return [(band, int(band.split("-")[1])) for band in AGE_BANDS[:-1]]
