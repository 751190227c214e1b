"""The patient's own pages: each answer from the code to what happens next, in plain words, with no name on them."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from offers_support import TODAY, Bench
from snapshot_factory import Made

from wherry.web import snapshot as snapshots
from wherry.web.access.models import AuditEvent
from wherry.web.offers import answers, plain, services
from wherry.web.offers.context import names
from wherry.web.offers.models import Invitation, Offer, Place, State

pytestmark = pytest.mark.django_db


@pytest.fixture
def bench(handmade: Made) -> Bench:
    return Bench(handmade)


def enter(bench: Bench, client: Client, subject: Offer | Invitation) -> None:
    from wherry.web.offers import codes

    kind = "offer" if isinstance(subject, Offer) else "invitation"
    code = codes.make(access=bench.manager, **{kind: subject})  # type: ignore[arg-type]
    born = bench.born(subject)
    client.post("/my/", {"code": code, "day": born.day, "month": born.month, "year": born.year})


def text(client: Client, address: str, **post: object) -> str:
    """The words of a page, following where it leads."""
    response = client.post(address, post, follow=True) if post else client.get(address, follow=True)
    page = response.content.decode().split("<main")[1].split("</main>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def say(client: Client, answer: str) -> str:
    text(client, "/my/offer/answer/", answer=answer)
    return text(client, "/my/offer/answer/check/", sure="yes")


def test_the_offer_says_where_when_how_far_and_what_a_no_means(bench: Bench, client: Client) -> None:
    offer = bench.offered()
    enter(bench, client, offer)
    page = text(client, "/my/offer/")
    assert "Tuesday 3 March 2026" in page
    assert "About 23 miles from your home" in page
    assert "You keep your place" in page
    assert offer.clock_start is not None
    assert f"It started on {offer.clock_start.day} {offer.clock_start:%B %Y}. That day does not change." in page


@pytest.mark.parametrize(
    ("answer", "state", "heading"),
    [
        ("accept", State.ACCEPTED, "You said yes"),
        ("stay", State.DECLINED, "You stay where you are"),
        ("call", State.OFFERED, "We will call you"),
    ],
)
def test_each_answer_is_asked_twice_and_then_recorded(
    bench: Bench, client: Client, answer: str, state: State, heading: str
) -> None:
    offer = bench.offered()
    enter(bench, client, offer)
    asked = text(client, "/my/offer/answer/", answer=answer)
    offer.refresh_from_db()
    assert offer.state == State.OFFERED
    assert not offer.call_wanted
    assert "Do you want" in asked
    page = text(client, "/my/offer/answer/check/", sure="yes")
    offer.refresh_from_db()
    assert (offer.state, offer.call_wanted) == (state, answer == "call")
    assert page.startswith('id="maincontent"> ' + heading) or heading in page
    assert AuditEvent.objects.order_by("-sequence")[0].actor == f"patient of offer {offer.pk}"


def test_an_answer_must_be_chosen(bench: Bench, client: Client) -> None:
    enter(bench, client, bench.offered())
    response = client.post("/my/offer/answer/", {"answer": "perhaps"})
    assert response.status_code == 400
    assert b"Choose one of the three answers" in response.content
    assert client.get("/my/offer/answer/check/").status_code == 302


def test_after_the_answer_the_code_shows_it_and_changes_nothing(bench: Bench, client: Client) -> None:
    offer = bench.offered()
    enter(bench, client, offer)
    say(client, "stay")
    assert "You stay where you are" in text(client, "/my/offer/")
    assert "You stay where you are" in say(client, "accept")
    offer.refresh_from_db()
    assert offer.state == State.DECLINED


def test_a_late_yes_without_a_place_is_told_kindly(
    bench: Bench, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    late, other = bench.offered(0, places=1), bench.agreed(1, places=1)
    enter(bench, client, late)
    monkeypatch.setattr(snapshots, "today", lambda: TODAY + timedelta(days=11))
    bench.offer(other, answer_by=TODAY + timedelta(days=20), agreed_sooner=True, note="Agreed by telephone")
    assert "You can still answer" in text(client, "/my/offer/")
    page = say(client, "accept")
    assert "We are sorry. That place has gone" in page
    assert "Nothing has changed for you" in page
    assert "We will call you" in page
    late.refresh_from_db()
    assert (late.state, late.call_wanted) == (State.OFFERED, True)
    assert Place.objects.get().offer_id == other.pk


def test_what_was_taken_back_meanwhile_is_said(bench: Bench, client: Client) -> None:
    offer = bench.offered()
    enter(bench, client, offer)
    text(client, "/my/offer/answer/", answer="accept")
    services.withdraw(access=bench.manager, offer_id=offer.pk, version=offer.version, reason="Theatre closed")
    assert client.post("/my/offer/answer/check/").status_code == 403, "its code died with it"
    offer.refresh_from_db()
    assert offer.state == State.WITHDRAWN


def test_an_answer_by_telephone_meanwhile_is_shown_and_not_overwritten(bench: Bench, client: Client) -> None:
    offer = bench.offered()
    enter(bench, client, offer)
    text(client, "/my/offer/answer/", answer="accept")
    answers.decline(actor=answers.Actor(bench.manager), offer_id=offer.pk, through="telephone")
    assert "You stay where you are" in text(client, "/my/offer/answer/check/", sure="yes")


# --- asking to move --------------------------------------------------------------------------------------------------


def test_a_wish_to_move_becomes_a_proposal_that_a_clinician_must_still_agree(bench: Bench, client: Client) -> None:
    for number in range(len(bench.long_waiters())):
        made = bench.invited(number)
        enter(bench, client, made)
        page = client.get("/my/move/where/", follow=True)
        found = re.findall(r'name="sites" type="checkbox" value="(\w+)"', page.content.decode())
        if b"may have room" in page.content:
            break
    else:
        pytest.fail("nobody who waits long has room elsewhere")
    text(client, "/my/move/", answer="move")
    text(client, "/my/move/where/", sites=found)
    text(client, "/my/move/how-far/", miles="any")
    assert "Check your answer" in text(client, "/my/move/check/")
    made.refresh_from_db()
    assert made.state == Invitation.State.INVITED
    assert "We will look for a place" in text(client, "/my/move/check/", sure="yes")
    made.refresh_from_db()
    assert made.offer is not None
    assert (made.state, made.offer.state, made.offer.origin) == ("asked", State.PROPOSED, "patient")
    assert set(made.sites.split(";")) == set(found)
    actors = set(AuditEvent.objects.filter(subject_kind="offer").values_list("actor", flat=True))
    assert actors == {f"patient of invitation {made.pk}"}


@pytest.mark.parametrize(
    ("answer", "state", "heading"), [("stay", "stays", "You stay"), ("call", "invited", "We will")]
)
def test_who_does_not_wish_to_move_is_left_in_peace(
    bench: Bench, client: Client, answer: str, state: str, heading: str
) -> None:
    made = bench.invited()
    enter(bench, client, made)
    text(client, "/my/move/", answer=answer)
    assert heading in text(client, "/my/move/check/", sure="yes")
    made.refresh_from_db()
    assert (made.state, made.call_wanted, made.offer) == (state, answer == "call", None)


def test_each_question_wants_an_answer(bench: Bench, client: Client) -> None:
    enter(bench, client, bench.invited())
    for address in ("/my/move/", "/my/move/where/", "/my/move/how-far/"):
        assert client.post(address, {"miles": "7", "sites": "ELSEWHERE"}).status_code == 400, address
    assert client.get("/my/move/check/").status_code == 302


# --- words -----------------------------------------------------------------------------------------------------------


def grade(words: str) -> float:
    """Flesch-Kincaid grade of a text; a syllable is a run of vowels, a silent final e left out."""
    sentences = max(1, len(re.findall(r"[.?!](?:\s|$)", words)))
    found = re.findall(r"[A-Za-z’]+", words)
    syllables = sum(
        max(1, len(re.findall(r"[aeiouy]+", w.lower())) - (w.lower().endswith("e") and not w.lower().endswith("le")))
        for w in found
    )
    return 0.39 * len(found) / sentences + 11.8 * syllables / max(1, len(found)) - 15.59


def test_a_ten_year_old_can_read_the_pages(bench: Bench, client: Client) -> None:
    """Grade 5 is read at about ten. Headings and labels without a full stop are left out: only sentences count."""
    enter(bench, client, bench.offered())
    for address in ("/my/offer/", "/my/what-we-use/"):
        page = client.get(address).content.decode().split("<main")[1].split("</main>")[0]
        paragraphs = re.findall(r"<(?:p|li)[^>]*>(.*?)</(?:p|li)>", page, re.S)
        sentences = " ".join(re.sub(r"<[^>]+>", "", p) for p in paragraphs if p.rstrip().endswith("."))
        assert grade(sentences) < 6, address


def test_no_page_names_the_patient(bench: Bench, client: Client) -> None:
    offer = bench.offered()
    row = next(r for r in bench.rows if r["pathway_key"] == offer.pathway_key)
    enter(bench, client, offer)
    for address in ("/my/", "/my/offer/", "/my/offer/answer/", "/my/what-we-use/"):
        page = client.get(address).content.decode()
        for secret in (row["surname"], row["forename"], row["nhs_number"], row["pathway_key"]):
            assert str(secret) not in page, (address, secret)


def test_functions_and_towns_are_in_plain_words(handmade: Made) -> None:
    known = names()
    assert plain.function("110", known) == "bones and joints"
    assert plain.function("X04", known) == known.function("X04")
    assert "King's Lynn" in plain.place("RCX70", known)
    assert plain.place("RGP75", known) == f"{known.site('RGP75')}, Gorleston"
