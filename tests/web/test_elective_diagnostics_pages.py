"""The six-week list's pages against the handmade snapshot: counts, scope, what is logged, what the file holds."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.http import QueryDict
from django.test import Client
from snapshot_factory import CENSUS, Made
from waiting_support import person, rows

from wherry.web import snapshot as snapshots
from wherry.web.access import Permission, Role
from wherry.web.access.models import AuditEvent
from wherry.web.elective import capacity_frame, diagnostics_counts, diagnostics_frame
from wherry.web.elective.diagnostics_filters import Filters
from wherry.web.elective.diagnostics_selectors import Diagnostics

pytestmark = pytest.mark.usefixtures("handmade")


@pytest.fixture(autouse=True)
def _fresh() -> None:
    capacity_frame.forget()
    diagnostics_frame.forget()
    diagnostics_counts.forget()


def seen(*trusts: str) -> Diagnostics:
    return Diagnostics(person(Role.WAITING_LIST_MANAGER, *trusts))


def test_counts_are_those_of_the_rows_by_test_and_site(handmade: Made) -> None:
    listed = rows(handmade, "diagnostic_list")
    found = seen()
    head = found.count(found.mask(Filters()))
    assert head.waiting == len(listed)
    assert head.over == sum(row["over_six_weeks"] for row in listed)
    assert head.unknown == sum(row["days_waited"] is None for row in listed)
    assert head.within == pytest.approx((head.known - head.over) / head.known)
    lines = found.lines(Filters())
    for line in lines:
        mine = [row for row in listed if row["test"] == line.test]
        assert line.counts.waiting == len(mine)
        assert sum(counts.waiting for counts in line.sites.values()) == len(mine)
        assert line.counts.undated == sum(row["over_six_weeks"] and row["booked_for"] is None for row in mine)
    assert sum(line.counts.over for line in lines) == head.over


def test_room_is_the_groups_in_this_week_and_the_next_two(handmade: Made) -> None:
    monday = CENSUS - timedelta(days=CENSUS.weekday())
    weeks = [
        row
        for row in rows(handmade, "capacity_week")
        if row["kind"] == "diagnostic" and monday <= row["week_start"] < monday + timedelta(weeks=3)
    ]
    for line in seen("RGP").lines(Filters()):
        mine = [row for row in weeks if row["test"] == line.test]
        assert line.free == sum(row["free_slots"] for row in mine)
        assert line.counts.suggested_over <= min(line.counts.undated, line.free)
        assert set(line.room) == {row["site"] for row in mine}


def test_suggestions_never_promise_more_than_there_is(handmade: Made) -> None:
    found = seen()
    listed = {row["request_key"]: row for row in rows(handmade, "diagnostic_list")}
    assert found.frame.suggestions
    taken: dict[Any, int] = {}
    for key, place in found.frame.suggestions.items():
        assert listed[key]["booked_for"] is None
        spot = (listed[key]["test"], place.site, place.week_start)
        taken[spot] = taken.get(spot, 0) + 1
    assert all(number <= found.frame.room[spot] for spot, number in taken.items())


def test_the_longest_wait_is_first_and_unknown_starts_before_all() -> None:
    found = seen()
    days = [row["days_waited"] for row in found.frame.take(found.people(Filters()))]
    unknown = days.count(None)
    assert unknown
    assert days[:unknown] == [None] * unknown
    assert days[unknown:] == sorted(days[unknown:], reverse=True)


@pytest.mark.parametrize(
    ("query", "fits"),
    [
        ("wait=over&date=none", lambda row: row["over_six_weeks"] and row["booked_for"] is None),
        ("wait=within", lambda row: row["days_waited"] is not None and not row["over_six_weeks"]),
        ("wait=unknown", lambda row: row["days_waited"] is None),
        ("date=booked&cancer=1", lambda row: row["booked_for"] is not None and row["on_cancer_pathway"]),
        ("planned=1&site=RGP75", lambda row: row["planned_overdue"] and row["site"] == "RGP75"),
        ("test=ct", lambda row: row["test"] == "ct"),
    ],
)
def test_a_filter_keeps_what_it_says(handmade: Made, query: str, fits: Callable[[dict[str, Any]], bool]) -> None:
    found = seen()
    filters, ignored = found.read(QueryDict(query))
    assert not ignored
    kept = {row["request_key"] for row in found.frame.take(found.people(filters))}
    assert kept == {row["request_key"] for row in rows(handmade, "diagnostic_list") if fits(row)}
    again, _ = found.read(QueryDict(filters.query()))
    assert again == filters


def test_people_of_other_trusts_are_not_there(client_for: Callable[..., Client], handmade: Made) -> None:
    found = seen("RGP")
    shown = found.frame.take(found.people(Filters()))
    assert shown
    assert {row["organisation"] for row in shown} == {"RGP"}
    elsewhere = {row["surname"] for row in rows(handmade, "diagnostic_list") if row["organisation"] != "RGP"}
    page = client_for(Role.CLINICIAN, ("RGP",)).get("/elective/diagnostics/people/").content.decode()
    assert "booking team (CSV)" not in page
    mine = {row["surname"] for row in shown}
    assert not [name for name in elsewhere - mine if name.upper() in page]
    lines = _csv(client_for(Role.WAITING_LIST_MANAGER, ("RGP",)).get("/elective/diagnostics/people.csv"))
    assert {line["Trust code"] for line in lines} == {"RGP"}


def test_every_role_that_sees_the_list_sees_names_so_that_nothing_is_hidden_by_role() -> None:
    for role in Role:
        if Permission.SEE_DIAGNOSTICS in role.permissions:
            assert Permission.SEE_IDENTITY in role.permissions
    with pytest.raises(PermissionDenied):
        Diagnostics(person(Role.ANALYST))


def test_a_look_is_logged_with_whom_it_showed(client_for: Callable[..., Client]) -> None:
    client_for(Role.CANCER_NAVIGATOR).get("/elective/diagnostics/people/?wait=over&cancer=1")
    event = AuditEvent.objects.filter(action="diagnostics.people_seen").get()
    detail = json.loads(event.detail)
    assert event.subject_key == "wait=over&cancer=1"
    found = seen()
    rows_seen = found.people(found.read(QueryDict("wait=over&cancer=1"))[0])
    assert detail["rows"] == len(rows_seen)
    assert detail["shown"] == [row["request_key"] for row in found.frame.take(rows_seen)]


def test_counts_alone_are_no_look_at_anybody(client_for: Callable[..., Client], handmade: Made) -> None:
    before = AuditEvent.objects.count()
    page = client_for(Role.WAITING_LIST_MANAGER).get("/elective/diagnostics/").content.decode()
    assert AuditEvent.objects.count() == before
    assert not [name for name in handmade.surnames if name.upper() in page]


def test_the_booking_teams_copy_has_the_suggested_site_and_is_logged(client_for: Callable[..., Client]) -> None:
    lines = _csv(client_for(Role.WAITING_LIST_MANAGER).get("/elective/diagnostics/people.csv?date=none"))
    found = seen()
    assert len(lines) == len(found.people(found.read(QueryDict("date=none"))[0]))
    given = [line for line in lines if line["Suggested site"]]
    assert len(given) == len(found.frame.suggestions)
    assert all(line["Suggested week starting"] >= "2026-01-26" for line in given)
    event = AuditEvent.objects.filter(action="diagnostics.exported").get()
    assert json.loads(event.detail)["rows"] == len(lines)


def test_a_name_that_a_spreadsheet_would_run_is_made_safe(client_for: Callable[..., Client]) -> None:
    text = b"".join(client_for(Role.WAITING_LIST_MANAGER).get("/elective/diagnostics/people.csv").streaming_content)
    for line in csv.reader(io.StringIO(text.decode("utf-8-sig"))):
        assert not [cell for cell in line if cell[:1] in "=+@" and cell]


def test_the_standard_in_force_is_said(client_for: Callable[..., Client]) -> None:
    page = client_for(Role.CLINICIAN).get("/elective/diagnostics/").content.decode()
    assert "at least 99% within six weeks" in page
    assert "not kept" in page
    assert "No target for this year is known." in page


@pytest.mark.parametrize("there", ["", "people/"])
def test_a_strange_address_is_answered(client_for: Callable[..., Client], there: str) -> None:
    query = "test=x&site=%3Cb%3E&wait=ever&page=0&cancer=yes"
    response = client_for(Role.CLINICIAN).get(f"/elective/diagnostics/{there}?{query}")
    assert response.status_code == 200
    assert "was left out" in response.content.decode()


def test_nobody_in_scope_is_said(client_for: Callable[..., Client]) -> None:
    page = client_for(Role.CLINICIAN, ("NOBODY",)).get("/elective/diagnostics/people/").content.decode()
    assert "Nobody fits" in page


def _csv(response: Any) -> list[dict[str, str]]:
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_the_control_room_counts_tests_over_six_weeks(client_for: Callable[..., Client], handmade: Made) -> None:
    listed = [row for row in rows(handmade, "diagnostic_list") if row["organisation"] == "RGP"]
    counted = diagnostics_counts.six_weeks(_care(), ("RGP",), CENSUS)
    over = sum(row["over_six_weeks"] for row in listed)
    known = sum(row["days_waited"] is not None for row in listed)
    assert counted is not None
    assert (counted.over, counted.known, counted.outside) == (over, known, True)
    page = client_for(Role.CLINICIAN, ("RGP",)).get("/").content.decode()
    assert 'href="/elective/diagnostics/">Over six weeks for a test' in page
    page = client_for(Role.ADMINISTRATOR, ("RGP",)).get("/").content.decode()
    assert "<h3>Over six weeks for a test</h3>" in page


def test_requests_that_never_came_are_not_known() -> None:
    assert diagnostics_counts.six_weeks(_care(), ("NOBODY",), CENSUS) is None


def _care() -> Any:
    snapshot = snapshots.current("care")
    assert snapshot is not None
    return snapshot
