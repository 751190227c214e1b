"""Who may do what, in one table: permissions are words, roles are sets of permissions.

Roles follow the issue's six; permissions are named for the act. A person holds a role at an organisation
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

    @property
    def words(self) -> str:
        """The role as people say it: `waiting list manager`."""
        return "waiting-list manager" if self is Role.WAITING_LIST_MANAGER else self.value.replace("_", " ")

    @property
    def permissions(self) -> frozenset[Permission]:
        """What the role may do."""
        return GRANTS[self]


_EVERYONE = {Permission.SEE_SELF, Permission.SEE_CONTROL_ROOM, Permission.SEE_PUBLISHED}

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
        }
    ),
    Role.CLINICIAN: frozenset(
        _EVERYONE
        | {
            Permission.SEE_LIST,
            Permission.SEE_IDENTITY,
            Permission.OPEN_PATHWAY,
            Permission.REVIEW_CLINICALLY,
            Permission.SEE_QUALITY,
        }
    ),
    Role.ANALYST: frozenset(_EVERYONE | {Permission.SEE_LIST, Permission.EXPORT_LIST, Permission.SEE_QUALITY}),
    Role.EXECUTIVE: frozenset(_EVERYONE),
    Role.INFORMATION_GOVERNANCE: frozenset(_EVERYONE | {Permission.SEE_AUDIT, Permission.SEE_QUALITY}),
    Role.ADMINISTRATOR: frozenset(_EVERYONE | {Permission.MANAGE_ACCESS, Permission.SEE_QUALITY}),
}
