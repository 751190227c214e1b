"""The audit screens: who looked at whom and why, what is unusual, and an export that is itself in the log."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pyarrow.parquet as pq
import pytest
from django.test import Client
from snapshot_factory import Made

from wherry.web.access import Role, audit, audit_selectors
from wherry.web.access.access import Access, access_of
from wherry.web.access.models import AuditEvent, User

pytestmark = pytest.mark.usefixtures("handmade")


def opened(access: Access, key: str, organisation: str = "RM1") -> AuditEvent:
    return audit.record(
        access=access, action="pathway.opened", subject_kind="pathway", subject_key=key, organisation=organisation
    )


def at(
    moment: datetime, access: Access, key: str, organisation: str = "RM1", action: str = "pathway.opened"
) -> AuditEvent:
    """A line as if it had been written at another moment (chain and all)."""
    last = AuditEvent.objects.order_by("-sequence").first()
    assert access.user is not None
    line = AuditEvent(
        sequence=(last.sequence if last else 0) + 1,
        at=moment,
        actor=access.user.username,
        roles=",".join(access.role_names),
        organisations=",".join(sorted(access.organisations)),
        action=action,
        subject_kind="pathway" if action == "pathway.opened" else "page",
        subject_key=key,
        organisation=organisation,
        purpose="direct care",
        detail="{}",
        previous_hash=last.hash if last else audit.GENESIS,
    )
    line.hash = audit.line_hash(line)
    line.save(force_insert=True)
    return line


def test_filters_narrow_the_log(client_for: Callable[..., Client], make_user: Callable[..., User]) -> None:
    ann = access_of(make_user(Role.CLINICIAN, username="ann"))
    bob = access_of(make_user(Role.WAITING_LIST_MANAGER, username="bob"))
    opened(ann, "RM1:one")
    opened(bob, "RM1:two")
    client = client_for(Role.INFORMATION_GOVERNANCE)
    page = client.get("/audit/").content.decode()
    assert "RM1:one" in page
    assert "RM1:two" in page
    only_ann = client.get("/audit/?actor=ann").content.decode()
    assert "RM1:one" in only_ann
    assert "RM1:two" not in only_ann
    assert "RM1:two" not in client.get("/audit/?person=RM1:one").content.decode()
    assert "No line fits" in client.get("/audit/?since=2999-01-01").content.decode()
    wrong = client.get("/audit/?since=yesterday")
    assert wrong.status_code == 422
    assert "is not a date" in wrong.content.decode()


def test_a_person_is_found_by_nhs_number_over_all_their_pathways(
    client_for: Callable[..., Client], make_user: Callable[..., User], handmade: Made
) -> None:
    folder = handmade.hub / "snapshots" / handmade.snapshot_id
    row = next(r for r in pq.read_table(folder / "waiting_list.parquet").to_pylist() if r["nhs_number"])
    opened(access_of(make_user(Role.CLINICIAN, username="ann")), row["pathway_key"], row["organisation"])
    client = client_for(Role.INFORMATION_GOVERNANCE)
    spaced = f"{row['nhs_number'][:3]} {row['nhs_number'][3:6]} {row['nhs_number'][6:]}"
    page = client.get("/audit/", {"person": spaced}).content.decode()
    assert row["pathway_key"] in page
    assert row["surname"].upper() not in page, "governance sees keys, not names"
    assert AuditEvent.objects.filter(action="audit.searched").count() == 1


def test_readers_see_their_own_organisations_only(
    client_for: Callable[..., Client], make_user: Callable[..., User]
) -> None:
    opened(access_of(make_user(Role.CLINICIAN, ("RM1",), "ann")), "RM1:one", "RM1")
    opened(access_of(make_user(Role.CLINICIAN, ("RCX",), "cat")), "RCX:two", "RCX")
    page = client_for(Role.INFORMATION_GOVERNANCE, ("RM1",)).get("/audit/").content.decode()
    assert "RM1:one" in page
    assert "RCX:two" not in page


def test_the_export_is_safe_complete_and_in_the_log(
    client_for: Callable[..., Client], make_user: Callable[..., User]
) -> None:
    opened(access_of(make_user(Role.CLINICIAN, username="ann")), "=HYPERLINK(1)", "RM1")
    client = client_for(Role.INFORMATION_GOVERNANCE)
    response = client.get("/audit/export.csv?actor=ann")
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["subject_key"] for row in rows] == ["'=HYPERLINK(1)"]
    assert rows[0]["hash"] == AuditEvent.objects.get(actor="ann").hash
    line = AuditEvent.objects.get(action="audit.exported")
    assert "by ann" in line.detail


def test_unusual_looks_are_found(make_user: Callable[..., User]) -> None:
    ann = access_of(make_user(Role.CLINICIAN, username="ann"))
    bob = access_of(make_user(Role.CLINICIAN, ("RM1",), "bob"))
    tuesday = datetime(2026, 2, 3, 10, 0, tzinfo=UTC)
    for number in range(audit_selectors.MANY_IN_AN_HOUR + 1):
        at(tuesday + timedelta(minutes=number), ann, f"RM1:{number}")
    for number in range(audit_selectors.MANY_IN_AN_HOUR):
        at(tuesday + timedelta(minutes=number), bob, f"RM1:{number}")
    at(datetime(2026, 2, 4, 3, 0, tzinfo=UTC), bob, "RM1:night")
    at(datetime(2026, 2, 5, 11, 0, tzinfo=UTC), bob, "RGP:x", "RGP")
    at(datetime(2026, 2, 6, 11, 0, tzinfo=UTC), bob, "/people/", "", "access.refused")
    reader = access_of(make_user(Role.INFORMATION_GOVERNANCE))
    found = audit_selectors.unusual(reader, today=date(2026, 2, 10))
    assert [(row.actor, row.kind, row.on.day, row.count) for row in found] == [
        ("bob", "refused", 6, 1),
        ("bob", "another organisation", 5, 1),
        ("bob", "outside hours", 4, 1),
        ("ann", "many in an hour", 3, 31),
    ]


def test_a_summer_evening_is_judged_by_the_clock_on_the_wall(make_user: Callable[..., User]) -> None:
    ann = access_of(make_user(Role.CLINICIAN, username="ann"))
    at(datetime(2026, 7, 7, 6, 30, tzinfo=UTC), ann, "RM1:half-past-seven")
    reader = access_of(make_user(Role.INFORMATION_GOVERNANCE))
    assert audit_selectors.unusual(reader, today=date(2026, 7, 10)) == []
    at(datetime(2026, 7, 7, 19, 30, tzinfo=UTC), ann, "RM1:half-past-eight")
    assert [row.kind for row in audit_selectors.unusual(reader, today=date(2026, 7, 10))] == ["outside hours"]


def test_a_refused_page_is_in_the_log(client_for: Callable[..., Client]) -> None:
    assert client_for(Role.ANALYST).get("/audit/").status_code == 403
    line = AuditEvent.objects.get(action="access.refused")
    assert (line.subject_key, line.roles) == ("/audit/", "analyst")


def test_the_chain_can_be_checked_on_screen(client_for: Callable[..., Client]) -> None:
    client = client_for(Role.INFORMATION_GOVERNANCE)
    page = client.post("/audit/check/", follow=True).content.decode()
    assert "The log is whole" in page
    assert AuditEvent.objects.filter(action="audit.checked").count() == 1


def test_older_lines_are_a_page_away(client_for: Callable[..., Client], make_user: Callable[..., User]) -> None:
    ann = access_of(make_user(Role.CLINICIAN, username="ann"))
    for number in range(audit_selectors.PAGE + 5):
        opened(ann, f"RM1:number-{number:03}")
    client = client_for(Role.INFORMATION_GOVERNANCE)
    first = client.get("/audit/?actor=ann").content.decode()
    assert "Older lines" in first
    assert "RM1:number-004" not in first
    oldest_shown = AuditEvent.objects.get(subject_key="RM1:number-005").sequence
    second = client.get(f"/audit/?actor=ann&before={oldest_shown}").content.decode()
    assert "RM1:number-004" in second
    assert "RM1:number-005" not in second
