"""Speaks with Stripe, in a child process of its own: only shops with a key pay for the library.

Reads one JSON question ``{do, key, api, …}`` and writes one JSON answer: ``{session, status, url, cents, intent}`` of a
checkout, ``{refund, status, why}`` of a refund, or ``{error}`` with Stripe's words when it refuses.
"""

import json
import sys
from typing import Any

import stripe

SECONDS = 8  # Stripe has to answer


def answer(question: dict[str, Any]) -> dict[str, Any]:
    """What Stripe says to one question; ``do`` is one of DO."""
    client = stripe.StripeClient(
        question["key"],
        base_addresses={"api": question["api"]} if question["api"] else {},
        http_client=stripe.RequestsClient(timeout=SECONDS),
        max_network_retries=1,
    )
    try:
        return DO[question["do"]](client, question)
    except stripe.StripeError as refusal:
        return {"error": refusal.user_message or type(refusal).__name__}


def _open(client: stripe.StripeClient, question: dict[str, Any]) -> dict[str, Any]:
    product = {"name": question["name"]}
    item = {"price_data": {"currency": "eur", "unit_amount": question["cents"], "product_data": product}, "quantity": 1}
    params: Any = {
        "mode": "payment",
        "line_items": [item],
        "client_reference_id": question["paper"],
        "metadata": {"paper": question["paper"]},
        "payment_intent_data": {"description": question["name"]},
        "locale": question["locale"],
        "expires_at": question["ends"],
        "success_url": question["paid_url"],
        "cancel_url": question["back_url"],
    }
    return _told(client.v1.checkout.sessions.create(params, {"idempotency_key": question["once"]}))


def _read(client: stripe.StripeClient, question: dict[str, Any]) -> dict[str, Any]:
    return _told(client.v1.checkout.sessions.retrieve(question["session"]))


def _expire(client: stripe.StripeClient, question: dict[str, Any]) -> dict[str, Any]:
    return _told(client.v1.checkout.sessions.expire(question["session"], {}, {"idempotency_key": question["once"]}))


def _give_back(client: stripe.StripeClient, question: dict[str, Any]) -> dict[str, Any]:
    params: Any = {"payment_intent": question["intent"], "amount": question["cents"]}
    return {"refund": client.v1.refunds.create(params, {"idempotency_key": question["once"]}).id}


def _refund(client: stripe.StripeClient, question: dict[str, Any]) -> dict[str, Any]:
    """To a card, for a credit note. What Stripe refuses for good is an answer, too: asking again would not help."""
    params: Any = {"payment_intent": question["intent"], "amount": question["cents"]}
    params["metadata"] = {"paper": question["paper"]}
    try:
        return _refunded(client.v1.refunds.create(params, {"idempotency_key": question["once"]}))
    except stripe.InvalidRequestError as refusal:
        return {"refund": "", "status": "failed", "why": refusal.user_message or type(refusal).__name__}


def _read_refund(client: stripe.StripeClient, question: dict[str, Any]) -> dict[str, Any]:
    return _refunded(client.v1.refunds.retrieve(question["refund"]))


def _refunded(refund: Any) -> dict[str, Any]:
    return {"refund": refund.id, "status": refund.status, "why": getattr(refund, "failure_reason", None) or ""}


def _told(session: Any) -> dict[str, Any]:
    return {
        "session": session.id,
        "status": session.status,
        "url": session.url or "",
        "cents": session.amount_total if session.payment_status == "paid" else 0,
        "intent": session.payment_intent or "",
    }


DO = {
    "open": _open,
    "read": _read,
    "expire": _expire,
    "give back": _give_back,
    "refund": _refund,
    "read refund": _read_refund,
}

if __name__ == "__main__":
    json.dump(answer(json.load(sys.stdin)), sys.stdout)
