"""The till's edge: asks the teller outside any write, then writes what was told."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shopvisio import cards, child, hub, settings
from shopvisio.cards import Checkout, Told, refunds
from shopvisio.cards.refunds import Refund
from shopvisio.cases import Case
from shopvisio.config import Config
from shopvisio.db import db, writing
from shopvisio.errors import Unavailable
from shopvisio.i18n import _
from shopvisio.invoices import Paper
from shopvisio.jobs import Handler, enqueue

SECONDS, MEGABYTES = 45, 512
TELLER = "shopvisio.cards.teller"


@dataclass(frozen=True)
class Till:
    """``case_url`` writes a customer's link, ``paid_url`` the page they come back to once they paid a paper."""

    config: Config
    case_url: Callable[[Case], str]
    paid_url: Callable[[Case, Paper], str]

    def handlers(self) -> dict[str, Handler]:
        """The handler of each kind of job."""
        return {"checkout": self.look, "give-back": self.give_back, "card-refund": self.refund}

    def open(self, paper_id: int, now: datetime) -> str:
        """The address at Stripe where the customer pays what is owed on this invoice. Raises Conflict where nothing
        may be paid, Unavailable while Stripe does not answer."""
        with writing():
            checkout = cards.begin(db.session.get_one(Paper, paper_id), now)
            row, question = checkout.id, self._opening(checkout)
            old = [other.id for other in cards.unsettled(checkout.paper) if other.id != row]
        for other in old:
            self._look(other, now)
        told = self._ask(question)
        with writing():
            cards.settle(db.session.get_one(Checkout, row), Told(**told), now)
        return str(told["url"])

    def _opening(self, checkout: Checkout) -> dict[str, Any]:
        paper = checkout.paper
        case = db.session.get_one(Case, paper.case_id)
        return {
            "do": "open",
            "once": checkout.key,
            "cents": checkout.cents,
            "paper": paper.number,
            "name": _("Facture {number}", number=paper.number),
            "locale": case.customer.language,
            "ends": int(checkout.ends.timestamp()),
            "paid_url": self.paid_url(case, paper),
            "back_url": self.case_url(case),
        }

    def look(self, facts: dict[str, Any], now: datetime) -> None:
        """Ask what became of a checkout, and when to ask again."""
        self._look(facts["checkout"], now)
        with writing():
            checkout = db.session.get_one(Checkout, facts["checkout"])
            again = cards.look_again(checkout, now)
            if again is not None and not facts.get("once"):
                enqueue("checkout", again, checkout=checkout.id)

    def _look(self, row: int, now: datetime) -> None:
        checkout = db.session.get_one(Checkout, row)
        if checkout.state in ("paid", "ended"):
            return
        if checkout.session is None:
            if now < checkout.ends:
                return  # Stripe never answered: the customer asks again, or nobody does
            with writing():
                db.session.get_one(Checkout, row).state = "ended"
            return
        session, outdated, once = checkout.session, cards.is_outdated(checkout), f"{checkout.key}-expire"
        db.session.rollback()  # hold no transaction while Stripe thinks
        told = self._ask({"do": "read", "session": session})
        if told["status"] == "open" and outdated:
            told = self._ask({"do": "expire", "session": session, "once": once})
        with writing():
            cards.settle(db.session.get_one(Checkout, row), Told(**told), now)

    def give_back(self, facts: dict[str, Any], now: datetime) -> None:
        """What was paid beyond what was owed goes back to the card it came from."""
        checkout = db.session.get_one(Checkout, facts["checkout"])
        if checkout.given_back:
            return
        question = {"do": "give back", "intent": checkout.intent, "cents": checkout.excess}
        question["once"] = f"{checkout.key}-back"
        db.session.rollback()
        self._ask(question)
        with writing():
            cards.gave_back(db.session.get_one(Checkout, facts["checkout"]), now)

    def refund(self, facts: dict[str, Any], now: datetime) -> None:
        """Give money back for a credit note, or ask what became of it, and when to ask again."""
        refund = db.session.get_one(Refund, facts["refund"])
        if refund.state == "failed":
            return
        if refund.refund is None:
            question = {"do": "refund", "once": refund.key, "cents": refund.cents, "paper": refund.paper.number}
            question["intent"] = refund.checkout.intent
        else:
            question = {"do": "read refund", "refund": refund.refund}
        db.session.rollback()
        told = self._ask(question)
        with writing():
            refund = db.session.get_one(Refund, facts["refund"])
            refunds.settle(refund, refunds.Told(**told), now)
            again = refunds.look_again(refund, now)
            if again is not None and not facts.get("once"):
                enqueue("card-refund", again, refund=refund.id)

    def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        """What Stripe says. Raises Unavailable with its words, or ours, when it says nothing."""
        if not cards.is_installed():
            raise Unavailable(_("Le module de paiement par carte n’est pas installé sur cet appareil."))
        whole = {**question, "key": settings.get("stripe_key"), "api": self.config.stripe_api}
        given = json.dumps(whole).encode()
        told: dict[str, Any] = json.loads(hub.in_thread(child.run, TELLER, given, SECONDS, MEGABYTES))
        if "error" in told:
            raise Unavailable(_("Stripe refuse : {words}", words=told["error"]))
        return told
