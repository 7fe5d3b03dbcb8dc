"""Products shown in a sale, one or some side by side; a variant chosen by either side; what the customer asks for."""

from datetime import datetime
from typing import Any

from flask_socketio import emit

from shopvisio import calls, showing
from shopvisio.db import writing
from shopvisio.web import goods, shapes, wire
from shopvisio.web.events import talk
from shopvisio.web.wire import Events, Who


def _show(who: Who, now: datetime, product: int) -> None:
    wire.seated()
    with writing():
        told = [talk.told(showing.show(calls.of(who.appointment), who.actor, product, now))]
    _tell(who, told)


def _compare(who: Who, now: datetime, products: list[int]) -> None:
    wire.seated()
    with writing():
        told = [talk.told(one) for one in showing.compare(calls.of(who.appointment), who.actor, products, now)]
    _tell(who, told)


def _choose(who: Who, now: datetime, variant: int) -> None:
    wire.seated()
    with writing():
        showing.choose(calls.of(who.appointment), who.actor, variant)
    _tell(who, [])


def _want(who: Who, now: datetime, product: int, variant: int | None) -> None:
    wire.seated()
    with writing():
        said = talk.told(showing.want(calls.of(who.appointment), who.actor, product, variant, now))
    emit("message", said, to=who.room)


def _tell(who: Who, messages: list[dict[str, Any]]) -> None:
    """Everybody has what lies there now before them, with prices and stock of this moment."""
    for message in messages:
        emit("message", message, to=who.room)
    emit("shown", goods.on_screen(who.appointment), to=who.room)


EVENTS: Events = {
    "show": (_show, {"product": shapes.row}),
    "compare": (_compare, {"products": shapes.each(showing.MOST, shapes.row)}),
    "choose": (_choose, {"variant": shapes.row}),
    "want": (_want, {"product": shapes.row, "variant": shapes.known(shapes.row)}),
}
