"""Waiting well in a browser: a clinician and the at-risk list, questions by telephone and online, follow-ups."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from playwright.sync_api import expect

from wherry.waiting import questionnaire, readiness
from wherry.web.access.permissions import Role

Enter = Callable[..., None]
Check = Callable[[Any], None]
ASKED = questionnaire.on(date(2026, 1, 31))
WELL = readiness.untroubled(ASKED)


def table(live: Any, name: str) -> list[dict[str, Any]]:
    """A table of the server's snapshot."""
    hub = Path(live.folder) / "hub"
    folder = hub / "snapshots" / (hub / "current").read_text().strip()
    out: list[dict[str, Any]] = pq.read_table(folder / f"{name}.parquet").to_pylist()
    return out


def born(live: Any, nhs_number: str) -> date:
    """The date of birth behind an NHS number."""
    found = next(r["birth_date"] for r in table(live, "person_identity") if r["nhs_number"] == nhs_number)
    assert isinstance(found, date)
    return found


def answer(page: Any, topic: str, answers: dict[str, Any]) -> None:
    """Give the answers of one topic's page."""
    for question in ASKED.of_topic(topic):
        if question.code not in answers:
            continue
        if question.answers:
            page.locator(f"input[name={question.code}][value={answers[question.code]}]").check(force=True)
        else:
            page.locator(f"[name={question.code}]").fill(str(answers[question.code]))


def test_a_clinician_works_the_at_risk_list_and_records_a_review(page: Any, sign_in: Enter, axe: Check) -> None:
    sign_in(page, Role.CLINICIAN)
    page.get_by_role("link", name="Waiting well").first.click()
    page.wait_for_url("**/waiting-well/")
    expect(page.get_by_text("there is no score")).to_be_visible()
    axe(page)
    page.get_by_label("Reason", exact=True).select_option("long_wait")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**reason=long_wait**")
    page.locator(".wl-table tbody tr").first.get_by_role("link").click()
    page.wait_for_url("**/person/**")
    axe(page)
    page.get_by_role("button", name="Record the review").click()
    expect(page.get_by_role("alert").get_by_text("Choose what you found")).to_be_visible()
    axe(page)
    page.get_by_label("Moderate harm").check()
    page.get_by_label("What you looked at, and why you judge so").fill("Letters and a call.")
    page.get_by_label("Duty of candour: who tells the patient, and when").fill("Ms Wren, by Friday.")
    page.get_by_label("Action").fill("Offer a date in four weeks")
    page.get_by_label("Who does it").fill("Bookings")
    page.get_by_label("By when").fill("27/2/2026")
    page.get_by_role("button", name="Record the review").click()
    expect(page.get_by_text("The review of harm is recorded.")).to_be_visible()
    expect(page.get_by_text("Duty of candour", exact=True)).to_be_visible()
    axe(page)
    person = page.url
    page.goto("/waiting-well/to-do/")
    expect(page.get_by_text("Offer a date in four weeks").first).to_be_visible()
    axe(page)
    page.goto(person)
    page.get_by_text("Undo this review").click()
    page.get_by_role("textbox", name="Why", exact=True).fill("Only trying")
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(page.get_by_text("Only trying")).to_be_visible()
    expect(page.get_by_text("Withdrawn")).to_be_visible()
    page.goto("/waiting-well/harm/?kind=cancer")
    axe(page)


def test_staff_ask_by_telephone_and_a_clinician_decides(
    new_page: Callable[..., Any], sign_in: Enter, axe: Check, live: Any
) -> None:
    page = new_page()
    sign_in(page, Role.CALL_HANDLER)
    page.get_by_role("link", name="Waiting well").first.click()
    page.wait_for_url("**/waiting-well/ask/")
    axe(page)
    page.locator("input[name=pathway]").first.check()
    page.locator("input[name=channel][value=telephone]").check()
    page.get_by_role("button", name="Ask them").click()
    page.wait_for_url(re.compile(r"/ask/\d+/$"))
    axe(page)
    name = page.locator("h1").inner_text()
    form = page.url
    page.get_by_role("button", name=re.compile("^Begin")).click()
    answers = {**WELL, "condition": "worse", "condition_words": "I wake every hour.", "blood_thinner": "yes"}
    for topic in ASKED.topics:
        page.wait_for_url(f"**/{topic.code}/")
        if topic.code in ("operation", "body"):
            axe(page)
        answer(page, topic.code, answers)
        page.get_by_role("button", name="Save and go on").click()
    page.wait_for_url(form)
    for box in page.locator("input[name=proof]").all():
        box.check()
    axe(page)
    page.get_by_role("button", name="Send the answers").click()
    expect(page.get_by_text("Result: fit after review.")).to_be_visible()

    clinician = new_page()
    sign_in(clinician, Role.CLINICIAN)
    clinician.goto("/waiting-well/?reason=own_words")
    expect(clinician.get_by_text("I wake every hour.")).to_be_visible()
    clinician.goto("/waiting-well/answered/")
    axe(clinician)
    clinician.get_by_role("link", name=name).first.click()
    expect(clinician.get_by_text("Review: Blood thinner: yes")).to_be_visible()
    axe(clinician)
    clinician.get_by_label("Fit once something is done").check()
    clinician.get_by_label("What you looked at, and why you judge so").fill("Read the answers.")
    clinician.get_by_label("Action").fill("Plan the anticoagulant")
    clinician.get_by_label("Who does it").fill("Pre-operative assessment")
    clinician.get_by_label("By when").fill("27/2/2026")
    clinician.get_by_role("button", name="Record the decision").click()
    expect(clinician.get_by_text("place on the list has not changed")).to_be_visible()
    clinician.get_by_text("Undo this decision").click()
    clinician.get_by_role("textbox", name="Why", exact=True).fill("Only trying")
    clinician.get_by_role("button", name="Undo", exact=True).click()
    expect(clinician.get_by_text("Only trying")).to_be_visible()


def test_a_patient_answers_online_without_scripts_and_comes_back(
    new_page: Callable[..., Any], sign_in: Enter, axe: Check, fits: Check, live: Any
) -> None:
    staff = new_page()
    sign_in(staff, Role.WAITING_LIST_MANAGER)
    staff.goto("/waiting-well/ask/")
    row = staff.locator(".wl-table tbody tr", has=staff.locator("text=/999 \\d{3} \\d{4}/")).last
    number = re.sub(r"\D", "", re.findall(r"999 \d{3} \d{4}", row.inner_text())[0])
    row.locator("input[name=pathway]").check()
    staff.locator("input[name=channel][value=online]").check()
    staff.get_by_role("button", name="Ask them").click()
    code = staff.locator(".ww-code").inner_text()
    axe(staff)
    on = born(live, number)

    def enter(page: Any) -> None:
        page.goto("/my/health/")
        page.get_by_label("Your code").fill(code)
        for label, value in (("Day", on.day), ("Month", on.month), ("Year", on.year)):
            page.get_by_label(label, exact=True).fill(str(value))
        page.get_by_role("button", name="Continue").click()
        page.wait_for_url("**/questions/")

    plain = new_page(java_script_enabled=False)
    enter(plain)
    plain.get_by_role("button", name="Begin").click()
    for topic in ASKED.topics[:3]:
        plain.wait_for_url(f"**/{topic.code}/")
        answer(plain, topic.code, WELL)
        plain.get_by_role("button", name="Save and continue").click()
    plain.get_by_role("button", name="Close this page now").click()
    expect(plain.get_by_role("heading", name="You have closed your page")).to_be_visible()

    phone = new_page(width=320, height=640)
    phone.goto("/my/health/")
    axe(phone)
    fits(phone)
    enter(phone)
    axe(phone)
    fits(phone)
    phone.get_by_role("button", name="Go on").click()
    for topic in ASKED.topics[3:]:
        phone.wait_for_url(f"**/{topic.code}/")
        if topic.code in ("lungs", "medicines"):
            axe(phone)
            fits(phone)
        answer(phone, topic.code, WELL)
        phone.get_by_role("button", name="Save and continue").click()
    phone.wait_for_url("**/check/")
    axe(phone)
    fits(phone)
    phone.get_by_role("button", name="Send my answers").click()
    expect(phone.get_by_role("heading", name="Thank you")).to_be_visible()
    axe(phone)


def test_a_follow_up_is_left_to_the_patient_who_asks_to_be_seen(
    new_page: Callable[..., Any], sign_in: Enter, axe: Check, fits: Check, live: Any
) -> None:
    clinician = new_page()
    sign_in(clinician, Role.CLINICIAN)
    clinician.goto("/waiting-well/follow-ups/")
    axe(clinician)
    clinician.goto("/waiting-well/follow-ups/?view=policy")
    axe(clinician)
    clinician.locator(".wl-table tbody tr").first.get_by_role("link").click()
    clinician.wait_for_url("**/follow-ups/one/**")
    axe(clinician)
    follow_up = clinician.url
    clinician.get_by_label("Last day on which the patient may ask").fill("31/7/2026")
    clinician.get_by_label("Why it suits this patient").fill("Healed well.")
    clinician.get_by_role("button", name="Agree").click()
    expect(clinician.get_by_text("does not show it yet")).to_be_visible()
    number = re.sub(r"\D", "", clinician.locator(".wl-facts dd").first.inner_text())

    staff = new_page()
    sign_in(staff, Role.CALL_HANDLER)
    staff.goto("/waiting-well/record/")
    if len(number) == 10:
        staff.get_by_label("NHS number of the caller").fill(number)
        staff.get_by_role("button", name="Find").click()
        expect(staff.get_by_role("link", name=re.compile("Record, or make a code")).first).to_be_visible()
    axe(staff)
    key = follow_up.rstrip("/").rsplit("/", 1)[1]
    staff.goto(f"/waiting-well/record/{key}/")
    axe(staff)
    for box in staff.locator("input[name=proof]").all():
        box.check()
    staff.get_by_label("It is much worse").check()
    staff.get_by_label("What they say, in their own words").fill("The wound has opened.")
    staff.get_by_role("button", name="Record the request").click()
    expect(staff.get_by_text("A clinician looks at it by 1 February 2026")).to_be_visible()

    clinician.goto("/waiting-well/requests/")
    axe(clinician)
    clinician.locator(".wl-table tbody tr").first.get_by_role("link").click()
    axe(clinician)
    clinician.get_by_label("Advice given").check()
    clinician.get_by_label("What the patient was told, or will be told").fill("Dressing; nurse tomorrow.")
    clinician.get_by_role("button", name="Record the answer").click()
    expect(clinician.get_by_text("The answer is recorded.")).to_be_visible()
    clinician.goto(follow_up)
    clinician.get_by_text("Undo", exact=True).click()
    clinician.get_by_role("textbox", name="Why", exact=True).fill("Only trying")
    clinician.get_by_role("button", name="Give it back to the clinic").click()
    expect(clinician.get_by_text("the clinic keeps this follow-up")).to_be_visible()


def test_staff_pages_fit_a_window_320_wide(
    new_page: Callable[..., Any], sign_in: Enter, axe: Check, fits: Check
) -> None:
    places = {
        Role.CLINICIAN: ("harm/", "answered/", "follow-ups/?view=policy", ""),
        Role.CALL_HANDLER: ("ask/", "record/"),
    }
    for role, mine in places.items():
        page = new_page(width=320, height=640)
        sign_in(page, role)
        for place in mine:
            page.goto(f"/waiting-well/{place}")
            fits(page)
            axe(page)
        if role is Role.CLINICIAN:
            page.locator(".wl-table tbody tr").first.get_by_role("link").click()
            page.wait_for_url("**/person/**")
            fits(page)
            axe(page)
