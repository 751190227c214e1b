"""Fact tables of what people did in wherry, and of published statistics: their columns in words."""

from __future__ import annotations

from wherry.hub.published.ae import MEASURES as AE_MEASURES
from wherry.performance.measures.fact import AGE_BAND, Fact, Origin, flag, number, text

CHOSEN_SPLITS = (
    *AGE_BAND,
    *text(
        sex="1, 2, 9 or X",
        ethnicity="group",
        imd_quintile="1 most deprived to 5; empty where not known",
        place="district code of residence; empty outside the system or not known",
    ),
)
ACTIONS = (
    Fact(
        "offer",
        Origin.ACTIONS,
        "an offer of treatment elsewhere; `organisation` is the one the patient waits at",
        "the day it was offered",
        (
            *flag(
                answered="the patient has answered",
                accepted="said yes: chose another hospital",
                chose_to_wait="chose to stay where they are",
                withdrawn="withdrawn before an answer",
                moved="received by the other hospital",
            ),
            *text(
                kind="aid mutual aid, hand proposed by hand, patient asked by the patient",
                to_organisation="organisation offered",
                treatment_function="treatment function code",
            ),
            *number(
                weeks_sooner="weeks sooner than at home; null where not known", days_to_answer="days to the answer"
            ),
            *CHOSEN_SPLITS,
        ),
    ),
    Fact(
        "virtual_day",
        Origin.ACTIONS,
        "the virtual ward places of one provider and pathway on one day, 08:00 in London",
        "that day: sums are place-days",
        (*number(occupied="people on the ward", places="places staffed"), *text(pathway="pathway code")),
    ),
    Fact(
        "virtual_stay",
        Origin.ACTIONS,
        "a stay on a virtual ward that ended",
        "the day it ended",
        (
            *number(days="days on the ward"),
            *flag(to_bed="ended in a hospital bed", step_up="came instead of a bed; false: out of one sooner"),
            *text(pathway="pathway code", outcome="plan, bed, died, other_ward"),
            *AGE_BAND,
        ),
    ),
    Fact(
        "call",
        Origin.ACTIONS,
        "a call that was offered to an unplanned care hub; `organisation` is the hub's",
        "the day it came",
        (
            *flag(
                accepted="the hub took it",
                two_hour="the two-hour standard applies to it, and it is decided",
                within_two_hours="first visit within two hours",
                conveyed="ended with an ambulance to hospital; null while open",
            ),
            *number(minutes_to_contact="minutes from the offer to the first visit; null without one"),
            *text(source="who called"),
            *AGE_BAND,
        ),
    ),
    Fact(
        "handover",
        Origin.ACTIONS,
        "an ambulance handed over at an emergency department; `organisation` is the hospital's",
        "the day the ambulance arrived",
        (*number(minutes="minutes from arrival to handover"), *text(site="site code")),
    ),
    Fact(
        "discharge_day",
        Origin.ACTIONS,
        "adult general and acute wards of one site on one day, 08:00 in London, as reviews of every patient have it",
        "that day: sums are bed-mornings",
        (
            *number(
                ready="people who no longer met the criteria to reside",
                reviewed="people who had been reviewed by then",
                occupied="people in beds",
            ),
            *text(site="site code"),
        ),
    ),
)

#: Weeks that a published RTT list is counted over; null where the publication's bands end before them.
RTT_LIMITS = (18, 26, 52, 65, 78, 104)
PUBLISHED = (
    Fact(
        "ae",
        Origin.PUBLISHED,
        "a provider's emergency departments in one month",
        "that month",
        (
            *number(
                attendances="attendances, all types, booked ones too",
                over_4_hours="of them, longer than four hours",
                within_4_hours="of them, within four hours",
                type1_all="attendances at major departments, booked ones too",
                type1_all_over_4_hours="of them, longer than four hours",
                emergency_admissions="emergency admissions, through the department or otherwise",
                admissions_through_ae="emergency admissions through the department",
                **{name: name.replace("_", " ") + ", as published" for name in AE_MEASURES},
            ),
        ),
    ),
    Fact(
        "rtt",
        Origin.PUBLISHED,
        "a provider's pathways of one part and treatment function in one month, all commissioners together",
        "that month",
        (
            *text(
                part="Part_1A completed admitted, Part_1B completed non-admitted, Part_2 incomplete, "
                "Part_2A incomplete with a decision to admit, Part_3 new",
                treatment_function="as published: C_999 is the total, C_110 and so on its parts",
            ),
            *number(
                known="pathways whose start is known",
                unknown_start="pathways whose start is not known",
                every="all pathways, unknown starts with them",
                within_18="18 weeks or less",
                **{f"over_{weeks}": f"more than {weeks} weeks" for weeks in RTT_LIMITS},
            ),
        ),
    ),
    Fact(
        "cancer",
        Origin.PUBLISHED,
        "a provider's cases of one cancer standard and group in one month",
        "that month",
        (
            *text(
                standard="fds (28 days), 31 or 62, and others as the workbook has them",
                sheet="sheet of the workbook",
                part="part of the sheet",
                route="as published; empty where the table has none",
                stage="as published",
                modality="as published",
                cancer_type="as published",
            ),
            *flag(whole="the row of the whole standard: all routes, stages, treatments and cancers"),
            *number(total="cases (halves where shared)", within_standard="of them, within the standard"),
        ),
    ),
)
