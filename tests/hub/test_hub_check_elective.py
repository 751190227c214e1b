"""Checks of the feeds of elective work: what cannot be is said, each with its line and its reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from elective_rows import attendance, cancer, case, contact, follow_up, milestone, observation, request, session
from extract_factory import TEMPLATES, write
from hypothesis import given, settings
from hypothesis import strategies as st

from wherry.errors import UserError
from wherry.hub.backends import Backend, connect
from wherry.hub.check import Checked, check
from wherry.hub.landing import land_all
from wherry.hub.reasons import REASONS
from wherry.hub.schema import FEEDS
from wherry.hub.store import Store
from wherry.hub.templates import read_template
from wherry.hub.values import DOMAINS, FORMS, LIMITS, PAST, SCALES, STANDS_IN, read_number

MAKE: dict[str, Callable[..., dict[str, Any]]] = {
    "session": session,
    "theatre_case": case,
    "contact_detail": contact,
    "observation": observation,
    "emergency_attendance": attendance,
    "follow_up": follow_up,
    "diagnostic_request": request,
    "cancer_pathway": cancer,
    "cancer_event": milestone,
}
AHEAD = date(2026, 3, 1)

#: Rows that cannot mean anything: the change, the reason's code, and what its words say.
HARD: dict[str, list[tuple[dict[str, Any], str, str]]] = {
    "session": [
        ({"session_id": None}, "required_missing", "session_id"),
        ({"kind": "!PICNIC"}, "unknown_code", "PICNIC"),
        ({"site": None}, "required_missing", "site"),
        ({"session_on": "!2026-02-30"}, "unreadable_date", "2026-02-30"),
        ({"session_on": date(2037, 1, 1)}, "date_far_ahead", "10 years"),
        ({"status": None}, "required_missing", "status"),
    ],
    "theatre_case": [({"session_id": None}, "required_missing", "session_id")],
    "contact_detail": [({"local_patient_id": None}, "required_missing", "local_patient_id")],
    "observation": [
        ({"value": "!frail"}, "unreadable_number", "not a number"),
        ({"value": "!0"}, "out_of_range", "from 1 to 9"),
        ({"value": "!10"}, "out_of_range", "from 1 to 9"),
        ({"value": "!5.5"}, "out_of_range", "whole number"),
        ({"code": "asa_grade", "value": "!6"}, "out_of_range", "from 1 to 5"),
        ({"code": "body_mass_index", "value": "!4.9"}, "out_of_range", "from 5 to 150"),
        ({"value": None}, "required_missing", "value"),
        ({"code": "!SHOE"}, "unknown_code", "SHOE"),
        ({"observed_on": AHEAD}, "date_after_extract", "after the extract"),
    ],
    "emergency_attendance": [
        ({"arrived_on": AHEAD}, "date_after_extract", "after the extract"),
        ({"local_patient_id": None}, "required_missing", "local_patient_id"),
    ],
    "follow_up": [
        ({"initiated_by": "!CAT"}, "unknown_code", "CAT"),
        ({"ppid": None}, "required_missing", "ppid"),
    ],
    "diagnostic_request": [({"local_patient_id": None}, "required_missing", "local_patient_id")],
    "cancer_pathway": [({"cancer_id": None}, "required_missing", "cancer_id")],
    "cancer_event": [
        ({"milestone": "!First Seen!"}, "wrong_form", "small letters"),
        ({"cancer_id": None}, "required_missing", "cancer_id"),
    ],
}
#: Values that the row can do without: the change, the reason's code, and what is published instead.
SOFT: dict[str, list[tuple[dict[str, Any], str, Any]]] = {
    "session": [
        ({"planned_minutes": "!1441"}, "out_of_range", None),
        ({"booked_minutes": "!-1"}, "out_of_range", None),
        ({"planned_slots": "!eight"}, "unreadable_number", None),
        ({"booked_slots": "!1x"}, "unreadable_number", None),
        ({"booked_slots": "!3.5"}, "unreadable_number", None),
        ({"procedure_group": "!MAGIC"}, "unknown_code", None),
        ({"test": "!SMELL"}, "unknown_code", None),
        ({"complexity": "!HEROIC"}, "unknown_code", None),
    ],
    "theatre_case": [
        ({"from_minute": "!-241"}, "out_of_range", None),
        ({"to_minute": "!9999999999"}, "unreadable_number", None),
    ],
    "contact_detail": [
        ({"telephone": "!ring the bell"}, "wrong_form", None),
        ({"needs": "!a boat"}, "wrong_form", None),
        ({"contact_by": "!PIGEON"}, "unknown_code", None),
        ({"miles_willing": "!-3"}, "out_of_range", None),
    ],
    "observation": [],
    "emergency_attendance": [({"admitted": "!MAYBE"}, "unknown_code", None)],
    "follow_up": [
        ({"reason": "!WHIM"}, "unknown_code", None),
        ({"last_seen_on": AHEAD}, "date_after_extract", None),
        ({"closed_on": AHEAD}, "date_after_extract", None),
        ({"latest_on": date(1899, 1, 1)}, "date_too_early", None),
    ],
    "diagnostic_request": [
        ({"test": "!TELEPATHY"}, "unknown_code", "unknown"),
        ({"test": None}, "required_missing", "unknown"),
        ({"priority": "!D9"}, "unknown_code", None),
        ({"requested_on": AHEAD}, "date_after_extract", None),
        ({"performed_on": AHEAD}, "date_after_extract", None),
        ({"reported_on": AHEAD}, "date_after_extract", None),
        ({"removed_on": AHEAD}, "date_after_extract", None),
    ],
    "cancer_pathway": [
        ({"tumour_group": "!ELBOW"}, "unknown_code", "other"),
        ({"tumour_group": None}, "required_missing", "other"),
        ({"route": "!SIDEWAYS"}, "unknown_code", "other"),
        ({"first_seen_adjustment_days": "!-2"}, "out_of_range", None),
        ({"treatment_adjustment_days": "!366"}, "out_of_range", None),
        *(
            ({name: AHEAD}, "date_after_extract", None)
            for name in (
                *("receipt_date", "upgrade_date", "first_seen_on", "informed_date", "mdt_on", "dtt_date"),
                *("treatment_date", "transferred_on", "closed_on"),
            )
        ),
    ],
    "cancer_event": [({"done_on": AHEAD}, "date_after_extract", None)],
}
#: Dates that may lie ahead.
PLANNED = {
    "session": {"session_on": AHEAD, "status": "planned"},
    "follow_up": {"booked_for": AHEAD, "latest_on": AHEAD, "open_until": AHEAD},
    "diagnostic_request": {"booked_for": AHEAD, "planned_due_on": AHEAD, "clock_start_on": AHEAD},
    "cancer_pathway": {"treatment_booked_for": AHEAD, "ecad_date": AHEAD},
    "cancer_event": {"planned_for": AHEAD, "done_on": None},
}


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    engine = connect("duckdb", tmp_path_factory.mktemp("work"))
    yield engine
    engine.close()


def checked(tmp_path: Path, backend: Backend, source: str, feed: str, rows: list[dict[str, Any]]) -> Checked:
    write(tmp_path / "x", source, feed, rows)
    store = Store(tmp_path / "hub")
    (load,) = land_all(tmp_path / "x", store, tuple(TEMPLATES.values())).landed
    raw = backend.read(load.rows(store))
    return check(load, TEMPLATES[source, feed], raw, pq.read_table(load.bad(store)), backend)


def rows_with(feed: str, changes: list[dict[str, Any]], source: str = "RM1") -> list[dict[str, Any]]:
    """A good row, then one for each change; keys differ, so that none is a repeat."""
    (key,) = FEEDS[feed].key
    return [
        {**(row := MAKE[feed](number)), **change} | ({} if key in change else {key: f"{row[key]}x"})
        for number, change in enumerate([{}, *changes], 1)
    ]


@pytest.mark.parametrize("feed", sorted(MAKE))
def test_what_cannot_be_is_said_line_by_line(tmp_path: Path, backend: Backend, feed: str) -> None:
    hard, soft = HARD[feed], SOFT[feed]
    planned = [PLANNED[feed]] if feed in PLANNED else []
    rows = rows_with(feed, [change for change, _, _ in (*hard, *soft)] + planned)
    result = checked(tmp_path, backend, "RM1", feed, rows)
    good = {row["source_row"]: row for row in result.good.to_pyarrow().to_pylist()}
    bad = {row["source_row"]: row for row in result.bad.to_pylist()}
    blanked = {row["source_row"]: row for row in result.blanked.to_pylist()}
    assert set(bad) == set(range(3, 3 + len(hard)))
    for line, (change, code, words) in enumerate(hard, 3):
        named = TEMPLATES["RM1", feed].columns[list(change)[-1] if code == "out_of_range" else next(iter(change))]
        assert bad[line]["reason_code"] == code, change
        assert words in bad[line]["reason"]
        assert named in bad[line]["reason"]
        assert code in REASONS
    assert set(blanked) == set(range(3 + len(hard), 3 + len(hard) + len(soft)))
    assert result.blanked.num_rows == len(soft)
    for line, (change, code, instead) in enumerate(soft, 3 + len(hard)):
        (name,) = change
        assert (blanked[line]["column_name"], blanked[line]["reason_code"]) == (name, code), change
        assert good[line][name] == instead
        assert instead is None or f"taken as {instead}" in blanked[line]["reason"]
        assert code in REASONS
    whole = {**rows[0]}
    assert {name: good[2][name] for name in whole} == whole
    if planned:
        assert {name: good[max(good)][name] for name in planned[0]} == planned[0]


@pytest.mark.parametrize("feed", sorted(MAKE))
def test_a_source_that_is_not_the_plainest_is_read_into_the_same_row(
    tmp_path: Path, backend: Backend, feed: str
) -> None:
    for source in ("RGP", "RCX"):
        (row,) = rows_with(feed, [])
        row |= {"site": {"RGP": "RGP75", "RCX": "RCX70"}[source]} if "site" in row else {}
        (read,) = checked(tmp_path / source, backend, source, feed, [row]).good.to_pyarrow().to_pylist()
        assert {name: read[name] for name in row} == row


def test_every_limit_and_form_is_of_a_column_that_there_is() -> None:
    assert set(DOMAINS) == set(FEEDS)
    for feed, domain in DOMAINS.items():
        assert set(domain) <= {column.name for column in FEEDS[feed].columns}
    for feed, name in (*FORMS, *LIMITS, *SCALES, *STANDS_IN):
        assert name in {column.name for column in FEEDS[feed].columns}
    assert {name for shape in FEEDS.values() for name in shape.schema.names} >= PAST
    for feed, name in STANDS_IN:
        assert {column.name: column.required for column in FEEDS[feed].columns}[name]
    for (feed, name), (other, scales) in SCALES.items():
        names = FEEDS[feed].schema.names
        assert names.index(other) < names.index(name)
        assert set(scales) == set(DOMAINS[feed][other])
    for shape in FEEDS.values():
        for column in shape.columns:
            whole = column.type == pa.int32()
            assert not whole or (shape.name, column.name) in LIMITS, (shape.name, column.name)


def test_a_template_whose_codes_mean_nothing_is_refused(tmp_path: Path) -> None:
    text = TEMPLATES["RM1", "session"].path.read_text(encoding="utf-8")
    path = tmp_path / "RM1-session.toml"
    path.write_text(text.replace('"HELD" = "held"', '"HELD" = "hold"'), encoding="utf-8")
    with pytest.raises(UserError, match="Did you mean 'held'"):
        read_template(path)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(-999_999_999, 999_999_999), min_size=1, max_size=20))
def test_every_whole_number_is_read_back(numbers: list[int]) -> None:
    texts = [text for number in numbers for text in (str(number), f"{number}.0")]
    assert _read(texts, pa.int32()) == [number for number in numbers for _ in range(2)]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.decimals(-99_999, 99_999, places=3), min_size=1, max_size=20))
def test_every_number_with_a_point_is_read_back(numbers: list[Any]) -> None:
    assert _read([f"{number:f}" for number in numbers], pa.float64()) == [float(number) for number in numbers]


@pytest.mark.parametrize(
    "text", ["", "-", ".", "1.", ".5", "1e3", "+1", "1 000", "1,000", "0x1", "NaN", "inf", "1234567890", "1.5.5", "²"]
)
def test_what_is_not_a_number_is_not_read(text: str) -> None:
    assert _read([text], pa.int32()) == [None]
    assert _read([text], pa.float64()) == [None]


def _read(texts: list[str], kind: Any) -> list[Any]:
    table = ibis.memtable(pa.table({"n": pa.array(range(len(texts))), "text": pa.array(texts, pa.string())}))
    said = table.select("n", value=read_number(table["text"], kind)).order_by("n").to_pyarrow()
    return list(said["value"].to_pylist())
