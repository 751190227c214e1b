"""The transfer of an accepted offer: the inter-provider administrative minimum data set, kept as it was sent.

RTT guidance 11: the data set goes with every transfer, with status 21 at the sender; the clock start carries over
unchanged. The sender's own system records the event; nothing is written to a clock here.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django.db import transaction

from wherry.errors import UserError
from wherry.reference import rtt_codes, treatment_functions
from wherry.reference.procedure_groups import GROUPS
from wherry.web import snapshot as snapshots
from wherry.web.access.access import Access
from wherry.web.offers import acts, patients, services
from wherry.web.offers.acts import Actor
from wherry.web.offers.models import Kind, Offer, Transfer
from wherry.web.offers.patients import Facts
from wherry.web.waiting.naming import names_of

STATUS = "21"
FORMAT = "wherry-iptamds-1"


@transaction.atomic
def send(*, access: Access, offer_id: int, version: int) -> Transfer:
    """Make the data set of an accepted offer and mark the offer transferred. Raises `UserError` if the clock closed."""
    today, actor = snapshots.today(), Actor(access)
    offer = acts.locked(offer_id)
    acts.check(actor, offer, Kind.TRANSFER, today, version)
    facts = patients.facts_for(offer.pathway_key)
    reason = services.why_not(facts, offer.period, offer.from_organisation)
    if reason or facts is None:
        raise UserError(f"{reason}, so nothing was sent. Withdraw this offer, with that as the reason.")
    services.end_codes(offer)
    record = data_set(offer, facts, sent_by=actor.name)
    made = Transfer(offer=offer, record=record, sha256=digest(record), sent_at=acts.now())
    made.save()
    detail = {"status": STATUS, "clock_start": record["pathway"]["clock_start"], "sha256": made.sha256}
    acts.add(offer, actor, Kind.TRANSFER, today, detail=detail)
    return made


def digest(record: dict[str, Any]) -> str:
    """The hash of a record in its canonical form: both trusts can check that they hold the same.

    >>> digest({"b": 1, "a": "é"})[:12]
    'ebaea568bced'
    """
    return hashlib.sha256(as_json(record).encode()).hexdigest()


def as_json(record: dict[str, Any]) -> str:
    """Canonical JSON: keys sorted, two spaces, every letter as it is."""
    return json.dumps(record, sort_keys=True, indent=2, ensure_ascii=False)


def data_set(offer: Offer, facts: Facts, *, sent_by: str) -> dict[str, Any]:
    """The data set, as plain JSON values; dates are ISO, None where the record does not say.

    Source: NHS Data Model and Dictionary, Inter-Provider Transfer Administrative Minimum Data Set (general knowledge),
    with what RTT guidance 11 asks for: pathway identifier and issuer, clock start, status.
    """
    snapshot = patients.care()
    names = names_of(snapshot)
    row, identity, pathway = facts.row or {}, facts.identity, facts.pathway
    agreed = offer.decisions.filter(kind=Kind.AGREE).order_by("-sequence").first()
    group = GROUPS.get(offer.procedure_group)
    return {
        "data_set": "Inter-Provider Transfer Administrative Minimum Data Set",
        "format": FORMAT,
        "artificial": snapshot.artificial,
        "offer": offer.pk,
        "sent_on": _iso(snapshots.today()),
        "sent_by": sent_by,
        "sending_organisation": _organisation(names, offer.from_organisation, offer.from_site),
        "receiving_organisation": _organisation(names, offer.to_organisation, offer.to_site),
        "patient": {
            "nhs_number": identity.get("nhs_number") if identity.get("nhs_number_valid") else None,
            "nhs_number_status": identity.get("nhs_number_status"),
            "local_patient_id": identity.get("local_patient_id"),
            "surname": identity.get("surname"),
            "forename": identity.get("forename"),
            "birth_date": _iso(identity.get("birth_date")),
            "sex": identity.get("sex"),
            "address_line": identity.get("address_line"),
            "postcode": identity.get("postcode"),
            "telephone": facts.contact.get("telephone"),
            "contact_by": facts.contact.get("contact_by"),
            "needs": facts.contact.get("needs"),
            "gp_practice": identity.get("gp_practice"),
        },
        "pathway": {
            "ppid": pathway.get("ppid"),
            "ppid_issuer": pathway.get("ppid_issuer"),
            "period": offer.period,
            "rtt_status": STATUS,
            "rtt_status_words": rtt_codes.words(STATUS),
            "clock_start": _iso(row.get("clock_start")),
            "clock_running": True,
            "list_order_date": _iso(row.get("list_order_date")),
            "days_waited": row.get("days_waited"),
            "referral_received_on": _iso(pathway.get("referral_received_on")),
            "commissioner": row.get("commissioner"),
        },
        "care": {
            "treatment_function": row.get("treatment_function"),
            "treatment_function_name": treatment_functions.name(row.get("treatment_function")),
            "stage": row.get("stage"),
            "procedure": row.get("procedure"),
            "procedure_group": group.words if group else None,
            "clinical_priority": row.get("clinical_priority"),
            "complexity": offer.complexity,
            "clinical_frailty_scale": facts.frailty,
            "asa_grade": facts.asa,
            "decision_to_admit_on": _iso(row.get("decision_to_admit_on")),
        },
        "agreement": {
            "agreed_by": agreed.made_by_name if agreed else None,
            "decision_to_transfer_on": _iso(agreed.made_on) if agreed else None,
            "offered_on": _iso(offer.offered_on),
            "accepted_on": _iso(offer.answered_on),
            "date_offered": _iso(offer.treat_on),
        },
    }


def _organisation(names: Any, code: str, site: str) -> dict[str, Any]:
    return {
        "code": code,
        "name": names.organisation(code),
        "site": site or None,
        "site_name": names.site(site) if site else None,
    }


def _iso(day: Any) -> str | None:
    return day.isoformat() if day is not None else None
