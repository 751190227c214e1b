"""Offers over the handmade snapshot: moves of real rows, people who may act, and the steps up to each state."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import pyarrow.parquet as pq
from snapshot_factory import CENSUS, Made

from wherry.web.access.access import Access
from wherry.web.access.models import Membership, User
from wherry.web.access.permissions import Role
from wherry.web.offers import answers, codes, invitations, services, transfers
from wherry.web.offers.acts import Actor
from wherry.web.offers.models import Invitation, Offer
from wherry.web.offers.moves import ProposedMove

TODAY = CENSUS
WEEK = date(2026, 3, 2)
KEY = "theatre|RGP75|2026-03-02|110||intermediate"
Row = dict[str, Any]


def listed(made: Made) -> list[Row]:
    """Rows of the list whose people are alive and have a birth date, in list order."""
    folder = made.hub / "snapshots" / made.snapshot_id
    rows = pq.read_table(folder / "waiting_list.parquet").to_pylist()
    people = pq.read_table(folder / "person.parquet").to_pylist()
    died = {row["person_key"] for row in people if row["death_date"]}
    return [row for row in rows if row["person_key"] not in died and row["clock_start"]]


def move_of(row: Row, **changed: Any) -> ProposedMove:
    """A move of a row of the list from its trust to the Paget (or from there to the Norwich)."""
    to = ("RM1", "RM102") if row["organisation"] == "RGP" else ("RGP", "RGP75")
    made = ProposedMove(
        pathway_key=row["pathway_key"],
        period=row["period"],
        person_key=row["person_key"],
        from_organisation=row["organisation"],
        from_site=row["site"],
        to_organisation=to[0],
        to_site=to[1],
        week_start=WEEK,
        home_week=WEEK + timedelta(weeks=14),
        weeks_sooner=14,
        miles=23.4,
        complexity="intermediate",
        treatment_function=row["treatment_function"],
        procedure_group="hip_knee_replacement",
        capacity_key=KEY,
        places=3,
        minutes=120,
        why="14 weeks sooner at the James Paget, 23 miles.",
    )
    return replace(made, **changed)


def access(role: Role, *organisations: str) -> Access:
    """Somebody of a role at these trusts (all three if none is named), made the first time."""
    where = organisations or ("RM1", "RGP", "RCX")
    name = f"offers-{role.value}-{'-'.join(where)}"
    user = User.objects.filter(username=name).first()
    if user is None:
        user = User.objects.create_user(name, first_name="Test", last_name=role.value.title())
        for code in where:
            Membership.objects.create(user=user, organisation=code, role=role.value, reason="test", granted_by="tests")
    return Access(user, frozenset((code, role) for code in where))


@dataclass
class Bench:
    """The steps of an offer, each by somebody who may, over one handmade snapshot."""

    made: Made

    def __post_init__(self) -> None:
        self.rows = listed(self.made)

    @property
    def manager(self) -> Access:
        """A waiting-list manager of every trust."""
        return access(Role.WAITING_LIST_MANAGER)

    @property
    def clinician(self) -> Access:
        """A clinician of every trust."""
        return access(Role.CLINICIAN)

    def row(self, number: int = 0, organisation: str = "RM1") -> Row:
        """One of the rows of a trust."""
        return [row for row in self.rows if row["organisation"] == organisation][number]

    def proposed(self, number: int = 0, organisation: str = "RM1", **changed: Any) -> Offer:
        """A proposal."""
        move = move_of(self.row(number, organisation), **changed)
        done = services.propose(access=self.manager, run_label="test", moves=[move], snapshot_id=self.made.snapshot_id)
        assert not done.left_out, done.left_out
        return done.made[0]

    def agreed(self, number: int = 0, organisation: str = "RM1", **changed: Any) -> Offer:
        """Agreed by a clinician."""
        offer = self.proposed(number, organisation, **changed)
        return services.agree(access=self.clinician, offer_id=offer.pk, version=offer.version)

    def offered(self, number: int = 0, organisation: str = "RM1", **changed: Any) -> Offer:
        """Offered, with a place held."""
        offer = self.agreed(number, organisation, **changed)
        return self.offer(offer)

    def offer(self, offer: Offer, **changed: Any) -> Offer:
        """Offer an agreed one on usual terms."""
        terms: dict[str, Any] = {
            "treat_on": WEEK + timedelta(days=1),
            "answer_by": TODAY + timedelta(days=10),
            "method": "online",
        }
        return services.make_offer(
            access=self.manager, offer_id=offer.pk, version=offer.version, **{**terms, **changed}
        )

    def accepted(self, number: int = 0, organisation: str = "RM1", **changed: Any) -> Offer:
        """The patient said yes on their own page."""
        offer = self.offered(number, organisation, **changed)
        return answers.accept(actor=patient(offer), offer_id=offer.pk, through="online").offer

    def transferred(self, number: int = 0, organisation: str = "RM1", **changed: Any) -> Offer:
        """Transferred with the data set."""
        offer = self.accepted(number, organisation, **changed)
        transfers.send(access=self.manager, offer_id=offer.pk, version=offer.version)
        return Offer.objects.get(pk=offer.pk)

    def code(self, offer: Offer) -> str:
        """A code of an offer."""
        return codes.make(access=self.manager, offer=offer)

    def born(self, offer: Offer | Invitation) -> date:
        """The patient's birth date."""
        found: date = next(r["birth_date"] for r in self.rows if r["pathway_key"] == offer.pathway_key)
        return found

    def long_waiters(self) -> list[Row]:
        """Rows that may ask to move."""

        def booked(row: Row) -> date | None:
            found: date | None = row["tci_on"] if row["stage"] == "admitted" else row["next_event_on"]
            return found

        horizon = TODAY + timedelta(weeks=8)
        return [row for row in self.rows if row["days_waited"] > 280 and ((on := booked(row)) is None or on > horizon)]

    def invited(self, number: int = 0) -> Invitation:
        """Somebody who waits long, invited."""
        return invitations.invite(access=self.manager, pathway_key=self.long_waiters()[number]["pathway_key"])


def patient(offer: Offer | Invitation) -> Actor:
    """The patient of an offer or an invitation."""
    kind = "offer" if isinstance(offer, Offer) else "invitation"
    return Actor(patient_of=f"{kind} {offer.pk}")


def matrix_needs(need: str, made: Made) -> tuple[dict[str, object], str]:
    """What an address of the access table needs, made in the database."""
    bench = Bench(made)
    if need == "offer":
        return {"offer_id": bench.proposed().pk}, ""
    if need == "offered":
        return {"offer_id": bench.offered().pk}, ""
    if need == "transfer":
        return {"offer_id": bench.transferred().pk}, ""
    if need == "invitation":
        return {"invitation_id": bench.invited().pk}, ""
    raise KeyError(need)
