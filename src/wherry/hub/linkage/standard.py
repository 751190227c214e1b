"""Puts identities into the form in which they are compared: capitals, letters only, one spelling of a street.

The result has one row an identity, numbered `ix` in the order of `identity_key`, so that nothing later depends on the
order in which rows arrived. Nothing here changes what is published: these columns live only while people are linked.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from itertools import pairwise

import duckdb
import pyarrow as pa

from wherry.errors import UserError

#: Columns that `link` reads.
INPUT_COLUMNS = (
    "identity_key",
    "organisation",
    "local_patient_id",
    "nhs_number",
    "nhs_number_status",
    "nhs_number_valid",
    "surname",
    "forename",
    "birth_date",
    "sex",
    "postcode",
    "address_line",
    "gp_practice",
)

_STREET_WORDS = (
    ("STREET", "ST"),
    ("ROAD", "RD"),
    ("AVENUE", "AVE"),
    ("CLOSE", "CL"),
    ("LANE", "LN"),
    ("DRIVE", "DR"),
    ("GARDENS", "GDNS"),
    ("CRESCENT", "CRES"),
    ("COURT", "CT"),
    ("PLACE", "PL"),
)


@cache
def short_forms() -> pa.Table:
    """Forenames and the families of forms they belong to: `forename`, `forms` (three digits each between semicolons).

    >>> families = dict(zip(*short_forms().to_pydict().values(), strict=True))
    >>> families["BILL"] == families["WILLIAM"], len(families["MILLIE"])
    (True, 13)
    """
    text = files("wherry.hub.linkage").joinpath("short_forms.csv").read_text(encoding="utf-8")
    families: dict[str, str] = {}
    for number, line in enumerate(text.split()):
        for name in dict.fromkeys(line.split(",")):
            families[name] = f"{families.get(name, ';')}{number:03d};"
    return pa.table({"forename": list(families), "forms": list(families.values())})


def standardise(identities: pa.Table, db: duckdb.DuckDBPyConnection) -> pa.Table:
    """Identities ready to be compared, sorted by identity key.

    Returns `ix` (0 to n - 1), `identity_key`, `organisation`, `nhs` (ten digits that pass the check, else null),
    `verified` (the same where the status is 01, else null), `surname`, `forename`, `dob` (YYYYMMDD), `sex` (1 or 2),
    `postcode`, `address`, `practice`. An empty string is null.

    Raises `UserError` where an identity key comes twice or a column is missing.
    """
    missing = [name for name in INPUT_COLUMNS if name not in identities.column_names]
    if missing:
        raise UserError(f"Identities cannot be linked: no column {', '.join(missing)}. Nothing was changed.")
    address = "regexp_replace(upper(strip_accents(address_line)), '[^A-Z0-9 ]', '', 'g')"
    for long, short in _STREET_WORDS:
        address = rf"regexp_replace({address}, '\b{long}\b', '{short}', 'g')"
    letters = "nullif(regexp_replace(upper(strip_accents({0})), '[^A-Z]', '', 'g'), '')"
    dates = pa.types.is_string(identities.schema.field("birth_date").type)
    dob = "nullif(regexp_replace(birth_date, '[^0-9]', '', 'g'), '')" if dates else "strftime(birth_date, '%Y%m%d')"
    in_order = "array_to_string(list_sort(string_split({0}, '')), '')"
    db.register("linkage_input", identities.select(list(INPUT_COLUMNS)))
    db.register("linkage_forms", short_forms())
    ready: pa.Table = db.sql(
        f"""
        WITH cleaned AS (
          SELECT identity_key, organisation,
            nullif(regexp_replace(upper(nhs_number), '[^0-9A-Z]', '', 'g'), '') AS number,
            coalesce(nhs_number_valid, false) AS is_valid,
            coalesce(nhs_number_status = '01', false) AS is_verified,
            {letters.format("surname")} AS surname,
            {letters.format("forename")} AS forename,
            {dob} AS dob,
            CASE WHEN sex IN ('1', '2') THEN sex END AS sex,
            nullif(regexp_replace(upper(postcode), '[^A-Z0-9]', '', 'g'), '') AS postcode,
            nullif(trim(regexp_replace({address}, ' +', ' ', 'g')), '') AS address,
            nullif(trim(upper(gp_practice)), '') AS practice
          FROM linkage_input)
        SELECT row_number() OVER (ORDER BY identity_key) - 1 AS ix, identity_key, organisation,
          CASE WHEN is_valid THEN number END AS nhs,
          CASE WHEN is_valid AND is_verified THEN number END AS verified,
          number, surname, forename, dob, sex, postcode, address, practice,
          {in_order.format("number")} AS number_letters,
          {in_order.format("surname")} AS surname_letters,
          {in_order.format("forename")} AS forename_letters,
          {in_order.format("dob")} AS dob_letters,
          {in_order.format("postcode")} AS postcode_letters,
          coalesce(forms, '') AS forename_forms,
          dob[1:4] || dob[7:8] || dob[5:6] AS dob_swapped,
          dob[1:4] AS birth_year, dob[5:8] AS birth_day,
          CASE WHEN length(postcode) > 4 THEN postcode[:-4] ELSE postcode END AS district,
          number[:length(number) // 2] AS number_head, number[length(number) // 2 + 1:] AS number_tail
        FROM cleaned LEFT JOIN linkage_forms USING (forename) ORDER BY identity_key
        """
    ).to_arrow_table()
    db.unregister("linkage_input")
    db.unregister("linkage_forms")
    keys = ready.column("identity_key").to_pylist()
    if len(set(keys)) < len(keys):
        twice = next(one for one, two in pairwise(keys) if one == two)
        raise UserError(f"Identity {twice} comes more than once. People were not linked; send each identity once.")
    return ready
