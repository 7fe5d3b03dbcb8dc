"""Stop, danger: pressed by anybody in a repair call, seen by all at once, lifted by staff with a reason."""

from datetime import datetime
from typing import Any

from shopvisio import booking, stops
from shopvisio.cases import Case
from shopvisio.db import writing
from shopvisio.stops import CAUSES
from shopvisio.web import shapes, wire
from shopvisio.web.wire import Events, Who, socketio


def _stop(who: Who, now: datetime, cause: str) -> None:
    wire.seated()
    with writing():
        stops.press(who.appointment, who.actor, cause, now)
    tell(who.appointment.case)


def told(case: Case) -> dict[str, Any] | None:
    """The stop that holds the call, as pages know it; None while there is none."""
    stop = stops.standing(case)
    if stop is None:
        return None
    return {"at": stop.at.isoformat(), "role": stop.actor, "name": stop.name, "cause": stop.cause}


def tell(case: Case) -> None:
    """Everything is stopped, or goes on: everybody in the call is told."""
    key = booking.appointments(case)[-1].key
    socketio.emit("stopped", {"stop": told(case)}, to=wire.room(key))


EVENTS: Events = {
    "stop": (_stop, {"cause": shapes.one_of("", *CAUSES)}),
}
