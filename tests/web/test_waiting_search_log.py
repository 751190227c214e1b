"""Looking somebody up on the list is a look: it is in the audit log, with what was asked and who was shown."""

from __future__ import annotations

import json
from collections.abc import Callable

from django.test import Client
from snapshot_factory import Made
from waiting_support import rows

from wherry.web.access import Role
from wherry.web.access.models import AuditEvent


def test_a_search_by_name_is_logged_with_whom_it_showed(client_for: Callable[..., Client], handmade: Made) -> None:
    somebody = next(row for row in rows(handmade) if row["surname"] and row["nhs_number"])
    assert client_for(Role.CLINICIAN).get("/waiting-list/", {"q": somebody["nhs_number"]}).status_code == 200
    line = AuditEvent.objects.get(action="waiting_list.searched")
    assert (line.roles, line.subject_key) == ("clinician", somebody["nhs_number"])
    assert somebody["pathway_key"] in json.loads(line.detail)["shown"]


def test_a_list_without_a_search_and_an_analysts_list_are_not(
    client_for: Callable[..., Client], handmade: Made
) -> None:
    client_for(Role.CLINICIAN).get("/waiting-list/", {"trust": "RM1"})
    client_for(Role.ANALYST).get("/waiting-list/", {"q": "Brown"})
    assert not AuditEvent.objects.filter(action="waiting_list.searched").exists()
