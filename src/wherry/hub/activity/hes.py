"""Hospital episode statistics as a year of activity: which kind an episode is, by rules that can be read below.

Codes are those of the NHS Data Dictionary (ADMISSION METHOD, PATIENT CLASSIFICATION, ATTENDED OR DID NOT ATTEND, FIRST
ATTENDANCE, EMERGENCY CARE DEPARTMENT TYPE). What is our own choice is marked so; `docs/activity.md` has it in words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pyarrow_compute

from wherry.errors import UserError
from wherry.hub import hes
from wherry.hub.activity.read import KEPT, Part
from wherry.hub.activity.schema import CELL
from wherry.hub.activity.values import LAST_AGE, MOST_NIGHTS
from wherry.hub.published.parsed import Quarantined
from wherry.reference import treatment_functions
from wherry.reference.system import System

#: The stubs of pyarrow know fewer of its functions' forms than there are.
pc: Any = pyarrow_compute

#: Columns of a cell that are called otherwise while a row is looked at.
_COLUMNS = {"site": "place_code", "age": "years", "sex": "sex_code", "imd_quintile": "fifth"}

ENDINGS = (".csv", ".txt", ".psv", ".zip")

#: Spells: the first episode says how it began; it ends with the last discharge. 31 and 32 are admissions before and
#: after birth, 82 and 83 births of babies, class 5 mothers and babies using delivery facilities only. Own choices: 81,
#: a transfer that is no emergency, counts with emergencies; a regular day attender (class 3) as a day case; a planned
#: day case that stayed a night as an ordinary elective admission.
_ADMITTED = """
WITH episodes AS (
    SELECT *, coalesce(CAST(admitted_on AS VARCHAR), episode_key) AS began,
        CAST(coalesce(episode_order, 99) AS BIGINT) * 1000000000 + source_row AS place
    FROM episode
), spells AS (
    SELECT person_pseudonym, provider, began, min(place) AS place, any_value(admitted_on) AS admitted_on,
        max(discharged_on) AS discharged_on, arg_min(admission_method, place) AS method,
        arg_min(patient_class, place) AS class,
        arg_min(known_function(treatment_function, main_specialty), place) AS what,
        min(age) AS age, arg_min(sex, place) AS sex, arg_min(site, place) AS site, arg_min(fifth, place) AS fifth
    FROM episodes GROUP BY ALL
), kinds AS (
    SELECT *, date_diff('day', admitted_on, discharged_on) AS nights, discharged_on AS happened_on,
        CASE WHEN method IN ('31', '32', '82', '83') OR class = '5' THEN 'maternity'
            WHEN method LIKE '2_' OR method = '81' THEN 'emergency'
            WHEN method IN ('11', '12', '13') AND class IN ('2', '3') AND admitted_on = discharged_on THEN 'day_case'
            WHEN method IN ('11', '12', '13') THEN 'elective' END AS kind,
        CASE WHEN admitted_on IS NULL THEN 'no_admission_date: there is no admission date'
            WHEN discharged_on IS NULL THEN 'not_over: there is no discharge date; the spell was not over'
            WHEN discharged_on < admitted_on THEN 'bad_dates: discharged before admission'
            WHEN kind IS NULL THEN 'bad_kind: admission method ' || coalesce(method, 'blank') || ' says no kind'
            WHEN what IS NULL THEN 'bad_function: neither treatment function nor main specialty is known' END AS wrong
    FROM spells
)
SELECT kinds.* EXCLUDE (place, provider), episodes.provider, episodes.file_name, episodes.source_row,
    episodes.place = kinds.place AS counts
FROM episodes JOIN kinds ON episodes.person_pseudonym = kinds.person_pseudonym
    AND episodes.provider IS NOT DISTINCT FROM kinds.provider AND episodes.began = kinds.began
"""

#: Appointments that somebody came to (5, or 6: late). 3 and 4 of FIRST ATTENDANCE are by telephone or video. Own
#: choice: a visit with an operation code is a procedure.
_OUTPATIENT = """
SELECT provider, site, file_name, source_row, true AS counts, age, sex, fifth, 0 AS nights,
    appointment_on AS happened_on,
    known_function(treatment_function, main_specialty) AS what,
    CASE WHEN first_attendance IN ('3', '4') THEN 'outpatient_virtual'
        WHEN first_attendance IN ('1', '2') AND len(operations) > 0 THEN 'outpatient_procedure'
        WHEN first_attendance = '1' THEN 'outpatient_first'
        WHEN first_attendance = '2' THEN 'outpatient_follow_up' END AS kind,
    CASE WHEN attended IS NULL OR attended NOT IN ('5', '6')
            THEN 'not_attended: nobody was seen (attended ' || coalesce(attended, 'blank') || ')'
        WHEN appointment_on IS NULL THEN 'no_date: there is no appointment date'
        WHEN kind IS NULL THEN 'bad_kind: first attendance ' || coalesce(first_attendance, 'blank') || ' says no kind'
        WHEN what IS NULL THEN 'bad_function: neither treatment function nor main specialty is known' END AS wrong
FROM appointment
"""

#: Attendances that were not planned follow-ups. Own choice: a department of unknown type counts as type 1.
_ATTENDANCE = """
SELECT provider, site, file_name, source_row, true AS counts, age, sex, fifth, 0 AS nights, arrived_on AS happened_on,
    '' AS what,
    CASE ltrim(department_type, '0') WHEN '2' THEN 'attendance_type_2' WHEN '3' THEN 'attendance_type_3'
        WHEN '4' THEN 'attendance_type_3' ELSE 'attendance_type_1' END AS kind,
    CASE WHEN attendance_type = '2' THEN 'planned_follow_up: a planned follow-up attendance'
        WHEN arrived_on IS NULL THEN 'no_date: there is no arrival date' END AS wrong
FROM emergency_attendance
"""
_RULES = {"episode": _ADMITTED, "appointment": _OUTPATIENT, "emergency_attendance": _ATTENDANCE}
_FAMILY = {"episode": "admitted", "appointment": "outpatient", "emergency_attendance": "attendance"}

#: A site is named by SITETRET where that is a code of its provider, else by the provider. 2A to 2D are emergencies too.
_CELLS = f"""
SELECT *, CASE WHEN wrong IS NOT NULL THEN wrong
        WHEN provider IS NULL THEN 'no_provider: there is no provider'
        WHEN age IS NULL THEN 'no_age: the age is not known'
        WHEN nights > {MOST_NIGHTS} THEN 'too_long: a stay of more than {MOST_NIGHTS} nights' END AS reason,
    provider AS organisation,
    CASE WHEN length(site) = 5 AND starts_with(site, provider) THEN site ELSE provider END AS place_code,
    CASE WHEN month(happened_on) >= 4 THEN year(happened_on) ELSE year(happened_on) - 1 END AS financial_year,
    least(age, {LAST_AGE}) AS years,
    CASE WHEN sex IN ('1', '2') THEN CAST(sex AS INTEGER) ELSE 9 END AS sex_code
FROM rows
"""


def read_hes(folder: Path, system: System) -> tuple[list[Part], bool, list[str]]:
    """Every HES file of a folder, whether everybody in it is artificial, and what should be known of it.

    Rows read are rows published and quarantined together; the episodes of a spell are published as one spell. Raises
    UserError where a file is not HES.
    """
    if not folder.is_dir():
        raise UserError(f"{folder} is not a folder. {KEPT} It should hold files of hospital episode statistics.")
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in ENDINGS)
    if not paths:
        raise UserError(f"{folder} holds no file that ends in {', '.join(ENDINGS)}. {KEPT}")
    found = hes.read(paths, metadata=sorted(folder.glob("metadata*.json")))
    if found.refused:
        raise UserError(" ".join(found.refused))
    bad: dict[str, list[Quarantined]] = {file["file_name"]: [] for file in found.files}
    for row in found.quarantine.to_pylist():
        bad[row["file_name"]].append(Quarantined(row["line"], row["reason_code"], row["reason"], row["raw"]))
    notes = list(found.findings)
    cells: dict[str, list[pa.Table]] = {}
    published: Counter[str] = Counter()
    for table, rule in _RULES.items():
        if table in found.tables:
            rows = _rows(table, rule, found.tables[table], system)
            for file, some, number in _split(rows, bad):
                cells.setdefault(file, []).append(some)
                published[file] += number
            notes += _notes(table, found.tables[table], rows)
    parts = [
        Part(
            name=file["file_name"],
            organisation="",
            family=_FAMILY[file["table"]],
            sha256=file["sha256"],
            rows_read=file["rows_read"],
            rows_published=published[file["file_name"]],
            cells=pa.concat_tables([CELL.empty_table(), *cells.get(file["file_name"], ())]),
            quarantined=sorted(bad[file["file_name"]], key=lambda one: one.line),
        )
        for file in found.files
    ]
    people = [table["person_pseudonym"] for name, table in found.tables.items() if name in _RULES]
    artificial = all(str(one).startswith("TEST") for column in people for one in column.unique().to_pylist())
    return parts, artificial, notes


def _rows(name: str, rule: str, table: pa.Table, system: System) -> pa.Table:
    """The rows of one dataset with what they become: a reason why not, or the columns of a cell."""
    connection = duckdb.connect()
    try:
        fifths = pa.table({"lsoa": system.places["lsoa"], "imd_decile": system.places["imd_decile"]})
        connection.register("places", fifths)
        codes = ", ".join(f"'{code}'" for code in treatment_functions.all_functions())
        connection.execute(
            "CREATE MACRO known_function(one, other) AS "
            f"CASE WHEN one IN ({codes}) THEN one WHEN other IN ({codes}) THEN other END"
        )
        connection.register("read_rows", table)
        connection.execute(
            f"CREATE TABLE {name} AS SELECT read_rows.*, {_fifth(table)} AS fifth FROM read_rows "
            f"LEFT JOIN places ON places.lsoa = {_lsoa(table)}"
        )
        found = connection.sql(f"WITH rows AS ({rule}) {_CELLS} ORDER BY file_name, source_row").to_arrow_table()
        return pa.table(found)
    finally:
        connection.close()


def _lsoa(table: pa.Table) -> str:
    """The place of a row: LSOA of 2011 where it is there, else of 2001 (most kept their code)."""
    newer = "hes_lsoa11"
    return f"coalesce(read_rows.{newer}, read_rows.lsoa)" if newer in table.column_names else "read_rows.lsoa"


def _fifth(table: pa.Table) -> str:
    """Deprivation fifth: of the IMD decile in words that HES carries, else of the place, else not known (0)."""
    place = "coalesce(CAST(ceil(places.imd_decile / 2) AS INTEGER), 0)"
    if "hes_imd04_decile" not in table.column_names:
        return place
    said = "lower(read_rows.hes_imd04_decile)"
    return (
        f"CASE WHEN {said} LIKE 'most deprived%' OR {said} = 'more deprived 10-20%' THEN 1 "
        f"WHEN {said} IN ('more deprived 20-30%', 'more deprived 30-40%') THEN 2 "
        f"WHEN {said} IN ('more deprived 40-50%', 'less deprived 40-50%') THEN 3 "
        f"WHEN {said} IN ('less deprived 20-30%', 'less deprived 30-40%') THEN 4 "
        f"WHEN {said} LIKE 'least deprived%' OR {said} = 'less deprived 10-20%' THEN 5 ELSE {place} END"
    )


def _split(rows: pa.Table, bad: dict[str, list[Quarantined]]) -> Sequence[tuple[str, pa.Table, int]]:
    """By file: its cells and the number of rows published; the others go to `bad`."""
    found: list[tuple[str, pa.Table, int]] = []
    refused = pc.is_valid(rows["reason"])
    for row in rows.filter(refused).to_pylist():
        code, _, words = str(row["reason"]).partition(": ")
        bad[row["file_name"]].append(Quarantined(int(row["source_row"]), code, words, ""))
    fine = rows.filter(pc.invert(refused))
    for file in sorted(str(name) for name in fine["file_name"].unique().to_pylist()):
        of_file = fine.filter(pc.equal(fine["file_name"], file))
        once = of_file.filter(of_file["counts"])
        plain = {"theatre_minutes": 0, "markers": 0, "count": 1}
        columns = {
            field.name: pa.array(np.full(once.num_rows, plain[field.name]), field.type)
            if field.name in plain
            else pc.cast(once[_COLUMNS.get(field.name, field.name)], field.type)
            for field in CELL
        }
        found.append((file, pa.table(columns, schema=CELL), of_file.num_rows))
    return found


def _notes(name: str, table: pa.Table, rows: pa.Table) -> list[str]:
    """What a planner should know of how it was read."""
    left = Counter(str(reason).partition(": ")[0] for reason in rows["reason"].to_pylist() if reason is not None)
    notes = [f"HES {_FAMILY[name]}: {number:,} rows left out as {code}." for code, number in sorted(left.items())]
    if name == "episode":
        notes.append("HES does not tell same-day emergency care, theatre minutes or markers: none are there.")
    if name == "emergency_attendance":
        unknown = sum(
            one not in ("01", "02", "03", "04", "1", "2", "3", "4") for one in table["department_type"].to_pylist()
        )
        if unknown:
            notes.append(f"{unknown:,} attendances at departments of unknown type count as type 1 (own choice).")
    return notes
