"""Files of the list: the rows of the filter and no others, safe to open, said what they are, and logged."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import openpyxl
import pyarrow as pa
import pytest
from django.test import Client
from hypothesis import example, given, settings
from hypothesis import strategies as st
from snapshot_factory import Made
from waiting_support import person, rows

from wherry.web.access.models import AuditEvent
from wherry.web.access.permissions import Role
from wherry.web.components.export import csv_safe
from wherry.web.waiting import export
from wherry.web.waiting.selectors import WaitingList

Clients = Callable[..., Client]


@settings(deadline=None)
@given(
    st.lists(
        st.text(max_size=12) | st.sampled_from(["=1+1", " +1", "\t=x", "@SUM(A1)", "-3", "\n|x", "％"]), max_size=8
    )
)
@example(["\x85=1", "\xa0@x", "\u2028-1", "\x1c+2", "\x07=", "a=1"])
def test_a_column_is_made_safe_as_a_single_cell_is(cells: list[str]) -> None:
    table = pa.table({"x": pa.array(cells, pa.string())})
    assert export.safe(table)["x"].to_pylist() == [csv_safe(cell) for cell in cells]


def _csv(client: Client, query: str = "") -> tuple[list[str], list[dict[str, str]]]:
    response = client.get(f"/waiting-list/export.csv{query}")
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    lines = list(csv.reader(io.StringIO(text)))
    blank = lines.index([])
    notes = [line[0] for line in lines[:blank]]
    header = lines[blank + 1]
    return notes, [dict(zip(header, line, strict=True)) for line in lines[blank + 2 :]]


@pytest.fixture
def manager(client_for: Clients, handmade: Made) -> Client:
    """A manager of all three trusts."""
    return client_for(Role.WAITING_LIST_MANAGER)


def test_the_csv_has_every_row_of_the_filter_in_order_with_its_words(manager: Client, handmade: Made) -> None:
    _, out = _csv(manager, "?trust=RM1&wait=over_18&order=longest")
    expected = [r for r in rows(handmade) if r["organisation"] == "RM1" and (r["days_waited"] or 0) > 126]
    expected.sort(key=lambda r: (-r["days_waited"], r["position"]))
    assert [line["Place"] for line in out] == [str(r["position"]) for r in expected]
    for line, row in zip(out, expected, strict=True):
        assert line["RTT clock start"] == row["clock_start"].isoformat()
        assert line["Days waited"] == str(row["days_waited"])
        assert line["NHS number"] == (row["nhs_number"] or "")
        assert line["Why here"] == row["why"]
        assert line["Pathway"] == row["pathway_key"]


def test_the_file_says_what_it_is(manager: Client) -> None:
    notes, out = _csv(manager, "?trust=RM1&finding=stale")
    said = " ".join(notes)
    assert f"as at 31 January 2026: {len(out):,} rows" in said
    assert "Trust: Norfolk and Norwich" in said
    assert "Nothing has happened for six months" in said
    assert "handmade-200-1" in said


def test_no_cell_of_the_csv_runs_as_a_formula(manager: Client, handmade: Made) -> None:
    assert any(r["surname"].startswith("=HYPERLINK") for r in rows(handmade))
    _, out = _csv(manager)
    surnames = {line["Surname"] for line in out}
    assert any(name.startswith("'=HYPERLINK") for name in surnames)
    for line in out:
        assert not any(cell.lstrip()[:1] in tuple("=+-@|%") and cell.lstrip() for cell in line.values())


def _book(client: Client, query: str = "") -> Any:
    response = client.get(f"/waiting-list/export.xlsx{query}")
    assert response.status_code == 200
    return openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content)))


def test_the_workbook_has_real_dates_text_for_formulas_and_a_frozen_header(manager: Client, handmade: Made) -> None:
    book = _book(manager)
    page = book["Waiting list"]
    assert page.freeze_panes == "A2"
    lines = list(page.iter_rows(values_only=False))
    header = [cell.value for cell in lines[0]]
    assert len(lines) == 201
    start = header.index("RTT clock start")
    dates = [line[start] for line in lines[1:]]
    assert {type(cell.value) for cell in dates} == {datetime, type(None)}
    surname = header.index("Surname")
    kinds = {cell.data_type for line in lines[1:] for cell in (line[surname],)}
    assert kinds == {"s"}
    assert any(str(line[surname].value).startswith("=HYPERLINK") for line in lines[1:])
    about = [row[0] for row in book["About"].iter_rows(values_only=True)]
    assert "31 January 2026: 200 rows" in about[0]


def test_both_files_hold_the_same_rows(manager: Client) -> None:
    _, out = _csv(manager, "?stage=admitted")
    page = _book(manager, "?stage=admitted")["Waiting list"]
    lines = list(page.iter_rows(values_only=True))
    for line, row in zip(out, lines[1:], strict=True):
        for name, cell in zip(lines[0], row, strict=True):
            text = cell.date().isoformat() if isinstance(cell, datetime) else str("" if cell is None else cell)
            assert line[name].removeprefix("'") == text.removeprefix("'"), name


def test_an_export_is_in_the_audit_log_with_its_filter_and_rows(manager: Client, client_for: Clients) -> None:
    _, out = _csv(manager, "?trust=RGP&no_next=1")
    event = AuditEvent.objects.get(action="waiting_list.exported")
    detail = json.loads(event.detail)
    assert (detail["filter"], detail["rows"], detail["identified"]) == ("trust=RGP&no_next=1", len(out), True)
    assert event.subject_key == "csv"
    _csv(client_for(Role.ANALYST))
    event = AuditEvent.objects.filter(action="waiting_list.exported").order_by("-sequence")[0]
    assert (event.purpose, json.loads(event.detail)["identified"]) == ("secondary use", False)


def test_the_analysts_file_has_no_identities_coarse_ages_and_nobody_who_opted_out(
    client_for: Clients, handmade: Made
) -> None:
    notes, out = _csv(client_for(Role.ANALYST))
    assert not {"Surname", "Forename", "NHS number", "Date of birth", "Hospital number", "Pathway", "Procedure"} & set(
        out[0]
    )
    assert {line["Age"] for line in out} <= {f"{n}0 to {n}9" for n in range(1, 9)} | {"0 to 9", "90 and over"}
    stayed = [r["position"] for r in rows(handmade) if not r["opted_out"]]
    assert [int(line["Place"]) for line in out] == stayed
    assert any("rows of people who opted out were removed" in note for note in notes)


@pytest.mark.django_db
def test_people_export_only_where_they_may(handmade: Made) -> None:
    mixed = person(Role.CLINICIAN, "RM1")
    mixed = type(mixed)(user=None, roles=mixed.roles | {("RGP", Role.WAITING_LIST_MANAGER)})
    listing = WaitingList(mixed)
    from django.http import QueryDict

    selected = listing.select(listing.read(QueryDict(""))[0])
    assert {r["organisation"] for r in listing.take(selected.rows)} == {"RM1", "RGP"}
    assert {r["organisation"] for r in listing.take(listing.exportable(selected))} == {"RGP"}


def test_a_file_is_named_by_what_it_holds_and_never_by_a_search(manager: Client) -> None:
    response = manager.get("/waiting-list/export.csv?trust=RM1&wait=over_52&q=Zarqabrook")
    name = response.headers["Content-Disposition"]
    assert name == f'attachment; filename="waiting-list-{date(2026, 1, 31)}-RM1-over-52.csv"'
