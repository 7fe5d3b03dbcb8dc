"""Recording the call: staff ask, everybody else answers, anybody ends it."""

from datetime import datetime

from shopvisio import recordings
from shopvisio.db import writing
from shopvisio.errors import Conflict
from shopvisio.i18n import _
from shopvisio.web import recorders, shapes, wire
from shopvisio.web.wire import Events, Who


def _record(who: Who, now: datetime) -> None:
    wire.seated()
    room = recorders.room()
    with writing():
        recordings.ask(who.appointment, who.actor, who.seat, room, now)
    recorders.settle(who.appointment)


def _agree(who: Who, now: datetime, yes: bool) -> None:
    wire.seated()
    with writing():
        recordings.answer(who.appointment, who.actor, who.seat, yes, now)
    recorders.settle(who.appointment)
    if not yes:
        recorders.tell(who.appointment, "refused", who.actor.name)


def _unrecord(who: Who, now: datetime) -> None:
    wire.seated()
    with writing():
        made = recordings.standing(who.appointment)
        if made is None:
            raise Conflict(_("Rien n’est enregistré."))
        recordings.end(made, who.actor, now)
    recorders.settle(who.appointment)
    recorders.tell(who.appointment, "stopped", who.actor.name)


EVENTS: Events = {
    "record": (_record, {}),
    "agree": (_agree, {"yes": shapes.flag}),
    "unrecord": (_unrecord, {}),
}
