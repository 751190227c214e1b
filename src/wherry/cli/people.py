"""`wherry people`: accounts and roles from the command line, and the audit log's check."""

from __future__ import annotations

import argparse
import getpass
import json
import os
import sys
from typing import TYPE_CHECKING, Any

from wherry.errors import UserError

if TYPE_CHECKING:
    from wherry.web.access import Role
    from wherry.web.access.models import User


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `people` and its acts."""
    people = subparsers.add_parser("people", help="accounts and roles, and the check of the audit log")
    acts = people.add_subparsers(dest="act", required=True, metavar="ACT")

    add = acts.add_parser("add", help="make an account, with or without a first role")
    add.add_argument("username")
    add.add_argument("--forename", default="")
    add.add_argument("--surname", default="")
    add.add_argument("--email", default="")
    add.add_argument("--role", help="a first role, given at every --organisation")
    add.add_argument("--organisation", action="append", default=[], metavar="CODE")
    add.add_argument("--reason", default="First account, made on the command line")
    add.set_defaults(run=_add)

    for name, words in (("grant", "give a role at an organisation"), ("revoke", "take a role away")):
        change = acts.add_parser(name, help=words)
        change.add_argument("username")
        change.add_argument("role")
        change.add_argument("organisation")
        change.add_argument("--reason", required=True)
        change.set_defaults(run=_grant if name == "grant" else _revoke)

    listing = acts.add_parser("list", help="everybody with an account")
    listing.add_argument("--format", choices=("text", "json"), default="text")
    listing.set_defaults(run=_list)

    password = acts.add_parser("password", help="set a password (asked for, or from WHERRY_PASSWORD)")
    password.add_argument("username")
    password.set_defaults(run=_password)

    for name, words in (("deactivate", "close an account"), ("reactivate", "open it again")):
        state = acts.add_parser(name, help=words)
        state.add_argument("username")
        state.add_argument("--reason", required=True)
        state.set_defaults(run=_state, active=name == "reactivate")

    demo = acts.add_parser("demo", help="one account a role, for an artificial system only")
    demo.add_argument("--system", default="norfolk-waveney")
    demo.add_argument("--format", choices=("text", "json"), default="text")
    demo.set_defaults(run=_demo)

    verify = acts.add_parser("verify-audit", help="check the audit log from its first line")
    verify.add_argument("--expect-head", metavar="HASH", help="a head kept elsewhere, to find lines cut off the end")
    verify.set_defaults(run=_verify)


def _django() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wherry.web.config.settings")
    import django
    from django.apps import apps
    from django.core.management import call_command

    if not apps.ready:
        django.setup()
    from django.db import connection

    if "wherry_access_user" not in connection.introspection.table_names():
        call_command("migrate", verbosity=0)


def _ask_password() -> str:
    given = os.environ.get("WHERRY_PASSWORD")
    if given:
        return given
    if not sys.stdin.isatty():
        raise UserError("No password: set WHERRY_PASSWORD, or run this at a terminal. Nothing was changed.")
    first = getpass.getpass("Password: ")
    if first != getpass.getpass("Again: "):
        raise UserError("The two passwords differ. Nothing was changed.")
    return first


def _add(args: argparse.Namespace) -> int:
    _django()
    from django.db import transaction

    from wherry.web.access import services

    with transaction.atomic():
        user = services.create_account(
            by=services.COMMAND_LINE,
            username=args.username,
            forename=args.forename,
            surname=args.surname,
            email=args.email,
            password=_ask_password(),
        )
        if args.role:
            if not args.organisation:
                raise UserError("A role is held at an organisation: add --organisation CODE. No account was made.")
            for code in args.organisation:
                services.grant(
                    by=services.COMMAND_LINE, user=user, organisation=code, role=_role(args.role), reason=args.reason
                )
    print(f"The account {user.username} is made.")
    return 0


def _grant(args: argparse.Namespace) -> int:
    _django()
    from wherry.web.access import services

    services.grant(
        by=services.COMMAND_LINE,
        user=_user(args.username),
        organisation=args.organisation,
        role=_role(args.role),
        reason=args.reason,
    )
    print(f"{args.username} is {_role(args.role).words} at {args.organisation}.")
    return 0


def _revoke(args: argparse.Namespace) -> int:
    _django()
    from wherry.web.access import services

    services.revoke(
        by=services.COMMAND_LINE,
        user=_user(args.username),
        organisation=args.organisation,
        role=_role(args.role),
        reason=args.reason,
    )
    print(f"{args.username} is no longer {_role(args.role).words} at {args.organisation}.")
    return 0


def _list(args: argparse.Namespace) -> int:
    _django()
    from wherry.web.access import selectors

    rows: list[dict[str, Any]] = [
        {
            "username": user.username,
            "name": user.get_full_name(),
            "open": user.is_active,
            "roles": [f"{m.role}@{m.organisation}" for m in user.memberships.all()],
        }
        for user in selectors.people()
    ]
    if args.format == "json":
        print(json.dumps(rows, indent=1))
        return 0
    for row in rows:
        print(f"{row['username']:<24} {row['name']:<28} {'' if row['open'] else 'closed '}{', '.join(row['roles'])}")
    if not rows:
        print(
            "Nobody has an account yet. Make one with: wherry people add NAME --role administrator --organisation CODE"
        )
    return 0


def _password(args: argparse.Namespace) -> int:
    _django()
    from wherry.web.access import services

    services.set_password(by=services.COMMAND_LINE, user=_user(args.username), password=_ask_password())
    print(f"The password of {args.username} is set.")
    return 0


def _state(args: argparse.Namespace) -> int:
    _django()
    from wherry.web.access import services

    services.set_active(by=services.COMMAND_LINE, user=_user(args.username), active=args.active, reason=args.reason)
    print(f"The account {args.username} is {'open' if args.active else 'closed'}.")
    return 0


def _demo(args: argparse.Namespace) -> int:
    _django()
    from wherry.web.access.demo import make_demo_accounts

    accounts = make_demo_accounts(args.system)
    if args.format == "json":
        rows = [{"username": a.username, "password": a.password, "role": a.role.value} for a in accounts]
        print(json.dumps(rows, indent=1))
        return 0
    for account in accounts:
        print(f"{account.username:<16} {account.password:<32} {account.words}")
    return 0


def _verify(args: argparse.Namespace) -> int:
    _django()
    from wherry.web.access import audit

    verdict = audit.verify(expected_head=args.expect_head)
    if verdict.sound:
        print(f"The audit log is whole: {verdict.lines} lines. Keep this head elsewhere: {verdict.head}")
        return 0
    print(
        f"The audit log is broken at line {verdict.broken}: {verdict.reason}. "
        f"The {verdict.lines} lines before it are sound."
    )
    return 1


def _user(username: str) -> User:
    from wherry.web.access.models import User

    user = User.objects.filter(username__iexact=username).first()
    if user is None:
        raise UserError(f"Nobody is called {username}. wherry people list shows everybody.")
    return user


def _role(name: str) -> Role:
    from wherry.web.access import Role

    try:
        return Role(name.replace("-", "_"))
    except ValueError:
        raise UserError(f"There is no role {name}. Roles: {', '.join(role.value for role in Role)}.") from None
