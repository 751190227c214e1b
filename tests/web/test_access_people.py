"""Accounts and roles: who may give what, and that each change leaves its line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client

from wherry.errors import UserError
from wherry.web.access import Permission, Role, services
from wherry.web.access.access import Access, access_of
from wherry.web.access.audit import AnonymousActor
from wherry.web.access.models import AuditEvent, Membership, User

pytestmark = pytest.mark.usefixtures("no_data")
PASSWORD = "bittern-over-the-reeds-9"


def test_roles_hold_at_their_own_organisation_only(make_user: Callable[..., User]) -> None:
    user = make_user(Role.WAITING_LIST_MANAGER, ("RM1",))
    services.grant(by=services.COMMAND_LINE, user=user, organisation="RGP", role=Role.EXECUTIVE, reason="cover")
    access = access_of(user)
    assert access.where(Permission.SEE_LIST) == {"RM1"}
    assert access.where(Permission.SEE_CONTROL_ROOM) == {"RM1", "RGP"}
    assert access.can_at(Permission.SEE_IDENTITY, "RM1")
    assert not access.can_at(Permission.SEE_IDENTITY, "RGP")
    assert not access.can_at(Permission.SEE_IDENTITY, None)


def test_nobody_without_identities_sees_a_name_by_any_role() -> None:
    for role in (Role.ANALYST, Role.EXECUTIVE, Role.INFORMATION_GOVERNANCE, Role.ADMINISTRATOR):
        assert not role.permissions & {
            Permission.SEE_IDENTITY,
            Permission.OPEN_PATHWAY,
            Permission.SEE_RAW_ROWS,
            Permission.DECIDE_LINKS,
        }
    assert [role for role in Role if Permission.SEE_AUDIT in role.permissions] == [Role.INFORMATION_GOVERNANCE]
    assert all(Permission.SEE_SELF in role.permissions for role in Role)


def test_every_permission_and_role_has_words_and_an_owner() -> None:
    held = {permission for role in Role for permission in role.permissions}
    assert held == set(Permission)
    assert len({permission.words for permission in Permission}) == len(Permission)
    assert all(role.words for role in Role)


def test_an_administrator_grants_and_revokes_with_a_reason(
    client_for: Callable[..., Client], make_user: Callable[..., User]
) -> None:
    user = make_user(None)
    client = client_for(Role.ADMINISTRATOR)
    there = f"/people/{user.pk}/"
    grant = {"role": "analyst", "organisation": "RM1", "reason": "joins the team"}
    assert client.post(there + "grant/", grant).status_code == 302
    assert client.post(there + "grant/", grant).status_code == 302, "twice changes nothing"
    line = AuditEvent.objects.get(action="role.granted")
    assert (line.subject_key, line.organisation) == (user.username, "RM1")
    assert line.detail == '{"reason":"joins the team","role":"analyst"}'
    assert client.post(there + "revoke/", {**grant, "reason": " "}).status_code == 422
    assert Membership.objects.filter(user=user).count() == 1
    assert client.post(there + "revoke/", {**grant, "reason": "leaves"}).status_code == 302
    assert not Membership.objects.filter(user=user).exists()


@pytest.mark.parametrize(
    "form",
    [
        {"role": "analyst", "organisation": "RGP", "reason": "x"},
        {"role": "analyst", "organisation": "", "reason": "x"},
        {"role": "superuser", "organisation": "RM1", "reason": "x"},
        {"role": "analyst", "organisation": "RM1", "reason": "  "},
    ],
)
def test_roles_are_not_given_elsewhere_or_without_reason(
    client_for: Callable[..., Client], make_user: Callable[..., User], form: dict[str, str]
) -> None:
    user = make_user(None)
    client = client_for(Role.ADMINISTRATOR, ("RM1",))
    assert client.post(f"/people/{user.pk}/grant/", form).status_code == 422
    assert not Membership.objects.filter(user=user).exists()


def test_nobody_raises_or_closes_themselves(make_user: Callable[..., User]) -> None:
    user = make_user(Role.ADMINISTRATOR)
    me = access_of(user)
    with pytest.raises(UserError, match="ask another administrator"):
        services.grant(by=me, user=user, organisation="RM1", role=Role.CLINICIAN, reason="I want to")
    with pytest.raises(UserError, match="ask another administrator"):
        services.revoke(by=me, user=user, organisation="RM1", role=Role.ADMINISTRATOR, reason="bye")
    with pytest.raises(UserError, match="ask another administrator"):
        services.set_active(by=me, user=user, active=False, reason="bye")


def test_only_an_administrator_writes_and_somebody_unknown_never_does(make_user: Callable[..., User]) -> None:
    user = make_user(Role.CLINICIAN)
    with pytest.raises(UserError, match="do not administer"):
        services.create_account(by=access_of(user), username="x", forename="", surname="", password=PASSWORD)
    with pytest.raises(UserError, match="do not administer"):
        services.set_password(by=Access(None), user=user, password=PASSWORD)
    with pytest.raises(AnonymousActor):
        services.change_own_password(by=Access(None), old=PASSWORD, new=PASSWORD)


def test_an_account_is_made_closed_and_opened_again(client_for: Callable[..., Client]) -> None:
    client = client_for(Role.ADMINISTRATOR)
    form = {"username": "new.person", "forename": "New", "surname": "Person", "email": "", "password": PASSWORD}
    response = client.post("/people/add/", form)
    user = User.objects.get(username="new.person")
    assert response["Location"] == f"/people/{user.pk}/"
    again = client.post("/people/add/", {**form, "username": "NEW.person"})
    assert again.status_code == 422
    assert "already an account" in again.content.decode()
    assert client.post(f"/people/{user.pk}/deactivate/", {"reason": "left"}).status_code == 302
    assert not User.objects.get(pk=user.pk).is_active
    assert client.post(f"/people/{user.pk}/reactivate/", {"reason": "is back"}).status_code == 302
    assert User.objects.get(pk=user.pk).is_active
    actions = list(AuditEvent.objects.filter(subject_key="new.person").values_list("action", flat=True))
    assert actions == ["account.created", "account.deactivated", "account.reactivated"]


def test_a_failed_write_leaves_no_line(make_user: Callable[..., User], monkeypatch: pytest.MonkeyPatch) -> None:
    user = make_user(None)

    def fail(self: User, **_: object) -> None:
        raise RuntimeError("the disk is full")

    before = AuditEvent.objects.count()
    monkeypatch.setattr(User, "save", fail)
    with pytest.raises(RuntimeError):
        services.set_active(by=services.COMMAND_LINE, user=user, active=False, reason="x")
    assert AuditEvent.objects.count() == before


def test_demonstration_accounts_are_one_a_role_and_the_same_each_time(db: None, no_data: Path) -> None:
    from wherry.web.access.demo import make_demo_accounts

    first = make_demo_accounts("norfolk-waveney", ("RM1", "RGP"))
    again = make_demo_accounts("norfolk-waveney", ("RM1", "RGP"))
    assert first == again
    assert {account.role for account in first} == set(Role)
    for account in first:
        user = User.objects.get(username=account.username)
        assert user.check_password(account.password)
        elsewhere = {Role.CARE_TEAM: {"E10000020"}, Role.HUB_CLINICIAN: {"RY3"}, Role.AMBULANCE_CLINICIAN: {"RYC"}}
        both = {Role.VIRTUAL_WARD_CLINICIAN, Role.DISCHARGE_COORDINATOR}
        expected = elsewhere.get(account.role, {"RM1", "RGP"} | ({"RY3"} if account.role in both else set()))
        assert access_of(user).organisations == expected
    assert (no_data / "demo-accounts.json").stat().st_mode & 0o077 == 0
    kept = json.loads((no_data / "demo-accounts.json").read_text())
    (no_data / "demo-accounts.json").write_text(json.dumps({k: v for k, v in kept.items() if k != "hub"}))
    later = {account.username: account.password for account in make_demo_accounts("norfolk-waveney", ("RM1", "RGP"))}
    assert {k: v for k, v in later.items() if k != "hub"} == {k: v for k, v in kept.items() if k != "hub"}


def test_demonstration_accounts_are_refused_for_real_people(
    db: None, handmade: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    from wherry.web import snapshot
    from wherry.web.access.demo import make_demo_accounts

    monkeypatch.setattr(snapshot, "is_artificial", lambda: False)
    with pytest.raises(UserError, match="real people"):
        make_demo_accounts("norfolk-waveney", ("RM1",))
    assert not User.objects.exists()


def test_the_command_line_makes_lists_and_checks(
    db: None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import argparse

    from wherry.cli import people

    parser = argparse.ArgumentParser()
    people.register(parser.add_subparsers())

    def run(*words: str) -> tuple[int, str]:
        args = parser.parse_args(["people", *words])
        return args.run(args), capsys.readouterr().out

    monkeypatch.setenv("WHERRY_PASSWORD", PASSWORD)
    assert run("add", "ann", "--role", "waiting-list-manager", "--organisation", "RM1")[0] == 0
    assert "waiting_list_manager@RM1" in run("list")[1]
    assert run("grant", "ann", "analyst", "RGP", "--reason", "helps")[0] == 0
    assert run("revoke", "ann", "analyst", "RGP", "--reason", "done")[0] == 0
    assert run("deactivate", "ann", "--reason", "left")[0] == 0
    assert "closed" in run("list")[1]
    code, words = run("verify-audit")
    assert (code, "is whole: 5 lines" in words) == (0, True)
    with pytest.raises(UserError, match="There is no role boss"):
        run("grant", "ann", "boss", "RM1", "--reason", "x")
    with pytest.raises(UserError, match="Nobody is called bob"):
        run("deactivate", "bob", "--reason", "x")


def test_zero_bytes_and_endless_words_are_no_error(client_for: Callable[..., Client]) -> None:
    client = client_for(Role.ADMINISTRATOR)
    assert client.get("/people/?q=%00").status_code == 200
    form = {"username": "zero", "forename": "\x00" * 3, "surname": "x" * 900, "email": "", "password": PASSWORD}
    assert client.post("/people/add/", form).status_code == 302
    user = User.objects.get(username="zero")
    grant = {"role": "analyst", "organisation": "RM1", "reason": "y\x00" * 900}
    assert client.post(f"/people/{user.pk}/grant/", grant).status_code == 302
    stranger = Client()
    assert stranger.post("/sign-in/", {"username": "\x00", "password": "\x00"}).status_code == 422
    governance = client_for(Role.INFORMATION_GOVERNANCE)
    assert governance.get("/audit/?person=%00&actor=%00&action=%00").status_code == 200
