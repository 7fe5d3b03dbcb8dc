"""Parts: what staff and customer may do with them, and what follows."""

from datetime import timedelta

import pytest
from conftest import NOW, Shop

from shopvisio import booking, cases, parts, settings
from shopvisio.accounts import Actor
from shopvisio.cases import Case
from shopvisio.db import db, writing
from shopvisio.errors import Invalid, NotFound, WrongState
from shopvisio.jobs import Job
from shopvisio.parts import Wanted

WHY = cases.Why("repairable", "no_part")
AFTER = NOW + timedelta(days=1, hours=2)
SEAL = Wanted("Joint de hublot", "481246", "Blanco pièces", 1840)
PUMP = Wanted("Pompe de vidange", "P-12", "", 15000)


def jobs_of(kind: str) -> list[Job]:
    return list(db.session.scalars(db.select(Job).where(Job.kind == kind)))


def states(case: Case) -> list[str]:
    return [part.state for part in case.parts]


@pytest.fixture
def karim(shop: Shop) -> Actor:
    return shop.repairer.actor


@pytest.fixture
def offered(booked: Case, karim: Actor) -> Case:
    """A seal is proposed after the first call."""
    with writing():
        parts.offer(booked, SEAL, "Fendu", karim, AFTER)
    return booked


@pytest.fixture
def accepted(offered: Case) -> Case:
    """The customer has accepted it."""
    accept(offered)
    return offered


@pytest.fixture
def sent(accepted: Case, karim: Actor) -> Case:
    """It is on its way."""
    with writing():
        parts.send(accepted, accepted.parts[0], "Colissimo", "https://suivi.example/1", karim, AFTER)
    return accepted


def accept(case: Case, offer: int | None = None) -> None:
    seen = case.offer if offer is None else offer
    with writing():
        parts.accept(case, seen, "14 montée de la Grande-Côte", "69001", "Lyon", AFTER)


def test_a_part_goes_all_the_way_and_the_next_visit_is_free(shop: Shop, accepted: Case, karim: Actor) -> None:
    case, part = accepted, accepted.parts[0]
    with writing():
        parts.order(case, part, "", karim, AFTER)
    assert (case.state, part.state, part.supplier) == ("part_accepted", "ordered", "Blanco pièces")
    with writing():
        parts.send(case, part, "Colissimo", "https://suivi.example/1", karim, AFTER)
    with writing():
        parts.receive(case, case.customer.actor, AFTER + timedelta(days=3))
    start = AFTER.replace(hour=9, minute=0) + timedelta(days=6)
    with writing():
        again = booking.book(case, shop.repair, start, AFTER + timedelta(days=3))
    assert case.state == "booked"
    assert (again.visit, again.case_id, case.fee) == (2, case.id, 2900)


def test_two_parts_are_one_offer_and_travel_apart(offered: Case, karim: Actor) -> None:
    with writing():
        parts.offer(offered, PUMP, "", karim, AFTER)
    assert offered.offer == 2
    accept(offered)
    seal, pump = offered.parts
    with writing():
        parts.send(offered, seal, "", "", karim, AFTER)
    assert (offered.state, states(offered)) == ("part_accepted", ["sent", "accepted"])
    with writing():
        parts.receive(offered, offered.customer.actor, AFTER)
    assert offered.state == "part_accepted"
    with writing():
        parts.send(offered, pump, "", "", karim, AFTER)
    assert offered.state == "part_sent"
    with writing():
        parts.receive(offered, offered.customer.actor, AFTER)
    assert (offered.state, states(offered)) == ("part_received", ["received", "received"])


def test_what_is_accepted_is_the_version_that_was_seen(offered: Case, karim: Actor) -> None:
    with writing():
        parts.change(offered, offered.parts[0], Wanted("Joint", "481246", "", 2200), karim, AFTER)
    with pytest.raises(WrongState, match="changé"):
        accept(offered, 1)
    accept(offered, 2)
    told = offered.journal[-1].told
    assert (told["offer"], told["price"], told["lines"]) == (
        2,
        2200,
        [{"part": "Joint", "reference": "481246", "price": 2200}],
    )
    assert (offered.parts[0].offer, offered.parts[0].accepted) == (2, AFTER)


def test_another_price_after_acceptance_is_accepted_anew(accepted: Case, karim: Actor) -> None:
    part = accepted.parts[0]
    with writing():
        parts.change(accepted, part, Wanted("Joint de hublot", "481246", "", 2200), karim, AFTER)
    assert (accepted.state, part.state, part.accepted) == ("part_offered", "offered", None)
    with pytest.raises(WrongState), writing():
        parts.send(accepted, part, "", "", karim, AFTER)
    accept(accepted)
    assert accepted.state == "part_accepted"


def test_another_supplier_is_the_shops_own_affair(accepted: Case, karim: Actor) -> None:
    with writing():
        parts.change(accepted, accepted.parts[0], Wanted("Joint de hublot", "481246", "Ailleurs", 1840), karim, AFTER)
    assert (accepted.state, accepted.parts[0].supplier) == ("part_accepted", "Ailleurs")


def test_a_part_needs_an_address_before_it_is_ordered(offered: Case) -> None:
    with pytest.raises(Invalid) as caught, writing():
        parts.accept(offered, offered.offer, "14 montée", "", " ", AFTER)
    assert set(caught.value.fields) == {"postcode", "city"}


def test_a_refused_part_gives_the_case_back_to_staff(offered: Case, karim: Actor) -> None:
    with writing():
        parts.refuse(offered, offered.offer, "Trop cher", AFTER)
    assert offered.state == "open"
    with writing():
        cases.propose(offered, "not_repaired", "", karim, AFTER, WHY)
    assert offered.state == "proposed"


@pytest.mark.parametrize(
    "typed",
    [
        "javascript:alert(1)",
        "https://",
        "suivi.example/1",
        "https://a b.example",
        "ftp://x.example",
        "https://[",
        "http://suivi",
    ],
)
def test_a_tracking_link_is_a_link(accepted: Case, karim: Actor, typed: str) -> None:
    with pytest.raises(Invalid), writing():
        parts.send(accepted, accepted.parts[0], "", typed, karim, AFTER)
    assert accepted.parts[0].state == "accepted"


@pytest.mark.parametrize(("name", "price"), [("", 0), ("  ", 100), ("Joint", -1), ("Joint", parts.DEAREST + 1)])
def test_a_part_has_a_name_and_a_price(name: str, price: int) -> None:
    with pytest.raises(Invalid):
        Wanted(name, price=price)


def test_a_sale_has_no_parts(shop: Shop, booked: Case, karim: Actor) -> None:
    with writing():
        sale = cases.open_case("sale", booked.customer, cases.Intake(), NOW)
    with pytest.raises(WrongState), writing():
        parts.offer(sale, SEAL, "", karim, AFTER)


def test_a_part_of_another_case_is_not_found(offered: Case) -> None:
    with writing():
        other = cases.open_case("repair", offered.customer, cases.Intake(), NOW)
    with pytest.raises(NotFound):
        parts.find(other, offered.parts[0].id)


def test_a_case_has_so_many_parts(booked: Case, karim: Actor) -> None:
    with writing():
        for _n in range(parts.MOST):
            parts.offer(booked, SEAL, "", karim, AFTER)
    with pytest.raises(Invalid), writing():
        parts.offer(booked, SEAL, "", karim, AFTER)


def test_during_a_call_the_case_stays_booked_and_follows_its_parts_after(booked: Case, karim: Actor) -> None:
    with writing():
        parts.offer(booked, SEAL, "", karim, AFTER, is_during=True)
    accept(booked)
    assert (booked.state, states(booked)) == ("booked", ["accepted"])
    with writing():
        parts.follow(booked)
    assert booked.state == "part_accepted"


def test_a_lost_part_is_given_up_and_the_customer_told(sent: Case, karim: Actor) -> None:
    with writing():
        parts.drop(sent, sent.parts[0], "Perdue par le transporteur.", karim, AFTER)
    assert (sent.state, states(sent), len(jobs_of("part-dropped"))) == ("open", ["dropped"], 1)


def test_what_is_not_told_is_noted(accepted: Case, karim: Actor) -> None:
    with writing():
        parts.send(accepted, accepted.parts[0], "", "", karim, AFTER, tell=False)
    assert accepted.journal[-1].told["quiet"]
    assert jobs_of("part-sent") == []


@pytest.mark.parametrize("fate", ["left", "to_return"])
def test_what_was_not_fitted_is_left_or_sent_back_as_staff_chose(sent: Case, karim: Actor, fate: str) -> None:
    with writing():
        parts.receive(sent, sent.customer.actor, AFTER)
        cases.propose(sent, "not_repaired", "", karim, AFTER, WHY, unfitted=fate)
    assert states(sent) == ["received"]  # the customer has not answered yet
    with writing():
        cases.answer(sent, True, "", AFTER)
    assert states(sent) == [fate]


def test_a_part_comes_back_to_the_shop(sent: Case, karim: Actor) -> None:
    with writing():
        parts.receive(sent, sent.customer.actor, AFTER)
        cases.propose(sent, "not_repaired", "", karim, AFTER, WHY)
        cases.answer(sent, True, "", AFTER)
        parts.give_up(sent, sent.parts[0], "to_return", karim, AFTER)
        parts.take_back(sent, sent.parts[0], karim, AFTER)
    assert states(sent) == ["returned"]
    with pytest.raises(WrongState), writing():
        parts.give_up(sent, sent.parts[0], "left", karim, AFTER)


def test_a_fitted_part_is_the_customers(sent: Case, karim: Actor) -> None:
    with writing():
        parts.receive(sent, sent.customer.actor, AFTER)
        cases.propose(sent, "repaired", "", karim, AFTER)
        cases.answer(sent, True, "", AFTER)
    assert states(sent) == ["received"]
    with pytest.raises(WrongState), writing():
        parts.give_up(sent, sent.parts[0], "to_return", karim, AFTER)


def test_what_was_never_sent_ends_with_the_case(accepted: Case, karim: Actor) -> None:
    with writing():
        cases.withdraw(accepted, AFTER)
    assert states(accepted) == ["dropped"]


def test_an_estimate_is_above_the_owners_limit_and_holds_its_days(offered: Case, karim: Actor) -> None:
    assert parts.valid_until(offered) is None
    with writing():
        parts.offer(offered, PUMP, "", karim, AFTER)
    assert parts.valid_until(offered) == AFTER + timedelta(days=30)
    with pytest.raises(WrongState, match="devis"), writing():
        parts.accept(offered, offered.offer, "1 rue", "69001", "Lyon", AFTER + timedelta(days=31))
    with writing():
        parts.refuse(offered, offered.offer, "", AFTER + timedelta(days=31))
    assert states(offered) == ["refused", "refused"]


def test_who_does_not_come_back_is_asked_twice_and_not_more(sent: Case) -> None:
    entry, due = sent.journal[-1].id, sorted(job.due for job in jobs_of("nudge"))
    assert due == [AFTER + timedelta(days=5), AFTER + timedelta(days=10)]
    assert parts.may_nudge(sent, entry)
    with writing():
        cases.record(sent, "nudged", sent.customer.actor, AFTER)
        parts.receive(sent, sent.customer.actor, AFTER)
    assert not parts.may_nudge(sent, entry)  # it has come since
    received = sent.journal[-1].id
    assert parts.may_nudge(sent, received)
    with writing():
        cases.record(sent, "nudged", sent.customer.actor, AFTER)
    assert not parts.may_nudge(sent, received)


def test_the_owner_may_want_no_reminders(accepted: Case, karim: Actor) -> None:
    with writing():
        settings.put({"nudge_days": "0"}, "owner", NOW)
        parts.send(accepted, accepted.parts[0], "", "", karim, AFTER)
    assert jobs_of("nudge") == []
