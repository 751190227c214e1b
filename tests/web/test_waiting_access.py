"""Who sees what: the list cannot be read for nobody, and no name reaches anyone who may not see it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseBase
from django.test import Client
from snapshot_factory import Made
from waiting_support import doubtful, person, rows

from wherry.web.access.models import AuditEvent
from wherry.web.access.permissions import Role
from wherry.web.waiting.frame import frame_of
from wherry.web.waiting.keys import to_address
from wherry.web.waiting.queue import Queue
from wherry.web.waiting.selectors import WaitingList

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("handmade")]
Clients = Callable[..., Client]


def _text(response: HttpResponseBase) -> str:
    if response.streaming:
        return b"".join(response.streaming_content).decode("utf-8", "replace")  # type: ignore[attr-defined]
    return response.content.decode("utf-8", "replace")  # type: ignore[attr-defined]


def test_the_list_cannot_be_made_without_somebodys_access() -> None:
    with pytest.raises(TypeError):
        WaitingList(None)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        WaitingList()  # type: ignore[call-arg]


@pytest.mark.parametrize("role", [Role.EXECUTIVE, Role.ADMINISTRATOR, Role.INFORMATION_GOVERNANCE])
def test_people_without_a_need_for_rows_cannot_read_the_list(role: Role, client_for: Clients) -> None:
    with pytest.raises(PermissionDenied):
        WaitingList(person(role))
    for path in ("", "export.csv", "export.xlsx", "views/", "validation/", "validation/next/", "clinical/"):
        assert client_for(role).get(f"/waiting-list/{path}").status_code == 403


@pytest.mark.parametrize("trusts", [("RM1",), ("RGP", "RCX")])
@pytest.mark.parametrize("role", [Role.WAITING_LIST_MANAGER, Role.CLINICIAN, Role.ANALYST])
def test_the_scope_is_the_persons_own_trusts(handmade: Made, role: Role, trusts: tuple[str, ...]) -> None:
    listing = WaitingList(person(role, *trusts))
    filters, _ = listing.read(_query(""))
    selected = listing.select(filters)
    assert {row["organisation"] for row in listing.take(selected.rows)} == set(trusts)
    assert set(selected.facets["trust"]) == set(trusts)
    expected = [r for r in rows(handmade) if r["organisation"] in trusts]
    if role is Role.ANALYST:
        assert listing.opted_out_removed == sum(r["opted_out"] for r in expected) > 0
        expected = [r for r in expected if not r["opted_out"]]
    assert selected.headline.count == len(expected)


def test_a_manager_who_is_an_analyst_elsewhere_sees_names_only_where_they_manage() -> None:
    mixed = person(Role.WAITING_LIST_MANAGER, "RM1")
    mixed = type(mixed)(user=None, roles=mixed.roles | {("RGP", Role.ANALYST)})
    listing = WaitingList(mixed)
    filters, _ = listing.read(_query(""))
    assert {row["organisation"] for row in listing.take(listing.select(filters).rows)} == {"RM1"}


def _query(text: str) -> Any:
    from django.http import QueryDict

    return QueryDict(text)


def test_the_analysts_frame_holds_no_identity_at_all(handmade: Made) -> None:
    listing = WaitingList(person(Role.ANALYST))
    held = set(listing.frame.table.column_names)
    assert not held & {"surname", "forename", "nhs_number", "birth_date", "identity_key", "lsoa", "gp_practice"}
    assert listing.frame.names is listing.frame.numbers is listing.frame.hospital_numbers is None
    real = {r["pathway_key"] for r in rows(handmade)}
    assert not real & set(listing.frame.table["pathway_key"].to_pylist())


PATHS = [
    "",
    "?size=200",
    "?order=longest&size=200",
    "?order=next&wait=over_18",
    "?show=off",
    "?finding=stale&severity=high",
    "?q=zarq",
    "views/",
    "export.csv",
    "export.csv?trust=RM1",
    "export.xlsx",
    "validation/",
    "validation/next/",
    "validation/together/",
    "validation/corrections.csv",
    "clinical/",
]


def test_no_name_number_or_birth_date_reaches_an_analyst(handmade: Made, client_for: Clients) -> None:
    analyst = client_for(Role.ANALYST)
    listed = rows(handmade)
    key = to_address(listed[0]["pathway_key"])
    paths = [*PATHS, f"pathway/{key}/", f"validation/case/{key}/", f"clinical/{key}/"]
    secrets = {name.lower() for name in handmade.surnames}
    secrets |= {r["nhs_number"] for r in listed if r["nhs_number"]}
    secrets |= {f"{n[:3]} {n[3:6]} {n[6:]}" for n in (r["nhs_number"] for r in listed) if n}
    secrets |= {r["pathway_key"] for r in listed} | {r["identity_key"].partition(":")[2] for r in listed}
    secrets |= {str(r["birth_date"]) for r in listed} | {f"{r['birth_date']:%-d %B %Y}" for r in listed}
    for path in paths:
        response = analyst.get(f"/waiting-list/{path}")
        text = _unzip(response) if path.endswith(".xlsx") else _text(response)
        found = {secret for secret in secrets if secret in text.lower() or secret in text}
        assert not found, (path, sorted(found)[:3])


def _unzip(response: HttpResponseBase) -> str:
    import io
    import zipfile

    data = b"".join(response.streaming_content)  # type: ignore[attr-defined]
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        return "".join(book.read(name).decode() for name in book.namelist())


def test_the_search_for_leaks_can_fail(handmade: Made, client_for: Clients) -> None:
    text = _text(client_for(Role.WAITING_LIST_MANAGER).get("/waiting-list/?size=200")).lower()
    assert sum(name.lower() in text for name in handmade.surnames) > 50


def test_the_analysts_page_says_how_many_were_removed_and_by_which_list_and_never_who(
    handmade: Made, client_for: Clients
) -> None:
    text = _text(client_for(Role.ANALYST).get("/waiting-list/"))
    removed = sum(r["opted_out"] for r in rows(handmade))
    assert f"{removed} rows of people who opted out" in text
    assert "OPTOUT_20260125" in text
    assert not any(key in text for key in handmade.opted_out)


def test_direct_care_ignores_the_opt_out(handmade: Made) -> None:
    listing = WaitingList(person(Role.WAITING_LIST_MANAGER))
    assert sum(listing.frame.table["opted_out"].to_pylist()) == sum(r["opted_out"] for r in rows(handmade)) > 0


def test_a_pathway_opens_only_in_scope_and_is_logged_each_time(handmade: Made, client_for: Clients) -> None:
    key = next(r["pathway_key"] for r in rows(handmade) if r["organisation"] == "RGP")
    address = f"/waiting-list/pathway/{to_address(key)}/"
    client = client_for(Role.WAITING_LIST_MANAGER, ("RGP",))
    before = AuditEvent.objects.filter(action="pathway.opened").count()
    assert client.get(address).status_code == 200
    assert client.get(address).status_code == 200
    events = AuditEvent.objects.filter(action="pathway.opened", subject_key=key)
    assert events.count() == before + 2
    assert {event.organisation for event in events} == {"RGP"}
    assert {event.purpose for event in events} == {"direct care"}
    other = client_for(Role.WAITING_LIST_MANAGER, ("RM1",))
    assert other.get(address).status_code == 404
    assert other.get(f"/waiting-list/validation/case/{to_address(key)}/").status_code == 404
    assert events.count() == before + 2


def test_another_trusts_pathway_is_counted_and_not_described(handmade: Made, client_for: Clients) -> None:
    people: dict[str, list[dict[str, Any]]] = {}
    for row in rows(handmade):
        people.setdefault(row["person_key"], []).append(row)
    mine, theirs = next(
        (a, b)
        for found in people.values()
        for a in found
        for b in found
        if a["organisation"] != b["organisation"]
        and sum(r["organisation"] == b["organisation"] for r in found) == 1
        and a["treatment_function"] != b["treatment_function"]
    )
    client = client_for(Role.CLINICIAN, (mine["organisation"],))
    text = _text(client.get(f"/waiting-list/pathway/{to_address(mine['pathway_key'])}/"))
    assert "1 open pathway at" in text
    assert "outside your organisations" in text
    assert theirs["pathway_key"] not in text
    both = client_for(Role.CLINICIAN, (mine["organisation"], theirs["organisation"]))
    text = _text(both.get(f"/waiting-list/pathway/{to_address(mine['pathway_key'])}/"))
    assert f"/waiting-list/pathway/{to_address(theirs['pathway_key'])}/" in text


def test_the_queue_holds_only_trusts_where_one_may_validate(handmade: Made) -> None:
    mixed = person(Role.WAITING_LIST_MANAGER, "RM1")
    mixed = type(mixed)(user=None, roles=mixed.roles | {("RGP", Role.CLINICIAN)})
    queue = Queue(mixed)
    keys = [queue.listing.frame.table["organisation"][int(n)].as_py() for n in queue.rows(queue.read(_query("")))]
    assert set(keys) == {"RM1"}
    with pytest.raises(PermissionDenied):
        Queue(person(Role.CLINICIAN))


def test_a_clinician_may_not_export_and_an_analyst_may_not_open(handmade: Made, client_for: Clients) -> None:
    key = to_address(doubtful(handmade, "stale"))
    assert client_for(Role.CLINICIAN).get("/waiting-list/export.csv").status_code == 403
    assert client_for(Role.ANALYST).get(f"/waiting-list/pathway/{key}/").status_code == 403


def test_a_frame_is_built_once_and_shared(handmade: Made) -> None:
    listing = WaitingList(person(Role.WAITING_LIST_MANAGER))
    assert frame_of(listing.snapshot, "care") is listing.frame
    assert listing.frame.nbytes > 0
