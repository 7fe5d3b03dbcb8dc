"""Paying an invoice by card, by way of a stand-in for Stripe that the real library talks to."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from conftest import Clock
from flask import Flask
from flask.testing import FlaskClient
from stripe_stand_in import KEY, SECRET, StandIn, standing_in

from shopvisio import booking, cases, config, invoices, papers, payments, settings
from shopvisio.cards import Checkout
from shopvisio.db import db, writing
from shopvisio.web import guard


@pytest.fixture(scope="module")
def everybodys_stripe() -> Iterator[StandIn]:
    with standing_in() as stand_in:
        yield stand_in


@pytest.fixture
def stripe(everybodys_stripe: StandIn) -> StandIn:
    """Stripe as on its first day."""
    fresh = StandIn(everybodys_stripe.address)
    everybodys_stripe.__dict__.update({**fresh.__dict__, "counted": everybodys_stripe.counted})
    return everybodys_stripe


@pytest.fixture
def settled(tmp_path: Path, stripe: StandIn) -> config.Config:
    return config.load({"SHOPVISIO_DATA": str(tmp_path / "data"), "SHOPVISIO_STRIPE_API": stripe.address})


@dataclass
class Payer:
    """The customer of a repaired case, their page, and what happens around them."""

    app: Flask
    client: FlaskClient
    path: str
    clock: Clock
    stripe: StandIn
    run_jobs: Callable[[], int]

    def leave_for_stripe(self) -> str:
        """Press the button; returns Stripe's name for the checkout."""
        page = self.client.post(f"{self.path}/paper/F2026-000001/pay")
        assert page.status_code == 200
        return re.findall(r"0; url=https://checkout\.example/(\w+)", page.text)[0]

    def hook(self, session: str, secret: str = SECRET) -> int:
        """Stripe's webhook comes; returns our answer's status."""
        body, signature = self.stripe.webhook(session, self.clock.now, secret)
        return self.client.post("/stripe/webhook", data=body, headers={"Stripe-Signature": signature}).status_code

    def ledger(self) -> list[tuple[int, str]]:
        """The journal of payments: cents and method, line by line."""
        with self.app.app_context():
            found = db.session.scalars(db.select(payments.Payment).order_by(payments.Payment.id))
            return [(line.cents, line.method) for line in found]

    def owed(self) -> int:
        """Cents still to be paid."""
        with self.app.app_context():
            return payments.owed_in_all()

    def pay_cash(self, cents: int) -> None:
        """The customer comes by the shop."""
        with self.app.app_context(), writing():
            case = guard.case_behind(self.path.rpartition("/")[2])
            karim = booking.appointments(case)[0].staff.actor
            payments.note(case, invoices.of_case(case.id)[0], cents, "cash", karim, self.clock.now)

    def checkouts(self) -> list[str]:
        """The states of all checkouts, in order."""
        with self.app.app_context():
            return list(db.session.scalars(db.select(Checkout.state).order_by(Checkout.id)))


@pytest.fixture
def payer(
    open_app: Flask, stranger: FlaskClient, case_path: str, clock_: Clock, stripe: StandIn, run_jobs: Callable[[], int]
) -> Payer:
    """Repaired, confirmed, the invoice of 29 € delivered; the shop has a key."""
    with open_app.app_context(), writing():
        settings.put({"stripe_key": KEY, "stripe_webhook": SECRET}, "tests", clock_.now)
        case = guard.case_behind(case_path.rpartition("/")[2])
        cases.propose(case, "repaired", "Joint nettoyé.", booking.appointments(case)[0].staff.actor, clock_.now)
        cases.answer(case, True, "", clock_.now)
        paper = papers.issue(case, clock_.now)
        assert paper is not None
        invoices.store_pdf(paper, b"%PDF-1.7 as delivered")
    run_jobs()
    return Payer(open_app, stranger, case_path, clock_, stripe, run_jobs)


def test_an_invoice_is_paid_by_card_and_the_webhook_has_it_seen_at_once(payer: Payer) -> None:
    assert "Payer par carte" in payer.client.get(payer.path).text
    session = payer.leave_for_stripe()
    address, asked = payer.stripe.asked[0]
    assert address == "POST /v1/checkout/sessions"
    assert asked["line_items[0][price_data][unit_amount]"] == "2900"
    assert asked["client_reference_id"] == "F2026-000001"
    assert not any("exemple.example" in value or "Marie" in value for value in asked.values()), "nothing of theirs"
    assert "se confirme" in payer.client.get(f"{payer.path}/paper/F2026-000001/paid").text
    payer.stripe.pay(session)
    assert payer.hook(session) == 204
    payer.run_jobs()
    assert payer.ledger() == [(2900, "online")]
    assert "C’est payé, merci" in payer.client.get(f"{payer.path}/paper/F2026-000001/paid").text
    page = payer.client.get(payer.path).text
    assert "Payer par carte" not in page
    assert "avez payé 29" in page


@pytest.mark.parametrize("webhooks", [0, 2])
def test_however_often_the_webhook_comes_it_is_paid_once(payer: Payer, webhooks: int) -> None:
    session = payer.leave_for_stripe()
    payer.stripe.pay(session)
    for _ in range(webhooks):
        payer.hook(session)
    payer.clock.pass_(minutes=2)  # without any, we ask by ourselves
    payer.run_jobs()
    payer.clock.pass_(days=2)
    payer.hook(session)
    payer.run_jobs()
    assert payer.ledger() == [(2900, "online")]


def test_a_webhook_that_comes_before_the_payment_says_nothing_yet(payer: Payer) -> None:
    session = payer.leave_for_stripe()
    payer.hook(session)
    payer.run_jobs()
    assert payer.ledger() == []
    payer.stripe.pay(session)
    payer.hook(session)
    payer.run_jobs()
    assert payer.ledger() == [(2900, "online")]


def test_a_forged_or_an_old_webhook_is_refused_and_asks_nothing(payer: Payer) -> None:
    session = payer.leave_for_stripe()
    payer.stripe.pay(session)
    asked = len(payer.stripe.asked)
    assert payer.hook(session, "whsec_guessed") == 403
    body, signature = payer.stripe.webhook(session, payer.clock.now - timedelta(minutes=6))
    for header in (signature, "", "t=,v1=", "t=now,v1=00", "v1", signature.replace("t=", "t=9")):
        answer = payer.client.post("/stripe/webhook", data=body, headers={"Stripe-Signature": header})
        assert answer.status_code == 403, header
    payer.run_jobs()
    assert len(payer.stripe.asked) == asked
    assert payer.ledger() == []


def test_nothing_can_be_paid_before_the_invoice_is_delivered(payer: Payer) -> None:
    with payer.app.app_context(), writing():
        paper = invoices.of_case(guard.case_behind(payer.path.rpartition("/")[2]).id)[0]
        again = invoices.credit(paper, payer.clock.now, "Contesté.")
        assert again.number == "A2026-000001"
    for number in ("F2026-000001", "A2026-000001", "F2026-000002"):
        assert payer.client.post(f"{payer.path}/paper/{number}/pay").status_code in (404, 409)
    assert payer.stripe.asked == []


def test_the_button_pressed_twice_is_one_checkout(payer: Payer) -> None:
    assert payer.leave_for_stripe() == payer.leave_for_stripe()
    assert payer.checkouts() == ["open"]
    assert len(payer.stripe.sessions) == 1


def test_a_part_paid_in_cash_meanwhile_ends_the_old_checkout(payer: Payer) -> None:
    old = payer.leave_for_stripe()
    payer.pay_cash(900)
    new = payer.leave_for_stripe()
    assert payer.stripe.sessions[old]["status"] == "expired"
    assert payer.stripe.sessions[new]["amount_total"] == 2000
    payer.stripe.pay(new)
    payer.hook(new)
    payer.run_jobs()
    assert (payer.owed(), payer.checkouts()) == (0, ["ended", "paid"])
    with payer.app.app_context():
        ours = list(db.session.scalars(db.select(Checkout.key).order_by(Checkout.id)))
    assert payer.stripe.keys == [ours[0], f"{ours[0]}-expire", ours[1]]  # each act under a key of our own


def test_paid_by_card_and_in_cash_at_once_the_card_gets_it_back(payer: Payer) -> None:
    session = payer.leave_for_stripe()
    payer.stripe.pay(session)
    payer.pay_cash(2000)
    for _ in range(2):
        payer.hook(session)
    payer.run_jobs()
    assert payer.ledger() == [(2000, "cash"), (900, "online")]
    assert [(one["payment_intent"], one["amount"]) for one in payer.stripe.refunds] == [(f"pi_{session}", "2000")]
    assert "repartent vers votre carte" in payer.client.get(payer.path).text


def test_an_expired_checkout_is_forgotten_and_another_may_be_begun(payer: Payer) -> None:
    session = payer.leave_for_stripe()
    payer.stripe.expire(session)
    payer.clock.pass_(hours=23)
    payer.run_jobs()
    assert payer.checkouts() == ["ended"]
    assert payer.leave_for_stripe() != session


def test_stripe_down_is_told_with_the_other_ways_to_pay(payer: Payer) -> None:
    payer.stripe.is_down = True
    page = payer.client.post(f"{payer.path}/paper/F2026-000001/pay")
    assert page.status_code == 503
    assert "ne répond pas" in page.text
    assert "virement" in page.text
    payer.stripe.is_down = False
    payer.leave_for_stripe()
    assert len(payer.checkouts()) == 1, "the same offer, asked again"


def test_without_a_key_everything_but_the_button_works(payer: Payer) -> None:
    with payer.app.app_context(), writing():
        settings.put({"stripe_key": ""}, "tests", payer.clock.now)
    page = payer.client.get(payer.path).text
    assert "Payer par carte" not in page
    assert "Par virement" in page
    assert payer.client.post(f"{payer.path}/paper/F2026-000001/pay").status_code == 409
    payer.pay_cash(2900)
    assert payer.owed() == 0


def test_a_key_of_the_wrong_kind_is_refused_with_a_sentence(open_app: Flask) -> None:
    for typed in ("pk_live_0123456789", "29", "sk_live_", "sk_live_0123 456789"):
        with pytest.raises(ValueError, match="commence par sk_"):
            settings.SETTINGS["stripe_key"].read(typed)


def test_staff_cannot_note_by_hand_what_only_the_till_writes(payer: Payer, owner_client: FlaskClient) -> None:
    answer = owner_client.post("/desk/papers/F2026-000001/paid", data={"amount": "29", "method": "online"})
    assert answer.status_code == 422
    assert payer.ledger() == []


def test_payments_of_which_stripe_told_nothing_are_a_sentence_on_the_desk(
    payer: Payer, owner_client: FlaskClient
) -> None:
    silent = "Stripe ne dit plus ce que deviennent les paiements"
    assert "jamais entendu" in owner_client.get("/desk/diagnosis").text
    payer.clock.pass_(minutes=1)
    payer.stripe.pay(payer.leave_for_stripe())
    payer.clock.pass_(minutes=2)
    payer.run_jobs()
    assert silent not in owner_client.get("/desk").text, "it may still come"
    payer.clock.pass_(hours=1)
    assert silent in owner_client.get("/desk").text
    assert payer.hook("cs_of_somebody_else") == 204
    assert silent not in owner_client.get("/desk").text
    assert "jamais entendu" not in owner_client.get("/desk/diagnosis").text
