"""Reads of the waiting list. `WaitingList` cannot be made without somebody's access, and holds only what they may see.

People who may see identities read the care frame at the trusts where they may. Everybody else who may see the list
reads the frame of the secondary snapshot: no names, numbers or birth dates, and nobody who has opted out.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
from django.core.exceptions import PermissionDenied
from django.http import QueryDict

from wherry.errors import UserError
from wherry.web import snapshot as snapshots
from wherry.web.access import Permission
from wherry.web.access.access import Access
from wherry.web.waiting import filters as filtering
from wherry.web.waiting import overlay as overlays
from wherry.web.waiting import search
from wherry.web.waiting.filters import Filters
from wherry.web.waiting.frame import NO_DAY, Bools, Frame, Ints, frame_of


class NothingYet(UserError):
    """There is no snapshot to read."""

    def __init__(self) -> None:
        super().__init__("No snapshot has been built yet. Build one with `wherry hub build --extracts FOLDER`.")


@dataclass(frozen=True)
class Headline:
    """The numbers that a page opens with. `taken_off` counts decisions that hold, whatever is shown."""

    count: int
    over_18: int
    over_52: int
    over_65: int
    unknown: int
    taken_off: int


@dataclass(frozen=True)
class Selected:
    """Rows that fit a filter, in the order asked for, with what the page says about them."""

    rows: Ints
    headline: Headline
    next_row: int | None
    facets: dict[str, dict[str, int]]
    findings: dict[str, int]
    waits: dict[str, int]


class WaitingList:
    """The list as one person may see it."""

    def __init__(self, access: Access) -> None:
        if not isinstance(access, Access):
            raise TypeError("the waiting list is only read for somebody: pass request.access")
        if not access.can(Permission.SEE_LIST):
            raise PermissionDenied(Permission.SEE_LIST.value)
        self.access = access
        self.identified = access.can(Permission.SEE_IDENTITY)
        care = snapshots.current("care")
        own = care if self.identified else snapshots.current("secondary")
        if care is None or own is None:
            raise NothingYet
        self.snapshot = own
        self.today = snapshots.today()
        where = access.where(Permission.SEE_LIST)
        self.organisations = where & access.where(Permission.SEE_IDENTITY) if self.identified else where
        care_frame = frame_of(care, "care")
        overlay = overlays.overlay_of(care, care_frame, self.today)
        self.frame: Frame = care_frame
        self.opted_out_removed = 0
        if not self.identified:
            self.frame = frame_of(own, "secondary")
            overlay = overlay.on_rows(care_frame, self.frame)
            before = int(care_frame.facets["organisation"].mask(self.organisations).sum())
            self.opted_out_removed = before - int(self.frame.facets["organisation"].mask(self.organisations).sum())
        self.overlay = overlay
        self.scope: Bools = self.frame.facets["organisation"].mask(self.organisations)

    @property
    def opt_out_list(self) -> str:
        """Which list of opted-out people was applied, and when; never who is on it."""
        applied = self.snapshot.manifest.get("opt_out") or {}
        version = applied.get("list_version")
        return f"opt-out list {version}, applied {str(applied.get('applied_at'))[:10]}" if version else "no list came"

    def exportable(self, selected: Selected) -> Ints:
        """The rows of a selection that this person may take out as a file."""
        where = self.access.where(Permission.EXPORT_LIST)
        if self.organisations <= where:
            return selected.rows
        allowed = self.frame.facets["organisation"].mask(where)
        out: Ints = selected.rows[allowed[selected.rows]]
        return out

    def read(self, query: QueryDict) -> tuple[Filters, tuple[str, ...]]:
        """The filter of an address, and what in it was not understood."""
        known: dict[str, Any] = {column: coded.values for column, coded in self.frame.facets.items()}
        known["organisation"] = tuple(v for v in known["organisation"] if v in self.organisations)
        filters, ignored = filtering.read(query, known, self.frame.rules)
        if filters.q and not self.identified:
            return replace(filters, q=""), (*ignored, "the search: it needs names, which you do not see here")
        return filters, ignored

    def select(self, filters: Filters) -> Selected:
        """Everything that fits, remembered for the next page of the same filter."""
        key = (self.overlay.stamp, self.frame.purpose, self.organisations, filters.query())
        found = _cache.get(key)
        if found is None:
            found = self.select_afresh(filters)
            _cache.put(key, found)
        return found

    def select_afresh(self, filters: Filters) -> Selected:
        """The same, without remembering."""
        parts = self._parts(filters)
        mask = self._all(parts)
        days = self.frame.days[mask]
        off = self.overlay.off
        headline = Headline(
            count=len(days),
            over_18=int((days > 126).sum()),
            over_52=int((days > 364).sum()),
            over_65=int((days > 455).sum()),
            unknown=int((days == NO_DAY).sum()),
            taken_off=int((self._all(parts, without="show") & off).sum()),
        )
        rows = np.flatnonzero(mask).astype(np.int32)
        next_row = int(rows[0]) if len(rows) else None
        if filters.order != "list":
            order = self.frame.orders[filters.order]
            rows = order[mask[order]]
        facets = {
            parameter: self.frame.facets[column].counts(self._all(parts, without=parameter))
            for parameter, (column, _) in filtering.FACETS.items()
        }
        base = self._all(parts, without="finding")
        findings = {rule: int((self.frame.rule_mask(rule) & base).sum()) for rule in self.frame.rules}
        base = self._all(parts, without="wait")
        waits = {wait: int((self._wait(wait) & base).sum()) for wait in filtering.WAIT_WORDS}
        return Selected(rows, headline, next_row, facets, findings, waits)

    def _all(self, parts: dict[str, Bools], without: str = "") -> Bools:
        mask = self.scope
        for name, part in parts.items():
            if name != without:
                mask = mask & part
        return mask

    def _parts(self, filters: Filters) -> dict[str, Bools]:
        frame = self.frame
        parts: dict[str, Bools] = {}
        for parameter, values in filters.facets.items():
            if values:
                parts[parameter] = frame.facets[filtering.FACETS[parameter][0]].mask(values)
        if filters.findings:
            parts["finding"] = np.logical_or.reduce([frame.rule_mask(rule) for rule in filters.findings])
        if filters.wait:
            parts["wait"] = self._wait(filters.wait)
        if filters.validation:
            parts["validation"] = self._validation(filters.validation)
        if filters.no_next:
            parts["no_next"] = frame.dates["next_event_on"] == NO_DAY
        if filters.no_tci:
            parts["no_tci"] = frame.dates["tci_on"] == NO_DAY
        if filters.show != "all":
            parts["show"] = self.overlay.off if filters.show == "off" else ~self.overlay.off
        if filters.q:
            parts["q"] = search.mask(frame, filters.q)
        return parts

    def _wait(self, wait: str) -> Bools:
        days = self.frame.days
        if wait == filtering.UNKNOWN:
            return np.asarray(days == NO_DAY)
        if wait == "within_18":
            return np.asarray((days != NO_DAY) & (days <= 126))
        return np.asarray(days > 7 * filtering.WAITS[wait][0])

    def _validation(self, choice: str) -> Bools:
        states, validated = self.overlay.states, self.overlay.validated
        if choice in ("asked", "news"):
            return np.asarray(states == (overlays.ASKED if choice == "asked" else overlays.NEWS))
        if choice == "never":
            return np.asarray(validated == NO_DAY)
        recent = validated >= overlays.days_ago(self.today, 12)
        return np.asarray(recent if choice == "recent" else (validated != NO_DAY) & ~recent)

    def page(
        self, filters: Filters, selected: Selected
    ) -> tuple[list[dict[str, Any]], dict[str, Any] | None, int, int]:
        """Rows of one page, who is next in list order, the number of the page shown, and how many there are."""
        pages = max(1, -(-len(selected.rows) // filters.size))
        page = min(filters.page, pages)
        rows = selected.rows[(page - 1) * filters.size : page * filters.size]
        if selected.next_row is None:
            return [], None, page, pages
        taken = self.take(np.append(rows, np.int32(selected.next_row)))
        return taken[:-1], taken[-1], page, pages

    def take(self, rows: Ints) -> list[dict[str, Any]]:
        """Rows with the case that somebody has decided about, if any."""
        out = self.frame.take(rows)
        for row, number in zip(out, rows.tolist(), strict=True):
            row["case"] = self.overlay.cases.get(number)
            row["state"] = int(self.overlay.states[number])
            row["validated_on"] = _day(int(self.overlay.validated[number]))
        return out

    def row_at(self, number: int) -> list[dict[str, Any]]:
        """One row by its number in the frame, as a list of one."""
        return self.take(np.array([number], dtype=np.int32))

    def row(self, pathway_key: str) -> dict[str, Any] | None:
        """One pathway's row, if its clock is open and it is in the person's scope."""
        number = self.frame.find(pathway_key)
        if number is None or not self.scope[number]:
            return None
        return self.row_at(number)[0]


def _day(number: int) -> date | None:
    return None if number == int(NO_DAY) else date.fromordinal(date(1970, 1, 1).toordinal() + number)


class _Cache:
    """The last few selections of this process. Each row array is at most 0.5 MB for 130,000 pathways."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._kept: OrderedDict[Any, Selected] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Any) -> Selected | None:
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def put(self, key: Any, value: Selected) -> None:
        with self._lock:
            self._kept[key] = value
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)


_cache = _Cache(64)
