"""Lamp, zoom and sides of the customer's camera: told by their page, asked for by staff."""

from datetime import datetime
from typing import Any

from flask_socketio import emit

from shopvisio.web import shapes, wire
from shopvisio.web.wire import Events, Who

MOST = 1000  # of any zoom


def _lens(who: Who, now: datetime, **lens: Any) -> None:
    wire.seated().lens = lens
    emit("people", wire.people(who.appointment.key), to=who.room)


def _wish(who: Who, now: datetime, what: str, to: float) -> None:
    emit("wished", {"what": what, "to": to, "name": wire.seated().name}, to=who.room, include_self=False)


_ZOOM: shapes.Shape = {name: shapes.measure(MOST) for name in ("least", "most", "step", "now")}

EVENTS: Events = {
    "lens": (
        _lens,
        {"torch": shapes.known(shapes.flag), "zoom": shapes.known(shapes.like(_ZOOM)), "sides": shapes.flag},
    ),
    "wish": (_wish, {"what": shapes.one_of("torch", "zoom", "flip"), "to": shapes.measure(MOST)}),
}
