"""`wherry flow`: the live feed of the urgent side, and what is made of it."""

from __future__ import annotations

import argparse
import fcntl
import importlib
import os
from typing import Protocol, cast

#: Modules of this package that add commands to `flow`, in the order that the help shows them.
MORE: tuple[str, ...] = (
    "flow_load",
    "flow_listen",
    "flow_watch",
    "flow_history",
    "flow_forecast",
    "flow_play",
    "flow_ambulance",
    "flow_calls",
    "flow_escalation",
    "flow_readings",
    "flow_discharge",
)


class _Commands(Protocol):
    def register(self, commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None: ...


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `flow` and what is under it."""
    flow = subparsers.add_parser("flow", help="the live feed: beds, the emergency department, discharge")
    commands = flow.add_subparsers(dest="flow_command", required=True, metavar="COMMAND")
    for name in MORE:
        cast(_Commands, importlib.import_module(f"wherry.cli.{name}")).register(commands)


def django_ready() -> None:
    """Make Django and the database ready: commands that keep messages or read them call this first.

    Two that begin at once on a new database (a listener and a player) make its tables one after the other.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wherry.web.config.settings")
    import django
    from django.apps import apps
    from django.core.management import call_command

    if not apps.ready:
        django.setup()
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    from wherry.paths import data_dir

    folder = data_dir()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "database.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            call_command("migrate", verbosity=0)
