"""The audit log: chained, append-only in the database itself, safe with several writers at once."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wherry.web.access import Role, audit, immutability
from wherry.web.access.access import Access, access_of
from wherry.web.access.models import AuditEvent, User


def write(number: int = 1, actor: str = "tests") -> AuditEvent:
    return audit.record_system(
        actor=actor, action="thing.done", subject_kind="thing", subject_key=f"T{number}", detail={"n": number}
    )


def test_lines_are_chained_from_the_first(db: None) -> None:
    one, two = write(1), write(2)
    assert (one.sequence, one.previous_hash) == (1, audit.GENESIS)
    assert (two.sequence, two.previous_hash) == (2, one.hash)
    verdict = audit.verify()
    assert (verdict.sound, verdict.lines, verdict.head) == (True, 2, two.hash)


def test_an_empty_log_is_whole(db: None) -> None:
    assert audit.verify() == audit.Verdict(0, audit.GENESIS)


def test_a_line_names_its_person_roles_and_organisations(make_user: Callable[..., User]) -> None:
    access = access_of(make_user(Role.CLINICIAN, ("RM1", "RGP")))
    line = audit.record(
        access=access, action="pathway.opened", subject_kind="pathway", subject_key="RM1:1", organisation="RM1"
    )
    assert (line.actor, line.roles, line.organisations) == ("clinician", "clinician", "RGP,RM1")
    assert (line.purpose, line.detail) == ("direct care", "{}")


def test_somebody_unknown_is_refused(db: None) -> None:
    with pytest.raises(audit.AnonymousActor):
        audit.record(access=Access(None), action="x", subject_kind="y", subject_key="z")
    with pytest.raises(audit.AnonymousActor):
        audit.record(access=Access(User(username="")), action="x", subject_kind="y", subject_key="z")
    with pytest.raises(audit.AnonymousActor):
        write(actor=" ")
    assert not AuditEvent.objects.exists()


def test_the_database_refuses_to_change_or_remove_a_line(db: None) -> None:
    write()
    for act in (
        lambda: AuditEvent.objects.update(actor="somebody else"),
        lambda: AuditEvent.objects.all().delete(),
        lambda: AuditEvent.objects.get().delete(),
        lambda: connection.cursor().execute(f"UPDATE {immutability.TABLE} SET action = 'nothing'"),
        lambda: connection.cursor().execute(f"DELETE FROM {immutability.TABLE}"),
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            act()
    assert audit.verify() == audit.Verdict(1, AuditEvent.objects.get().hash)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("actor", "somebody"),
        ("detail", '{"n":7}'),
        ("at", "2020-01-01 00:00:00"),
        ("previous_hash", "f" * 64),
        ("hash", "f" * 64),
        ("organisation", "RGP"),
    ],
)
def test_a_changed_line_is_named(db: None, column: str, value: str) -> None:
    for number in range(1, 6):
        write(number)
    with connection.cursor() as cursor:
        for statement in immutability.drop(connection.vendor):
            cursor.execute(statement)
        cursor.execute(f"UPDATE {immutability.TABLE} SET {column} = %s WHERE sequence = 3", [value])
    verdict = audit.verify()
    assert (verdict.sound, verdict.broken, verdict.lines) == (False, 3, 2)


def test_a_missing_line_is_named_and_cut_lines_are_found_by_a_kept_head(db: None) -> None:
    heads = [write(number).hash for number in range(1, 6)]
    with connection.cursor() as cursor:
        for statement in immutability.drop(connection.vendor):
            cursor.execute(statement)
        cursor.execute(f"DELETE FROM {immutability.TABLE} WHERE sequence = 5")
        assert audit.verify().sound, "a shorter chain is sound in itself"
        assert audit.verify(expected_head=heads[4]).broken == 5
        assert audit.verify(expected_head=heads[2]).sound
        cursor.execute(f"DELETE FROM {immutability.TABLE} WHERE sequence = 2")
    verdict = audit.verify()
    assert (verdict.broken, verdict.reason) == (2, "line 2 is missing")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=3),
    max_leaves=8,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=40)
@given(detail=st.dictionaries(st.text("abcdefgh", max_size=5), _JSON, max_size=4))
def test_any_detail_survives_the_database_and_the_check(db: None, detail: dict[str, object]) -> None:
    audit.record_system(actor="tests", action="x", subject_kind="y", subject_key="z", detail=detail)
    assert audit.verify().sound


def test_a_line_goes_with_its_act_or_not_at_all(db: None) -> None:
    write(1)

    @transaction.atomic
    def act() -> None:
        write(2)
        raise RuntimeError("the act failed")

    with pytest.raises(RuntimeError):
        act()
    write(3)
    assert list(AuditEvent.objects.values_list("sequence", "subject_key")) == [(1, "T1"), (2, "T3")]
    assert audit.verify().sound


def test_eight_writers_at_once_make_one_chain(two_writers: None) -> None:
    failures: list[BaseException] = []
    ready = threading.Barrier(8)

    def work(writer: int) -> None:
        try:
            ready.wait(timeout=120)
            for number in range(10):
                with transaction.atomic():
                    write(number, f"writer {writer}")
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=300)
    assert not failures
    assert audit.verify().lines == 80
    assert audit.verify().sound
    assert {line.actor for line in AuditEvent.objects.all()} == {f"system: writer {n}" for n in range(8)}


def test_whatever_is_too_long_or_has_zero_bytes_is_still_kept(db: None) -> None:
    line = audit.record_system(
        actor="t" * 300, action="x", subject_kind="y", subject_key="a\x00b" + "z" * 500, detail={"n": "\x00"}
    )
    line.refresh_from_db()
    assert line.subject_key.startswith("a\ufffdbz")
    assert len(line.subject_key) == 200
    assert audit.verify().sound
