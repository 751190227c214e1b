"""Fact tables of the hub: the snapshot's and those of the history of flow, their columns in words."""

from __future__ import annotations

from wherry.performance.measures.fact import AGE_BAND, FUNCTION, PERSON, Fact, Origin, flag, number, text

SNAPSHOT = (
    Fact(
        "rtt_waiting",
        Origin.SNAPSHOT,
        "an open referral-to-treatment clock",
        "the last day of each period",
        (
            *number(
                days_waited="days since the clock started; null where the start is not known",
                week_band="0 to 104, null as days are: band k is waits of more than k weeks, 52 over 52 weeks",
            ),
            *FUNCTION,
            *flag(admitted="on an admitted list that day"),
            *PERSON,
        ),
        ("rtt_period", "pathway", "pathway_event", "person"),
        stock=True,
    ),
    Fact(
        "rtt_stopped",
        Origin.SNAPSHOT,
        "a referral-to-treatment clock that stopped",
        "the day it stopped",
        (
            *number(
                days_waited="days from start to stop; null where the start is not known",
                week_band="0 to 104; null as days are",
            ),
            *flag(admitted="stopped by an admission for treatment"),
            *FUNCTION,
            *PERSON,
        ),
        ("rtt_period", "pathway", "pathway_event", "person"),
    ),
    Fact(
        "rtt_started",
        Origin.SNAPSHOT,
        "a referral-to-treatment clock that started",
        "the day it started",
        (*FUNCTION, *PERSON),
        ("rtt_period", "pathway", "pathway_event", "person"),
    ),
    Fact(
        "outpatient",
        Origin.SNAPSHOT,
        "an attendance, or an appointment that the patient did not attend",
        "the day of it",
        (
            *flag(attended="true for an attendance", did_not_attend="true where the patient did not attend"),
            *flag(first_visit="first activity of the pathway; null where not recorded"),
            *FUNCTION,
            *PERSON,
        ),
        ("pathway_event", "pathway", "person"),
    ),
    Fact(
        "cancer_wait",
        Origin.SNAPSHOT,
        "a cancer clock that ended, one row a trust credited with it (62-day cases may be shared)",
        "the day it ended: being told (28), treatment (31, 62)",
        (
            *text(
                standard="28, 31 or 62",
                tumour_group="tumour group",
                route="usc, breast_symptomatic, screening, upgrade, other",
            ),
            *number(days="days, adjusted", weight="the trust's share of the case: 1, or 0.5"),
            *flag(within="ended within the standard"),
            *PERSON,
        ),
        ("cancer_pathway", "person"),
    ),
    Fact(
        "cancer_waiting",
        Origin.SNAPSHOT,
        "a cancer pathway neither treated nor closed, whose 62-day clock runs",
        "the last day of each period",
        (
            *number(days="days of the 62-day clock so far, adjusted"),
            *text(tumour_group="tumour group", route="usc, breast_symptomatic, screening, upgrade"),
            *PERSON,
        ),
        ("cancer_pathway", "person"),
        stock=True,
    ),
    Fact(
        "diagnostic_waiting",
        Origin.SNAPSHOT,
        "a person waiting for a diagnostic test",
        "the last day of each period",
        (
            *number(days_waited="days since the diagnostic clock started; null where the start is not known"),
            *text(test="kind of test of the six-week return", priority="D1 to D6", site="site code"),
            *flag(planned="a planned test past its due date"),
            *PERSON,
        ),
        ("diagnostic_request", "person"),
        stock=True,
    ),
    Fact(
        "diagnostic_done",
        Origin.SNAPSHOT,
        "a diagnostic test that was done",
        "the day it was done",
        (
            *number(
                days_waited="days from the diagnostic clock's start; null where not known",
                days_to_report="days from the test to its report; null where not reported yet",
            ),
            *text(test="kind of test of the six-week return", priority="D1 to D6", site="site code"),
            *flag(planned="a planned test"),
            *PERSON,
        ),
        ("diagnostic_request", "person"),
    ),
    Fact(
        "follow_up_owed",
        Origin.SNAPSHOT,
        "a follow-up that is owed and has neither been seen nor closed",
        "the last day of each period",
        (
            *flag(
                overdue="past its latest clinically appropriate date",
                dated="a latest date was given",
                patient_initiated="left to the patient",
            ),
            *number(days_late="days past the latest date; 0 where it is not past or not given"),
            *text(reason="after_treatment, long_term_stable, long_term_unstable, surveillance, results"),
            *FUNCTION,
            *PERSON,
        ),
        ("follow_up", "person"),
        stock=True,
    ),
    Fact(
        "theatre_session",
        Origin.SNAPSHOT,
        "a theatre session that was held or cancelled",
        "the day of the session",
        (
            *number(
                planned_minutes="minutes planned; of a held session with cases",
                used_minutes="minutes of its cases, within the session or not",
                capped_minutes="minutes of its cases within the planned session",
                late_start_minutes="minutes from the planned start to the first case",
                early_finish_minutes="minutes from the last case to the planned end",
                cases="cases done",
            ),
            *flag(held="held; false: cancelled", with_cases="held, with a case that has both its times"),
            *FUNCTION,
        ),
        ("capacity_session", "theatre_case"),
    ),
    Fact(
        "emergency_attendance",
        Origin.SNAPSHOT,
        "a visit to an emergency department, with who came and without its times",
        "the day of arrival",
        (*flag(admitted="admitted from the department"), *text(site="site code"), *PERSON),
        ("emergency_attendance", "person"),
    ),
)

FLOW = (
    Fact(
        "emergency_visit",
        Origin.FLOW,
        "a visit to an emergency department that has ended",
        "the day of arrival",
        (
            *number(
                minutes="minutes from arrival to leaving the department, by admission or otherwise",
                minutes_to_admission="minutes from the decision to admit to admission; null where not known",
            ),
            *flag(admitted="admitted from the department"),
            *text(ed_type="1 major, 2 single specialty, 3 minor, 4 same-day", acuity="1 (now) to 5", site="site code"),
            *AGE_BAND,
        ),
        ("flow",),
    ),
    Fact(
        "bed_morning",
        Origin.FLOW,
        "the beds of one ward group of one site on one morning, 08:00 in London",
        "that day",
        (
            *number(
                occupied="people in beds",
                open="beds open all night: wards and assessment wards, escalation beds left out",
            ),
            *text(ward_group="medicine, surgery, older, children, maternity, critical", site="site code"),
            *flag(general="adult general and acute: what the occupancy standard is about"),
        ),
        ("flow", "wards"),
    ),
    Fact(
        "spell_end",
        Origin.FLOW,
        "a hospital stay that ended",
        "the day it ended",
        (
            *number(
                nights="midnights in hospital",
                ready_days="days in hospital after the criteria to reside were no longer met; null where never told",
            ),
            *text(kind="emergency, elective, transfer, maternity", ward_group="ward group", site="site code"),
            *flag(general="adult general and acute ward group"),
            *AGE_BAND,
        ),
        ("flow",),
    ),
    Fact(
        "patient_in_bed",
        Origin.FLOW,
        "a person in a bed at 08:00 in London, once for every morning",
        "that day: sums are bed-mornings",
        (
            *number(nights="nights in hospital so far"),
            *flag(ready="criteria to reside no longer met", general="adult general and acute ward group"),
            *text(kind="emergency, elective, transfer, maternity", ward_group="ward group", site="site code"),
            *AGE_BAND,
        ),
        ("flow",),
    ),
)
