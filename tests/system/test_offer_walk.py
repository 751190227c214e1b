"""An offer in a browser, from proposal to transfer, as manager, clinician, patient and call handler."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from playwright.sync_api import expect

from wherry.web.access.permissions import Role

Enter = Callable[..., None]
Check = Callable[[Any], None]
NewPage = Callable[..., Any]


@pytest.fixture(autouse=True)
def wrong_tries_forgotten(live: Any) -> Iterator[None]:
    """Other tests come from the same address: what this one tried wrongly is not held against them."""
    yield
    with sqlite3.connect(live.folder / "web.sqlite3", timeout=60) as database:
        database.execute("DELETE FROM wherry_offers_wrongtry")


def propose(manager: Any) -> str:
    """Propose the first patient who can be proposed by hand; the address of the offer."""
    manager.goto("/offers/may-ask-to-move/")
    manager.get_by_role("link", name=re.compile("^Propose by hand")).first.click()
    manager.wait_for_url("**/propose/**")
    manager.locator("input[name=place]").first.check()
    manager.get_by_label("Why, for the clinician who is to agree").fill("Has waited longest; would go")
    manager.get_by_role("button", name="Propose it").click()
    manager.wait_for_url(re.compile(r"/offers/\d+/$"))
    return str(manager.url)


def letter(manager: Any, offer: str) -> tuple[str, datetime]:
    """The code of a new letter, and the patient's birth date as the offer's page has it."""
    manager.goto(offer)
    born = manager.locator("dt:has-text('Born') + dd").inner_text()
    manager.get_by_role("button", name="Make the letter with its code").click()
    code = manager.locator(".of-code").inner_text()
    return code, datetime.strptime(born, "%d %B %Y")  # noqa: DTZ007 - a birth date has no zone


def enter(page: Any, code: str, born: datetime) -> None:
    """Fill in the patient's first page and send it."""
    page.goto("/my/")
    page.get_by_label("Your code").fill(code)
    for name, value in (("Day", born.day), ("Month", born.month), ("Year", born.year)):
        page.get_by_label(name, exact=True).fill(str(value))
    page.get_by_role("button", name="Continue").click()


def test_an_offer_goes_from_proposal_to_transfer(
    new_page: NewPage, sign_in: Enter, axe: Check, fits: Check, live: Any
) -> None:
    manager, clinician, handler = new_page(), new_page(), new_page()
    sign_in(manager, Role.WAITING_LIST_MANAGER)
    manager.goto("/offers/may-ask-to-move/")
    axe(manager)
    offer = propose(manager)
    axe(manager)
    expect(manager.get_by_text("must agree before anything is offered")).to_be_visible()
    started = manager.locator("dt:has-text('Clock started') + dd").inner_text()
    name = manager.get_by_role("heading", level=1).inner_text()
    assert manager.get_by_role("button", name="Offer it").count() == 0

    sign_in(clinician, Role.CLINICIAN)
    clinician.goto("/offers/to-agree/")
    axe(clinician)
    clinician.goto(f"/offers/to-agree/{offer.rstrip('/').rsplit('/', 1)[1]}/")
    expect(clinician.get_by_text("Frailty scale")).to_be_visible()
    axe(clinician)
    clinician.get_by_role("button", name="I agree").click()
    clinician.get_by_text("It can be offered to the patient now.").wait_for()

    manager.goto(offer)
    manager.get_by_label("How it is made").select_option("letter")
    manager.get_by_role("button", name="Offer it").click()
    manager.get_by_text("Offered, and a place is held.").wait_for()
    axe(manager)
    code, born = letter(manager, offer)
    axe(manager)

    # the patient looks first, then leaves
    look = new_page(width=400)
    enter(look, code, born)
    look.wait_for_url("**/my/offer/")
    axe(look)
    fits(look)
    look.get_by_role("button", name="Go to your answer").click()
    axe(look)
    look.get_by_label("No, I will stay where I am").check()
    look.get_by_role("button", name="Continue").click()
    expect(look.get_by_role("heading", name="Do you want to stay where you are?")).to_be_visible()
    axe(look)
    look.get_by_role("button", name="Close this page now").click()
    expect(look.get_by_role("heading", name="You have closed your page")).to_be_visible()
    assert look.goto("/my/offer/").status == 403

    # the patient, on a narrow telephone that runs no scripts
    patient = new_page(width=320, java_script_enabled=False)
    enter(patient, "ACDEFGHJKM", born)
    expect(patient.get_by_role("link", name=re.compile("do not open a page"))).to_be_visible()
    enter(patient, code, born.replace(year=born.year - 1))
    expect(patient.get_by_role("link", name=re.compile("do not open a page"))).to_be_visible()
    enter(patient, code, born)
    patient.wait_for_url("**/my/offer/")
    surname = name.split(",")[0].casefold()
    assert surname not in patient.content().casefold()
    expect(patient.get_by_text(started.split(";")[0])).to_be_visible()
    patient.get_by_role("button", name="Go to your answer").click()
    patient.get_by_role("button", name="Continue").click()
    expect(patient.get_by_role("link", name="Choose one of the three answers")).to_be_visible()
    patient.get_by_label("I would like a call first").check()
    patient.get_by_role("button", name="Continue").click()
    patient.get_by_role("button", name="Please call me").click()
    expect(patient.get_by_role("heading", name="We will call you")).to_be_visible()

    sign_in(handler, Role.CALL_HANDLER)
    handler.goto("/offers/calls/")
    expect(handler.get_by_text("Asked for a call")).to_be_visible()
    axe(handler)
    handler.get_by_role("link", name=name).click()
    expect(handler.get_by_text("Check who it is.")).to_be_visible()
    axe(handler)
    handler.get_by_label("No reply").check()
    handler.get_by_role("button", name="Record the try").click()
    handler.get_by_text("The call is recorded.").wait_for()
    handler.get_by_role("link", name=name).click()
    handler.get_by_label("Yes, they will go to").check()
    handler.get_by_role("button", name="Record the answer").click()
    expect(handler.get_by_role("link", name=re.compile("Tick all three checks"))).to_be_visible()
    axe(handler)

    # the patient answers meanwhile
    patient.goto("/my/offer/answer/")
    patient.get_by_label(re.compile("^Yes, I will go to")).check()
    patient.get_by_role("button", name="Continue").click()
    patient.get_by_role("button", name="Yes, I will go").click()
    expect(patient.get_by_role("heading", name="You said yes")).to_be_visible()
    expect(patient.get_by_text("It does not start again.")).to_be_visible()

    manager.goto(offer)
    manager.get_by_role("button", name=re.compile("^Transfer to")).click()
    manager.get_by_text("Transferred. The data set is below").wait_for()
    axe(manager)
    with manager.expect_download() as got:
        manager.get_by_role("link", name="File (JSON)").click()
    record = json.loads(got.value.path().read_text(encoding="utf-8"))
    clock = datetime.strptime(record["pathway"]["clock_start"], "%Y-%m-%d")  # noqa: DTZ007 - a date has no zone
    assert started.startswith(f"{clock.day} {clock:%B %Y}")
    assert record["pathway"]["rtt_status"] == "21"
    manager.get_by_role("link", name="Page to print").click()
    axe(manager)
    manager.goto(offer)
    manager.get_by_role("button", name="Confirm receipt").click()
    manager.get_by_text("Receipt is confirmed.").wait_for()
    assert manager.locator("dt:has-text('Clock started') + dd").inner_text() == started


def test_a_patient_asks_to_move_by_keyboard_and_another_code_opens_nothing_of_theirs(
    new_page: NewPage, sign_in: Enter, axe: Check, fits: Check
) -> None:
    manager = new_page()
    sign_in(manager, Role.WAITING_LIST_MANAGER)
    manager.goto("/offers/may-ask-to-move/?show=")
    row = manager.locator(".wl-table tbody tr", has=manager.get_by_role("link", name=re.compile("^Propose"))).last
    row.get_by_role("button", name=re.compile("^Invite")).click()
    manager.get_by_text("Invited. Print the letter").wait_for()
    manager.locator("a[href*='/offers/invitations/']").first.click()
    axe(manager)
    born_words = manager.locator("dt:has-text('Date of birth') + dd").inner_text()
    born = datetime.strptime(born_words, "%d %B %Y")  # noqa: DTZ007 - a birth date has no zone
    manager.get_by_role("button", name="Make the letter with its code").click()
    code = manager.locator(".of-code").inner_text()
    axe(manager)

    patient = new_page(width=320)
    enter(patient, code, born.replace(day=1 if born.day > 1 else 2))
    axe(patient)
    fits(patient)
    enter(patient, code, born)
    patient.wait_for_url("**/my/move/")
    for words, address in (("Yes, I might", "where"), (None, "how-far"), ("Any distance", "check")):
        axe(patient)
        fits(patient)
        if words:
            patient.get_by_label(words).focus()
        else:
            patient.locator("input[name=sites]").first.focus()
        for _ in range(1 if words else patient.locator("input[name=sites]").count()):
            patient.keyboard.press("Space")
            if not words:
                patient.keyboard.press("Tab")
        patient.get_by_role("button", name="Continue").focus()
        patient.keyboard.press("Enter")
        patient.wait_for_url(f"**/my/move/{address}/")
    axe(patient)
    fits(patient)
    patient.get_by_role("button", name="Send my answer").focus()
    patient.keyboard.press("Enter")
    expect(patient.get_by_role("heading", name="Thank you. We will look for a place")).to_be_visible()
    axe(patient)
    assert patient.goto("/my/offer/").status == 403
    axe(patient)
    patient.goto("/my/what-we-use/")
    axe(patient)
    fits(patient)


def test_the_eleventh_try_is_refused_even_with_the_right_answer(
    new_page: NewPage, sign_in: Enter, axe: Check, fits: Check
) -> None:
    manager, clinician = new_page(), new_page()
    sign_in(manager, Role.WAITING_LIST_MANAGER)
    offer = propose(manager)
    number = offer.rstrip("/").rsplit("/", 1)[1]
    sign_in(clinician, Role.CLINICIAN)
    clinician.goto(f"/offers/to-agree/{number}/")
    clinician.get_by_role("button", name="I agree").click()
    clinician.get_by_text("It can be offered to the patient now.").wait_for()
    manager.goto(offer)
    manager.get_by_role("button", name="Offer it").click()
    manager.get_by_text("Offered, and a place is held.").wait_for()
    code, born = letter(manager, offer)
    patient = new_page(width=320)
    for _ in range(10):
        enter(patient, code, born.replace(year=born.year - 1))
        expect(patient.get_by_role("link", name=re.compile("do not open a page"))).to_be_visible()
    enter(patient, code, born)
    expect(patient.get_by_role("link", name=re.compile("too many tries"))).to_be_visible()
    axe(patient)
    assert patient.goto("/my/offer/").status == 403
    manager.goto(offer)
    manager.get_by_text("Withdraw this offer").click()
    manager.get_by_label("Why", exact=True).last.fill("Only trying")
    manager.get_by_role("button", name="Withdraw").click()
    manager.get_by_text("The patient stays where they are, in their place on the list.").wait_for()


def test_staff_pages_fit_a_narrow_window_and_are_accessible(
    new_page: NewPage, sign_in: Enter, axe: Check, fits: Check
) -> None:
    manager = new_page(width=320)
    sign_in(manager, Role.WAITING_LIST_MANAGER)
    for address in ("/offers/", "/offers/calls/", "/offers/may-ask-to-move/?show=all", "/offers/choices/?by=quintile"):
        manager.goto(address)
        axe(manager)
        fits(manager)
