"""The three loops of the clock, over arrays of whole numbers: gather, tidy, walk.

They are plain Python that Numba compiles (`wherry.waiting.engine`): a short list is walked as it stands, in
milliseconds and without loading a compiler; a long one is walked compiled. No objects, no strings, no allocation.
Days are days since 1970. Codes of providers and treatment functions are 0 for blank.
"""

from __future__ import annotations

from typing import Any

#: A date that is not there.
NO_DAY = -(2**31)

#: A pathway with more events than this is sorted and cleared of duplicates by NumPy (`wherry.waiting.engine`).
SMALL = 64


def gather(pathway: Any, day: Any, last_day: int, cursor: Any, order: Any) -> None:
    """Put the row numbers of each pathway together, in file order, leaving out what is after the census.

    `cursor` (one per pathway) holds where each pathway begins in `order`; it is moved on. A counting sort.
    """
    for i in range(len(pathway)):
        if day[i] <= last_day:
            p = pathway[i]
            order[cursor[p]] = i
            cursor[p] += 1


def tidy(begin: Any, order: Any, day: Any, signature: Any, mark: Any) -> None:
    """Sort each small pathway's rows by day, file order kept within a day, and mark exact duplicates.

    `signature` is one number for everything but pathway and day. `mark[i]` becomes 1 for a row with dropped copies
    and 2 for a dropped copy.
    """
    for p in range(len(begin) - 1):
        a, b = begin[p], begin[p + 1]
        if b - a < 2 or b - a > SMALL:
            continue
        for k in range(a + 1, b):
            row = order[k]
            at = day[row]
            j = k - 1
            while j >= a and day[order[j]] > at:
                order[j + 1] = order[j]
                j -= 1
            order[j + 1] = row
        for k in range(a + 1, b):
            row = order[k]
            j = k - 1
            while j >= a and day[order[j]] == day[row]:
                other = order[j]
                if mark[other] != 2 and signature[other] == signature[row]:
                    mark[other] = 1
                    mark[row] = 2
                    break
                j -= 1


def walk(
    begin: Any,
    order: Any,
    mark: Any,
    day: Any,
    action: Any,
    status: Any,
    provider: Any,
    function: Any,
    out_pathway: Any,
    out_number: Any,
    out_start: Any,
    out_stop: Any,
    out_outcome: Any,
    out_provider: Any,
    out_function: Any,
    out_credit: Any,
    out_issues: Any,
    out_start_row: Any,
    out_stop_row: Any,
) -> int:
    """Apply the events of each pathway in order (contract A4 to A7); returns the number of periods written.

    Issue bits are the places in `codes.ISSUES`; outcomes the places in `codes.OUTCOMES`; actions `codes.Action`.
    Within a pathway the open period, if there is one, is always the last one created, so an issue goes to the last
    period, or waits for the first.
    """
    written = 0
    for p in range(len(begin) - 1):
        last = -1  # the last period created on this pathway
        number = 0
        is_open = False
        waiting = 0  # issues that wait for the pathway's first period
        at_provider = 0
        at_function = 0
        for k in range(begin[p], begin[p + 1]):
            i = order[k]
            if mark[i] == 2:
                continue
            if provider[i] != 0:
                at_provider = provider[i]
            if function[i] != 0:
                at_function = function[i]
            what = action[i]
            issue = 2 if mark[i] == 1 else 0  # duplicate_event
            new = False
            stops = what == 3 or what == 4
            if what == 1:
                if is_open:
                    issue |= 64  # two_starts
                else:
                    new = True
            elif what == 2 or stops:
                if not is_open:
                    if last >= 0:
                        issue |= 4  # event_after_stop
                        stops = False
                    else:
                        new = True
                        issue |= 32 if stops else 8  # stop_without_start, no_start
            elif what == 5:
                issue |= 1  # dna_not_communicated
            elif what == 6:
                issue |= 16  # status_99
            elif what == 7:
                issue |= 128  # unknown_status
            if new:
                credit = 0
                if what == 1 and status[i] == 11 and last >= 0 and out_outcome[last] == 1:
                    stopped_by = status[out_stop_row[last]]
                    if stopped_by == 31 or stopped_by == 32:
                        credit = out_credit[last]
                        if out_start[last] != NO_DAY:
                            credit += out_stop[last] - out_start[last]
                last = written
                written += 1
                number += 1
                is_open = True
                out_pathway[last] = p
                out_number[last] = number
                out_start[last] = day[i] if what == 1 else NO_DAY
                out_stop[last] = NO_DAY
                out_outcome[last] = 0
                out_credit[last] = credit
                out_issues[last] = waiting
                out_start_row[last] = i if what == 1 else -1
                out_stop_row[last] = -1
                waiting = 0
            if stops:
                is_open = False
                out_stop[last] = day[i]
                out_stop_row[last] = i
                out_outcome[last] = 2 if what == 4 else 1
                out_provider[last] = at_provider
                out_function[last] = at_function
            if last >= 0:
                out_issues[last] |= issue
            else:
                waiting |= issue
        if is_open:
            out_provider[last] = at_provider
            out_function[last] = at_function
    return written
