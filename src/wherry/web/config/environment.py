"""What the settings take from outside: which database, and the secret key. Plain functions."""

from __future__ import annotations

import importlib.util
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from wherry.errors import UserError


def secret_key(folder: Path, environ: Mapping[str, str]) -> str:
    """The key that signs sessions: `WHERRY_SECRET_KEY`, or one generated once into the working folder (mode 0600)."""
    if given := environ.get("WHERRY_SECRET_KEY"):
        return given
    path = folder / "secret-key"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        key = path.read_text().strip()
        if len(key) < 50:
            raise UserError(
                f"The secret key in {path} is too short. Remove the file to make a new one; everyone signs in again."
            ) from None
        return key
    key = secrets.token_urlsafe(64)
    with os.fdopen(descriptor, "w") as file:
        file.write(key + "\n")
    return key


def databases(folder: Path, environ: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Django's `DATABASES`: PostgreSQL where one is named, otherwise SQLite in the working folder.

    >>> databases(Path("/x"), {"WHERRY_DATABASE_URL": "postgresql://ann:p%40ss@db:5433/wherry"})["default"]["PASSWORD"]
    'p@ss'
    """
    if url := environ.get("WHERRY_DATABASE_URL"):
        return {"default": _postgresql_url(url)}
    if environ.get("PGDATABASE") and (environ.get("PGHOST") or environ.get("PGSERVICE")):
        return {"default": _postgresql(**{key: environ.get("PG" + key, "") for key in _PG_KEYS})}
    folder.mkdir(parents=True, exist_ok=True)
    return {"default": _sqlite(folder / "web.sqlite3")}


_PG_KEYS = ("DATABASE", "USER", "PASSWORD", "HOST", "PORT")


def _postgresql(**values: str) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": values["DATABASE"],
        "USER": values.get("USER", ""),
        "PASSWORD": values.get("PASSWORD", ""),
        "HOST": values.get("HOST", ""),
        "PORT": values.get("PORT", ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


def _postgresql_url(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    name = unquote(parts.path.lstrip("/"))
    if parts.scheme not in {"postgres", "postgresql"} or not name:
        raise UserError(
            "WHERRY_DATABASE_URL is not a PostgreSQL address. Write postgresql://USER:PASSWORD@HOST:PORT/DATABASE, "
            "or leave it out to use SQLite."
        )
    settings = _postgresql(
        DATABASE=name,
        USER=unquote(parts.username or ""),
        PASSWORD=unquote(parts.password or ""),
        HOST=unquote(parts.hostname or ""),
        PORT=str(parts.port or ""),
    )
    if options := dict(parse_qsl(parts.query)):
        settings["HOST"] = options.pop("host", settings["HOST"])
        settings["OPTIONS"] = options
    return settings


def _sqlite(path: Path) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "CONN_MAX_AGE": 60,
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
        },
        "TEST": {"NAME": path.with_name("web-test.sqlite3")},
    }


def nhsuk_static() -> Path:
    """The folder of NHS.UK's style sheet and script: Wagtail's package carries them; Wagtail itself is not needed."""
    spec = importlib.util.find_spec("wagtailnhsukfrontend")
    if spec is None or spec.origin is None:
        raise UserError("The package wagtail-nhsuk-frontend is missing. Run make run, which installs what is needed.")
    return Path(spec.origin).parent / "static" / "wagtailnhsukfrontend"
