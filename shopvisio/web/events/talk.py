"""What is written in a call."""

from datetime import datetime
from typing import Any

from flask_socketio import emit

from shopvisio import calls
from shopvisio.calls import Message
from shopvisio.db import writing
from shopvisio.web import goods, shapes, wire
from shopvisio.web.wire import Events, Who


def _say(who: Who, now: datetime, text: str) -> None:
    wire.seated()
    with writing():
        said = told(calls.say(calls.of(who.appointment), who.actor, text, now))
    emit("message", said, to=who.room)


def told(message: Message) -> dict[str, Any]:
    """A message as pages know it."""
    return {
        "id": message.id,
        "at": message.at.isoformat(),
        "role": message.actor,
        "name": message.name,
        "text": message.text,
        "product": message.product and goods.card(message.product),
    }


EVENTS: Events = {
    "say": (_say, {"text": shapes.text(calls.LONGEST_MESSAGE)}),
}
