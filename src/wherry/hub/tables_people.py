"""What hangs on a person: contact details, observations, emergency attendances; and the person of what hangs elsewhere.

A row whose patient the organisation never sent, and who is on no list, goes to quarantine: nobody could be shown it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import ibis
import pyarrow as pa

from wherry.hub.backends import Backend
from wherry.hub.check import Checked
from wherry.hub.schema import TABLES
from wherry.hub.tables import Orphans, Pathways, good_rows, key_of, nothing_sent, without_orphans
from wherry.hub.tables_lists import Lists

#: Feeds whose rows hang on a person, and their own key and number where they have one beside the person's.
ON_PERSON: Mapping[str, tuple[str, str] | None] = {
    "contact_detail": None,
    "observation": ("observation_key", "observation_id"),
    "emergency_attendance": ("attendance_key", "attendance_id"),
}


def hang(
    checked: Sequence[Checked],
    ways: Pathways,
    lists: Lists,
    pathway: ibis.Table,
    identity: ibis.Table,
    backend: Backend,
) -> tuple[dict[str, ibis.Table | pa.Table], list[Orphans]]:
    """Every table that hangs on a pathway, a list or a person; rows that hang on nobody apart.

    `pathway` and `identity` are the tables of those names, with their person.
    """
    people = identity.select("identity_key", "person_key")
    tables, orphans = on_people(checked, people, backend)
    return tables | with_people(ways, lists, pathway, people, backend), orphans


def on_people(
    checked: Sequence[Checked], people: ibis.Table, backend: Backend
) -> tuple[dict[str, ibis.Table | pa.Table], list[Orphans]]:
    """The tables of `ON_PERSON`, and rows of unknown patients apart. `people` has identity_key and person_key."""
    tables: dict[str, ibis.Table | pa.Table] = {}
    orphans: list[Orphans] = []
    said = ("patient ", " is in no patient feed; the row is published once the patient arrives")
    for feed, own in ON_PERSON.items():
        if nothing_sent(checked, feed):
            tables[feed] = TABLES[feed].schema.empty_table()
            continue
        rows = good_rows(checked, feed, backend)
        rows = rows.mutate(identity_key=key_of(rows["source"], rows["local_patient_id"]))
        if own:
            rows = rows.mutate(**{own[0]: key_of(rows["source"], rows[own[1]])})
        rows, apart = without_orphans(
            checked, rows, people, "identity_key", feed, backend, code="unknown_patient", said=said
        )
        orphans += apart
        tables[feed] = backend.keep(rows.inner_join(people, "identity_key").select(*_names(feed)), f"of_person_{feed}")
    return tables, orphans


def with_people(
    ways: Pathways, lists: Lists, pathway: ibis.Table, people: ibis.Table, backend: Backend
) -> dict[str, ibis.Table]:
    """Everything that hangs on a pathway or a list, with its person. `pathway` has pathway_key and person_key."""
    by_pathway = pathway.select("pathway_key", "person_key")
    tables = dict(ways.others)
    tables["follow_up"] = tables["follow_up"].inner_join(by_pathway, "pathway_key")
    tables["cancer_pathway"] = lists.cancer.inner_join(by_pathway, "pathway_key")
    tables["diagnostic_request"] = lists.request.inner_join(people, "identity_key")
    kept = {
        name: backend.keep(tables[name].select(*_names(name)), f"whose_{name}")
        for name in ("follow_up", "cancer_pathway", "diagnostic_request")
    }
    return tables | kept | {"cancer_event": lists.event}


def _names(table: str) -> list[str]:
    return TABLES[table].schema.names
