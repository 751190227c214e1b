"""Two that keep messages at once: of the same visits, each sees what the other kept."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connection
from feed_store_support import arrived, event, everything, nothing

from wherry.web.feed import store
from wherry.web.feed.arrived import Arrived
from wherry.web.feed.models import Message, Visit

VISITS = [f"V{number}" for number in range(6)]


def of(visit: str) -> list[Arrived]:
    patient = f"RM1|P{visit[1:]}"
    keys = {"visit_key": f"RM1|{visit}", "patient_key": patient}
    told = [
        event("A04", 0, place=0, control_id=f"{visit}-1", **keys),
        event("A01", 10, place=1, control_id=f"{visit}-2", **keys),
        event("A02", 20, place=2, control_id=f"{visit}-3", **keys),
        event("A40", 25, patient_key="RM1|P0", merged_key=patient, control_id=f"{visit}-4"),
        event("A02", 30, place=4, control_id=f"{visit}-5", **keys),
        event("A03", 40, control_id=f"{visit}-6", **keys),
    ]
    return [arrived(one) for one in told]


def test_two_at_once_end_as_one_after_the_other(two_writers: None) -> None:
    messages = [one for visit in VISITS for one in of(visit)]
    store.take(messages)
    whole = everything()
    nothing()
    ready = Barrier(2)
    # Each has every other message of every visit, and a third of all comes to both.
    shares = [
        [one for number, one in enumerate(messages) if number % 2 == which or number % 3 == 0] for which in (0, 1)
    ]

    def keep(share: list[Arrived]) -> list[bool]:
        try:
            ready.wait(timeout=120)
            return [out.repeated for n in range(0, len(share), 4) for out in store.take(share[n : n + 4])]
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        repeated = list(pool.map(keep, shares))
    assert everything() == whole
    assert Message.objects.count() == len(messages)
    assert sum(map(sum, repeated)) == sum(map(len, shares)) - len(messages)
    assert Visit.objects.filter(standing="left").count() == len(VISITS)
    assert store.rederive_all() == {}
    nothing()
