"""Coming into a call, dialling the relay, and leaving."""

from datetime import datetime
from typing import Any

from flask_socketio import emit, join_room, leave_room

from shopvisio import calls, hub, stills, turn
from shopvisio.db import db, writing
from shopvisio.web import goods, presence, recorders, shapes, wire
from shopvisio.web.events import danger, photos, pointing, talk
from shopvisio.web.presence import CAMERAS, ROLES, Person
from shopvisio.web.wire import Events, Who, socketio

LONGEST_SDP = 60_000
DIAL_SECONDS = 10
SCREEN = "screen"  # in the relay: the customer's computer, which looks on while they hold the telephone


def _enter(who: Who, now: datetime, **media: Any) -> dict[str, Any]:
    key = who.appointment.key
    person = Person(wire.sid(), who.seat, who.actor.kind, who.actor.name, **media)
    calls.may_join(who.actor, who.appointment, calls.find(who.appointment), now)
    before = [one.seat for one in presence.people(key) if one.role == person.role and one.seat != person.seat]
    older = presence.enter(key, person)
    for seat in before:  # a colleague who went without a word: their place in the relay is needed
        wire.relay().leave(key, seat)
    with writing():
        call = calls.arrive(who.appointment, who.actor, now)
        colleague = who.appointment.staff
        person.awaits, person.awaited, person.late = f"staff:{colleague.id}", colleague.name, call.late
        # what was written, and the case's pictures, are not a third person's
        said = [] if who.seat == "guest" else [talk.told(message) for message in calls.latest(call)]
    if older:
        leave_room(who.room, sid=older, namespace="/")
        socketio.emit("replaced", {}, to=older)
    join_room(who.room)
    person.wait = presence.wait_of(person)
    wire.tell_people(key)
    recorders.settle(who.appointment)
    kept = [] if who.seat == "guest" else [photos.told(still) for still in stills.of_case(who.appointment.case)]
    return {
        "seat": who.seat,
        "media": person.media,
        "people": wire.people(key),
        "messages": said,
        "wait": person.wait,
        "stills": kept,
        "stopped": danger.told(who.appointment.case),
        "board": pointing.board(who.appointment),
        "recording": recorders.told(who.appointment),
        "shown": goods.on_screen(who.appointment),
        "turn": turn.servers(who.seat, now),
    }


def _offer(who: Who, now: datetime, sdp: str) -> dict[str, Any]:
    key = who.appointment.key
    wire.seated()
    if who.seat == "guest":
        wire.relay().leave(key, SCREEN)  # theirs is the third place
    db.session.rollback()  # hold no transaction while the relay thinks
    joining = wire.relay().join(key, who.seat, sdp, ROLES.index(who.actor.kind))
    return {"answer": hub.wait(joining, timeout=DIAL_SECONDS)}


def _media(who: Who, now: datetime, mic: bool, camera: str, sound: bool, voice: bool) -> None:
    person = wire.seated()
    person.mic, person.camera, person.sound, person.voice = mic, camera, sound, voice
    emit("people", wire.people(who.appointment.key), to=who.room)


def _here(who: Who, now: datetime) -> None:
    wire.seated()


def _leave(who: Who, now: datetime) -> None:
    place = presence.leave(wire.sid())
    if place is not None:
        leave_room(who.room)
        wire.relay().leave(who.appointment.key, who.seat)
        wire.tell_people(who.appointment.key)
        recorders.settle(who.appointment)


def seat_screen(key: str, sdp: str) -> str:
    """The relay's answer to the customer's computer; a third person goes first."""
    place = ROLES.index("guest")
    answer: str = hub.wait(wire.relay().join(key, SCREEN, sdp, place), timeout=DIAL_SECONDS)
    return answer


_MEDIA: shapes.Shape = {
    "mic": shapes.flag,
    "camera": shapes.one_of(*CAMERAS),
    "sound": shapes.flag,
    "voice": shapes.flag,
}

EVENTS: Events = {
    "enter": (_enter, _MEDIA),
    "offer": (_offer, {"sdp": shapes.text(LONGEST_SDP)}),
    "media": (_media, _MEDIA),
    "here": (_here, {}),
    "leave": (_leave, {}),
}
