"""Deciding whether two records are one person: undone as easily as done, and written where the hub reads it."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import pyarrow.parquet as pq
import pytest
from django.test import Client
from snapshot_factory import Made

from wherry.errors import UserError
from wherry.hub.decisions_file import read_decisions
from wherry.web.access import Role
from wherry.web.access.access import Access, access_of
from wherry.web.access.models import AuditEvent, User
from wherry.web.data import link_selectors, services
from wherry.web.data.models import Decision, IdentityDecision


@pytest.fixture
def own_data(handmade: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder of the test's own, for the decisions file is written into it."""
    copytree(handmade.hub, tmp_path / "hub")
    monkeypatch.setenv("WHERRY_DATA", str(tmp_path))
    return tmp_path


@pytest.fixture
def pair(own_data: Path) -> tuple[str, str]:
    current = (own_data / "hub" / "current").read_text()
    row = pq.read_table(own_data / "hub" / "snapshots" / current / "link_review.parquet").to_pylist()[0]
    return row["left_identity"], row["right_identity"]


@pytest.fixture
def manager(make_user: Callable[..., User]) -> Access:
    return access_of(make_user(Role.WAITING_LIST_MANAGER))


def file_rows(folder: Path) -> list[list[str]]:
    with (folder / "hub" / "identity_decisions.csv").open(newline="") as file:
        return list(csv.reader(file))


def test_same_then_undone_then_different(own_data: Path, pair: tuple[str, str], manager: Access) -> None:
    left, right = pair
    one = services.decide(by=manager, left=left, right=right, decision=Decision.SAME, reason="PDS", seen=None)
    two = services.decide(by=manager, left=left, right=right, decision=Decision.UNDONE, reason="oops", seen=one.pk)
    services.decide(by=manager, left=left, right=right, decision=Decision.DIFFERENT, reason="twins", seen=two.pk)
    header, *rows = file_rows(own_data)
    assert header == ["identity_key", "other_identity_key", "decision", "decided_by", "decided_at"]
    assert [row[:4] for row in rows] == [
        [left, right, "same", "waiting_list_manager"],
        [left, right, "undone", "waiting_list_manager"],
        [left, right, "different", "waiting_list_manager"],
    ]
    assert read_decisions(own_data / "hub" / "identity_decisions.csv").num_rows == 3, "the hub reads it"
    keys = AuditEvent.objects.filter(subject_kind="identity").values_list("subject_key", "action")
    assert list(keys) == [(key, f"identity.{act}") for act in ("same", "undone", "different") for key in (left, right)]


def test_what_somebody_wrote_into_the_file_by_hand_stays(
    own_data: Path, pair: tuple[str, str], manager: Access
) -> None:
    path = own_data / "hub" / "identity_decisions.csv"
    hand = 'RM1:1,RGP:2,same,"Smith, ""J""",2026-01-01T00:00:00+00:00\n'
    path.write_text("identity_key,other_identity_key,decision,decided_by,decided_at\n" + hand)
    services.decide(by=manager, left=pair[0], right=pair[1], decision=Decision.SAME, reason="PDS", seen=None)
    assert file_rows(own_data)[1] == ["RM1:1", "RGP:2", "same", 'Smith, "J"', "2026-01-01T00:00:00+00:00"]
    assert len(file_rows(own_data)) == 3


def test_a_lost_file_is_made_again_from_the_database(own_data: Path, pair: tuple[str, str], manager: Access) -> None:
    left, right = pair
    one = services.decide(by=manager, left=left, right=right, decision=Decision.SAME, reason="PDS", seen=None)
    (own_data / "hub" / "identity_decisions.csv").unlink()
    services.decide(by=manager, left=left, right=right, decision=Decision.UNDONE, reason="no", seen=one.pk)
    assert [row[2] for row in file_rows(own_data)[1:]] == ["same", "undone"]


def test_a_file_that_is_something_else_stops_the_decision(
    own_data: Path, pair: tuple[str, str], manager: Access
) -> None:
    path = own_data / "hub" / "identity_decisions.csv"
    path.write_text("shopping,list\n")
    with pytest.raises(UserError, match="not a file of identity decisions"):
        services.decide(by=manager, left=pair[0], right=pair[1], decision=Decision.SAME, reason="x", seen=None)
    assert path.read_text() == "shopping,list\n"
    assert not IdentityDecision.objects.exists()
    assert not AuditEvent.objects.filter(action="identity.same").exists()


def test_refusals(own_data: Path, pair: tuple[str, str], manager: Access, make_user: Callable[..., User]) -> None:
    left, right = pair
    with pytest.raises(UserError, match="Write why"):
        services.decide(by=manager, left=left, right=right, decision=Decision.SAME, reason=" ", seen=None)
    with pytest.raises(UserError, match="no decision to undo"):
        services.decide(by=manager, left=left, right=right, decision=Decision.UNDONE, reason="x", seen=None)
    one = services.decide(by=manager, left=left, right=right, decision=Decision.SAME, reason="x", seen=None)
    with pytest.raises(UserError, match="Somebody else decided"):
        services.decide(by=manager, left=left, right=right, decision=Decision.DIFFERENT, reason="x", seen=None)
    with pytest.raises(UserError, match="already decided"):
        services.decide(by=manager, left=left, right=right, decision=Decision.SAME, reason="x", seen=one.pk)
    for role in (Role.CLINICIAN, Role.ANALYST, Role.ADMINISTRATOR):
        other = access_of(make_user(role))
        with pytest.raises(UserError, match="do not decide"):
            services.decide(by=other, left=left, right=right, decision=Decision.UNDONE, reason="x", seen=one.pk)
    assert IdentityDecision.objects.count() == 1


def test_a_pair_that_reaches_elsewhere_is_counted_and_not_shown(
    own_data: Path, pair: tuple[str, str], make_user: Callable[..., User], client_for: Callable[..., Client]
) -> None:
    shown, elsewhere = link_selectors.pairs(access_of(make_user(Role.WAITING_LIST_MANAGER)))
    assert (len(shown), elsewhere) == (3, 0)
    left, right = pair
    assert left.split(":")[0] != right.split(":")[0]
    shown, elsewhere = link_selectors.pairs(access_of(make_user(Role.WAITING_LIST_MANAGER, ("RM1",), "one-trust")))
    assert all({p.left.split(":")[0], p.right.split(":")[0]} == {"RM1"} for p in shown)
    assert len(shown) + elsewhere == 3
    response = client_for(Role.WAITING_LIST_MANAGER, ("RM1",)).get("/data/links/pair/", {"left": left, "right": right})
    assert response.status_code == 404


def test_the_page_decides_shows_and_logs_the_look(
    own_data: Path, pair: tuple[str, str], client_for: Callable[..., Client]
) -> None:
    client = client_for(Role.WAITING_LIST_MANAGER)
    query = dict(zip(("left", "right"), pair, strict=True))
    page = client.get("/data/links/pair/", query)
    assert "Are they the same person?" in page.content.decode()
    looks = AuditEvent.objects.filter(action="identity.opened").values_list("subject_key", flat=True)
    assert sorted(looks) == sorted(pair)
    unclear = client.post("/data/links/pair/", {**query, "seen": "", "reason": "x"})
    assert unclear.status_code == 422
    done = client.post("/data/links/pair/", {**query, "seen": "", "decision": "same", "reason": "PDS"}, follow=True)
    assert "Undo the decision" in done.content.decode()
    assert "The next build of the data applies it" in done.content.decode()
    assert client.get("/data/links/pair/", {"left": "RM1:nobody", "right": "RGP:nobody"}).status_code == 404
