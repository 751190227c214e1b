"""The validation queue: open clocks that something makes doubtful and that nobody has decided about for this evidence.

Order: the most serious doubt first (high, medium, low); within it an unknown clock start first, then the longest wait.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from django.core.exceptions import PermissionDenied
from django.http import QueryDict

from wherry.web.access import Permission
from wherry.web.access.access import Access
from wherry.web.waiting import overlay as overlays
from wherry.web.waiting.frame import NO_DAY, Bools, Ints
from wherry.web.waiting.naming import names_of
from wherry.web.waiting.selectors import WaitingList

ORDER_WORDS = "most serious doubt first; then unknown clock starts, then the longest wait"


@dataclass(frozen=True)
class QueueFilter:
    """What part of the queue somebody works on."""

    rule: str = ""
    trust: str = ""
    group: str = ""

    def pairs(self) -> list[tuple[str, str]]:
        """As query parameters."""
        named = (("rule", self.rule), ("trust", self.trust), ("group", self.group))
        return [(name, value) for name, value in named if value]


class Queue:
    """The queue of one person. Made with access alone, like the list itself."""

    def __init__(self, access: Access, permission: Permission = Permission.VALIDATE) -> None:
        self.listing = WaitingList(access)
        if not self.listing.identified or not access.can(permission):
            raise PermissionDenied(permission.value)
        self.organisations = self.listing.organisations & access.where(permission)
        frame = self.listing.frame
        self.scope: Bools = frame.facets["organisation"].mask(self.organisations)
        self.names = names_of(self.listing.snapshot)
        self.rules = tuple(rule for rule in frame.rules if self.names.rule(rule).about == "pathway")

    @cached_property
    def severity(self) -> Ints:
        """The worst doubt about each row's clock: 0 high, 1 medium, 2 low, 3 none."""
        frame = self.listing.frame
        out = np.full(frame.size, 3, dtype=np.int32)
        for rank, severity in ((2, "low"), (1, "medium"), (0, "high")):
            bits = sum(
                1 << frame.rules.index(rule) for rule in self.rules if self.names.rule(rule).severity == severity
            )
            out[(frame.rule_bits & np.uint64(bits)) != 0] = rank
        return out

    @cached_property
    def reviews_due(self) -> Bools:
        """Rows on active monitoring by a decision here whose review is due."""
        out: Bools = np.zeros(self.listing.frame.size, dtype=bool)
        for row, case in self.listing.overlay.cases.items():
            out[row] = overlays.review_due(case, self.listing.today)
        return out

    @cached_property
    def waiting(self) -> Bools:
        """Rows that somebody should decide about now."""
        states = self.listing.overlay.states
        open_states = np.isin(states, (overlays.UNDECIDED, overlays.NEWS, overlays.DUE))
        return np.asarray(self.scope & ((open_states & (self.severity < 3)) | self.reviews_due))

    def read(self, query: QueryDict) -> QueueFilter:
        """The filter of an address; what is not known is left out."""
        groups = self.listing.frame.facets["reporting_group"].values
        rule, trust, group = query.get("rule", ""), query.get("trust", ""), query.get("group", "")
        return QueueFilter(
            rule=rule if rule in self.rules else "",
            trust=trust if trust in self.organisations else "",
            group=group if group in groups else "",
        )

    def rows(self, wanted: QueueFilter) -> Ints:
        """Rows in queue order."""
        frame = self.listing.frame
        mask = self.waiting
        if wanted.rule:
            mask = mask & frame.rule_mask(wanted.rule)
        if wanted.trust:
            mask = mask & frame.facets["organisation"].mask([wanted.trust])
        if wanted.group:
            mask = mask & frame.facets["reporting_group"].mask([wanted.group])
        return self.ordered(np.flatnonzero(mask))

    def ordered(self, rows: Any) -> Ints:
        """Rows in queue order."""
        days = self.listing.frame.days[rows].astype(np.int64)
        days[days == NO_DAY] = 1 << 40
        order = np.lexsort((rows, -days, self.severity[rows]))
        out: Ints = rows[order].astype(np.int32)
        return out

    def counts(self, wanted: QueueFilter) -> dict[str, dict[str, int]]:
        """How many the queue has by rule, trust and group, each under the other two choices."""
        frame = self.listing.frame
        base = self.waiting
        by_rule = frame.rule_mask(wanted.rule) if wanted.rule else base
        by_trust = frame.facets["organisation"].mask([wanted.trust]) if wanted.trust else base
        by_group = frame.facets["reporting_group"].mask([wanted.group]) if wanted.group else base
        return {
            "rule": {r: int((frame.rule_mask(r) & base & by_trust & by_group).sum()) for r in self.rules},
            "trust": frame.facets["organisation"].counts(base & by_rule & by_group),
            "group": frame.facets["reporting_group"].counts(base & by_rule & by_trust),
        }

    def after(self, wanted: QueueFilter, key: str | None) -> str | None:
        """The pathway after `key` in the queue, from the top again at its end; the first if `key` has left it."""
        rows = self.rows(wanted)
        if not len(rows):
            return None
        keys = self.listing.frame.table["pathway_key"]
        here = self.listing.frame.find(key) if key else None
        at = np.flatnonzero(rows == here) if here is not None else np.zeros(0)
        if not len(at) and here is not None:
            return self._next_by_order(rows, here)
        number = (int(at[0]) + 1) % len(rows) if len(at) else 0
        found = str(keys[int(rows[number])].as_py())
        return None if found == key else found

    def _next_by_order(self, rows: Ints, here: int) -> str:
        """The first row of the queue that would come after one that has just left it."""
        both = self.ordered(np.unique(np.append(rows, here)))
        at = int(np.flatnonzero(both == here)[0])
        number = int(both[at + 1]) if at + 1 < len(both) else int(rows[0])
        return str(self.listing.frame.table["pathway_key"][number].as_py())

    def asked(self) -> list[dict[str, Any]]:
        """Rows that wait for a clinician's answer, the longest asked first."""
        cases = self.listing.overlay.cases.values()
        asked = [c for c in cases if c.state == overlays.ASKED and self.scope[c.row]]
        asked.sort(key=lambda case: (case.decided_on, case.row))
        return self.listing.take(np.array([case.row for case in asked], dtype=np.int32))
