"""What is written in a call, and the products shown."""

from datetime import datetime
from typing import Any

from flask_socketio import emit

from shopvisio import calls, catalogue
from shopvisio.calls import Message
from shopvisio.catalogue import Product
from shopvisio.db import writing
from shopvisio.errors import NotFound
from shopvisio.i18n import _
from shopvisio.web import shapes, wire
from shopvisio.web.wire import Events, Who


def _say(who: Who, now: datetime, text: str) -> None:
    wire.seated()
    with writing():
        said = told(calls.say(calls.of(who.appointment), who.actor, text, now))
    emit("message", said, to=who.room)


def _show(who: Who, now: datetime, product: int) -> None:
    wire.seated()
    with writing():
        found = catalogue.find(product)
        if not found.active:
            raise NotFound(_("Ce produit n’est plus au catalogue."))
        shown = calls.show(calls.of(who.appointment), who.actor, found, now)
        as_told = told(shown)
    emit("message", as_told, to=who.room)


def told(message: Message) -> dict[str, Any]:
    """A message as pages know it."""
    return {
        "id": message.id,
        "at": message.at.isoformat(),
        "role": message.actor,
        "name": message.name,
        "text": message.text,
        "product": message.product and product(message.product),
    }


def product(shown: Product) -> dict[str, Any]:
    """A product as pages know it: prices in cents, ``left`` is how many there are, null where nobody counts."""
    return {
        "name": shown.name,
        "summary": shown.summary,
        "price": shown.price,
        "url": shown.url,
        "variants": [{"id": v.id, "label": v.label, "price": v.price, "left": v.stock} for v in shown.variants],
    }


EVENTS: Events = {
    "say": (_say, {"text": shapes.text(calls.LONGEST_MESSAGE)}),
    "show": (_show, {"product": shapes.row}),
}
