"""Lines of the access table: what each address is, who may, and what they get."""

from __future__ import annotations

from dataclasses import dataclass

from wherry.web.access import Role

M, C, A = Role.WAITING_LIST_MANAGER, Role.CLINICIAN, Role.ANALYST
E, G, D = Role.EXECUTIVE, Role.INFORMATION_GOVERNANCE, Role.ADMINISTRATOR
H, N, P = Role.CALL_HANDLER, Role.CANCER_NAVIGATOR, Role.PLANNER
#: Site manager, ward nurse, discharge coordinator, care team; virtual ward, hub and ambulance clinicians.
B, W, T, K = Role.SITE_MANAGER, Role.WARD_NURSE, Role.DISCHARGE_COORDINATOR, Role.CARE_TEAM
V, U, X = Role.VIRTUAL_WARD_CLINICIAN, Role.HUB_CLINICIAN, Role.AMBULANCE_CLINICIAN
#: Board secretary.
S = Role.BOARD_SECRETARY
ALL = frozenset(Role)
IDENTIFIED = frozenset({M, C})
OPENS = frozenset({M, C, N})
ROWS = frozenset({M, C, A, N})
QUALITY = frozenset({M, C, A, G, D, P, B})


@dataclass(frozen=True)
class Line:
    """One address: how it is called, who may, and what they get. `stranger` is what somebody not signed in gets."""

    name: str
    who: frozenset[Role]
    allowed: int = 200
    method: str = "GET"
    needs: str = ""
    stranger: int = 302
