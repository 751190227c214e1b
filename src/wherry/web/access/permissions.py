"""Who may do what, in one table: permissions are words, roles are sets of permissions.

Roles follow who does the work; permissions are named for the act. A person holds a role at an organisation
(`Membership`), so the same person may validate at one trust and only read totals at another.
"""

from __future__ import annotations

from enum import StrEnum


class Permission(StrEnum):
    """One thing that a person may do."""

    SEE_SELF = "account.see"
    SEE_CONTROL_ROOM = "control_room.see"
    SEE_PUBLISHED = "published.see"
    SEE_LIST = "waiting_list.see"
    SEE_IDENTITY = "identity.see"
    EXPORT_LIST = "waiting_list.export"
    OPEN_PATHWAY = "pathway.open"
    VALIDATE = "pathway.validate"
    REVIEW_CLINICALLY = "pathway.review_clinically"
    SEE_QUALITY = "quality.see"
    SEE_RAW_ROWS = "quarantine.see_raw"
    DECIDE_LINKS = "links.decide"
    SEE_CAPACITY = "capacity.see"
    SEE_AID = "aid.see"
    PLAN_AID = "aid.plan"
    AGREE_MOVES = "moves.agree"
    SEE_OFFERS = "offers.see"
    MAKE_OFFERS = "offers.make"
    TAKE_CALLS = "offers.take_calls"
    SEE_CHOICES = "choices.see"
    SEE_WELL = "well.see"
    ASK_HEALTH = "well.ask"
    REVIEW_HARM = "well.review_harm"
    SEE_CANCER = "cancer.see"
    TRACK_CANCER = "cancer.track"
    SEE_DIAGNOSTICS = "diagnostics.see"
    SEE_PLANS = "plans.see"
    MAKE_PLANS = "plans.make"
    SEE_FLOW = "flow.see"
    SEE_BED_PATIENTS = "beds.see_patients"
    PLACE_PATIENTS = "beds.place"
    MANAGE_BEDS = "beds.manage"
    WORK_FEED = "feed.work"
    DECLARE_ESCALATION = "escalation.declare"
    SEE_DISCHARGE = "discharge.see"
    REVIEW_STAY = "discharge.review"
    PLAN_DISCHARGE = "discharge.plan"
    DO_OWN_TASKS = "discharge.own_tasks"
    SEE_VIRTUAL = "virtual.see"
    WORK_VIRTUAL = "virtual.work"
    REFER_VIRTUAL = "virtual.refer"
    SEE_CALLS = "calls.see"
    OFFER_CALLS = "calls.offer"
    ANSWER_CALLS = "calls.answer"
    SEE_MEASURES = "measures.see"
    KEEP_MEASURES = "measures.keep"
    JUDGE_BENEFITS = "benefits.judge"
    WRITE_COMMENTARY = "reports.write"
    SIGN_REPORTS = "reports.sign"
    SEND_REPORTS = "reports.send"
    SEE_AUDIT = "audit.see"
    MANAGE_ACCESS = "access.manage"

    @property
    def words(self) -> str:
        """The permission as a person would say it."""
        return _WORDS[self]


_WORDS = {
    Permission.SEE_SELF: "See your own account",
    Permission.SEE_CONTROL_ROOM: "See totals in the control room",
    Permission.SEE_PUBLISHED: "See published statistics",
    Permission.SEE_LIST: "See the rows of the waiting list",
    Permission.SEE_IDENTITY: "See names and NHS numbers",
    Permission.EXPORT_LIST: "Export the waiting list",
    Permission.OPEN_PATHWAY: "Open a patient's pathway",
    Permission.VALIDATE: "Validate pathways",
    Permission.REVIEW_CLINICALLY: "Answer questions that need a clinician",
    Permission.SEE_QUALITY: "See data quality and sources",
    Permission.SEE_RAW_ROWS: "See quarantined rows as they came",
    Permission.DECIDE_LINKS: "Decide whether two records are one person",
    Permission.SEE_CAPACITY: "See theatre and clinic capacity, and what would happen to the list",
    Permission.SEE_AID: "See what mutual aid would do, in totals",
    Permission.PLAN_AID: "Plan mutual aid and see who would move",
    Permission.AGREE_MOVES: "Agree clinically that a patient may be treated elsewhere",
    Permission.SEE_OFFERS: "See offers to patients",
    Permission.MAKE_OFFERS: "Offer patients another hospital, and transfer them",
    Permission.TAKE_CALLS: "Record patients' answers by telephone",
    Permission.SEE_CHOICES: "See what patients chose, in totals",
    Permission.SEE_WELL: "See who may come to harm while waiting",
    Permission.ASK_HEALTH: "Ask patients about their health by telephone",
    Permission.REVIEW_HARM: "Record harm reviews and fitness for surgery",
    Permission.SEE_CANCER: "See the cancer list",
    Permission.TRACK_CANCER: "Track cancer patients: chase, escalate, transfer",
    Permission.SEE_DIAGNOSTICS: "See who waits for a diagnostic test",
    Permission.SEE_PLANS: "See scenarios of demand, capacity and beds",
    Permission.MAKE_PLANS: "Change scenarios and run them",
    Permission.SEE_FLOW: "See beds, departments and the next days, in totals",
    Permission.SEE_BED_PATIENTS: "See who lies in which bed",
    Permission.PLACE_PATIENTS: "Reserve beds and place patients",
    Permission.MANAGE_BEDS: "Close, clean, open and escalate beds",
    Permission.WORK_FEED: "Work on messages that could not be applied",
    Permission.DECLARE_ESCALATION: "Declare an escalation level and do what it asks for",
    Permission.SEE_DISCHARGE: "See who is ready to leave and what holds them",
    Permission.REVIEW_STAY: "Record criteria to reside, expected dates and red or green days",
    Permission.PLAN_DISCHARGE: "Plan discharges: pathway, tasks, delay causes, escalation",
    Permission.DO_OWN_TASKS: "Do the discharge tasks of one's own organisation",
    Permission.SEE_VIRTUAL: "See who is on a virtual ward",
    Permission.WORK_VIRTUAL: "Admit to, watch over and discharge from virtual wards",
    Permission.REFER_VIRTUAL: "Refer a patient to a virtual ward",
    Permission.SEE_CALLS: "See calls offered to the community",
    Permission.OFFER_CALLS: "Offer a 999 or 111 call to the community",
    Permission.ANSWER_CALLS: "Accept, refuse, dispatch and close calls offered to the community",
    Permission.SEE_MEASURES: "See measures, peers, inequalities, evaluations and sent reports",
    Permission.KEEP_MEASURES: "Load figures of measures, and start a new baseline with a reason",
    Permission.JUDGE_BENEFITS: "Set up evaluations and record what they show",
    Permission.WRITE_COMMENTARY: "Write commentary for the performance report",
    Permission.SIGN_REPORTS: "Sign commentary and reports off",
    Permission.SEND_REPORTS: "Make, send and print the performance report",
    Permission.SEE_AUDIT: "Read and export the audit log",
    Permission.MANAGE_ACCESS: "Manage people and their roles",
}


class Role(StrEnum):
    """What a person is, at one organisation."""

    WAITING_LIST_MANAGER = "waiting_list_manager"
    CLINICIAN = "clinician"
    ANALYST = "analyst"
    EXECUTIVE = "executive"
    INFORMATION_GOVERNANCE = "information_governance"
    ADMINISTRATOR = "administrator"
    CALL_HANDLER = "call_handler"
    CANCER_NAVIGATOR = "cancer_navigator"
    PLANNER = "planner"
    SITE_MANAGER = "site_manager"
    WARD_NURSE = "ward_nurse"
    DISCHARGE_COORDINATOR = "discharge_coordinator"
    CARE_TEAM = "care_team"
    VIRTUAL_WARD_CLINICIAN = "virtual_ward_clinician"
    HUB_CLINICIAN = "hub_clinician"
    AMBULANCE_CLINICIAN = "ambulance_clinician"
    BOARD_SECRETARY = "board_secretary"

    @property
    def words(self) -> str:
        """The role as people say it: `waiting list manager`."""
        return "waiting-list manager" if self is Role.WAITING_LIST_MANAGER else self.value.replace("_", " ")

    @property
    def permissions(self) -> frozenset[Permission]:
        """What the role may do."""
        return GRANTS[self]


_EVERYONE = {
    Permission.SEE_SELF,
    Permission.SEE_CONTROL_ROOM,
    Permission.SEE_PUBLISHED,
    Permission.SEE_MEASURES,
}
_TOTALS = {Permission.SEE_CAPACITY, Permission.SEE_AID, Permission.SEE_CHOICES}
_BEDS = {Permission.SEE_FLOW, Permission.SEE_IDENTITY, Permission.SEE_BED_PATIENTS}
_PATIENTS = {Permission.SEE_OFFERS, Permission.SEE_WELL, Permission.SEE_CANCER, Permission.SEE_DIAGNOSTICS}

#: The whole policy. Analysts and executives never see a name; only information governance reads the audit log.
GRANTS: dict[Role, frozenset[Permission]] = {
    Role.WAITING_LIST_MANAGER: frozenset(
        _EVERYONE
        | {
            Permission.SEE_LIST,
            Permission.SEE_IDENTITY,
            Permission.EXPORT_LIST,
            Permission.OPEN_PATHWAY,
            Permission.VALIDATE,
            Permission.SEE_QUALITY,
            Permission.SEE_RAW_ROWS,
            Permission.DECIDE_LINKS,
            Permission.PLAN_AID,
            Permission.MAKE_OFFERS,
            Permission.TAKE_CALLS,
            Permission.ASK_HEALTH,
            Permission.TRACK_CANCER,
        }
        | _TOTALS
        | _PATIENTS
    ),
    Role.CLINICIAN: frozenset(
        _EVERYONE
        | {
            Permission.SEE_LIST,
            Permission.SEE_IDENTITY,
            Permission.OPEN_PATHWAY,
            Permission.REVIEW_CLINICALLY,
            Permission.SEE_QUALITY,
            Permission.AGREE_MOVES,
            Permission.REVIEW_HARM,
            Permission.REVIEW_STAY,
            Permission.SEE_DISCHARGE,
            Permission.SEE_VIRTUAL,
            Permission.REFER_VIRTUAL,
        }
        | _BEDS
        | _TOTALS
        | _PATIENTS
    ),
    Role.ANALYST: frozenset(
        _EVERYONE
        | _TOTALS
        | {Permission.SEE_LIST, Permission.EXPORT_LIST, Permission.SEE_QUALITY}
        | {Permission.SEE_PLANS, Permission.MAKE_PLANS, Permission.SEE_FLOW}
        | {Permission.KEEP_MEASURES, Permission.JUDGE_BENEFITS, Permission.WRITE_COMMENTARY}
    ),
    Role.EXECUTIVE: frozenset(
        _EVERYONE
        | _TOTALS
        | {Permission.SEE_PLANS, Permission.SEE_FLOW, Permission.WRITE_COMMENTARY, Permission.SIGN_REPORTS}
    ),
    Role.INFORMATION_GOVERNANCE: frozenset(_EVERYONE | {Permission.SEE_AUDIT, Permission.SEE_QUALITY}),
    Role.ADMINISTRATOR: frozenset(_EVERYONE | {Permission.MANAGE_ACCESS, Permission.SEE_QUALITY}),
    Role.CALL_HANDLER: frozenset(
        _EVERYONE | {Permission.SEE_IDENTITY, Permission.SEE_OFFERS, Permission.TAKE_CALLS, Permission.ASK_HEALTH}
    ),
    Role.CANCER_NAVIGATOR: frozenset(
        _EVERYONE
        | {Permission.SEE_LIST, Permission.SEE_IDENTITY, Permission.OPEN_PATHWAY, Permission.SEE_CAPACITY}
        | {Permission.SEE_CANCER, Permission.TRACK_CANCER, Permission.SEE_DIAGNOSTICS}
    ),
    Role.PLANNER: frozenset(
        _EVERYONE
        | _TOTALS
        | {Permission.SEE_QUALITY, Permission.SEE_PLANS, Permission.MAKE_PLANS, Permission.SEE_FLOW}
        | {Permission.JUDGE_BENEFITS}
    ),
    Role.SITE_MANAGER: frozenset(
        _EVERYONE
        | _BEDS
        | {Permission.PLACE_PATIENTS, Permission.MANAGE_BEDS, Permission.WORK_FEED, Permission.DECLARE_ESCALATION}
        | {Permission.SEE_DISCHARGE, Permission.REVIEW_STAY, Permission.SEE_VIRTUAL, Permission.REFER_VIRTUAL}
        | {Permission.SEE_QUALITY}
    ),
    Role.WARD_NURSE: frozenset(
        _EVERYONE
        | _BEDS
        | {Permission.MANAGE_BEDS, Permission.SEE_DISCHARGE, Permission.REVIEW_STAY, Permission.DO_OWN_TASKS}
        | {Permission.REFER_VIRTUAL}
    ),
    Role.DISCHARGE_COORDINATOR: frozenset(
        _EVERYONE
        | _BEDS
        | {Permission.SEE_DISCHARGE, Permission.REVIEW_STAY, Permission.PLAN_DISCHARGE, Permission.DO_OWN_TASKS}
        | {Permission.REFER_VIRTUAL, Permission.SEE_VIRTUAL}
    ),
    Role.CARE_TEAM: frozenset(_EVERYONE | {Permission.DO_OWN_TASKS}),
    Role.VIRTUAL_WARD_CLINICIAN: frozenset(
        _EVERYONE
        | {Permission.SEE_IDENTITY, Permission.SEE_VIRTUAL, Permission.WORK_VIRTUAL, Permission.REFER_VIRTUAL}
        | {Permission.SEE_FLOW}
    ),
    Role.HUB_CLINICIAN: frozenset(
        _EVERYONE
        | {Permission.SEE_IDENTITY, Permission.SEE_CALLS, Permission.ANSWER_CALLS, Permission.REFER_VIRTUAL}
        | {Permission.SEE_FLOW}
    ),
    Role.AMBULANCE_CLINICIAN: frozenset(
        _EVERYONE | {Permission.SEE_IDENTITY, Permission.SEE_CALLS, Permission.OFFER_CALLS, Permission.SEE_FLOW}
    ),
    Role.BOARD_SECRETARY: frozenset(_EVERYONE | {Permission.SEND_REPORTS, Permission.WRITE_COMMENTARY}),
}
