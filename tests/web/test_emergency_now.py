"""The emergency pages: numbers by site worked out by hand, the lists behind them, who sees names, and what is late."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from beds_now_support import NOW, hours, live_position, patient, stop_clock, visit
from beds_now_support import SURNAMES as OTHERS
from django.test import Client
from emergency_support import SURNAMES, ambulances, attended, departments, feeds, incident, later, loaded

from wherry.flow.emergency.windows import since_midnight
from wherry.web.access import Role
from wherry.web.access.models import AuditEvent
from wherry.web.emergency import current, figures, handover_figures, people, position, trends
from wherry.web.emergency.figures import GROUP
from wherry.web.emergency.places import departments as with_departments
from wherry.web.emergency.places import places
from wherry.web.feed.models import Sender, Visit

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_built(no_data: Path) -> None:
    """No snapshot: the live pages need none."""


def read() -> position.Position:
    """The position at the stopped clock."""
    return current.fresh().position


def rows() -> dict[str, figures.Row]:
    """Every measure since midnight."""
    found = read()
    return {row.code: row for row in figures.period_rows(found, places(), since_midnight(found.now))}


def text_of(client: Client, path: str) -> str:
    """A page's text, without its tags."""
    response = client.get(path)
    assert response.status_code == 200, path
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


# --- numbers


def test_the_numbers_by_hand() -> None:
    """At 14:20 in Norwich: three here (6, 13 and 1 hours), three left (after 2, 5 and half an hour)."""
    departments()
    found = rows()
    four = found["four_hours"]
    assert (four.cells["RM102"].text, four.cells["RM102"].beside) == ("40.0%", "2 of 5")
    assert (four.cells["RGP75"].text, four.cells["RGP75"].beside) == ("100.0%", "1 of 1")
    assert (four.cells["RCX70"].text, four.cells["RCX70"].value) == ("nobody yet", None)
    assert (four.cells[GROUP].text, four.cells[GROUP].beside) == ("50.0%", "3 of 6")  # not the mean of 40 and 100
    assert four.cells["RM102"].outside is True
    assert four.cells["RCX70"].outside is None
    assert found["twelve_hours"].cells["RM102"].beside == "1 of 4"
    assert found["assessment"].missing == "1 of 8 have no time of assessment"
    assert found["left_before_seen"].cells["RM102"].beside == "1 of 3"
    assert found["decision_to_bed"].cells["RM102"].beside.startswith("0 of 2")


def test_who_is_in_the_departments() -> None:
    departments()
    found = read()
    here = {place.site: figures.now_of(found, place, since_midnight(found.now)) for place in places()}
    assert [here[site].here.total for site in ("RM102", "RGP75", "RCX70")] == [3, 0, 1]
    norwich = here["RM102"].here
    assert (norwich.over_four, norwich.over_twelve, norwich.longest_hours) == (2, 1, 13.0)
    assert (norwich.by_area["MAJORS"], norwich.by_area["WAIT"], here["RM102"].occupied) == (2, 1, 2)
    together = figures.together(found, list(here.values()))
    assert (together.here.total, together.here.over_four, together.here.longest_hours) == (4, 2, 13.0)


def test_handovers_and_responses_by_hand() -> None:
    departments()
    ambulances()
    found = read()
    nows = [figures.now_of(found, place, since_midnight(NOW)) for place in places()]
    nows.append(figures.together(found, nows))
    by = {one.site: one.handed for one in nows}
    assert by["RM102"].waiting == pytest.approx((60.0,))
    assert by["RM102"].mean == pytest.approx(40)  # one of 20 minutes, one of an hour so far
    assert by["RM102"].lost_minutes == pytest.approx(5 + 45)
    assert by["RCX70"].minutes == pytest.approx((24.0,))
    assert by[GROUP].lost_minutes == pytest.approx(5 + 45 + 9)
    made = {row.code: row for row in handover_figures.handover_rows(found, nows)}
    assert made["handover_45"].cells["RM102"].outside is True
    assert made["handover_45"].cells["RCX70"].outside is False
    from wherry.web.emergency.now_views import response_rows

    answered = {row["category"]: row for row in response_rows(found, since_midnight(NOW))}
    two = answered["2"]["counted"]
    assert (two.mean, len(two.waiting)) == (pytest.approx((30 + 24) / 2), 1)
    assert two.mean_at_least == pytest.approx((30 + 24 + 90) / 3)
    assert answered["2"]["mean_outside"] is True  # whatever happens, the mean will be over 25
    assert answered["1"]["mean_outside"] is False


def test_what_happens_later_does_not_count_yet() -> None:
    feeds()
    attended("RM1", "Ormesby", 6, -1, seen_at=hours(-0.5))  # the feed is ahead of the clock
    found = read()
    (one,) = found.attendances
    assert one.here
    assert one.seen_at is None


def test_an_admitted_patient_who_stays_in_the_department_is_still_there() -> None:
    feeds()
    who = patient("RM1", "Boarder")
    visit(who, [("RM102|ED|MAJORS|1", hours(9))], arrived_at=hours(9), admitted_at=hours(2), standing="in_bed",
          decided_at=hours(3), ed_type="1")  # fmt: skip
    (one,) = read().attendances
    assert one.here
    assert not one.admitted


def test_a_minor_injury_unit_is_a_place_of_its_own_without_a_level() -> None:
    feeds()
    who = patient("RM1", "Minor")
    visit(who, [("RM131|MIU|WAIT|1", hours(2))], left_at=hours(1), arrived_at=hours(2), ed_type="3")
    (one,) = read().attendances
    assert one.site == "RM131"
    assert "RM131" in [place.site for place in places()]
    assert "RM131" not in [place.site for place in with_departments()]
    assert rows()["four_hours"].cells["RM131"].beside == "1 of 1"


# --- pages


def test_the_page_says_first_what_is_outside_by_hospital(client_for: Callable[..., Client]) -> None:
    departments()
    ambulances()
    text = text_of(client_for(Role.SITE_MANAGER), "/emergency/")
    assert "hospitals are outside a limit now" in text
    assert text.index("outside a limit now") < text.index("In the departments now")
    assert "1 ambulances outside for over 45 minutes" in text
    assert "POTTER, Sam" in text
    assert "13 h 00 min" in text
    assert "As at 14 July 2026 at 14:20" in text
    assert "Within 4 hours (should be at least 82% by 31 March 2027)" in text


def test_each_number_leads_to_its_list(client_for: Callable[..., Client]) -> None:
    departments()
    client = client_for(Role.SITE_MANAGER)
    over = text_of(client, "/emergency/people/?site=RM102&show=over_4")
    assert "2 people" in over
    assert "POTTER" in over
    assert "QUIDENHAM" not in over
    beyond = text_of(client, "/emergency/people/?show=four_hours&window=today")
    assert {name for name in SURNAMES if name.upper() in beyond} == {"Ormesby", "Potter", "Sheringham"}
    assert "WALSINGHAM" in text_of(client, "/emergency/people/?show=majors&site=RCX70")
    assert "THETFORD" in text_of(client, "/emergency/people/?show=left_before_seen")
    assert "Nobody." in text_of(client, "/emergency/people/?show=corridor")
    assert client.get("/emergency/people/?show=nonsense").status_code == 404
    assert client.get("/emergency/people/?site=XXX").status_code == 404


def test_each_list_is_as_long_as_its_number() -> None:
    departments()
    found = read()
    window = since_midnight(found.now)
    for show in people.HERE:
        for place in places():
            listed = people.chosen(found, [place], show, window)
            here = figures.now_of(found, place, window).here
            number = {"here": here.total, "over_4": here.over_four, "over_12": here.over_twelve,
                      "referred": here.referred, "unplaced": here.unplaced, "corridor": here.corridor,
                      "majors": here.by_area.get("MAJORS", 0) + here.by_area.get("RESUS", 0)}  # fmt: skip
            assert len(listed) == number.get(show, here.by_stage.get(show)), (show, place.site)


@pytest.mark.parametrize("role", [Role.EXECUTIVE, Role.ANALYST, Role.PLANNER, Role.HUB_CLINICIAN])
def test_without_the_right_to_names_there_are_none(client_for: Callable[..., Client], role: Role) -> None:
    departments()
    ambulances()
    live_position_names = [*SURNAMES, *OTHERS]
    for path in ("/emergency/", "/emergency/people/", "/emergency/people/?show=four_hours", "/emergency/ambulances/",
                 "/emergency/escalation/", "/emergency/trend/"):  # fmt: skip
        text = client_for(role).get(path).content.decode().casefold()
        for surname in live_position_names:
            assert f"{surname.casefold()}," not in text
        assert "999 0" not in text
        assert "9990" not in text


def test_names_of_another_hospital_are_not_shown(client_for: Callable[..., Client]) -> None:
    departments()
    text = text_of(client_for(Role.WARD_NURSE, ("RGP",)), "/emergency/people/")
    assert "POTTER" not in text
    assert "13 h 00 min" in text  # but that somebody waits there is
    assert "name not shown" in text


def test_a_look_is_written_down_once_in_half_an_hour(client_for: Callable[..., Client]) -> None:
    departments()
    client = client_for(Role.SITE_MANAGER)
    for _ in range(3):
        client.get("/emergency/")
        client.get("/emergency/people/?site=RM102")
    lines = AuditEvent.objects.filter(action="emergency.shown")
    assert lines.count() == 2
    shown = json.loads(lines.get(subject_key="now").detail)["shown"]
    assert len(shown) == 4
    assert Visit.objects.filter(key__in=shown).count() == 4
    client_for(Role.EXECUTIVE).get("/emergency/")
    assert AuditEvent.objects.filter(action="emergency.shown").count() == 2


def test_a_poll_gets_nothing_until_something_changes(client_for: Callable[..., Client]) -> None:
    departments()
    client = client_for(Role.SITE_MANAGER)
    page = client.get("/emergency/").content.decode()
    version = re.search(r'data-version="([^"]+)"', page)
    assert version
    assert client.get(f"/emergency/?version={version[1]}").status_code == 204
    attended("RM1", "Newcomer", 0.1)
    later(1)
    from wherry.web.components import live

    live.forget()
    current.forget()
    response = client.get(f"/emergency/?version={version[1]}")
    assert response.status_code == 200
    assert "NEWCOMER, Sam" in response.content.decode()


def test_late_feeds_are_said(client_for: Callable[..., Client]) -> None:
    departments()
    stop_clock(NOW + timedelta(hours=3))
    text = text_of(client_for(Role.SITE_MANAGER), "/emergency/")
    assert "The feed from RM1 PAS is late" in text
    assert "Nothing has ever come from the ambulance service" in text
    loaded(incident("E1", 1))
    current.forget()
    assert "Nothing has come from the ambulance service since 14 July 2026 at 13:20" in text_of(
        client_for(Role.SITE_MANAGER), "/emergency/ambulances/"
    )


def test_calls_without_an_answer_and_bad_lines_are_on_the_ambulance_page(client_for: Callable[..., Client]) -> None:
    departments()
    ambulances()
    loaded(incident("", 1), name="bad.jsonl")
    text = text_of(client_for(Role.AMBULANCE_CLINICIAN), "/emergency/ambulances/")
    assert "1 call not answered yet" in text
    assert "E4" in text
    assert "1 h 30 min" in text or "90 min" in text
    assert "bad.jsonl line 1: incident is missing" in text
    assert "outside now, the longest first" in text


def test_an_empty_service_says_what_would_be_here(client_for: Callable[..., Client]) -> None:
    client = client_for(Role.SITE_MANAGER)
    assert "Nobody is in a department" in text_of(client, "/emergency/")
    assert "wherry flow ambulance load FILE" in text_of(client, "/emergency/ambulances/")
    assert "nobody" in text_of(client, "/emergency/trend/")


# --- over time


def test_the_trend_counts_each_day_as_the_page_does(client_for: Callable[..., Client]) -> None:
    departments()
    found = trends.read(NOW, "four_hours", "days")
    today = found.points[-1]
    assert (today.values["RM102"], today.of["RM102"]) == (40.0, 5)
    assert (today.values[GROUP], today.of[GROUP]) == (50.0, 6)
    assert today.source == "live feed"
    assert all(point.values[GROUP] is None for point in found.points[:-2])
    text = text_of(client_for(Role.ANALYST), "/emergency/trend/?measure=assessment&by=hours")
    assert "Assessed within 15 minutes" in text
    for measure in trends.MEASURES:
        for span in trends.SPANS:
            assert client_for(Role.ANALYST).get(f"/emergency/trend/?measure={measure}&by={span}").status_code == 200


def test_the_trend_of_the_department_is_who_was_here() -> None:
    departments()
    found = trends.read(NOW, "here", "hours")
    now = found.points[-1]
    assert (now.values["RM102"], now.values[GROUP]) == (3, 4)
    noon = next(point for point in found.points if point.label == "14 Jul 11:00")  # at the end of that hour, 12:00
    assert noon.values["RM102"] == 3  # Ormesby, Potter and Sheringham; Reepham left at 11:20


def test_a_trend_on_the_night_the_clocks_go_back() -> None:
    at = datetime(2026, 10, 25, 12, tzinfo=UTC)
    stop_clock(at)
    Sender.objects.create(code="RM1|PAS", organisation="RM1", last_received_at=at, last_recorded_at=at)
    who = patient("RM1", "Night")
    visit(who, [("RM102|ED|MAJORS|1", datetime(2026, 10, 24, 23, 30, tzinfo=UTC))],
          left_at=datetime(2026, 10, 25, 3, 31, tzinfo=UTC), arrived_at=datetime(2026, 10, 24, 23, 30, tzinfo=UTC),
          ed_type="1")  # fmt: skip
    found = trends.read(at, "four_hours", "hours")
    assert len(found.points) == 24 + 13  # yesterday, and the hours of today so far: one more than the clock says
    (over,) = [point for point in found.points if point.of[GROUP]]
    assert over.label == "25 Oct 03:00"
    assert over.values[GROUP] == 0


def test_the_live_position_of_others_works_too() -> None:
    live_position()
    assert {one.key for one in read().attendances if one.here} == set(
        Visit.objects.filter(standing="in_department").values_list("key", flat=True)
    )
