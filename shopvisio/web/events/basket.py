"""The basket of the call: either side puts something in, changes how many, or takes it out."""

from datetime import datetime

from flask_socketio import emit

from shopvisio import baskets
from shopvisio.db import writing
from shopvisio.web import shapes, wire
from shopvisio.web.wire import Events, Who


def _pick(who: Who, now: datetime, variant: int) -> dict[str, str]:
    wire.seated()
    with writing():
        name = baskets.pick(who.appointment.case, variant, who.actor, now).whole_name
    emit("basket", {}, to=who.room)
    return {"name": name}


def _pieces(who: Who, now: datetime, line: int, quantity: int) -> None:
    wire.seated()
    with writing():
        baskets.change(who.appointment.case, line, quantity, who.actor, now)
    emit("basket", {}, to=who.room)


EVENTS: Events = {
    "pick": (_pick, {"variant": shapes.row}),
    "pieces": (_pieces, {"line": shapes.row, "quantity": shapes.whole(baskets.MOST_PIECES)}),
}
