"""What the group's sites can do by week, how long cases take, and how theatres are used.

`derive` makes three tables of a snapshot from the sessions and cases that trusts send. `CaseMinutes` says how long one
case of a group takes at a site; whoever plans theatre work takes it from there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from wherry.hub.derivation import DeriveContext
from wherry.waiting.capacity.cases import CaseMinutes, case_length, timed_cases
from wherry.waiting.capacity.columns import rows_of, shaped
from wherry.waiting.capacity.rules import CapacityRule, rule_on
from wherry.waiting.capacity.sessions import all_sessions
from wherry.waiting.capacity.use import session_use, theatre_use
from wherry.waiting.capacity.weeks import capacity_week

__all__ = ["CapacityRule", "CaseMinutes", "all_sessions", "derive", "rule_on", "session_use", "timed_cases"]


def derive(tables: Mapping[str, Any], context: DeriveContext) -> dict[str, pa.Table]:
    """`case_length`, `theatre_use` and `capacity_week` of one snapshot, by `wherry.hub.schema_elective`."""
    rule = rule_on(context.census)
    sent = rows_of(tables, "capacity_session", context)
    cases = timed_cases(rows_of(tables, "theatre_case", context), sent)
    lengths = case_length(cases, context.census, rule, context.system)
    minutes = CaseMinutes.measured(cases, lengths, context.census, rule)
    sessions = all_sessions(sent, minutes, context.census, context.system)
    return {
        "case_length": shaped(lengths, "case_length"),
        "theatre_use": shaped(theatre_use(sent, cases, context.census, context.system), "theatre_use"),
        "capacity_week": shaped(capacity_week(sessions), "capacity_week"),
    }
