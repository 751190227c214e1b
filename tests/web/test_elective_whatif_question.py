"""The what-if question in the address: read, checked, written back, said, and shared between scenarios."""

from __future__ import annotations

from django.http import QueryDict

from wherry.waiting.forward.scenario import Extra, Referrals, Scenario
from wherry.web.elective import whatif_question as asking
from wherry.web.elective import whatif_store as store
from wherry.web.elective.whatif_question import OPENING, Question, Slot
from wherry.web.elective.whatif_store import Unit

KNOWN = {
    "function": {"110": "Trauma and Orthopaedics", "120": "Ear Nose and Throat"},
    "trust": {"RM1": "NNUH"},
    "site": {"RM102": "Norfolk and Norwich", "RGP75": "James Paget"},
}


def read(address: str) -> tuple[Question, tuple[str, ...]]:
    return asking.read(QueryDict(address), KNOWN)


def test_a_page_opens_with_aid_beside_the_same_order_without_it() -> None:
    question, ignored = read("")
    assert (question.slots, ignored) == (OPENING, ())
    names = [scenario.name for scenario in asking.scenarios(question, KNOWN)]
    assert names[0] == "As it is"
    assert len(names) == 3


def test_an_empty_question_that_was_asked_stays_empty() -> None:
    question, _ = read("asked=1&aid1=&order1=&more1=&referrals1=&growth1=")
    assert question.slots == ()
    assert len(asking.scenarios(question, KNOWN)) == 1


def test_an_address_is_what_was_read_from_it() -> None:
    asked = Question(
        "110", "RM1", "RM102", 18,
        (
            Slot(aid=50, order=25),
            Slot(more=3, site="RGP75", function="120", stage=0, first=5, last=30),
            Slot(referrals=-10, growth=2),
        ),
    )  # fmt: skip
    assert read(asked.query()) == (asked, ())


def test_each_slot_becomes_its_scenario() -> None:
    asked, _ = read("asked=1&aid1=40&more2=5&of2=110&at2=RGP75&from2=10&referrals3=-10&growth3=3")
    plain, aid, more, fewer = asking.scenarios(asked, KNOWN)
    assert not plain.aid
    assert (aid.aid, aid.willing) == (True, 0.4)
    assert more.extra == (Extra("110", "RGP75", 1, 5, 10, None),)
    assert more.name == "5 more a week admitted at James Paget (Trauma and Orthopaedics, weeks 10 to 104)"
    assert (fewer.referrals, fewer.growth) == ((Referrals(-10),), 3)
    assert fewer.name == "10% fewer referrals; referrals grow 3% a year"


def test_what_is_not_understood_is_left_out_and_said() -> None:
    address = (
        "asked=1&function=999&site=%00x&over=7&aid1=101&order1=abc&more2=4&more3=3&of3=110&at3=RM102&from3=9&to3=3"
    )
    question, ignored = read(address)
    assert (question.function, question.site, question.over, question.slots) == ("", "", 52, ())
    text = " ".join(ignored)
    for part in ("function “999”", "over “7”", "aid “101”", "order “abc”", "4 more people a week", "weeks 9 to 3"):
        assert part in text


def test_extra_sessions_take_the_function_and_site_of_the_page() -> None:
    question, ignored = read("asked=1&function=110&site=RM102&more1=2")
    assert ignored == ()
    assert (question.slots[0].function, question.slots[0].site) == ("110", "RM102")


def test_scenarios_that_are_the_same_for_a_function_share_their_work() -> None:
    plain = Scenario()
    more = Scenario("More", extra=(Extra("110", "RM102", 1, 3),))
    assert Unit("120", plain).key == Unit("120", more).key
    assert Unit("110", plain).key != Unit("110", more).key
    assert Unit("110", Scenario(willing=0.9)).key == Unit("110", plain).key  # nobody travels without aid
    fewer = Scenario(referrals=(Referrals(-10, "120"),))
    assert Unit("110", fewer).key == Unit("110", plain).key
    assert Unit("120", fewer).key != Unit("120", plain).key
    assert store.reduced(fewer, "120")["referrals"] == [[-10, 1]]
