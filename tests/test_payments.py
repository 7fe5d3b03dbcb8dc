"""What is owed, whatever was received, taken back, given back or noted by mistake."""

import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime

import pytest
from conftest import NOW, TUESDAY_10, Shop
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shopvisio import booking, cases, invoices, papers, payments
from shopvisio.accounts import Customer
from shopvisio.cases import Case, Intake
from shopvisio.db import db, writing
from shopvisio.errors import Invalid, WrongState
from shopvisio.invoices import Paper
from shopvisio.payments import Payment

LONG = bool(os.environ.get("SHOPVISIO_LONG"))


@dataclass
class Billed:
    """A repaired case and its invoice of 29 €."""

    case: Case
    invoice: Paper


def bill(shop: Shop, now: datetime = NOW) -> Billed:
    with writing():
        customer = Customer(name="Marie Roux", email="marie@exemple.example", phone="+33639982750", created=now)
        case = cases.open_case("repair", customer, Intake("Lave-linge"), now)
        appointment = booking.book(case, shop.repair, TUESDAY_10 + (now - NOW), now)
        cases.propose(case, "repaired", "Filtre nettoyé.", shop.repairer.actor, now)
        cases.answer(case, True, "", now)
        paper = papers.issue(case, now)
        appointment.cancelled = True  # its time is the next one's
    assert paper is not None
    return Billed(case, paper)


@pytest.fixture
def billed(shop: Shop) -> Billed:
    return bill(shop)


def receive(billed: Billed, cents: int, shop: Shop) -> Payment:
    with writing():
        return payments.note(billed.case, billed.invoice, cents, "cash", shop.owner.actor, NOW)


def take_back(billed: Billed, cents: int) -> Paper:
    with writing():
        return invoices.credit(billed.invoice, NOW, "Geste de la boutique.", {0: cents})


def give_back(billed: Billed, note: Paper, cents: int, shop: Shop) -> Payment:
    with writing():
        return payments.refund(billed.case, note, cents, "transfer", shop.owner.actor, NOW)


def test_an_invoice_is_paid_in_parts_and_never_beyond(billed: Billed, shop: Shop) -> None:
    receive(billed, 1000, shop)
    assert payments.owed(billed.invoice) == payments.owed_in_all() == 1900
    with pytest.raises(Invalid):
        receive(billed, 1901, shop)
    receive(billed, 1900, shop)
    assert payments.owed(billed.invoice) == payments.owed_in_all() == 0


def test_what_is_taken_back_after_payment_is_given_back_on_its_credit_note(billed: Billed, shop: Shop) -> None:
    receive(billed, 2900, shop)
    note = take_back(billed, 900)
    assert (payments.owed(billed.invoice), payments.to_give_back(note), payments.balance(billed.invoice)) == (
        0, 900, -900)
    with pytest.raises(Invalid):
        give_back(billed, note, 901, shop)
    give_back(billed, note, 900, shop)
    assert (payments.balance(billed.invoice), payments.to_give_back(note)) == (0, 0)
    assert [line.cents for line in payments.of_paper(note)] == [-900]


def test_what_is_taken_back_before_payment_is_simply_owed_no_more(billed: Billed, shop: Shop) -> None:
    note = take_back(billed, 900)
    assert (payments.owed(billed.invoice), payments.to_give_back(note)) == (2000, 0)
    with pytest.raises(Invalid):
        give_back(billed, note, 1, shop)


def test_a_line_noted_by_mistake_is_taken_back_once_by_a_line_of_its_own(billed: Billed, shop: Shop) -> None:
    line = receive(billed, 2900, shop)
    with writing():
        payments.undo(billed.case, line, shop.owner.actor, NOW)
    assert payments.owed(billed.invoice) == 2900
    assert payments.standing(billed.invoice) == []
    for again in payments.of_paper(billed.invoice):
        with pytest.raises(WrongState), writing():
            payments.undo(billed.case, again, shop.owner.actor, NOW)


@pytest.mark.parametrize("act", ["UPDATE payment SET cents = 1", "DELETE FROM payment",
                                 "INSERT INTO payment SELECT 9, paper_id, at, cents, method, by, NULL, hash, hash "
                                 "FROM payment"])
def test_the_base_refuses_to_rewrite_the_journal(
    billed: Billed, shop: Shop, house: Flask, act: str
) -> None:
    receive(billed, 2900, shop)
    kept = house.config["SHOP"].data / "shop.db"
    with closing(sqlite3.connect(kept)) as base, pytest.raises(sqlite3.IntegrityError, match="sealed"):
        base.execute(act)
    assert payments.verify() == []


def test_a_changed_line_is_found(billed: Billed, shop: Shop, house: Flask) -> None:
    receive(billed, 1000, shop)
    receive(billed, 1900, shop)
    with closing(sqlite3.connect(house.config["SHOP"].data / "shop.db", isolation_level=None)) as base:
        base.execute("DROP TRIGGER payment_keep")
        base.execute("UPDATE payment SET cents = 1 WHERE id = 1")
    db.session.expire_all()
    assert [fault.where for fault in payments.verify()] == ["payment_keep", "paiement 1"]


acts = st.lists(st.tuples(st.sampled_from(("receive", "take back", "give back", "undo")), st.integers(-1, 3000)),
                max_size=8)


@pytest.mark.long
@settings(max_examples=150 if LONG else 8, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(acts)
def test_what_is_owed_is_always_right(shop: Shop, acts: list[tuple[str, int]]) -> None:
    billed = bill(shop)
    before = payments.owed_in_all() - 2900
    received = credited = given_back = 0
    for act, cents in acts:
        notes = invoices.credits_of(billed.invoice)
        lines = [line for paper in (billed.invoice, *notes) for line in payments.standing(paper)]
        try:
            if act == "receive":
                receive(billed, cents, shop)
                received += cents
            elif act == "take back":
                take_back(billed, cents)
                credited += cents
            elif act == "give back" and notes:
                give_back(billed, notes[-1], cents, shop)
                given_back += cents
            elif act == "undo" and lines:
                with writing():
                    payments.undo(billed.case, lines[-1], shop.owner.actor, NOW)
                received -= max(0, lines[-1].cents)
                given_back -= max(0, -lines[-1].cents)
        except Invalid:
            pass
        balance = 2900 - credited - received + given_back
        assert payments.balance(billed.invoice) == balance
        assert payments.owed(billed.invoice) == max(0, balance)
        assert payments.owed_in_all() == before + max(0, balance)
        assert 0 <= credited <= 2900
        assert sum(map(payments.to_give_back, invoices.credits_of(billed.invoice))) >= max(0, -balance) * bool(credited)
    assert payments.verify() == []
