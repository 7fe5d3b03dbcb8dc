"""A credit note whose money goes back to the card it came from, by way of a stand-in for Stripe."""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from test_cards import Payer, everybodys_stripe, payer, settled, stripe

from shopvisio import child, invoices, payments
from shopvisio.cards import till
from shopvisio.cards.refunds import Refund
from shopvisio.db import db, writing
from shopvisio.web import guard

__all__ = ["everybodys_stripe", "payer", "settled", "stripe"]

NOTE = "/desk/papers/A2026-000001"


@pytest.fixture(autouse=True)
def teller_beside(monkeypatch: pytest.MonkeyPatch) -> None:
    """The teller in this process: that it runs in one of its own is shown in test_cards, and takes a second."""
    from shopvisio.cards import teller

    away = child.run

    def run(module: str, given: bytes, *bounds: Any) -> bytes:
        if module != till.TELLER:
            return away(module, given, *bounds)
        return json.dumps(teller.answer(json.loads(given))).encode()

    monkeypatch.setattr(child, "run", run)


def credit(payer: Payer, cents: int | None = None) -> None:
    """The invoice is taken back, or part of it."""
    with payer.app.app_context(), writing():
        paper = invoices.of_case(guard.case_behind(payer.path.rpartition("/")[2]).id)[0]
        invoices.credit(paper, payer.clock.now, "Geste.", {0: cents} if cents else None)


def by_card(payer: Payer) -> str:
    """The whole invoice is paid over the network; Stripe's name for the checkout."""
    session = payer.leave_for_stripe()
    payer.stripe.pay(session)
    payer.hook(session)
    payer.run_jobs()
    return session


def give_back(client: FlaskClient, amount: str) -> int:
    """The button; the status of the answer."""
    return client.post(f"{NOTE}/card-refund", data={"amount": amount}).status_code


def states(payer: Payer) -> list[str]:
    with payer.app.app_context():
        return list(db.session.scalars(db.select(Refund.state).order_by(Refund.id)))


def test_what_was_paid_by_card_goes_back_to_it_and_into_the_journal(payer: Payer, owner_client: FlaskClient) -> None:
    session = by_card(payer)
    credit(payer)
    assert "Rembourser sur sa carte" in owner_client.get(NOTE).text
    assert give_back(owner_client, "29") == 303
    assert "repartent vers sa carte" in owner_client.get(NOTE).text
    assert payer.ledger() == [(2900, "online")]  # not before Stripe has taken it on
    payer.run_jobs()
    assert [(one["payment_intent"], one["amount"]) for one in payer.stripe.refunds] == [(f"pi_{session}", "2900")]
    assert payer.ledger() == [(2900, "online"), (-2900, "online")]
    assert "Rembourser sur sa carte" not in owner_client.get(NOTE).text
    assert "vous a remboursé 29" in payer.client.get(payer.path).text
    with payer.app.app_context():
        assert payments.verify() == []


def test_pressed_twice_asked_twice_and_told_twice_it_goes_back_once(payer: Payer, owner_client: FlaskClient) -> None:
    by_card(payer)
    credit(payer)
    assert [give_back(owner_client, "29"), give_back(owner_client, "29")] == [303, 422]
    payer.stripe.is_down = True
    payer.run_jobs()  # Stripe does not answer: it is asked again, under the same key
    assert states(payer) == ["making"]
    payer.stripe.is_down = False
    payer.clock.pass_(minutes=10)
    payer.run_jobs()
    for _twice in range(2):
        payer.hook(payer.stripe.refunds[0]["id"])
        payer.run_jobs()
    payer.clock.pass_(days=6)
    payer.run_jobs()
    assert (len(payer.stripe.refunds), states(payer)) == (1, ["done"])
    assert payer.ledger() == [(2900, "online"), (-2900, "online")]


def test_part_of_it_and_never_more_than_came_by_card(payer: Payer, owner_client: FlaskClient) -> None:
    payer.pay_cash(900)
    by_card(payer)
    credit(payer)
    for amount in ("29", "20,01", "0", "-5", "beaucoup"):
        assert give_back(owner_client, amount) == 422, amount
    assert give_back(owner_client, "12,50") == 303
    payer.run_jobs()
    assert give_back(owner_client, "7,51") == 422
    assert give_back(owner_client, "7,50") == 303
    payer.run_jobs()
    assert sum(int(one["amount"]) for one in payer.stripe.refunds) == 2000
    cash = owner_client.post(f"{NOTE}/refund", data={"amount": "9", "method": "cash"})
    assert cash.status_code == 303
    assert sum(cents for cents, _method in payer.ledger()) == 0


def test_by_hand_and_by_card_do_not_cross(payer: Payer, owner_client: FlaskClient) -> None:
    by_card(payer)
    credit(payer, 1000)
    assert give_back(owner_client, "10") == 303
    crossed = owner_client.post(f"{NOTE}/refund", data={"amount": "10", "method": "cash"})
    assert (crossed.status_code, "en cours" in crossed.text) == (422, True)
    payer.run_jobs()
    assert payer.ledger() == [(2900, "online"), (-1000, "online")]


@pytest.mark.parametrize("is_hooked", [True, False])
def test_a_bank_that_refuses_days_later_is_told_to_staff_and_the_journal_takes_it_back(
    payer: Payer, owner_client: FlaskClient, is_hooked: bool
) -> None:
    by_card(payer)
    credit(payer)
    give_back(owner_client, "29")
    payer.run_jobs()
    refund = payer.stripe.refunds[0]["id"]
    payer.stripe.refuse(refund)
    if is_hooked:
        payer.hook(refund)
    else:
        payer.clock.pass_(days=1, minutes=1)  # without a webhook we ask by ourselves
    payer.run_jobs()
    payer.hook(refund)
    payer.run_jobs()
    assert payer.ledger() == [(2900, "online"), (-2900, "online"), (2900, "online")]
    with payer.app.app_context():
        case = guard.case_behind(payer.path.rpartition("/")[2])
        key = case.key
        assert [entry.kind for entry in case.journal].count("card_refund_failed") == 1
    assert "n’a pas abouti" in owner_client.get(f"/desk/cases/{key}").text
    assert "Noter le remboursement" in owner_client.get(NOTE).text  # another way, then


def test_what_stripe_refuses_at_once_is_said_and_leaves_the_way_by_hand(
    payer: Payer, owner_client: FlaskClient
) -> None:
    session = by_card(payer)
    credit(payer)
    refunded_elsewhere = {"id": "re_by_hand", "payment_intent": f"pi_{session}", "amount": "2900"}
    payer.stripe.refunds.append(refunded_elsewhere)  # on Stripe's own page
    give_back(owner_client, "29")
    payer.run_jobs()
    assert (states(payer), payer.ledger()) == (["failed"], [(2900, "online")])
    assert "greater than unrefunded" in owner_client.get(f"/desk/cases/{_key(payer)}").text


def _key(payer: Payer) -> str:
    with payer.app.app_context():
        return guard.case_behind(payer.path.rpartition("/")[2]).key


def test_without_a_key_or_a_card_there_is_no_button(payer: Payer, owner_client: FlaskClient) -> None:
    payer.pay_cash(2900)
    credit(payer)
    assert "Rembourser sur sa carte" not in owner_client.get(NOTE).text
    assert give_back(owner_client, "29") == 422
