"""The history of flow: visits to emergency departments, stays that ended, and who was in a bed each morning.

Days are days in London. A visit counts at the organisation that its site belongs to.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pyarrow_compute

from wherry.hub.flow.schema import MOMENTS
from wherry.performance.measures.counting.given import Given, Made, Reach, mornings, settings, steady_from
from wherry.reference import wards
from wherry.reference.wards import GENERAL_AND_ACUTE

pc: Any = pyarrow_compute
LONDON = ZoneInfo("Europe/London")
SOURCE = "History of flow"


def visits(given: Given) -> str:
    """Every visit: moments in UTC, `*_here` the same on the clocks of London, organisation and general or not."""
    if "visits" not in given.kept:
        assert given.history is not None  # noqa: S101 - tables of the history are made only where there is one
        rows = given.history.rows()
        for name in MOMENTS:
            at = rows[name]
            here = pc.local_timestamp(at.cast(pa.timestamp("s", tz="Europe/London")))
            rows = rows.append_column(f"{name}_here", here)
            rows = rows.set_column(rows.column_names.index(name), name, at.cast(pa.timestamp("s", "UTC")).cast(_PLAIN))
        owner = {site.code: site.organisation for site in given.system.sites}
        owners = pa.table({"site": list(owner), "organisation": list(owner.values())})
        given.register("visit_rows", rows)
        given.register("owners", owners)
    groups = ", ".join(f"'{group}'" for group in GENERAL_AND_ACUTE)
    return given.once(
        "visits",
        f"""SELECT v.*, o.organisation, v.ward_group IN ({groups}) AS general
            FROM visit_rows v JOIN owners o USING (site)""",
    )


_PLAIN = pa.timestamp("s")


def _known(given: Given, warm_up: float = 0) -> tuple[Reach, date]:
    """Days of each organisation that the history knows all about, and its last day.

    Where the history has rows from before its steady beginning, those who were there already are in it; otherwise
    people in beds are counted only after `warm_up` days.
    """
    begun = "coalesce(arrived_at_here, admitted_at_here)"
    counts: dict[str, dict[date, int]] = {}
    for trust, day, number in given.fetch(
        f"SELECT organisation, {begun}::DATE, count(*) FROM {visits(given)} GROUP BY ALL"
    ):
        counts.setdefault(trust, {})[day] = number
    last = "greatest(arrived_at_here, admitted_at_here, left_at_here)"
    ended = dict(given.fetch(f"SELECT organisation, max({last}) FROM {visits(given)} GROUP BY 1"))
    quiet = timedelta(hours=settings()["day_ends_within_hours"])
    reach = {}
    for trust, days in counts.items():
        since = steady_from(days)
        if since == min(days):
            since += timedelta(days=1 + warm_up)  # the first day may be half a day
        reach[trust] = (since, (ended[trust] + quiet).date() - timedelta(days=1))
    return reach, max((until for _, until in reach.values()), default=date.min)


def _made(given: Given, sql: str, warm_up: float = 0) -> Made:
    reach, last = _known(given, warm_up)
    return Made(lambda wanted: sql, SOURCE, last, reach)


def emergency_visits(given: Given) -> Made:
    """`emergency_visit`: visits that have ended, by day of arrival."""
    out = "coalesce(admitted_at, left_at)"
    return _made(
        given,
        f"""SELECT arrived_at_here::DATE AS day, organisation, date_diff('second', arrived_at, {out}) / 60 AS minutes,
                CASE WHEN admitted_at IS NOT NULL THEN date_diff('second', decided_at, admitted_at) / 60 END
                    AS minutes_to_admission,
                admitted_at IS NOT NULL AS admitted, ed_type, acuity, site, age_band
            FROM {visits(given)} WHERE arrived_at IS NOT NULL AND {out} IS NOT NULL""",
    )


def stays_ended(given: Given) -> Made:
    """`spell_end`: hospital stays by the day they ended."""
    return _made(
        given,
        f"""SELECT left_at_here::DATE AS day, organisation,
                date_diff('day', admitted_at_here::DATE, left_at_here::DATE) AS nights,
                CASE WHEN ready_at IS NOT NULL
                    THEN greatest(0, date_diff('day', ready_at_here::DATE, left_at_here::DATE)) END AS ready_days,
                kind, ward_group, site, general, age_band
            FROM {visits(given)} WHERE admitted_at IS NOT NULL AND left_at IS NOT NULL""",
    )


def in_bed(given: Given) -> str:
    """Everybody in a bed on every morning of the history."""
    if "in_bed" not in given.kept:
        reach, _ = _known(given)
        days: list[date] = []
        if reach:
            days = list(mornings(min(since for since, _ in reach.values()), max(until for _, until in reach.values())))
        hour = time(int(settings()["morning_hour"]))
        at = [datetime.combine(day, hour, LONDON).astimezone(UTC).replace(tzinfo=None) for day in days]
        given.register("mornings", pa.table({"day": pa.array(days, pa.date32()), "at": pa.array(at, _PLAIN)}))
    return given.once(
        "in_bed",
        f"""SELECT m.day, v.organisation, date_diff('day', v.admitted_at_here::DATE, m.day) AS nights,
                coalesce(v.ready_at <= m.at, false) AS ready, v.general, v.kind, v.ward_group, v.site, v.age_band
            FROM {visits(given)} v JOIN mornings m
            ON v.admitted_at <= m.at AND (v.left_at IS NULL OR v.left_at > m.at)""",
    )


def patients_in_bed(given: Given) -> Made:
    """`patient_in_bed`: everybody in a bed, once for every morning."""
    return _made(given, f"SELECT * FROM {in_bed(given)}", settings()["warm_up_days"])


def bed_mornings(given: Given) -> Made:
    """`bed_morning`: people in beds and beds open, by ward group, site and morning. Ward groups without a bed in
    `wards.toml` are left out: how full they are is not known."""
    beds: dict[tuple[str, str], int] = {}
    if (given.system.folder / "wards.toml").is_file():
        for ward in wards.read(given.system.folder / "wards.toml"):
            if ward.kind in ("ward", "assessment", "critical"):
                key = (ward.site, ward.group)
                beds[key] = beds.get(key, 0) + len(ward.beds)
    groups = ", ".join(f"'{group}'" for group in GENERAL_AND_ACUTE)
    given.register(
        "beds_open",
        pa.table(
            {
                "site": pa.array([site for site, _ in beds], pa.string()),
                "ward_group": pa.array([group for _, group in beds], pa.string()),
                "open": pa.array(list(beds.values()), pa.int64()),
            }
        ),
    )
    return _made(
        given,
        f"""SELECT m.day, o.organisation, coalesce(b.occupied, 0) AS occupied, w.open, w.ward_group, w.site,
                w.ward_group IN ({groups}) AS general
            FROM beds_open w JOIN owners o USING (site)
            JOIN (SELECT DISTINCT day, site FROM {in_bed(given)}) m USING (site)
            LEFT JOIN (SELECT day, site, ward_group, count(*) AS occupied FROM {in_bed(given)} GROUP BY ALL) b
            USING (day, site, ward_group)""",
        settings()["warm_up_days"],
    )
