"""One patient all the way, in a real browser: 999 call, department, bed, discharge tasks, virtual ward.

Messages come through a real listener. The clock of the live pages stands at eleven in the morning, so that the hub is
open whenever the test runs.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from feed_process import Process
from playwright.sync_api import expect

from wherry.web.access import Role
from wherry.web.feed.listener.mllp import frame

NOW = datetime(2026, 7, 14, 10, 0, tzinfo=UTC)
NAME, NUMBER = "OVERSTRAND, John", "9990000018"
_CLOCK = """
import django; django.setup()
from datetime import datetime
from wherry.web.feed.models import PlayedTime
PlayedTime.objects.all().delete()
at = {at!r} and datetime.fromisoformat({at!r})
if at: PlayedTime.objects.create(started_at=at, from_at=at, stopped_at=at)
"""


@pytest.fixture
def still(live: Any) -> Iterator[None]:
    """The clock stands; afterwards it goes again, for the tests that share the server."""
    env = {**os.environ, "WHERRY_DATA": str(live.folder), "DJANGO_SETTINGS_MODULE": "wherry.web.config.settings"}

    def stand(at: str) -> None:
        subprocess.run([sys.executable, "-c", _CLOCK.format(at=at)], env=env, check=True, timeout=600)

    stand(NOW.isoformat())
    yield
    stand("")


@pytest.fixture
def send(live: Any, tmp_path: Any) -> Iterator[Callable[..., None]]:
    """`send(trigger, minutes_ago, place, more)`: one message of John's through the listener, acknowledged."""
    env = {**os.environ, "WHERRY_DATA": str(live.folder), "DJANGO_SETTINGS_MODULE": "wherry.web.config.settings"}
    process = Process(env, tmp_path / "log")
    process.start()
    sent: list[str] = []

    def one(trigger: str, minutes_ago: int, place: str, kind: str, *more: str) -> None:
        at = f"{NOW - timedelta(minutes=minutes_ago):%Y%m%d%H%M%S}+0000"
        sent.append(f"W{len(sent) + 1}")
        lines = [
            f"MSH|^~\\&|PAS|RM1|WHERRY|ICB|{at}||ADT^{trigger}|{sent[-1]}|P|2.4",
            f"EVN|{trigger}|{at}||||{at}",
            f"PID|1||W77^^^RM1^MR~{NUMBER}^^^NHS^NH||OVERSTRAND^JOHN||19420309|M|||1 Quay^^Cromer^^NR27 0AA",
            f"PV1|1|{kind}|{place}^RM102|E||||||300|||||||||W77",
            *more,
        ]
        with socket.create_connection(("127.0.0.1", process.port), timeout=120) as connection:
            connection.sendall(frame("\r".join(lines).encode() + b"\r"))
            answer = connection.recv(4096)
        assert f"MSA|AA|{sent[-1]}".encode() in answer, answer

    yield one
    assert process.stop() == 0


def moment(code: str, minutes_ago: int) -> str:
    """An observation that tells a moment."""
    return f"OBX|1|TS|{code}||{NOW - timedelta(minutes=minutes_ago):%Y%m%d%H%M%S}+0000||||||F"


def test_a_patient_from_call_to_virtual_ward(
    still: None,
    send: Callable[..., None],
    new_page: Callable[..., Any],
    sign_in: Callable[..., None],
    axe: Callable[[Any], None],
) -> None:
    def page_of(role: Role, width: int = 1280) -> Any:
        page = new_page(width)
        sign_in(page, role)
        return page

    crew, hub = page_of(Role.AMBULANCE_CLINICIAN), page_of(Role.HUB_CLINICIAN)

    # The call: offered to the community, which refuses, so the ambulance service keeps it and brings him in.
    crew.goto("/unplanned-care/new/")
    crew.get_by_label("From").select_option("999")
    crew.get_by_label("Incident number").fill("E 4711")
    crew.get_by_label("Category").select_option("3")
    crew.get_by_label("What is wrong").select_option(label="Frailty that has become worse")
    for label, words in (("Surname", "Overstrand"), ("First name", "John"), ("Postcode", "NR27 0AA")):
        crew.get_by_label(label).fill(words)
    crew.get_by_label("NHS number, if known").fill(NUMBER)
    crew.get_by_label("Birth date, if known").fill("9/3/1942")
    for asked in crew.locator(".uc-sign").all():
        asked.get_by_label("No", exact=True).check()
    axe(crew)
    crew.get_by_role("button", name="Save the call").click()
    crew.locator("#offer-act summary").click()
    crew.locator("#offer-act").get_by_role("button").click()
    expect(crew.get_by_text("The ambulance service is responsible.")).to_be_visible()
    hub.goto("/unplanned-care/")
    hub.get_by_role("link", name=NAME, exact=True).click()
    hub.locator("#refuse-act summary").click()
    hub.get_by_label("Reason").select_option("too_unwell")
    axe(hub)
    hub.locator("#refuse-act").get_by_role("button").click()
    expect(hub.get_by_text("The hub refused it.")).to_be_visible()
    crew.goto("/unplanned-care/")
    crew.get_by_role("link", name=NAME, exact=True).click()
    crew.locator("#keep-act summary").click()
    crew.locator("#keep-act").get_by_role("button").click()
    expect(crew.get_by_text("It keeps the call.")).to_be_visible()

    # The department: arrived by ambulance four hours ago, to be admitted.
    send("A04", 240, "ED^MAJORS^4", "E", moment("AMB_ARRIVED", 255), moment("AMB_HANDOVER", 240))
    send("A08", 60, "ED^MAJORS^4", "E", moment("ED_ASSESSED", 228), moment("ED_DECIDED", 70))
    site = page_of(Role.SITE_MANAGER)
    site.goto("/emergency/people/")
    expect(site.get_by_text(NAME).first).to_be_visible()
    site.goto("/beds/place/")
    site.get_by_role("link", name=f"Find a bed for {NAME}").click()
    expect(site.get_by_role("heading", name=f"A bed for {NAME}")).to_be_visible()
    axe(site)
    first = site.locator(".bd-option").first
    bed = first.locator(".bd-bed__name a").get_attribute("href")
    first.get_by_role("button", name=re.compile("^Hold")).click()
    expect(site.get_by_text("is held for this patient until").or_(site.get_by_text("held").first).first).to_be_visible()

    # The bed: the feed says that he lies there, and the hold has done its work.
    _, ward, bay, number = bed.strip("/").split("/")[-4:]
    send("A01", 20, f"{ward}^{bay}^{number}", "I")
    nurse = page_of(Role.WARD_NURSE, 400)
    nurse.goto(f"/beds/RM102/{ward}/")
    expect(nurse.get_by_text(NAME).first).to_be_visible()
    axe(nurse)

    # Ready to leave: nothing keeps him in an acute bed.
    nurse.goto(f"/discharge/round/?site=RM102&ward={ward}")
    nurse.get_by_label(f"Criteria met, {NAME}").fill("0")
    nurse.get_by_role("button", name="Save what is filled in").first.click()
    expect(nurse.get_by_text("None met").first).to_be_visible()
    coordinator = page_of(Role.DISCHARGE_COORDINATOR)
    coordinator.goto("/discharge/")
    coordinator.get_by_role("link", name=NAME).first.click()
    coordinator.get_by_role("radio", name=re.compile("^P?1: ")).check()
    coordinator.locator("section", has=coordinator.locator("#pathway")).get_by_role("button", name="Choose").click()
    expect(coordinator.get_by_text("Needs-based assessment", exact=True).first).to_be_visible()
    axe(coordinator)
    council = page_of(Role.CARE_TEAM)
    council.goto("/discharge/mine/")
    council.get_by_role("link", name=NAME).first.click()
    axe(council)
    council.get_by_role("button", name=re.compile("^Done")).first.click()
    expect(council.get_by_text("Done", exact=True).first).to_be_visible()

    # Home, on a virtual ward.
    coordinator.goto("/discharge/")
    coordinator.get_by_role("link", name=NAME).first.click()
    coordinator.get_by_role("link", name="Refer to a virtual ward").click()
    coordinator.get_by_label("Virtual ward", exact=True).select_option("RM1|frailty")
    coordinator.get_by_label("Why acute care is needed, and what you ask for").fill("Intravenous antibiotics at home")
    coordinator.get_by_role("button", name="Refer", exact=True).click()
    expect(coordinator.get_by_role("heading", name=NAME)).to_be_visible()
    clinician = page_of(Role.VIRTUAL_WARD_CLINICIAN)
    clinician.goto("/virtual-wards/referrals/")
    clinician.get_by_role("link", name=NAME).first.click()
    expect(clinician.get_by_role("button", name="Accept into a place")).to_be_visible()  # it stands after the questions
    for question in clinician.locator(".vw-criteria fieldset").all():
        wanted = "Yes" if "needs yes" in question.locator("legend").inner_text() else "No"
        question.get_by_label(wanted, exact=True).check()
    axe(clinician)
    clinician.get_by_role("button", name="Accept into a place").click()
    expect(clinician.get_by_role("heading", name="Coming on to the ward")).to_be_visible()
    send("A03", 1, f"{ward}^{bay}^{number}", "I")
    nurse.goto(f"/beds/RM102/{ward}/")
    expect(nurse.get_by_role("heading", level=1)).to_be_visible()
    expect(nurse.get_by_text(NAME)).to_have_count(0)
    clinician.goto("/virtual-wards/")
    expect(clinician.get_by_role("link", name=NAME).first).to_be_visible()
