"""The transfer: the minimum data set with the clock start as it was, kept as sent, received by the other trust."""

from __future__ import annotations

import hashlib
import json

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from offers_support import Bench, access
from snapshot_factory import Made

from wherry.errors import UserError
from wherry.web.access import Role
from wherry.web.access.models import AuditEvent
from wherry.web.offers import patients, services, transfers
from wherry.web.offers.acts import ChangedMeanwhile
from wherry.web.offers.models import Offer, Place, State, Transfer

pytestmark = pytest.mark.django_db


@pytest.fixture
def bench(handmade: Made) -> Bench:
    return Bench(handmade)


def signed_in(role: Role, *trusts: str) -> Client:
    client = Client()
    client.force_login(access(role, *trusts).user)  # type: ignore[arg-type]
    return client


def test_the_data_set_has_pathway_issuer_clock_and_status_and_the_clock_start_is_unchanged(bench: Bench) -> None:
    offer, row = bench.transferred(), bench.row()
    record = Transfer.objects.get().record
    assert record["pathway"]["rtt_status"] == "21"
    assert record["pathway"]["clock_start"] == row["clock_start"].isoformat()
    assert record["pathway"]["list_order_date"] == row["list_order_date"].isoformat()
    assert f"{record['pathway']['ppid_issuer']}:{record['pathway']['ppid']}" == offer.pathway_key
    assert record["pathway"]["clock_running"] is True
    assert record["patient"]["surname"] == row["surname"]
    assert record["patient"]["nhs_number"] == row["nhs_number"]
    assert (record["sending_organisation"]["code"], record["receiving_organisation"]["code"]) == ("RM1", "RGP")
    assert record["care"]["clinical_priority"] == row["clinical_priority"]
    assert record["agreement"]["date_offered"] == "2026-03-03"
    assert record["agreement"]["agreed_by"] == "Test Clinician"
    assert offer.state == State.TRANSFERRED
    assert Place.objects.get().confirmed


def test_only_what_was_accepted_is_transferred_and_only_by_the_sender(bench: Bench) -> None:
    offer = bench.offered()
    with pytest.raises(ChangedMeanwhile):
        transfers.send(access=bench.manager, offer_id=offer.pk, version=offer.version)
    accepted = bench.accepted(1)
    with pytest.raises(PermissionDenied):
        transfers.send(access=access(Role.WAITING_LIST_MANAGER, "RGP"), offer_id=accepted.pk, version=accepted.version)


def test_a_clock_that_closed_meanwhile_is_not_transferred(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    offer = bench.accepted()
    facts = patients.facts_for(offer.pathway_key)
    assert facts is not None
    gone = patients.Facts(facts.pathway_key, facts.pathway, None, facts.identity, facts.contact)
    monkeypatch.setattr(patients, "facts_for", lambda key: gone)
    with pytest.raises(UserError, match="no longer open, so nothing was sent"):
        transfers.send(access=bench.manager, offer_id=offer.pk, version=offer.version)
    assert not Transfer.objects.exists()


def test_the_receiving_trust_alone_confirms_receipt(bench: Bench) -> None:
    offer = bench.transferred()
    with pytest.raises(PermissionDenied):
        services.receive(access=access(Role.WAITING_LIST_MANAGER, "RM1"), offer_id=offer.pk, version=offer.version)
    client = signed_in(Role.WAITING_LIST_MANAGER, "RGP")
    assert b"Confirm receipt" in client.get(f"/offers/{offer.pk}/").content
    client.post(f"/offers/{offer.pk}/receive/", {"version": offer.version})
    offer.refresh_from_db()
    assert (offer.state, offer.live) == (State.RECEIVED, False)
    with pytest.raises(ChangedMeanwhile):
        services.withdraw(access=bench.manager, offer_id=offer.pk, version=offer.version, reason="too late")


def test_both_trusts_read_the_same_record_and_the_third_none(bench: Bench) -> None:
    offer = bench.transferred()
    files = [
        signed_in(Role.WAITING_LIST_MANAGER, trust).get(f"/offers/{offer.pk}/data-set.json").content
        for trust in ("RM1", "RGP")
    ]
    assert files[0] == files[1]
    assert hashlib.sha256(files[0]).hexdigest() == Transfer.objects.get().sha256
    assert json.loads(files[0])["offer"] == offer.pk
    printed = signed_in(Role.WAITING_LIST_MANAGER, "RGP").get(f"/offers/{offer.pk}/data-set/").content.decode()
    row = bench.row()
    start = row["clock_start"]
    assert f"The clock runs on from {start.day} {start:%B %Y}" in printed
    third = signed_in(Role.WAITING_LIST_MANAGER, "RCX")
    assert third.get(f"/offers/{offer.pk}/data-set.json").status_code == 404
    assert AuditEvent.objects.filter(action="offer.data_set_exported").count() == 2


def test_a_transfer_is_kept_as_it_was_sent(bench: Bench) -> None:
    bench.transferred()
    made = Transfer.objects.get()
    with pytest.raises(TypeError):
        made.save()
    assert transfers.digest(made.record) == made.sha256


def test_it_can_be_taken_back_until_it_is_received(bench: Bench) -> None:
    offer = bench.transferred()
    services.withdraw(access=bench.manager, offer_id=offer.pk, version=offer.version, reason="Patient is unwell")
    assert Offer.objects.get().state == State.WITHDRAWN
    assert not Place.objects.exists()
