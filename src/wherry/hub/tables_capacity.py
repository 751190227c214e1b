"""What organisations can do: sessions of theatres, clinics and tests, and the cases of theatre sessions."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import pyarrow as pa

from wherry.hub.backends import Backend
from wherry.hub.check import Checked
from wherry.hub.schema import TABLES
from wherry.hub.tables import Orphans, good_rows, key_of, nothing_sent, without_orphans


def capacity(checked: Sequence[Checked], backend: Backend) -> tuple[dict[str, ibis.Table | pa.Table], list[Orphans]]:
    """`capacity_session` and `theatre_case`; cases of a session that their organisation did not send apart."""
    if nothing_sent(checked, "session") and nothing_sent(checked, "theatre_case"):
        return {name: TABLES[name].schema.empty_table() for name in ("capacity_session", "theatre_case")}, []
    session = good_rows(checked, "session", backend)
    session = session.mutate(
        session_key=key_of(session["source"], session["session_id"]), organisation=session["source"]
    )
    session = backend.keep(session.select(*TABLES["capacity_session"].schema.names), "sessions")
    case = good_rows(checked, "theatre_case", backend)
    case = case.mutate(
        case_key=key_of(case["source"], case["case_id"]), session_key=key_of(case["source"], case["session_id"])
    )
    said = ("session ", " is in no session feed; the row is published once the session arrives")
    case, orphans = without_orphans(
        checked, case, session.select("session_key"), "session_key", "theatre_case", backend,
        code="unknown_session", said=said,
    )  # fmt: skip
    case = backend.keep(case.select(*TABLES["theatre_case"].schema.names), "cases")
    return {"capacity_session": session, "theatre_case": case}, orphans
