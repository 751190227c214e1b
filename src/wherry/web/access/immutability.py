"""Database triggers that refuse to change or remove a line of the audit log, whoever asks and by whatever tool."""

from __future__ import annotations

TABLE = "wherry_access_auditevent"
_WORDS = "The audit log is append-only"


def create(vendor: str) -> tuple[str, ...]:
    """SQL that makes the triggers on `sqlite` or `postgresql`."""
    if vendor == "sqlite":
        return tuple(
            f"CREATE TRIGGER IF NOT EXISTS audit_no_{act.lower()} BEFORE {act} ON {TABLE} "
            f"BEGIN SELECT RAISE(ABORT, '{_WORDS}'); END"
            for act in ("UPDATE", "DELETE")
        )
    if vendor == "postgresql":
        return (
            "CREATE OR REPLACE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{_WORDS}'; END $$",
            f"DROP TRIGGER IF EXISTS audit_no_change ON {TABLE}",
            f"CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON {TABLE} "
            "FOR EACH ROW EXECUTE FUNCTION audit_append_only()",
            f"DROP TRIGGER IF EXISTS audit_no_truncate ON {TABLE}",
            f"CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON {TABLE} "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()",
        )
    raise NotImplementedError(f"no audit triggers for {vendor}")


def drop(vendor: str) -> tuple[str, ...]:
    """SQL that removes the triggers: for a migration backwards, and for emptying a test database."""
    if vendor == "sqlite":
        return ("DROP TRIGGER IF EXISTS audit_no_update", "DROP TRIGGER IF EXISTS audit_no_delete")
    return (
        f"DROP TRIGGER IF EXISTS audit_no_change ON {TABLE}",
        f"DROP TRIGGER IF EXISTS audit_no_truncate ON {TABLE}",
    )
