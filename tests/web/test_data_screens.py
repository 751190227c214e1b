"""The data screens: what came in and how good it is, and nobody sees more than they may."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from django.test import Client
from snapshot_factory import Made

from wherry.web.access import Role
from wherry.web.access.access import access_of
from wherry.web.access.models import AuditEvent, User
from wherry.web.data import selectors

TRUSTS = ("RM1", "RGP", "RCX")


def rows_of(made: Made, table: str) -> list[dict[str, object]]:
    return pq.read_table(made.hub / "snapshots" / made.snapshot_id / f"{table}.parquet").to_pylist()


def test_each_finding_counts_the_rows_of_its_worklist(make_user: Callable[..., User], handmade: Made) -> None:
    found = selectors.sources(access_of(make_user(Role.WAITING_LIST_MANAGER)))
    assert found is not None
    listed = rows_of(handmade, "waiting_list")
    assert {rule.code for rule in found.findings} == {row["code"] for row in rows_of(handmade, "quality_rule")}
    for rule in found.findings:
        for trust in TRUSTS:
            fitting = [r for r in listed if r["organisation"] == trust and rule.code in str(r["findings"]).split(";")]
            assert rule.on_list[trust] == len(fitting), (rule.code, trust)
    severities = [rule.severity for rule in found.findings]
    assert severities == sorted(severities, key=["high", "medium", "low"].index)


def test_a_late_feed_is_marked_and_linked(client_for: Callable[..., Client], handmade: Made) -> None:
    page = client_for(Role.WAITING_LIST_MANAGER).get("/data/").content.decode()
    assert "<strong>1 of 42</strong> feeds are late" in page
    assert "/waiting-list/?finding=p2_overdue" in page
    assert "budget.xlsx" in page


def test_those_without_the_list_get_counts_without_links(client_for: Callable[..., Client], handmade: Made) -> None:
    page = client_for(Role.INFORMATION_GOVERNANCE).get("/data/").content.decode()
    assert "/waiting-list/" not in page
    assert "Priority 2 and more than four weeks" in page


def test_only_those_who_may_see_the_row_as_it_came(client_for: Callable[..., Client], handmade: Made) -> None:
    manager = client_for(Role.WAITING_LIST_MANAGER).get("/data/quarantine/").content.decode()
    assert "x1,31/02/2021,ATTEND" in manager
    assert AuditEvent.objects.filter(action="quarantine.opened").count() == 1
    for role in (Role.CLINICIAN, Role.ANALYST, Role.INFORMATION_GOVERNANCE, Role.ADMINISTRATOR):
        page = client_for(role).get("/data/quarantine/").content.decode()
        assert "RGP_event.csv" in page
        assert "31/02/2021" not in page
        assert "bad date" in page
    assert AuditEvent.objects.filter(action="quarantine.opened").count() == 1


def test_quarantine_is_of_ones_own_organisations(client_for: Callable[..., Client], handmade: Made) -> None:
    page = client_for(Role.WAITING_LIST_MANAGER, ("RM1",)).get("/data/quarantine/").content.decode()
    assert "RGP_event.csv" not in page
    assert "<strong>0 rows</strong>" in page


@pytest.mark.parametrize("query", ["page=99", "page=-1", "page=x", "page=²", "source=%00", "reason='; DROP TABLE x;--"])
def test_a_mangled_address_is_no_error(client_for: Callable[..., Client], handmade: Made, query: str) -> None:
    assert client_for(Role.WAITING_LIST_MANAGER).get(f"/data/quarantine/?{query}").status_code == 200


def test_loads_add_up(client_for: Callable[..., Client], handmade: Made) -> None:
    page = client_for(Role.ANALYST).get("/data/loads/").content.decode()
    assert "<strong>42 files</strong>" in page
    for row in rows_of(handmade, "load"):
        assert row["rows_read"] == row["rows_published"] + row["rows_quarantined"]  # type: ignore[operator]
        assert str(row["load_id"]) in page


def test_before_the_first_build_each_page_says_what_would_be_here(
    client_for: Callable[..., Client], no_data: Path
) -> None:
    client = client_for(Role.WAITING_LIST_MANAGER)
    assert "Nothing has been built yet" in client.get("/data/").content.decode()
    assert "No file has come in" in client.get("/data/loads/").content.decode()
    assert "No row is in quarantine" in client.get("/data/quarantine/").content.decode()
    assert "Nothing to decide" in client.get("/data/links/").content.decode()
