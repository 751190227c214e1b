"""`wherry run`: an artificial system from nothing to a browser in one command."""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import sys
from pathlib import Path

from wherry.errors import UserError
from wherry.paths import data_dir, hub_dir


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `run` and `serve`."""
    run = subparsers.add_parser("run", help="build an artificial system, if there is none yet, and serve it")
    run.add_argument("--system", default="norfolk-waveney")
    run.add_argument("--scale", type=float, default=0.05, help="share of the population (default 1/20)")
    run.add_argument("--seed", type=int, default=1)
    _address(run)
    run.set_defaults(run=_run)
    serve = subparsers.add_parser("serve", help="serve the hub that is in the working folder")
    _address(serve)
    serve.set_defaults(run=_serve)


def _address(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--feed-port", type=int, default=2575, help="port for HL7 messages of this machine; 0 for none")


def _run(args: argparse.Namespace) -> int:
    from wherry.cli import main

    _refuse_a_taken_port(args.host, args.port)
    artificial = data_dir() / f"artificial-{args.system}-{args.scale:g}-{args.seed}"
    if not (hub_dir() / "current").is_file():
        _make_extracts(args, artificial)
        code = main(["hub", "build", "--system", args.system, "--extracts", str(artificial / "extracts")])
        if code:
            return code
    _load_activity(args, artificial)
    _migrate()
    from wherry.web.access.demo import make_demo_accounts

    print("\nAccounts of this artificial system (one a role):\n")
    for account in make_demo_accounts(args.system):
        print(f"  {account.username:<24} {account.password:<20} {account.words}")
    from wherry.cli import run_flow, run_measures

    plays = run_flow.prepare(args.system, args.seed, artificial)
    run_measures.prepare(args.system, args.seed, artificial)
    return _start(args, plays=plays)


def _make_extracts(args: argparse.Namespace, folder: Path) -> None:
    """Write the artificial extracts beside their place, then rename: a killed run leaves nothing half made."""
    from wherry.cli import main

    if folder.is_dir():
        return
    part = folder.with_name(folder.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.parent.mkdir(parents=True, exist_ok=True)
    code = main(
        [
            "synthesise",
            "--system",
            args.system,
            "--scale",
            str(args.scale),
            "--seed",
            str(args.seed),
            "--out",
            str(part),
        ]
    )
    if code:
        raise UserError("The artificial system could not be written; see the message above. Nothing was changed.")
    part.rename(folder)


def _load_activity(args: argparse.Namespace, folder: Path) -> None:
    """Give an artificial hub its artificial year of activity, once; a hub that has one, or is real, is left alone."""
    import wherry.hub
    from wherry.cli import main
    from wherry.hub import activity
    from wherry.synthetic.activity import has_figures, write

    if activity.current_id() is not None or not has_figures(args.system) or not wherry.hub.open().artificial:
        return
    files = folder / "activity"
    if not files.is_dir():
        write(files, args.system, seed=args.seed)
    if main(["hub", "activity", "load", str(files), "--system", args.system]):
        raise UserError("The year of activity could not be loaded; see the message above. The rest is as it was.")


def _serve(args: argparse.Namespace) -> int:
    _refuse_a_taken_port(args.host, args.port)
    _migrate()
    return _start(args)


def _refuse_a_taken_port(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise UserError(
                f"Cannot listen on {host}:{port} ({error.strerror}). Stop what uses it, or choose another with --port."
            ) from error


def _migrate() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wherry.web.config.settings")
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)


def _start(args: argparse.Namespace, *, plays: bool = False) -> int:
    """Replace this process by gunicorn: one Ctrl-C ends everything, for its children end with it."""
    from wherry.cli import run_flow
    from wherry.web import waiting
    from wherry.web.elective import worker
    from wherry.web.feed.listener import child as listener
    from wherry.web.home import clockwork

    waiting.warm()
    worker.start()
    clockwork.start()
    if args.feed_port:
        ours = run_flow.free(args.feed_port)
        listener.start(args.feed_port)
        if plays and ours:
            run_flow.start_player(args.feed_port)
    print(f"\nwherry is at http://{args.host}:{args.port}/ (Ctrl-C stops it)\n", flush=True)
    command = [
        *(sys.executable, "-m", "gunicorn", "wherry.web.config.wsgi:application"),
        *("--bind", f"{args.host}:{args.port}", "--workers", str(args.workers), "--threads", "4"),
        *("--worker-class", "gthread", "--timeout", "120", "--log-level", "warning"),
    ]
    os.execv(sys.executable, command)  # noqa: S606
