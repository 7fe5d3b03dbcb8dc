"""Stands in for Stripe on the wire, with a memory: the few addresses the product uses, each asked by the real library.

It keeps idempotency keys, lets checkouts be paid, expire and be refunded, and writes webhooks as Stripe signs them.
"""

import hmac
import itertools
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask import Flask, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.serving import make_server

SECRET = "whsec_of_the_tests"
KEY = "sk_test_of_the_tests_0123"


@dataclass
class StandIn:
    """What it was asked, in order, and what it holds."""

    address: str = ""
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    sessions: dict[str, dict[str, Any]] = field(default_factory=dict)
    refunds: list[dict[str, Any]] = field(default_factory=list)
    answered: dict[str, dict[str, Any]] = field(default_factory=dict)  # by idempotency key
    keys: list[str] = field(default_factory=list)  # under which each act was asked
    is_down: bool = False
    counted: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def pay(self, session: str) -> None:
        """The customer pays on the page of the checkout."""
        one = self.sessions[session]
        assert one["status"] == "open", "nobody pays a checkout that ended"
        one.update(status="complete", payment_status="paid", payment_intent=f"pi_{session}", url=None)

    def expire(self, session: str) -> None:
        """A day went by."""
        self.sessions[session].update(status="expired", url=None)

    def refuse(self, refund: str) -> None:
        """The bank does not take the money back."""
        next(one for one in self.refunds if one["id"] == refund).update(
            status="failed", failure_reason="expired_or_canceled_card"
        )

    def webhook(self, about: str, at: datetime, secret: str = SECRET) -> tuple[bytes, str]:
        """Body and signature of the event about this checkout, or this refund."""
        kind = "refund.updated" if about.startswith("re_") else "checkout.session.completed"
        event = {"id": f"evt_{next(self.counted)}", "type": kind}
        body = json.dumps({**event, "data": {"object": {"id": about}}}).encode()
        stamp = str(int(at.timestamp()))
        return body, f"t={stamp},v1={hmac.digest(secret.encode(), stamp.encode() + b'.' + body, 'sha256').hex()}"


def _once(stand_in: StandIn, made: dict[str, Any]) -> dict[str, Any]:
    return stand_in.answered.setdefault(request.headers.get("Idempotency-Key", made["id"]), made)


def _pages(stand_in: StandIn) -> Flask:
    app = Flask(__name__)

    @app.before_request
    def _at_the_door() -> Any:
        stand_in.asked.append((f"{request.method} {request.path}", request.form.to_dict()))
        if request.method == "POST":
            stand_in.keys.append(request.headers.get("Idempotency-Key", ""))
        if stand_in.is_down:
            return jsonify(error={"message": "Down for a moment.", "type": "api_error"}), 500
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            return jsonify(error={"message": "Invalid API Key provided.", "type": "invalid_request_error"}), 401
        return None

    @app.post("/v1/checkout/sessions")
    def _make() -> ResponseReturnValue:
        name = f"cs_test_{next(stand_in.counted)}"
        cents = int(request.form["line_items[0][price_data][unit_amount]"])
        made = {
            "id": name,
            "object": "checkout.session",
            "status": "open",
            "payment_status": "unpaid",
            "amount_total": cents,
            "payment_intent": None,
            "url": f"https://checkout.example/{name}",
        }
        kept = _once(stand_in, made)
        stand_in.sessions.setdefault(kept["id"], kept)
        return jsonify(kept)

    @app.get("/v1/checkout/sessions/<name>")
    def _read(name: str) -> ResponseReturnValue:
        return jsonify(stand_in.sessions[name])

    @app.post("/v1/checkout/sessions/<name>/expire")
    def _expire(name: str) -> ResponseReturnValue:
        if stand_in.sessions[name]["status"] != "open":
            return jsonify(error={"message": "This Session is not open.", "type": "invalid_request_error"}), 400
        stand_in.expire(name)
        return jsonify(stand_in.sessions[name])

    _refund_pages(app, stand_in)
    return app


def _refund_pages(app: Flask, stand_in: StandIn) -> None:
    @app.post("/v1/refunds")
    def _refund() -> ResponseReturnValue:
        intent, cents = request.form["payment_intent"], int(request.form["amount"])
        made = {"id": f"re_{next(stand_in.counted)}", "object": "refund", "status": "succeeded"}
        kept = _once(stand_in, {**made, **request.form.to_dict()})
        if kept["id"] == made["id"]:
            before = [int(one["amount"]) for one in stand_in.refunds if one["payment_intent"] == intent]
            paid = next(one["amount_total"] for one in stand_in.sessions.values() if one["payment_intent"] == intent)
            if sum(before) + cents > paid:
                words = "Refund amount is greater than unrefunded amount on charge."
                return jsonify(error={"message": words, "type": "invalid_request_error"}), 400
            stand_in.refunds.append(kept)
        return jsonify(kept)

    @app.get("/v1/refunds/<name>")
    def _read_refund(name: str) -> ResponseReturnValue:
        return jsonify(next(one for one in stand_in.refunds if one["id"] == name))


@contextmanager
def standing_in() -> Iterator[StandIn]:
    """A Stripe of one's own, on a free port."""
    stand_in = StandIn()
    server = make_server("127.0.0.1", 0, _pages(stand_in), threaded=True)
    stand_in.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield stand_in
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
