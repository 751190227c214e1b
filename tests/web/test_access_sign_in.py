"""Signing in: clear words, a limit on guesses that spares everybody else, sessions that end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.test import Client, RequestFactory

from wherry.web.access import Role, signing_in
from wherry.web.access.models import AuditEvent, SignInFailure, User

PASSWORD = "bittern-over-the-reeds-9"
pytestmark = pytest.mark.usefixtures("no_data")


def attempt(client: Client, name: str, password: str, address: str = "10.0.0.1") -> int:
    return client.post(
        "/sign-in/", {"username": name, "password": password, "next": "/me/"}, REMOTE_ADDR=address
    ).status_code


def test_the_right_password_opens_the_page_that_was_asked_for(make_user: Callable[..., User], client: Client) -> None:
    make_user(Role.CLINICIAN)
    response = client.post("/sign-in/", {"username": "clinician", "password": PASSWORD, "next": "/me/"})
    assert (response.status_code, response["Location"]) == (302, "/me/")
    assert AuditEvent.objects.filter(action="account.signed_in", actor="clinician").count() == 1


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/x", "javascript:alert(1)"])
def test_signing_in_never_leads_to_another_site(make_user: Callable[..., User], client: Client, target: str) -> None:
    make_user(Role.CLINICIAN)
    response = client.post("/sign-in/", {"username": "clinician", "password": PASSWORD, "next": target})
    assert response["Location"] == "/"


def test_a_wrong_password_says_so_and_not_which_half_was_wrong(make_user: Callable[..., User], client: Client) -> None:
    make_user(Role.CLINICIAN)
    wrong = client.post("/sign-in/", {"username": "clinician", "password": "no"})
    unknown = client.post("/sign-in/", {"username": "nobody-here", "password": "no"})
    assert wrong.status_code == unknown.status_code == 422
    words = "The user name or the password is wrong"
    assert words in wrong.content.decode()
    assert words in unknown.content.decode()


def test_five_wrong_passwords_close_one_account_to_one_address_only(
    make_user: Callable[..., User], client: Client
) -> None:
    make_user(Role.CLINICIAN)
    make_user(Role.ANALYST)
    for _ in range(signing_in.LIMIT):
        assert attempt(client, "clinician", "wrong") == 422
    assert attempt(client, "clinician", PASSWORD) == 422
    assert (
        "Try again in 15 minutes"
        in client.post(
            "/sign-in/", {"username": "CLINICIAN", "password": PASSWORD}, REMOTE_ADDR="10.0.0.1"
        ).content.decode()
    )
    assert attempt(Client(), "analyst", PASSWORD) == 302, "a colleague on the same ward"
    assert attempt(Client(), "clinician", PASSWORD, "10.0.0.2") == 302, "the owner, elsewhere"


def test_an_account_opens_again_after_the_window_and_right_sign_in_forgets(make_user: Callable[..., User]) -> None:
    make_user(Role.CLINICIAN)
    start = datetime(2026, 2, 1, 8, 0, tzinfo=UTC)
    request = RequestFactory().post("/sign-in/", REMOTE_ADDR="10.0.0.1")

    def at(minutes: float, password: str) -> object:
        from django.contrib.sessions.backends.db import SessionStore

        request.session = SessionStore()
        return signing_in.sign_in(
            request=request, username="clinician", password=password, now=start + timedelta(minutes=minutes)
        )

    for minute in range(5):
        assert isinstance(at(minute, "wrong"), signing_in.Refusal)
    assert isinstance(at(18.9, PASSWORD), signing_in.Refusal), "the last failure was at minute 4"
    assert isinstance(at(19.1, PASSWORD), User)
    assert not SignInFailure.objects.exists()


def test_what_was_typed_into_the_wrong_box_is_not_kept(client: Client, db: None) -> None:
    attempt(client, "my-secret-password", "x")
    assert "my-secret-password" not in str(list(SignInFailure.objects.values()))
    assert not AuditEvent.objects.exists()


def test_signing_out_ends_the_session(client_for: Callable[..., Client]) -> None:
    client = client_for(Role.EXECUTIVE)
    assert client.get("/me/").status_code == 200
    assert client.get("/sign-out/").status_code == 405, "a link or an image must not sign anybody out"
    assert client.post("/sign-out/").status_code == 302
    assert client.get("/me/").status_code == 302


def test_a_session_ends_after_half_an_hour_without_a_page(client_for: Callable[..., Client]) -> None:
    client = client_for(Role.EXECUTIVE)
    assert client.get("/me/").status_code == 200
    session = client.session
    session["seen_at"] -= 31 * 60
    session.save()
    assert client.get("/me/").status_code == 302


def test_a_closed_account_is_out_at_once(client_for: Callable[..., Client]) -> None:
    client = client_for(Role.EXECUTIVE)
    User.objects.update(is_active=False)
    assert client.get("/me/").status_code == 302


@pytest.mark.parametrize(
    ("old", "new", "again", "words"),
    [
        ("wrong", "a-long-new-password", "a-long-new-password", "The old password is wrong"),
        (PASSWORD, "a-long-new-password", "another-password", "The two new passwords differ"),
        (PASSWORD, "short", "short", "too short"),
        (PASSWORD, "123456789012345", "123456789012345", "entirely numeric"),
    ],
)
def test_a_password_is_not_changed_without_reason(
    client_for: Callable[..., Client], old: str, new: str, again: str, words: str
) -> None:
    client = client_for(Role.ANALYST)
    response = client.post("/me/password/", {"old": old, "new": new, "again": again})
    assert response.status_code == 422
    assert words in response.content.decode()
    assert User.objects.get().check_password(PASSWORD)


def test_a_password_can_be_changed_and_the_session_goes_on(client_for: Callable[..., Client]) -> None:
    client = client_for(Role.ANALYST)
    response = client.post("/me/password/", {"old": PASSWORD, "new": "heron-and-otter-7", "again": "heron-and-otter-7"})
    assert response.status_code == 302
    assert client.get("/me/").status_code == 200
    assert User.objects.get().check_password("heron-and-otter-7")
    assert AuditEvent.objects.get(action="account.password_changed").detail == "{}"


def test_a_form_without_its_token_is_refused_in_words(make_user: Callable[..., User]) -> None:
    client = Client(enforce_csrf_checks=True)
    response = client.post("/sign-in/", {"username": "x", "password": "y"})
    assert response.status_code == 403
    assert "This form has expired" in response.content.decode()


def test_pages_carry_secure_headers(client: Client, db: None, no_data: Path) -> None:
    response = client.get("/sign-in/")
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert response["X-Frame-Options"] == "DENY"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cache-Control"] == "no-store, private"
    nonce = policy.split("'nonce-")[1].split("'")[0]
    page = response.content.decode()
    for script in page.split("<script")[1:]:
        assert f'nonce="{nonce}"' in script.split(">")[0]
    assert " style=" not in page
    assert " onclick=" not in page
