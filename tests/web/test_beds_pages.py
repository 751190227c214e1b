"""The bed state and the ward page: what each reader sees, now and in the past."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import quote

import pytest
from beds_now_support import NOW, SURNAMES, TODAY, live_position, long_young, patient, stop_clock, visit
from django.test import Client

from wherry.flow.beds import tallies
from wherry.flow.beds.position import sort_of
from wherry.web.access import Role
from wherry.web.access.models import AuditEvent
from wherry.web.beds import history_page, places, selectors, state_page
from wherry.web.beds.models import Placing
from wherry.web.components import live
from wherry.web.feed import changes
from wherry.web.feed.models import Visit

pytestmark = pytest.mark.django_db


def text(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, address
    return response.content.decode()


def test_the_bed_state_shows_free_beds_and_who_waits(client_for: Callable[..., Client]) -> None:
    live_position()
    page = text(client_for(Role.SITE_MANAGER), "/beds/")
    assert "Free adult beds" in page
    assert "14 July 2026 at 14:20" in page


@pytest.mark.parametrize("role", [Role.ANALYST, Role.EXECUTIVE, Role.PLANNER, Role.HUB_CLINICIAN])
@pytest.mark.parametrize("address", ["/beds/", "/beds/RM102/M1/", "/beds/?at=2026-07-14T08:00"])
def test_readers_of_totals_never_see_a_name(client_for: Callable[..., Client], role: Role, address: str) -> None:
    live_position()
    page = text(client_for(role), address).casefold()
    assert not [name for name in SURNAMES if name.casefold() in page]
    assert "999 0" not in page


def test_names_are_those_of_ones_own_organisation(client_for: Callable[..., Client]) -> None:
    live_position()
    here = client_for(Role.WARD_NURSE, ("RM1",))
    assert "ABBOTSLEY, Ann" in text(here, "/beds/RM102/M1/")
    assert "KELLING" not in text(here, "/beds/RGP75/M1/")
    assert "Occupied" in text(here, "/beds/RGP75/M1/")
    assert here.get("/beds/RM102/ED/").status_code == 404
    assert here.get("/beds/RM102/NOWHERE/").status_code == 404


def test_opening_a_ward_is_one_audit_line_until_somebody_new_is_shown(client_for: Callable[..., Client]) -> None:
    made = live_position()
    client = client_for(Role.WARD_NURSE, ("RM1",))
    for _ in range(3):
        text(client, "/beds/RM102/M1/")
    line = AuditEvent.objects.get(action="beds.ward_seen")
    assert line.subject_key == "RM102|M1"
    assert made.key("Abbotsley") in line.detail


def test_a_poll_gets_nothing_until_something_changes(client_for: Callable[..., Client]) -> None:
    live_position()
    client = client_for(Role.WARD_NURSE, ("RM1",))
    page = text(client, "/beds/RM102/M1/")
    version = page.split('data-version="')[1].split('"')[0]
    address = f"/beds/RM102/M1/?version={version}"
    assert client.get(address).status_code == 204
    changes.touch(["RGP"])
    assert client.get(address).status_code == 204, "another organisation's change"
    changes.touch(["RM1"])
    live.forget()
    selectors.forget()
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer.headers["X-Wherry-Version"] != version
    assert "ABBOTSLEY" in answer.content.decode()
    assert "<html" not in answer.content.decode()


def test_two_readers_of_one_scope_share_what_was_made_and_others_do_not(client_for: Callable[..., Client]) -> None:
    live_position()
    named = text(client_for(Role.WARD_NURSE, ("RM1",)), "/beds/RM102/M1/")
    unnamed = text(client_for(Role.EXECUTIVE, ("RM1",)), "/beds/RM102/M1/")
    other = text(client_for(Role.WARD_NURSE, ("RGP",)), "/beds/RM102/M1/")
    assert "ABBOTSLEY" in named
    assert "ABBOTSLEY" not in unnamed
    assert "ABBOTSLEY" not in other
    assert "woman, 80" in unnamed


def test_a_version_that_nobody_gave_is_answered_with_the_page(client_for: Callable[..., Client]) -> None:
    live_position()
    client = client_for(Role.SITE_MANAGER)
    for version in ("", "x", "9" * 5000, "1-", "-1", "1-x", "99999-1"):
        assert client.get(f"/beds/?version={version}").status_code == 200, version


def test_the_page_shown_again_after_somebody_new_came_is_logged_for_them_alone(
    client_for: Callable[..., Client],
) -> None:
    made = live_position()
    client = client_for(Role.WARD_NURSE, ("RM1",))
    text(client, "/beds/RM102/M1/")
    new = visit(patient("RM1", "Narford"), (("RM102|M1|A|5", NOW),))
    changes.touch(["RM1"])
    live.forget()
    selectors.forget()
    text(client, "/beds/RM102/M1/?version=1-1")
    first, second = AuditEvent.objects.filter(action="beds.ward_seen").order_by("sequence")
    assert made.key("Abbotsley") in first.detail
    assert json.loads(second.detail) == {"shown": [new.pk]}


def test_the_bed_state_in_words(client_for: Callable[..., Client]) -> None:
    made = live_position()
    page = text(client_for(Role.SITE_MANAGER, ("RM1",)), "/beds/")
    assert "GUIST, Gill" in page
    assert "LESSINGHAM" not in page
    assert "Patient of Gorleston" in page
    assert page.index("Patient of Gorleston") < page.index("GUIST"), "longest since the decision first"
    assert "over 4 h" in page
    assert "M1 C2 has 2 patients by the feed" in page
    assert f"/beds/place/?visit={quote(made.key('Guist'), safe='')}" in page
    assert "at most 92%" in page
    one = text(client_for(Role.SITE_MANAGER, ("RM1",)), "/beds/?site=RGP75")
    assert "M1 C2" not in one


def test_what_is_known_to_change(client_for: Callable[..., Client]) -> None:
    live_position()
    picture = selectors.at(NOW)
    found = state_page.context(picture, places.bed_map().sites, frozenset({"RM1"}), past=False)
    norwich = next(row for row in found["rows"] if row["key"] == "RM102")
    ahead = norwich["ahead"]
    assert (ahead.expected, ahead.overdue, ahead.planned, ahead.waiting) == (1, 0, 1, 1)
    assert norwich["then"] == norwich["tally"].free + 1 + 1 - 1 - 1, "free, to be cleaned, leaving, planned, waiting"
    group = next(row for row in found["rows"] if row["key"] == "group")
    assert group["ahead"].waiting == 2
    assert group["tally"].occupancy == sum(row["tally"].occupied for row in found["rows"][:-1]) / group["tally"].open


def test_any_past_moment(client_for: Callable[..., Client]) -> None:
    live_position()
    client = client_for(Role.SITE_MANAGER, ("RM1",))
    page = text(client, "/beds/RM102/M1/?at=2026-07-14T12:30")
    assert "JERMYN, Jo" in page
    assert "14 July 2026 at 12:30" in page
    assert "not now" in page
    assert ">Clean<" not in page, "nothing is done in the past"
    assert client.get("/beds/?at=yesterday").status_code == 404
    assert client.get("/beds/?at=2026-13-01T00:00").status_code == 404
    assert "not now" not in text(client, "/beds/?at=2027-01-01T00:00")


def test_the_ward_page_says_who_goes_and_what_is_to_do(client_for: Callable[..., Client]) -> None:
    live_position()
    page = text(client_for(Role.WARD_NURSE, ("RM1",)), "/beds/RM102/M1/")
    going = page.split("Who goes today")[1].split("</section>")[0]
    assert "ABBOTSLEY" in going
    assert "BEXWELL" not in going
    assert "/beds/RM102/M1/A/3/?act=clean_done" in page
    assert "norovirus" in page
    assert "/beds/place/" not in page, "a nurse does not place"
    assert "?act=" not in text(client_for(Role.DISCHARGE_COORDINATOR, ("RM1",)), "/beds/RM102/M1/")


def test_a_nurse_says_that_a_bed_is_clean_with_one_question(client_for: Callable[..., Client]) -> None:
    live_position()
    client = client_for(Role.WARD_NURSE, ("RM1",))
    asked = text(client, "/beds/RM102/M1/A/3/?act=clean_done")
    assert "Is M1 A3 clean?" in asked
    seen = asked.split('name="seen" value="')[1].split('"')[0]
    form = {"bed": "RM102|M1|A|3", "act": "clean_done", "seen": seen}
    answer = client.post("/beds/act/", form, follow=True)
    assert "M1 A3 is clean." in answer.content.decode()
    again = client.post("/beds/act/", form)
    assert again.status_code == 422
    assert "was first" in again.content.decode()
    assert client.post("/beds/act/", {"bed": "RM102|ED|WAIT|1", "act": "close"}).status_code == 404
    closed = client.post("/beds/act/", {"bed": "RM102|M1|A|4", "act": "close"})
    assert closed.status_code == 422
    assert "Choose why the bed is closed" in closed.content.decode()
    assert client.post("/beds/act/", {"bed": "RGP75|M1|A|2", "act": "close", "why": "staffing"}).status_code == 403


def test_all_extra_beds_at_once_need_a_tick(client_for: Callable[..., Client]) -> None:
    live_position()
    client = client_for(Role.SITE_MANAGER, ("RM1",))
    page = text(client, "/beds/RM102/ESC/")
    assert "Open them all" in page
    beds = [bed.key for bed in places.bed_map().ward["RM102|ESC"].beds]
    unsure = client.post("/beds/act/", {"bed": beds, "act": "escalate"}, follow=True)
    assert "Tick that you are sure" in unsure.content.decode()
    sure = client.post("/beds/act/", {"bed": beds, "act": "escalate", "sure": "yes"}, follow=True)
    assert "each is opened as an extra bed" in sure.content.decode()
    assert "Stand down those that are empty" in sure.content.decode()


def test_placing_a_patient(client_for: Callable[..., Client]) -> None:
    made = live_position()
    client = client_for(Role.SITE_MANAGER, ("RM1",))
    chosen = text(client, "/beds/place/")
    assert "GUIST, Gill" in chosen
    assert "LESSINGHAM" not in chosen
    key = made.key("Guist")
    page = text(client, f"/beds/place/?visit={quote(key)}")
    assert "A bed for GUIST, Gill" in page
    assert "their own hospital; a ward for their specialty; a bay; clean" in page
    assert "by road" in page
    assert "There is no score" in page
    assert "is beside men and this patient is a woman" in page
    assert AuditEvent.objects.get(action="beds.place_opened").subject_key == key
    missing = client.post("/beds/hold/", {"act": "hold", "bed": "RM102|M1|A|3", "visit": key})
    assert missing.status_code == 422
    assert "say why" in missing.content.decode()
    held = client.post("/beds/hold/", {"act": "hold", "bed": "RM102|M1|A|4", "visit": key}, follow=True)
    assert "M1 A4 is held until 16:20" in held.content.decode()
    assert "GUIST, Gill" in held.content.decode()
    second = client.post("/beds/hold/", {"act": "hold", "bed": "RM102|M1|A|4", "visit": made.key("Heydon")})
    assert second.status_code == 422
    assert "was first" in second.content.decode()
    placing = Placing.objects.get()
    form = {"act": "release", "placing": placing.pk, "reason": "another came", "back": "/beds/RM102/M1/A/4/"}
    released = client.post("/beds/hold/", form, follow=True)
    assert "M1 A4 is no longer held" in released.content.decode()
    assert released.redirect_chain == [("/beds/RM102/M1/A/4/", 302)]
    form["back"] = "https://elsewhere.example/"
    assert client.post("/beds/hold/", form)["Location"] == "/beds/"


def test_patients_and_holds_of_others_are_not_there(client_for: Callable[..., Client]) -> None:
    made = live_position()
    client, other = client_for(Role.SITE_MANAGER, ("RM1",)), client_for(Role.SITE_MANAGER, ("RCX",))
    key = made.key("Guist")
    assert other.get(f"/beds/place/?visit={quote(key)}").status_code == 404
    form = {"act": "hold", "bed": "RCX70|M1|A|2", "visit": key}
    assert other.post("/beds/hold/", form).status_code == 404
    assert client.post("/beds/hold/", form | {"reason": "nearest"}).status_code == 302
    placing = Placing.objects.get()
    seen = text(other, "/beds/RCX70/M1/")
    assert "GUIST" not in seen
    assert "from Norfolk and Norwich" in seen
    assert "woman, 80" in seen
    third = client_for(Role.SITE_MANAGER, ("RGP",))
    assert third.post("/beds/hold/", {"act": "release", "placing": placing.pk, "reason": "x"}).status_code == 404
    assert other.post("/beds/hold/", {"act": "release", "placing": placing.pk, "reason": "ours"}).status_code == 302
    assert client.get(f"/beds/place/?visit={quote(made.key('Jermyn'))}").status_code == 404, "who has left"


def test_a_bed_held_for_somebody_yet_to_come(client_for: Callable[..., Client]) -> None:
    live_position()
    client = client_for(Role.SITE_MANAGER, ("RM1",))
    form = {"act": "hold", "bed": "RM102|M1|A|4", "organisation": "RM1"}
    assert "say whom the bed is for" in client.post("/beds/hold/", form).content.decode()
    done = client.post("/beds/hold/", form | {"for_whom": "transfer, man of 70 <b>"}, follow=True).content.decode()
    assert "transfer, man of 70 &lt;b&gt;" in done
    assert "transfer, man" not in text(client_for(Role.SITE_MANAGER, ("RGP",)), "/beds/RM102/M1/")


def test_the_bed_state_as_a_file_has_no_names(client_for: Callable[..., Client]) -> None:
    live_position()
    client = client_for(Role.SITE_MANAGER)
    answer = client.get("/beds/export/?format=csv")
    rows = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert not [name for name in SURNAMES if name.casefold() in rows.casefold()]
    lines = rows.splitlines()
    assert len(lines) == 1 + sum(len(ward.beds) for ward in places.bed_map().bed_wards)
    assert any(line.startswith("Norwich (Colney),RM102,M1,") and ",To be cleaned," in line for line in lines)
    excel = client.get("/beds/export/?format=xlsx&at=2026-07-14T08:00")
    assert excel.headers["Content-Disposition"].endswith('bed-state-2026-07-14-0800.xlsx"')
    assert AuditEvent.objects.filter(action="beds.exported").count() == 2


def test_history_is_what_the_state_says_hour_by_hour(client_for: Callable[..., Client]) -> None:
    live_position()
    client = client_for(Role.ANALYST)
    page = text(client, "/beds/history/?days=3&site=RM102")
    assert "<svg" in page
    assert "08:00" in page
    found = history_page.context(NOW, 3, ("RM102",))
    for moment, lain, beds, share in found["hourly"][::7]:
        tally = tallies(places.bed_map(), selectors.at(moment), lambda ward: (ward.site, sort_of(ward)))[
            "RM102", "adult"
        ]
        assert (lain, beds, share) == (tally.occupied + tally.unnamed, tally.open, tally.occupancy), moment
    midnight = next(row for row in found["snapshots"] if row["words"] == "midnight")
    assert midnight["day"] == TODAY - timedelta(days=1)
    assert {row["words"]: row["other"] for row in found["away"]} == {
        "Norwich (Colney)": 0,
        "Gorleston": 0,
        "King's Lynn": 0,
    }


def test_before_anything_came_every_page_says_what_would_be_here(client_for: Callable[..., Client]) -> None:
    client = client_for(Role.SITE_MANAGER)
    assert "Nobody waits" in text(client, "/beds/")
    assert "No stay has been told of yet" in text(client, "/beds/history/")
    assert "Nobody of yours waits for a bed" in text(client, "/beds/place/")
    assert "Nothing was recorded yet" in text(client, "/beds/RM102/M1/A/1/")


def test_a_page_that_asks_by_itself_does_not_keep_a_session_alive(
    client_for: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    live_position()
    client = client_for(Role.SITE_MANAGER)
    began = int(time.time())
    monkeypatch.setattr("wherry.web.access.middleware.time.time", lambda: began)
    text(client, "/beds/")
    monkeypatch.setattr("wherry.web.access.middleware.time.time", lambda: began + 1700)
    assert client.get("/beds/?version=0-0", headers={"X-Wherry-Poll": "1"}).status_code == 200
    assert client.get("/beds/?refreshed=1").status_code == 200
    monkeypatch.setattr("wherry.web.access.middleware.time.time", lambda: began + 1801)
    assert client.get("/beds/?version=0-0", headers={"X-Wherry-Poll": "1"}).status_code == 302


def test_a_part_made_from_a_kept_picture_says_no_newer_version_than_that_picture(
    client_for: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    live_position()
    long_young(monkeypatch)
    client = client_for(Role.WARD_NURSE, ("RM1",))
    version = text(client, "/beds/RM102/M1/").split('data-version="')[1].split('"')[0]
    visit(patient("RM1", "Narford"), (("RM102|M1|A|5", NOW),))
    changes.touch(["RM1"])
    live.forget()  # the part is thrown away, the picture is still young
    assert client.get(f"/beds/RM102/M1/?version={version}").status_code == 204
    monkeypatch.setattr(live, "YOUNG_SECONDS", 0.0)
    monkeypatch.setattr(live, "YOUNG_AT_MOST", 0.0)
    answer = client.get(f"/beds/RM102/M1/?version={version}")
    assert "NARFORD" in answer.content.decode()
    assert answer.headers["X-Wherry-Version"] > version


def test_nobody_is_given_an_older_page_than_they_have(
    client_for: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    live_position()
    long_young(monkeypatch)
    client = client_for(Role.WARD_NURSE, ("RM1",))
    version = text(client, "/beds/RM102/M1/").split('data-version="')[1].split('"')[0]
    changes.touch(["RM1"])  # another process has made a page after this; here the kept ones are still young
    number, _, minute = version.partition("-")
    newer = f"{int(number) + 1}-{minute}"
    live._kept.forget()
    assert client.get(f"/beds/RM102/M1/?version={newer}").status_code == 204
    never = f"{int(number) + 2}-{minute}"
    assert client.get(f"/beds/RM102/M1/?version={never}").status_code == 200, "a number that nobody gave"


def test_a_ward_where_nothing_changed_is_not_sent_again(
    client_for: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = live_position()
    monkeypatch.setattr(live, "YOUNG_AT_MOST", 0.0)
    client = client_for(Role.WARD_NURSE, ("RM1",))
    version = text(client, "/beds/RM102/M1/").split('data-version="')[1].split('"')[0]
    visit(patient("RM1", "Narford"), (("RM102|M2|A|5", NOW),))
    changes.touch(["RM1"])
    assert client.get(f"/beds/RM102/M1/?version={version}").status_code == 204, "it was on another ward"
    Visit.objects.filter(pk=made.key("Abbotsley")).update(expected_discharge_on=None, last_recorded_at=NOW)
    changes.touch(["RM1"])
    answer = client.get(f"/beds/RM102/M1/?version={version}")
    assert "Who goes today" not in answer.content.decode()
    again = answer.headers["X-Wherry-Version"]
    stop_clock(NOW + timedelta(minutes=1))
    selectors.forget()
    assert "14:21" in client.get(f"/beds/RM102/M1/?version={again}").content.decode(), "clocks go on"
