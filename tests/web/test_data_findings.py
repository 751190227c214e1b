"""A rule's worklist holds every finding in scope, on the list or not, and no more."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pyarrow.parquet as pq
import pytest
from django.test import Client
from snapshot_factory import Made

from wherry.web.access import Role
from wherry.web.access.access import access_of
from wherry.web.access.models import AuditEvent, User
from wherry.web.data import finding_selectors


def findings_of(made: Made, rule: str) -> list[dict[str, object]]:
    folder = made.hub / "snapshots" / made.snapshot_id
    return [row for row in pq.read_table(folder / "quality_finding.parquet").to_pylist() if row["rule"] == rule]


def test_every_rule_has_its_whole_worklist(make_user: Callable[..., User], handmade: Made) -> None:
    access = access_of(make_user(Role.WAITING_LIST_MANAGER))
    rules = pq.read_table(handmade.hub / "snapshots" / handmade.snapshot_id / "quality_rule.parquet").to_pylist()
    for rule in rules:
        expected = findings_of(handmade, rule["code"])
        found = finding_selectors.worklist(access, rule["code"], page=1)
        assert found is not None
        assert found.page.total == len(expected)
        assert found.off_list == sum(not row["on_open_clock"] for row in expected)
        keys = {row["subject_key"] for row in found.page.rows}
        assert keys <= {row["subject_key"] for row in expected}
        assert len(found.page.rows) == min(100, len(expected))


def test_scope_is_the_readers_own_trust(make_user: Callable[..., User], handmade: Made) -> None:
    rule = "no_next_event"
    everything = findings_of(handmade, rule)
    access = access_of(make_user(Role.WAITING_LIST_MANAGER, organisations=("RGP",)))
    found = finding_selectors.worklist(access, rule, page=1)
    assert found is not None
    assert found.page.total == sum(row["organisation"] == "RGP" for row in everything) < len(everything)
    assert {row["organisation"] for row in found.page.rows} == {"RGP"}


def test_the_file_has_every_row_and_is_in_the_audit_log(client_for: Callable[..., Client], handmade: Made) -> None:
    response = client_for(Role.WAITING_LIST_MANAGER).get("/data/findings/no_next_event/csv/")
    rows = list(csv.reader(io.StringIO(response.getvalue().decode("utf-8-sig"))))
    assert rows[0] == list(finding_selectors.HEADER)
    assert len(rows) - 1 == len(findings_of(handmade, "no_next_event"))
    line = AuditEvent.objects.get(action="findings.exported")
    assert f'"rows":{len(rows) - 1}' in line.detail


@pytest.mark.parametrize("query", ["?page=0", "?page=999999", "?page=x", "?page=-1"])
def test_odd_page_numbers_are_met(client_for: Callable[..., Client], handmade: Made, query: str) -> None:
    assert client_for(Role.CLINICIAN).get("/data/findings/no_next_event/" + query).status_code == 200


def test_an_unknown_rule_is_no_page(client_for: Callable[..., Client], handmade: Made) -> None:
    assert client_for(Role.CLINICIAN).get("/data/findings/nothing_like_it/").status_code == 404


def test_the_page_names_trusts_and_services_not_their_codes(client_for: Callable[..., Client], handmade: Made) -> None:
    page = client_for(Role.CLINICIAN).get("/data/findings/no_next_event/").content.decode()
    assert "<td>Norfolk and Norwich</td>" in page
    assert "<td>RM1</td>" not in page
    assert "<td>Trauma and Orthopaedic" in page
