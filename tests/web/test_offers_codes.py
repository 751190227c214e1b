"""One-time codes: a wrong code, a wrong birth date, an expired one, another patient's and the 11th try open nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connections
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from offers_support import TODAY, Bench, patient
from snapshot_factory import Made

from wherry.errors import UserError
from wherry.web import snapshot as snapshots
from wherry.web.access.models import AuditEvent
from wherry.web.offers import answers, codes, my_session, my_views
from wherry.web.offers.models import AnswerCode, Offer, WrongTry

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 2, 1, 9, tzinfo=UTC)


@pytest.fixture
def bench(handmade: Made) -> Bench:
    return Bench(handmade)


def send(client: Client, code: str, born: date, **more: str) -> tuple[int, str]:
    """Send the form; the status and the page."""
    form = {"code": code, "day": born.day, "month": born.month, "year": born.year}
    response = client.post("/my/", form, **more)  # type: ignore[arg-type]
    return response.status_code, response.content.decode()


# --- the code itself -------------------------------------------------------------------------------------------------


@given(st.text(max_size=60))
def test_what_is_typed_is_read_without_marks_or_small_letters(text: str) -> None:
    read = codes.typed(text)
    assert read == codes.typed(read.lower())
    assert all(c.isascii() and (c.isdigit() or c.isupper()) for c in read)


def test_a_code_is_long_unambiguous_and_never_kept(bench: Bench) -> None:
    offer = bench.offered()
    code = bench.code(offer)
    assert len(code) >= 8
    assert not set(codes.ALPHABET) & set("01258BILOSUVZ")
    kept = AnswerCode.objects.get()
    values = " ".join(str(value) for value in AnswerCode.objects.values().get().values())
    assert code not in values
    assert kept.code_hash != codes.hash_of(code + "A")
    assert str(bench.born(offer)) not in values
    lines = " ".join(f"{e.subject_key} {e.detail}" for e in AuditEvent.objects.all())
    assert code not in lines
    assert len({bench.code(offer) for _ in range(5)}) == 5


def test_a_new_code_ends_the_one_before(bench: Bench, client: Client) -> None:
    offer = bench.offered()
    old, new = bench.code(offer), bench.code(offer)
    assert send(client, old, bench.born(offer))[0] == 400
    assert send(client, new, bench.born(offer))[0] == 302


def test_no_code_without_something_to_answer(bench: Bench) -> None:
    with pytest.raises(UserError, match="nothing to answer"):
        bench.code(bench.agreed())


# --- what opens nothing ----------------------------------------------------------------------------------------------


def test_every_wrong_try_gets_the_same_page(bench: Bench, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    mine, theirs = bench.offered(0), bench.offered(1)
    code, other = bench.code(mine), bench.code(theirs)
    born = bench.born(mine)
    assert bench.born(theirs) != born
    pages = [
        send(client, "ACDEFGHJKM", born),  # no such code
        send(client, code, born + timedelta(days=1)),  # another birth date
        send(client, other, born),  # another patient's code
    ]
    monkeypatch.setattr(snapshots, "today", lambda: TODAY + timedelta(days=25))
    pages.append(send(client, code, born))  # expired
    assert {status for status, _ in pages} == {400}
    stripped = {page.split("<main")[1].split('value="')[0] for _, page in pages}
    assert len(stripped) == 1
    assert all(my_views.WRONG in page for _, page in pages)
    assert "my" not in client.session
    for surname in bench.made.surnames:
        assert all(surname not in page for _, page in pages)


def test_a_code_lives_a_while_after_its_answer_by_date_but_not_to_the_day_itself(
    bench: Bench, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer = bench.offered()
    code = bench.code(offer)
    kept = AnswerCode.objects.get()
    assert offer.answer_by is not None
    assert offer.treat_on is not None
    assert kept.expires_on == offer.answer_by + timedelta(days=14) < offer.treat_on
    monkeypatch.setattr(snapshots, "today", lambda: kept.expires_on)
    assert send(client, code, bench.born(offer))[0] == 302
    monkeypatch.setattr(snapshots, "today", lambda: kept.expires_on + timedelta(days=1))
    assert send(Client(), code, bench.born(offer))[0] == 400


def test_the_eleventh_try_of_a_code_in_an_hour_is_refused_even_with_the_right_answer(
    bench: Bench, client: Client
) -> None:
    offer = bench.offered()
    code, born = bench.code(offer), bench.born(offer)
    for number in range(10):
        status, _ = send(client, code, born + timedelta(days=1 + number), REMOTE_ADDR=f"10.0.0.{number}")
        assert status == 400
    status, page = send(client, code, born, REMOTE_ADDR="10.0.1.1")
    assert (status, my_views.WAIT in page) == (429, True)
    assert "my" not in client.session
    WrongTry.objects.update(at=datetime.now(UTC) - timedelta(minutes=61))
    assert send(client, code, born)[0] == 302


def test_the_eleventh_try_from_an_address_is_refused_and_other_addresses_are_not(bench: Bench) -> None:
    offer = bench.offered()
    code, born = bench.code(offer), bench.born(offer)
    client = Client(REMOTE_ADDR="192.0.2.7")
    for number in range(10):
        assert send(client, f"ACDEFGHJ{codes.ALPHABET[number]}M", born)[0] == 400
    assert send(client, code, born)[0] == 429
    assert send(Client(REMOTE_ADDR="192.0.2.8"), code, born)[0] == 302


def test_a_header_cannot_change_the_address_unless_a_proxy_is_trusted(
    bench: Bench, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        send(client, "ACDEFGHJKM", date(1950, 1, 1), HTTP_X_FORWARDED_FOR=f"198.51.100.{number}")
    assert set(WrongTry.objects.values_list("address", flat=True)) == {"127.0.0.1"}
    monkeypatch.setenv("WHERRY_TRUSTED_PROXY", "1")
    send(client, "ACDEFGHJKM", date(1950, 1, 1), HTTP_X_FORWARDED_FOR="203.0.113.1, 198.51.100.9")
    assert WrongTry.objects.order_by("-pk")[0].address == "198.51.100.9"


def test_ten_wrong_tries_then_right_after_the_hour(bench: Bench) -> None:
    offer = bench.offered()
    code, born = bench.code(offer), bench.born(offer)
    wrong = born + timedelta(days=1)
    for number in range(10):
        found = codes.open_with(code=code, birth_date=wrong, address="a", now=NOW + timedelta(minutes=5 * number))
        assert found == codes.NotOpened()
    assert codes.open_with(code=code, birth_date=born, address="b", now=NOW + timedelta(minutes=59)) == codes.NotOpened(
        wait=True
    )
    found = codes.open_with(code=code, birth_date=born, address="b", now=NOW + timedelta(minutes=61))
    assert isinstance(found, AnswerCode)


@pytest.mark.usefixtures("two_writers")
def test_a_burst_of_tries_cannot_outrun_the_count(bench: Bench) -> None:
    offer = bench.offered()
    code, wrong = bench.code(offer), bench.born(offer) + timedelta(days=1)
    ready, found = threading.Barrier(16), []

    def guess() -> None:
        try:
            ready.wait()
            found.append(codes.open_with(code=code, birth_date=wrong, address="a"))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=guess) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert WrongTry.objects.count() == 10
    assert sum(f == codes.NotOpened(wait=True) for f in found) == 6


def test_what_is_not_filled_in_is_said_without_counting_as_a_try(bench: Bench, client: Client) -> None:
    response = client.post("/my/", {"code": "", "day": "31", "month": "2", "year": "1950"})
    page = response.content.decode()
    assert response.status_code == 400
    assert "Write the code from your letter" in page
    assert "Write your date of birth" in page
    assert not WrongTry.objects.exists()


# --- the session -----------------------------------------------------------------------------------------------------


@pytest.fixture
def entered(bench: Bench, client: Client) -> tuple[Client, Offer]:
    """A patient who has entered."""
    offer = bench.offered()
    assert send(client, bench.code(offer), bench.born(offer))[0] == 302
    return client, offer


def test_the_session_ends_after_twenty_minutes_without_a_page(
    entered: tuple[Client, Offer], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, _ = entered
    real = my_session.time.time
    for minutes, status in ((19, 200), (38, 200), (59, 403), (59, 403)):
        monkeypatch.setattr(my_session.time, "time", lambda m=minutes: real() + 60 * m)
        assert client.get("/my/offer/").status_code == status, minutes


def test_the_session_is_for_one_offer_and_opens_nothing_else(entered: tuple[Client, Offer], bench: Bench) -> None:
    client, offer = entered
    other = bench.offered(1)
    for address in ("/", "/offers/", f"/offers/{offer.pk}/", f"/offers/{other.pk}/", "/waiting-list/"):
        assert client.get(address).status_code == 302, address
    assert client.get("/my/move/").status_code == 403
    answers.ask_call(actor=patient(other), offer_id=other.pk, through="online")
    assert b"We will call you" not in client.get("/my/offer/").content


def test_the_session_key_changes_on_entering_and_leaving_closes_the_page(bench: Bench, client: Client) -> None:
    offer = bench.offered()
    session = client.session
    session["x"] = 1
    session.save()
    before = client.cookies["wherry_session"].value if "wherry_session" in client.cookies else session.session_key
    send(client, bench.code(offer), bench.born(offer))
    assert client.session.session_key != before
    assert client.get("/my/offer/").status_code == 200
    assert client.post("/my/leave/").status_code == 200
    assert client.get("/my/offer/").status_code == 403


def test_a_new_letter_closes_the_page_that_an_old_code_opened(entered: tuple[Client, Offer], bench: Bench) -> None:
    client, offer = entered
    bench.code(offer)
    assert client.get("/my/offer/").status_code == 403


def test_forms_need_their_token(bench: Bench, client: Client) -> None:
    strict: Callable[..., Client] = Client
    guarded = strict(enforce_csrf_checks=True)
    assert guarded.post("/my/", {"code": "A"}).status_code == 403


def test_entering_and_refusals_are_in_the_log_without_names(entered: tuple[Client, Offer], bench: Bench) -> None:
    client, offer = entered
    send(Client(), "ACDEFGHJKM", date(1950, 1, 1))
    opened = AuditEvent.objects.get(action="my.opened")
    assert (opened.actor, opened.subject_key) == (f"patient of offer {offer.pk}", str(offer.pk))
    refused = AuditEvent.objects.get(action="my.refused")
    assert refused.actor == "system: patient page"
    assert client.session["my"]["code"] == AnswerCode.objects.get().pk
