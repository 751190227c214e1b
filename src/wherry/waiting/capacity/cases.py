"""How long cases take: each case with the session it was in, the time to the next, and lengths by site and group.

A case lasts from the start of anaesthesia to leaving the theatre. Turnover is the time from one case's leaving to the
next one's anaesthesia in the same session, 0 where they overlap, and belongs to the group of the case that left. Cases
without both times, or that end before they start, have no length and count for none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from statistics import fmean
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from wherry.reference import procedure_groups
from wherry.waiting.capacity.columns import array, day_number, days, known, number, owner, pc, text
from wherry.waiting.capacity.rules import CapacityRule

_DAYS_A_WEEK = 7


def timed_cases(cases: pa.Table, sessions: pa.Table) -> pa.Table:
    """Cases of theatre sessions that were held, with both times, by session and start.

    Columns: `session` (row of `sessions`), organisation, site, session_on (days since 1970), treatment_function,
    procedure_group, `start` and `end` (minutes from the planned start), `minutes`, and `turnover` to the next case of
    the session (null after the last).
    """
    held = pc.and_(pc.equal(sessions["kind"], "theatre"), pc.equal(sessions["status"], "held"))
    row = pc.index_in(cases["session_key"], value_set=_one(sessions["session_key"]))
    there = known(row)
    rows = number(row)
    there &= _at(held, rows, there)
    start, end = number(cases["from_minute"]), number(cases["to_minute"])
    there &= known(cases["from_minute"]) & known(cases["to_minute"]) & (end > start)
    keep = np.flatnonzero(there)
    by_key = np.argsort(pc.sort_indices(_one(cases["case_key"])).to_numpy(), kind="stable")
    keep = keep[np.lexsort((by_key[keep], end[keep], start[keep], rows[keep]))]
    rows, start, end = rows[keep], start[keep], end[keep]
    same = np.zeros(len(keep), dtype=bool)
    same[:-1] = rows[1:] == rows[:-1]
    gap = np.zeros(len(keep), dtype=np.int64)
    if len(keep):
        gap[:-1] = np.maximum(0, start[1:] - end[:-1])
    of_session = sessions.select(["organisation", "site", "session_on", "treatment_function"]).take(array(rows))
    return pa.table(
        {
            "session": rows,
            "organisation": of_session["organisation"],
            "site": text(of_session["site"]),
            "session_on": days(of_session["session_on"]),
            "treatment_function": text(of_session["treatment_function"]),
            "procedure_group": _groups(cases["procedure"].take(array(keep))),
            "start": start,
            "end": end,
            "minutes": end - start,
            "turnover": array(gap, mask=~same),
        }
    )


def case_length(cases: pa.Table, census: date, rule: CapacityRule, system: Any) -> pa.Table:
    """The `case_length` table: by site and group, over the rule's weeks up to the census.

    The upper length is interpolated between cases. A group that never had a next case at a site has the site's
    turnover; a site that never had one has none.
    """
    recent = _recent(cases, census, rule)
    site_gap = _mean_of(recent, ("site",), "turnover")
    rows: list[dict[str, Any]] = []
    for (site, group), part in _parts(recent, ("site", "procedure_group")).items():
        minutes = recent["minutes"].to_numpy()[part]
        gaps = recent["turnover"].take(array(part)).drop_null().to_numpy()
        rows.append(
            {
                "sent_by": recent["organisation"][int(part[0])].as_py(),
                "site": site,
                "procedure_group": group,
                "cases": len(part),
                "mean_minutes": float(minutes.mean()),
                "median_minutes": float(np.median(minutes)),
                "upper_minutes": float(np.quantile(minutes, rule.upper_share)),
                "turnover_minutes": float(gaps.mean()) if len(gaps) else site_gap.get((site,)),
            }
        )
    kinds: dict[str, Any] = {
        "sent_by": pa.string(),
        "site": pa.string(),
        "procedure_group": pa.string(),
        "cases": pa.int32(),
    }
    kinds |= dict.fromkeys(("mean_minutes", "median_minutes", "upper_minutes", "turnover_minutes"), pa.float64())
    table = pa.Table.from_pylist(rows, schema=pa.schema(list(kinds.items())))
    return table.append_column("organisation", owner(table["site"], table["sent_by"], system))


@dataclass(frozen=True)
class CaseMinutes:
    """Theatre minutes that one case takes of a session, its turnover included.

    `by_group` is by site and group, `by_function` by site and treatment function, from cases; what neither has comes
    from the usual minutes of the group.

    >>> minutes = CaseMinutes({("RGP75", "cataract"): 31.5}, {("RGP75", "130"): 33.0})
    >>> minutes.of("RGP75", "130", "cataract"), minutes.of("RGP75", "130", ""), minutes.of("RCX70", "130", "cataract")
    (31.5, 33.0, 27.0)
    """

    by_group: Mapping[tuple[str, str], float]
    by_function: Mapping[tuple[str, str], float]

    @classmethod
    def measured(cls, cases: pa.Table, lengths: pa.Table, census: date, rule: CapacityRule) -> CaseMinutes:
        """From the timed cases of a snapshot and its `case_length` table."""
        recent = _recent(cases, census, rule)
        gaps = _mean_of(recent, ("site",), "turnover")
        means = _mean_of(recent, ("site", "treatment_function"), "minutes")
        by_function = {(site, function): mean + gaps.get((site,), 0.0) for (site, function), mean in means.items()}
        return cls(_by_group(lengths), by_function)

    @classmethod
    def published(cls, lengths: pa.Table) -> CaseMinutes:
        """From a published `case_length` table alone."""
        return cls(_by_group(lengths), {})

    def of(self, site: str, treatment_function: str, procedure_group: str) -> float:
        """Minutes of one case of a group at a site, or of any case of the function where no group is named."""
        if procedure_group:
            measured = self.by_group.get((site, procedure_group))
            return measured if measured is not None else usual_minutes(treatment_function, procedure_group)
        measured = self.by_function.get((site, treatment_function))
        return measured if measured is not None else usual_minutes(treatment_function, "")


def usual_minutes(treatment_function: str, procedure_group: str) -> float:
    """Minutes of a case where nothing was measured: the group's, or the mean of the function's groups, or any other's.

    >>> usual_minutes("110", "hip_knee_replacement"), usual_minutes("143", ""), usual_minutes("999", "")
    (105.0, 40.0, 60.0)
    """
    groups = procedure_groups.GROUPS
    if procedure_group in groups:
        return float(groups[procedure_group].minutes)
    own = [group.minutes for group in groups.values() if group.treatment_function == treatment_function]
    return fmean(own) if own else float(groups[procedure_groups.OTHER].minutes)


# --- small things ---------------------------------------------------------------------------------------------------


def _by_group(lengths: pa.Table) -> dict[tuple[str, str], float]:
    return {
        (row["site"], row["procedure_group"]): row["mean_minutes"] + (row["turnover_minutes"] or 0.0)
        for row in lengths.select(["site", "procedure_group", "mean_minutes", "turnover_minutes"]).to_pylist()
    }


def _recent(cases: pa.Table, census: date, rule: CapacityRule) -> pa.Table:
    """Cases of the rule's weeks up to the census, the census day included."""
    last = day_number(census)
    on = cases["session_on"].to_numpy()
    return cases.filter(array((on <= last) & (on > last - rule.case_weeks * _DAYS_A_WEEK)))


def _parts(table: pa.Table, names: tuple[str, ...]) -> dict[tuple[str, ...], Any]:
    """The rows of each combination of values."""
    if not table.num_rows:
        return {}
    coded = [_one(table[name]).dictionary_encode() for name in names]
    code = np.zeros(table.num_rows, dtype=np.int64)
    for column in coded:
        code = code * len(column.dictionary) + column.indices.to_numpy()
    order = np.argsort(code, kind="stable")
    starts = np.flatnonzero(np.diff(code[order], prepend=-1))
    parts = np.split(order, starts[1:])
    return {tuple(table[name][int(part[0])].as_py() for name in names): part for part in parts}


def _mean_of(table: pa.Table, names: tuple[str, ...], column: str) -> dict[tuple[str, ...], float]:
    """The mean of a column for each combination of values that has any."""
    found = table.group_by(list(names)).aggregate([(column, "mean")]).to_pylist()
    return {
        tuple(row[name] for name in names): row[f"{column}_mean"] for row in found if row[f"{column}_mean"] is not None
    }


def _groups(procedures: Any) -> Any:
    coded: Any = _one(procedures).dictionary_encode()
    groups = [procedure_groups.group_of(code) for code in coded.dictionary.to_pylist()]
    return pc.fill_null(array(groups, pa.string()).take(coded.indices), procedure_groups.OTHER)


def _at(column: Any, rows: Any, there: Any) -> Any:
    """A yes-or-no column at some rows; no where there is none."""
    values = pc.fill_null(column, False).to_numpy()
    return values[np.where(there, rows, 0)] if len(values) else np.zeros(len(rows), dtype=bool)


def _one(column: Any) -> Any:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
