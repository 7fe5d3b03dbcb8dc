"""Who is in which call: seats taken, kept for a while, given up."""

from collections.abc import Iterator

import pytest

from shopvisio.errors import Conflict
from shopvisio.web import presence
from shopvisio.web.presence import Person

KEY = "appointment"


@pytest.fixture(autouse=True)
def nobody_stays() -> Iterator[None]:
    yield
    presence.empty(KEY)


def customer(sid: str) -> Person:
    return Person(sid, "customer", "customer", "Odile Kervella")


def staff(sid: str, number: int = 1, name: str = "Karim Benali") -> Person:
    return Person(sid, f"staff:{number}", "staff", name)


def test_a_customer_alone_is_waiting() -> None:
    presence.enter(KEY, customer("a"))
    assert presence.waiting() == [KEY]
    assert presence.here(KEY) == {"customer": True, "staff": False}


def test_with_somebody_of_the_shop_nobody_waits() -> None:
    presence.enter(KEY, customer("a"))
    presence.enter(KEY, staff("b"))
    assert presence.waiting() == []
    assert presence.here(KEY) == {"customer": True, "staff": True}


def test_an_empty_call_has_nobody() -> None:
    assert presence.here(KEY) == {"customer": False, "staff": False}
    assert presence.people(KEY) == []


def test_the_newer_page_has_the_seat() -> None:
    presence.enter(KEY, customer("old"))
    assert presence.enter(KEY, customer("new")) == "old"
    assert presence.at("old") is None
    assert [person.sid for person in presence.people(KEY)] == ["new"]


def test_a_page_that_sits_down_again_is_not_replaced_by_itself() -> None:
    presence.enter(KEY, customer("a"))
    assert presence.enter(KEY, customer("a")) == ""
    assert presence.at("a") is not None


def test_a_dropped_line_keeps_the_seat_and_says_so() -> None:
    person = customer("a")
    presence.enter(KEY, person)
    presence.drop("a")
    assert [one.link for one in presence.people(KEY)] == ["lost"]
    assert presence.here(KEY)["customer"]


def test_who_comes_back_in_time_is_not_given_up() -> None:
    person = customer("a")
    presence.enter(KEY, person)
    presence.drop("a")
    presence.enter(KEY, customer("b"))
    assert not presence.give_up(KEY, person)
    assert [one.link for one in presence.people(KEY)] == ["live"]


def test_who_does_not_come_back_is_given_up() -> None:
    person = customer("a")
    presence.enter(KEY, person)
    presence.drop("a")
    assert presence.give_up(KEY, person)
    assert presence.people(KEY) == []


def test_leaving_frees_the_seat_at_once() -> None:
    presence.enter(KEY, customer("a"))
    presence.leave("a")
    assert presence.people(KEY) == []
    assert presence.leave("a") is None


def test_a_colleague_does_not_push_the_one_who_is_there_out() -> None:
    presence.enter(KEY, staff("a"))
    with pytest.raises(Conflict, match="Karim Benali"):
        presence.enter(KEY, staff("b", number=2, name="Claire Fontaine"))


def test_a_colleague_takes_over_from_one_whose_line_is_gone() -> None:
    presence.enter(KEY, staff("a"))
    presence.drop("a")
    presence.enter(KEY, staff("b", number=2, name="Claire Fontaine"))
    assert [person.name for person in presence.people(KEY)] == ["Claire Fontaine"]


def test_lost_media_shows_as_a_lost_link_until_it_is_back() -> None:
    presence.enter(KEY, customer("a"))
    assert presence.media(KEY, "customer", "live")
    assert presence.media(KEY, "customer", "lost")
    assert presence.people(KEY)[0].link == "lost"
    assert presence.media(KEY, "customer", "live")
    assert presence.people(KEY)[0].link == "live"


def test_media_that_never_came_is_not_lost() -> None:
    presence.enter(KEY, customer("a"))
    assert not presence.media(KEY, "customer", "lost")
    assert presence.people(KEY)[0].link == "live"


def test_the_relay_may_speak_of_somebody_who_is_gone() -> None:
    assert not presence.media(KEY, "customer", "live")


def test_a_reload_keeps_what_the_relay_said() -> None:
    presence.enter(KEY, customer("a"))
    presence.media(KEY, "customer", "live")
    presence.drop("a")
    again = customer("b")
    presence.enter(KEY, again)
    assert again.media == "live"


def test_at_the_end_everybody_is_out() -> None:
    presence.enter(KEY, customer("a"))
    presence.enter(KEY, staff("b"))
    assert {person.seat for person in presence.empty(KEY)} == {"customer", "staff:1"}
    assert presence.at("a") is None
    assert presence.waiting() == []
