"""Reads of the cancer list. `CancerList` cannot be made without somebody's access, and holds only what they may see."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from django.core.exceptions import PermissionDenied
from django.http import QueryDict

from wherry.waiting.cancer.rules import concerns
from wherry.web import snapshot as snapshots
from wherry.web.access import Permission
from wherry.web.access.access import Access
from wherry.web.cancer import filters as filtering
from wherry.web.cancer.filters import Filters
from wherry.web.cancer.frame import BANDS, Bools, Frame, Ints, frame_of, pc
from wherry.web.cancer.models import Tracking
from wherry.web.waiting.frame import fold
from wherry.web.waiting.selectors import NothingYet


@dataclass(frozen=True)
class Selected:
    """Rows that fit a filter, in the order asked for, with how many each further choice would leave."""

    rows: Ints
    bands: dict[str, int]
    facets: dict[str, dict[str, int]]
    concerns: dict[str, int]
    works: dict[str, int]


class CancerList:
    """The list as one person may see it: with names, at the trusts where they may."""

    def __init__(self, access: Access) -> None:
        if not access.can(Permission.SEE_CANCER):
            raise PermissionDenied(Permission.SEE_CANCER.value)
        self.access = access
        self.organisations = access.where(Permission.SEE_CANCER) & access.where(Permission.SEE_IDENTITY)
        snapshot = snapshots.current("care")
        if snapshot is None:
            raise NothingYet
        self.snapshot = snapshot
        self.today = snapshots.today()
        self.frame: Frame = frame_of(snapshot)
        self.scope: Bools = self.frame.facets["organisation"].mask(self.organisations)
        rows = Tracking.objects.filter(organisation__in=self.organisations)
        self.tracking = {row.cancer_key: row for row in rows}

    def read(self, query: QueryDict) -> tuple[Filters, tuple[str, ...]]:
        """The filter of an address, and what in it was not understood."""
        known: dict[str, Any] = {name: coded.values for name, coded in self.frame.facets.items()}
        known["organisation"] = tuple(v for v in known["organisation"] if v in self.organisations)
        return filtering.read(query, known)

    def select(self, filters: Filters) -> Selected:
        """Everything that fits."""
        frame, parts = self.frame, self._parts(filters)
        mask = self._all(parts)
        order = frame.orders[filters.order]
        band_base = self._all(parts, without="band")
        work_base = self._all(parts, without="work")
        concern_base = self._all(parts, without="concern")
        return Selected(
            rows=order[mask[order]],
            bands={str(n): int((band_base & (frame.bands == n)).sum()) for n in range(len(BANDS))},
            facets={
                name: frame.facets[column].counts(self._all(parts, without=name))
                for name, (column, _) in filtering.FACETS.items()
            },
            concerns={code: int((concern_base & frame.concerns[code]).sum()) for code in concerns()},
            works={work: int((work_base & self._work(work)).sum()) for work in filtering.WORKS},
        )

    def _parts(self, filters: Filters) -> dict[str, Bools]:
        frame = self.frame
        parts: dict[str, Bools] = {
            name: frame.facets[filtering.FACETS[name][0]].mask(values)
            for name, values in filters.facets.items()
            if values
        }
        if filters.band:
            parts["band"] = np.isin(frame.bands, [int(band) for band in filters.band])
        if filters.concern:
            parts["concern"] = np.logical_or.reduce([frame.concerns[code] for code in filters.concern])
        if filters.outcome:
            clock, end = filters.outcome.split("_")
            ended = frame.ended[clock]
            parts["outcome"] = {"met": ended.met, "breached": ended.breached}.get(end, ended.met | ended.breached)
            if filters.month:
                parts["month"] = ended.month == int(filters.month.replace("-", ""))
        if filters.work:
            parts["work"] = self._work(filters.work)
        if filters.show != "all":
            parts["show"] = frame.tracked if filters.show == "tracked" else ~frame.tracked
        if filters.q:
            parts["q"] = self._search(filters.q)
        return parts

    def _all(self, parts: dict[str, Bools], without: str = "") -> Bools:
        mask = self.scope
        for name, part in parts.items():
            if name != without:
                mask = mask & part
        return mask

    def _work(self, work: str) -> Bools:
        """Rows by what people have recorded about them."""
        user = self.access.user
        fits: dict[str, Callable[[Tracking], bool]] = {
            "mine": lambda t: bool(t.action) and user is not None and t.action_owner_id == user.pk,
            "overdue": lambda t: t.action_due_on is not None and t.action_due_on < self.today,
            "escalated": lambda t: t.level > 0,
            "no_action": lambda t: not t.action,
            "not_chased": lambda t: not t.chased,
        }
        chosen = fits[work]
        out: Bools = np.full(self.frame.size, work in ("no_action", "not_chased"), dtype=np.bool_)
        for key, row in self.tracking.items():
            number = self.frame.row_of.get(key)
            if number is not None:
                out[number] = chosen(row)
        return out

    def _search(self, words: str) -> Bools:
        """Rows of a name (each word begins a part of it), an NHS number, or a cancer or pathway number."""
        frame = self.frame
        found: Bools = np.zeros(frame.size, dtype=np.bool_)
        if not frame.size:
            return found
        parts = fold(pa.array([words.lower()]))[0].as_py().split()
        if parts:
            named = pc.match_substring(frame.names, f" {parts[0]}")
            for part in parts[1:]:
                named = pc.and_(named, pc.match_substring(frame.names, f" {part}"))
            found |= _bools(named)
        digits = re.sub(r"[\s\-]", "", words)
        if digits.isascii() and digits.isdigit() and len(digits) >= 6:
            found |= _bools(pc.starts_with(frame.numbers, digits))
        for name in ("cancer_key", "pathway_key"):
            found |= _bools(pc.equal(frame.table[name], words))
            if len(digits) >= 2:
                found |= _bools(pc.ends_with(frame.table[name], f":{digits}"))
        return found

    def page(self, filters: Filters, selected: Selected) -> tuple[list[dict[str, Any]], int, int]:
        """Rows of one page with their tracking, the page's number, and how many pages there are."""
        pages = max(1, -(-len(selected.rows) // filters.size))
        page = min(filters.page, pages)
        return self.take(selected.rows[(page - 1) * filters.size : page * filters.size]), page, pages

    def take(self, rows: Ints) -> list[dict[str, Any]]:
        """Rows with their tracking, if anybody has done anything."""
        out = self.frame.take(rows)
        for row in out:
            row["tracking"] = self.tracking.get(row["cancer_key"])
        return out

    def row(self, key: str) -> dict[str, Any] | None:
        """One cancer pathway in the person's scope."""
        number = self.frame.row_of.get(key)
        if number is None or not self.scope[number]:
            return None
        return self.take(np.array([number]))[0]


def _bools(array: Any) -> Bools:
    whole = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
    return np.asarray(pc.fill_null(whole, False).to_numpy(zero_copy_only=False))
