"""Pointing and drawing: a dot on the moving picture, a still that lies open between people, the marks upon it."""

from datetime import datetime
from typing import Any

from flask_socketio import emit, join_room

from shopvisio import calls, marks, stills
from shopvisio.booking import Appointment
from shopvisio.db import writing
from shopvisio.drawing import COLOURS
from shopvisio.errors import NotFound
from shopvisio.marks import Mark
from shopvisio.stills import Still
from shopvisio.web import shapes, wire
from shopvisio.web.events import photos
from shopvisio.web.presence import ROLES, Person
from shopvisio.web.wire import Events, Gestures, Who

LONGEST_NAME = 64  # of a mark or a still, as its page calls it
LONGEST_STRETCH = 100  # points of a line in the making that come at once
STILL = "still"  # a pointer on the still that lies open, not on somebody's moving picture


def _point(key: str, person: Person, of: str, at: list[float] | None) -> None:
    told = {"role": person.role, "name": person.name, "of": of, "at": at}
    emit("point", told, to=wire.room(key), include_self=False)


def _stroke(key: str, person: Person, **stretch: Any) -> None:
    told = stretch | {"role": person.role, "name": person.name}
    emit("stroke", told, to=wire.room(key), include_self=False)


def _board(who: Who, now: datetime, still: int | None) -> dict[str, Any]:
    wire.seated()
    with writing():
        opened = stills.find(who.appointment.case, still) if still else None
        marks.lay(who.appointment, opened)
        told = board(who.appointment)
    emit("board", told | {"name": who.actor.name, "role": who.actor.kind}, to=who.room, include_self=False)
    return told


def _freeze(who: Who, now: datetime, of: str, once: str) -> None:
    wire.seated()
    emit("freeze", {"of": of, "once": once, "name": who.actor.name}, to=who.room, include_self=False)


def _mark(who: Who, now: datetime, still: int, **drawn: Any) -> dict[str, Any]:
    wire.seated()
    with writing():
        told = _told(marks.add(_open(who, still), who.actor, now=now, **drawn))
    _tell(who, still, [], [told])
    return {"mark": told}


def _erase(who: Who, now: datetime, still: int, names: list[str], gone: bool) -> dict[str, Any]:
    wire.seated()
    with writing():
        found = _open(who, still)
        changed = set(marks.erase(found, who.actor, names, gone, now))
        back = [] if gone else [_told(mark) for mark in marks.of(found) if mark.once in changed]
    _tell(who, still, sorted(changed) if gone else [], back)
    return {"back": back}


def _watch(who: Who, now: datetime) -> dict[str, Any]:
    calls.may_join(who.actor, who.appointment, calls.find(who.appointment), now)
    join_room(who.room)
    return board(who.appointment)


def board(appointment: Appointment) -> dict[str, Any]:
    """The still that lies open in a visit, with the marks on it, as pages know them."""
    still = marks.laid(appointment)
    return {
        "still": photos.told(still) if still else None,
        "marks": [_told(mark) for mark in marks.of(still)] if still else [],
    }


def _open(who: Who, still: int) -> Still:
    """A still that this person may draw on: of the case, and for a third person the one that lies open."""
    found = stills.find(who.appointment.case, still)
    if who.seat == "guest" and not marks.lies_open(who.appointment, found):
        raise NotFound
    return found


def _told(mark: Mark) -> dict[str, Any]:
    return {
        "once": mark.once,
        "kind": mark.kind,
        "colour": mark.colour,
        "points": mark.places,
        "text": mark.text,
        "number": mark.number,
        "role": mark.actor,
        "name": mark.name,
    }


def _tell(who: Who, still: int, gone: list[str], back: list[dict[str, Any]]) -> None:
    emit("marks", {"still": still, "gone": gone, "back": back}, to=who.room, include_self=False)


_DRAWN: dict[str, shapes.Fits] = {
    "still": shapes.row,
    "once": shapes.text(LONGEST_NAME),
    "kind": shapes.one_of(*marks.KINDS),
    "colour": shapes.one_of(*COLOURS),
}

EVENTS: Events = {
    "board": (_board, {"still": shapes.known(shapes.row)}),
    "freeze": (_freeze, {"of": shapes.one_of("customer", "staff"), "once": shapes.text(LONGEST_NAME)}),
    "mark": (
        _mark,
        _DRAWN
        | {
            "points": shapes.each(marks.KINDS["line"][1], shapes.place),
            "text": shapes.text(10 * marks.LONGEST_TEXT),  # too long by little gets a sentence
        },
    ),
    "erase": (
        _erase,
        {"still": shapes.row, "names": shapes.each(marks.MOST, shapes.text(LONGEST_NAME)), "gone": shapes.flag},
    ),
    "watch": (_watch, {}),
}
GESTURES: Gestures = {
    "point": (_point, {"of": shapes.one_of(*ROLES, STILL), "at": shapes.known(shapes.place)}),
    "stroke": (
        _stroke,
        _DRAWN | {"since": shapes.whole(marks.KINDS["line"][1]), "points": shapes.each(LONGEST_STRETCH, shapes.place)},
    ),
}
