"""One account a role, for an artificial system only.

Passwords are made at random once and kept in the working folder (mode 0600), so the same ones are printed each time.
"""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from itertools import chain

from django.db import transaction

from wherry.errors import UserError
from wherry.paths import data_dir
from wherry.web.access import services
from wherry.web.access.models import User
from wherry.web.access.permissions import Role

_WORDS = [
    "otter",
    "reed",
    "heron",
    "wherry",
    "sluice",
    "marsh",
    "bittern",
    "lantern",
    "quay",
    "tiller",
    "rudder",
    "osprey",
    "willow",
    "kestrel",
    "barley",
    "harbour",
]
_PEOPLE = {
    Role.WAITING_LIST_MANAGER: ("manager", "Maya", "Lister"),
    Role.CLINICIAN: ("clinician", "Colin", "Marsh"),
    Role.ANALYST: ("analyst", "Anna", "Reed"),
    Role.EXECUTIVE: ("executive", "Edward", "Quay"),
    Role.INFORMATION_GOVERNANCE: ("governance", "Grace", "Sluice"),
    Role.ADMINISTRATOR: ("administrator", "Adam", "Tiller"),
    Role.CALL_HANDLER: ("calls", "Carol", "Heron"),
    Role.CANCER_NAVIGATOR: ("navigator", "Nadia", "Rudder"),
    Role.PLANNER: ("planner", "Petra", "Willow"),
    Role.SITE_MANAGER: ("site", "Simon", "Harbour"),
    Role.WARD_NURSE: ("ward", "Wanda", "Barley"),
    Role.DISCHARGE_COORDINATOR: ("discharge", "Diana", "Otter"),
    Role.CARE_TEAM: ("council", "Conrad", "Lantern"),
    Role.VIRTUAL_WARD_CLINICIAN: ("virtual", "Vera", "Osprey"),
    Role.HUB_CLINICIAN: ("hub", "Hanif", "Kestrel"),
    Role.AMBULANCE_CLINICIAN: ("ambulance", "Amber", "Bittern"),
    Role.BOARD_SECRETARY: ("secretary", "Sarah", "Reed"),
}
#: Roles that also stand, or only stand, elsewhere than at the acute trusts. `None` stands for the trusts.
_WHERE: dict[Role, tuple[str | None, ...]] = {
    Role.CARE_TEAM: ("E10000020",),
    Role.VIRTUAL_WARD_CLINICIAN: (None, "RY3"),
    Role.HUB_CLINICIAN: ("RY3",),
    Role.AMBULANCE_CLINICIAN: ("RYC",),
    Role.DISCHARGE_COORDINATOR: (None, "RY3"),
}


@dataclass(frozen=True)
class DemoAccount:
    """An account, its password, and its role in words."""

    username: str
    password: str
    words: str
    role: Role


def make_demo_accounts(system: str, trusts: tuple[str, ...] | None = None) -> list[DemoAccount]:
    """Make (or find again) one account for each role at every trust of the system, and return them with passwords.

    Refused unless the current snapshot, if there is one, is artificial: real patients need real accounts.
    """
    from wherry.web import snapshot

    if snapshot.current() is not None and not snapshot.is_artificial():
        raise UserError(
            "The current snapshot is of real people, so demonstration accounts were not made. "
            "Make accounts with: wherry people add"
        )
    codes = trusts if trusts is not None else _trusts(system)
    passwords = _passwords()
    made = []
    for role, (username, forename, surname) in _PEOPLE.items():
        where = tuple(chain.from_iterable(codes if place is None else (place,) for place in _WHERE.get(role, (None,))))
        with transaction.atomic():
            _make(username, forename, surname, passwords[username], role, where)
        words = f"{role.words} at {', '.join(where)}"
        made.append(DemoAccount(username, passwords[username], words, role))
    return made


def _make(username: str, forename: str, surname: str, password: str, role: Role, codes: tuple[str, ...]) -> None:
    user = User.objects.filter(username=username).first()
    if user is None:
        user = services.create_account(
            by=services.COMMAND_LINE, username=username, forename=forename, surname=surname, password=password
        )
    elif not user.check_password(password):
        services.set_password(by=services.COMMAND_LINE, user=user, password=password)
    for code in codes:
        services.grant(
            by=services.COMMAND_LINE,
            user=user,
            organisation=code,
            role=role,
            reason="Demonstration of an artificial system",
        )


def _trusts(system: str) -> tuple[str, ...]:
    from wherry.reference.system import load

    return load(system).trusts


def _passwords() -> dict[str, str]:
    path = data_dir() / "demo-accounts.json"
    usernames = [person[0] for person in _PEOPLE.values()]
    kept: dict[str, str] = json.loads(path.read_text()) if path.is_file() else {}
    new = [name for name in usernames if name not in kept]
    if not new:
        return kept
    made = kept | {
        name: "-".join([*(secrets.choice(_WORDS) for _ in range(3)), f"{secrets.randbelow(9000) + 1000}"])
        for name in new
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(made, file, indent=1)
    return made
