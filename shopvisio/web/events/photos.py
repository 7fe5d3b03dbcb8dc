"""The pictures that come in beside a call, and what staff ask of the customer's camera."""

from datetime import datetime
from typing import Any

from flask_socketio import emit

from shopvisio.stills import Still
from shopvisio.web import shapes, wire
from shopvisio.web.wire import Events, Who, socketio

ASKED = ("still", "motion", "detail")


def _ask(who: Who, now: datetime, what: str) -> None:
    emit("asked", {"what": what, "name": wire.seated().name}, to=who.room, include_self=False)


def told(still: Still) -> dict[str, Any]:
    """A still as pages know it; where its picture is, each side knows."""
    return {
        "id": still.id,
        "at": still.at.isoformat(),
        "role": still.actor,
        "name": still.name,
        "width": still.width,
        "height": still.height,
        "visit": still.appointment.visit,
        "shows": still.shows,
    }


def tell(key: str, still: dict[str, Any]) -> None:
    """A picture came in: everybody in the call is told."""
    socketio.emit("still", still, to=wire.room(key))


EVENTS: Events = {
    "ask": (_ask, {"what": shapes.one_of(*ASKED)}),
}
