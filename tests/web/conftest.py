"""What the web tests share: one person a role, clients signed in as them, a small snapshot."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from accounts_support import TRUSTS, account
from django.test import Client
from snapshot_factory import Made, write_snapshot

from wherry.web.access import Role, immutability
from wherry.web.access.models import User
from wherry.web.beds import selectors
from wherry.web.components import live
from wherry.web.emergency import current


@pytest.fixture(scope="session")
def handmade_data(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Made]:
    """A working folder with the handmade snapshot, made once. Read only."""
    folder = tmp_path_factory.mktemp("handmade")
    return folder, write_snapshot(folder / "hub", nasty_names=True)


@pytest.fixture
def handmade(handmade_data: tuple[Path, Made], monkeypatch: pytest.MonkeyPatch) -> Made:
    """The handmade snapshot as the current one."""
    monkeypatch.setenv("WHERRY_DATA", str(handmade_data[0]))
    return handmade_data[1]


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    """Live pages keep what they made for half a second: no test sees what another made."""
    live.forget()
    selectors.forget()
    current.forget()


@pytest.fixture
def no_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder in which nothing has been built."""
    monkeypatch.setenv("WHERRY_DATA", str(tmp_path))
    return tmp_path


@pytest.fixture
def make_user(db: None) -> Callable[..., User]:
    """`make_user(role, organisations=TRUSTS, username=None)`: an account with one role at some trusts."""

    def make(role: Role | None, organisations: tuple[str, ...] = TRUSTS, username: str | None = None) -> User:
        return account(role, organisations, username or (role.value if role else "nobody"))

    return make


@pytest.fixture
def client_for(make_user: Callable[..., User]) -> Callable[..., Client]:
    """`client_for(role, organisations=TRUSTS)`: a client signed in as a person of that role (made once a test)."""
    made: dict[tuple[Role | None, tuple[str, ...]], Client] = {}

    def sign_in(role: Role | None, organisations: tuple[str, ...] = TRUSTS) -> Client:
        key = (role, organisations)
        if key not in made:
            name = f"{role.value if role else 'nobody'}-{'-'.join(organisations)}"
            client = Client()
            client.force_login(make_user(role, organisations, name))
            made[key] = client
        return made[key]

    return sign_in


@pytest.fixture
def two_writers(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A database that several threads may write to; the audit triggers step aside when it is emptied afterwards.

    On SQLite they are back at once, since a test of any kind may come next. PostgreSQL empties tables by a statement
    that the triggers refuse, so there they stay away: tests like these are the last that run there.
    """
    from django.db import connection

    def run(*statements: str) -> None:
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    if connection.vendor == "sqlite":  # sixteen who write at once on a busy machine wait longer than people would
        monkeypatch.setitem(connection.settings_dict["OPTIONS"], "timeout", 120)
    run(*immutability.create(connection.vendor))
    yield
    run(*immutability.drop(connection.vendor))
    if connection.vendor == "sqlite":
        run(f"DELETE FROM {immutability.TABLE}", *immutability.create(connection.vendor))
