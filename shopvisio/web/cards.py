"""Paying an invoice by card: the customer is sent to Stripe, comes back, and Stripe's webhook says when to look."""

from flask import Blueprint, current_app, render_template, request
from flask.typing import ResponseReturnValue

from shopvisio import cards, clock, invoices, payments
from shopvisio.cards import hearing, refunds
from shopvisio.cards.till import Till
from shopvisio.cases import Case
from shopvisio.db import db, writing
from shopvisio.errors import NotFound, Unavailable
from shopvisio.invoices import Paper
from shopvisio.jobs import enqueue
from shopvisio.web import csrf, guard, wake_jobs
from shopvisio.web.guard import anybody, case_link

blueprint = Blueprint("cards", __name__)

LONGEST = 256 << 10  # bytes of a webhook


@blueprint.post("/case/<token>/paper/<number>/pay")
@case_link
def pay(case: Case, number: str) -> ResponseReturnValue:
    """Off to Stripe, for what is owed on this invoice."""
    till: Till = current_app.extensions["till"]
    paper = _paper(case, number)
    paper_id, token = paper.id, guard.token_of(case)
    db.session.rollback()
    try:
        away = till.open(paper_id, clock.now())
    except Unavailable:
        return render_template("customer/paid.html", paper=_paper(case, number), token=token, state="unreached"), 503
    # a page in between: browsers hold a form that is sent to us and led on elsewhere for an attack
    return render_template("customer/paid.html", paper=_paper(case, number), token=token, state="away", away=away)


def _paper(case: Case, number: str) -> Paper:
    found = next((paper for paper in invoices.of_case(case.id) if paper.number == number), None)
    if found is None:
        raise NotFound
    return found


@blueprint.get("/case/<token>/paper/<number>/paid")
@case_link
def paid(case: Case, number: str) -> ResponseReturnValue:
    """Back from Stripe: the page says what we know, and looks again by itself until we know."""
    paper = _paper(case, number)
    state = "paid" if payments.owed(paper) == 0 else "awaited"
    return render_template("customer/paid.html", paper=paper, token=guard.token_of(case), state=state)


@blueprint.post("/stripe/webhook")
@anybody
def webhook() -> ResponseReturnValue:
    """Stripe says that something happened to a checkout or a refund: its signature is checked, and Stripe itself is
    asked what."""
    request.max_content_length = LONGEST
    now = clock.now()
    what, name = cards.read_webhook(request.get_data(), request.headers.get("Stripe-Signature", ""), now)
    checkout = cards.of_session(name) if what == "checkout" else None
    refund = refunds.of_name(name) if what == "refund" else None
    with writing():
        hearing.note(now)
        if checkout is not None:
            enqueue("checkout", now, checkout=checkout.id, once=True)
        if refund is not None:
            enqueue("card-refund", now, refund=refund.id, once=True)
    wake_jobs()
    return "", 204


csrf.exempt(webhook)
