"""A third person, asked in for one call."""

from datetime import datetime
from typing import Any

from flask import url_for
from flask_socketio import leave_room

from shopvisio import calls, qr
from shopvisio.db import writing
from shopvisio.web import guard, presence, recorders, wire
from shopvisio.web.wire import Events, Who, socketio


def _invite(who: Who, now: datetime) -> dict[str, Any]:
    wire.seated()
    with writing():
        token = guard.guest_token(calls.invite(who.appointment, who.actor, now))
    link = url_for("call.guest", token=token, _external=True)
    return {"link": link, "qr": qr.link(link).decode()}


def _uninvite(who: Who, now: datetime) -> None:
    wire.seated()
    key = who.appointment.key
    with writing():
        call = calls.of(who.appointment)
        next_page = wire.next_page(who.appointment, "guest")
        calls.uninvite(call, who.actor)
    person = presence.put_out(key, "guest")
    if person is None:
        return
    wire.relay().leave(key, person.seat)
    if person.sid:
        leave_room(who.room, sid=person.sid, namespace="/")
        socketio.emit("ended", {"next": next_page}, to=person.sid)
    wire.tell_people(key)
    recorders.settle(who.appointment)


EVENTS: Events = {
    "invite": (_invite, {}),
    "uninvite": (_uninvite, {}),
}
