"""Referral-to-treatment clocks: who waited at the end of each period, whose clock started and stopped, who attended.

The clocks are those of `rtt_period`, which `wherry.waiting` derives; a list of the past is rebuilt from their starts
and stops. A clock that was nullified never waited. Where nobody knows the start, somebody is on the list from the first
event of the pathway, with no days.
"""

from __future__ import annotations

from wherry.performance.measures.counting.given import Given, Made, settings
from wherry.performance.measures.counting.people import columns, people

SOURCE = "Organisations' extracts, clocks derived by wherry"


def clocks(given: Given) -> str:
    """Every clock that was not nullified, with who it is about."""
    everyone = people(given)
    period, pathway, event = (given.parquet(name) for name in ("rtt_period", "pathway", "pathway_event"))
    entries = given.parquet("list_entry")
    return given.once(
        "clocks",
        f"""WITH firsts AS (
                SELECT pathway_key, min(event_on) AS first_on FROM {event}
                WHERE pathway_key IN (SELECT pathway_key FROM {period} WHERE clock_start IS NULL) GROUP BY 1
            ), sites AS (SELECT event_key, site FROM {event} WHERE site IS NOT NULL AND site <> ''),
            added AS (
                SELECT pathway_key, list({{'since': added_on, 'until': removed_on}}) AS on_list FROM {entries}
                WHERE list_type = 'admitted' AND added_on IS NOT NULL GROUP BY 1
            )
            SELECT c.organisation, c.clock_start, c.clock_stop, coalesce(c.clock_start, f.first_on) AS listed_on,
                   c.outcome, c.admitted, coalesce(c.treatment_function, '') AS treatment_function,
                   coalesce(b.site, a.site, '') AS site, e.on_list,
                   w.birth_date, w.sex, w.ethnicity, w.imd_quintile, w.place
            FROM {period} c JOIN {pathway} p USING (pathway_key)
            LEFT JOIN firsts f USING (pathway_key) LEFT JOIN added e USING (pathway_key)
            LEFT JOIN sites a ON a.event_key = c.start_event LEFT JOIN sites b ON b.event_key = c.stop_event
            LEFT JOIN {everyone} w USING (person_key)
            WHERE c.outcome <> 'nullified' AND c.organisation IS NOT NULL""",
    )


def _waited(until: str) -> str:
    """Days and week band of a clock until a day, null where the start is not known (of which `greatest` makes 0). The
    bands are those of `wherry.waiting.clocks.week_band`."""
    days = f"date_diff('day', c.clock_start, {until})"
    band = f"CASE WHEN c.clock_start IS NOT NULL THEN least(104, greatest(0, ({days} + 6) // 7 - 1)) END"
    return f"{days} AS days_waited, {band} AS week_band"


def waiting(given: Given) -> Made:
    """`rtt_waiting`: clocks open at the end of each period's last day."""
    sql = f"""SELECT p.first AS period, c.organisation, {_waited("p.last")}, c.treatment_function, c.site,
            coalesce(len(list_filter(c.on_list, lambda one: one.since <= p.last
                AND (one.until IS NULL OR one.until > p.last))) > 0, false) AS admitted,
            {columns("p.last", "c")}
        FROM {clocks(given)} c JOIN wanted p
        ON c.listed_on <= p.last AND (c.clock_stop IS NULL OR c.clock_stop > p.last)"""
    return _made(given, sql, "stock_weeks", _stops(given))


def stopped(given: Given) -> Made:
    """`rtt_stopped`: clocks by the day they stopped."""
    sql = f"""SELECT c.clock_stop AS day, c.organisation, {_waited("c.clock_stop")}, c.admitted,
            c.treatment_function, c.site, {columns("c.clock_stop", "c")}
        FROM {clocks(given)} c WHERE c.outcome = 'stopped'"""
    return _made(given, sql, "flow_weeks", _stops(given))


def started(given: Given) -> Made:
    """`rtt_started`: clocks by the day they started, from when stops are known: older clocks that stopped are gone."""
    sql = f"""SELECT c.clock_start AS day, c.organisation, c.treatment_function, c.site,
            {columns("c.clock_start", "c")}
        FROM {clocks(given)} c WHERE c.clock_start IS NOT NULL"""
    return _made(given, sql, "flow_weeks", _stops(given))


def outpatient(given: Given) -> Made:
    """`outpatient`: attendances, and appointments that the patient did not attend."""
    event, pathway = given.parquet("pathway_event"), given.parquet("pathway")
    kinds = "event_type IN ('attendance', 'dna')"
    sql = f"""SELECT e.event_on AS day, e.organisation, e.event_type = 'attendance' AS attended,
            e.event_type = 'dna' AS did_not_attend, e.first_activity AS first_visit,
            coalesce(e.treatment_function, '') AS treatment_function, coalesce(e.site, '') AS site,
            {columns("e.event_on")}
        FROM {event} e JOIN {pathway} p USING (pathway_key) LEFT JOIN {people(given)} who USING (person_key)
        WHERE {kinds}"""
    counts = f"SELECT organisation, event_on, count(*) FROM {event} WHERE {kinds} GROUP BY 1, 2"
    return _made(given, sql, "flow_weeks", counts)


def _stops(given: Given) -> str:
    return f"SELECT organisation, clock_stop, count(*) FROM {clocks(given)} WHERE clock_stop IS NOT NULL GROUP BY 1, 2"


def _made(given: Given, sql: str, weeks: str, counts: str) -> Made:
    return Made(lambda wanted: sql, SOURCE, given.census, given.reach(counts, "event", settings()[weeks]))
