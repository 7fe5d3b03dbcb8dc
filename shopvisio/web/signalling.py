"""Socket.IO: a table of handlers, each about ten lines, and the pump that passes on what the relay notices.

A page connects with ``auth``: ``{case, appointment}`` (the customer: the token of their link, and the
appointment's key), ``{guest, name}`` (a third person: the token of their link, their first name),
``{appointment}`` (staff, signed in by the session cookie) or nothing (a page of the desk that only listens).
Its twin in the browser is ``static/call/protocol.js``.

client -> server, each answered by an acknowledgement ``{…}`` or ``{error, message}``:
    enter  {mic, camera, sound, voice}   take the seat -> {seat, media, people, messages, wait, stills, turn}
    offer  {sdp}                  dial the relay -> {answer}
    media  {mic, camera, sound, voice}   camera is on, off, paused or held; voice: no pictures wanted
    here   {}                     does the line still stand?
    say    {text}                 a line of chat
    show   {product}              staff put a product (its id) on the customer's screen
    ask    {what}                 staff ask the customer's page for a still, for motion or for detail
    figures {setup, samples}      how the connection went: ms to the first picture or null; the last stretches of ten
                                  seconds, each {ago, rtt, loss, received, sent, rung, redials, freezes}
    invite {}                     staff ask a third person in -> {link, qr}    qr: the link as an SVG picture
    uninvite {}                   staff withdraw that, and put the third person out
    leave  {}
server -> client:
    people   [{seat, role, name, mic, camera, sound, voice, link}]    link is live, or lost while awaited back
    message  {id, at, role, name, text, product}               product is null or {name, summary, price, url}
    wait     {late, busy, name}   minutes the colleague said to be late; whether another call holds them; their name
    still    {id, at, role, name, width, height, visit}    a picture came in beside the call
    asked    {what, name}         somebody of the shop asks for it
    replaced {}                   the same seat was taken by a newer page
    ended    {next}               the call is over; the page to go to
    closing  {}                   the appliance stops; it will be back
    desk     {}                   who waits or is in a call has changed (to the desk's pages)
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Flask, current_app, request, url_for
from flask_socketio import ConnectionRefusedError, SocketIO, emit, join_room, leave_room

from shopvisio import accounts, booking, calls, clock, figures, hub, qr, stills, turn
from shopvisio.accounts import Actor
from shopvisio.booking import Appointment
from shopvisio.calls import Message
from shopvisio.catalogue import Product
from shopvisio.db import db, writing
from shopvisio.errors import Conflict, Forbidden, Invalid, NotFound, ShopVisioError
from shopvisio.figures import Sample
from shopvisio.i18n import _
from shopvisio.rtc import Engine, Event
from shopvisio.stills import Still
from shopvisio.web import choose_eyes, errors, guard, presence
from shopvisio.web.presence import CAMERAS, ROLES, Person

log = logging.getLogger(__name__)

LONGEST_SDP = 60_000
DIAL_SECONDS = 10
AWAITED_BACK = 20.0  # seconds a seat is kept for somebody whose connection went without a word
BURST, PER_SECOND = 40.0, 5.0  # events a seat may send at once, and steadily
PUMP_SECONDS = 5.0  # a wake-up that got lost costs no more than this
DESK = "desk"
MOST_SAMPLES = 12  # at once: two minutes
SCREEN = "screen"  # in the relay: the customer's computer, which looks on while they hold the telephone
ASKED = ("still", "motion", "detail")

socketio = SocketIO()


@dataclass
class Purse:
    """How many events a seat may still send, whatever the number of its pages."""

    allowance: float = BURST
    counted: datetime | None = None

    def spend(self, now: datetime) -> None:
        """Count one event. Raises Conflict when a seat sends too many."""
        self.allowance, self.counted = self.at(now), now
        if self.allowance < 1:
            raise Conflict(_("C’est beaucoup d’un coup. Attendez quelques secondes."))
        self.allowance -= 1

    def at(self, now: datetime) -> float:
        """What is in it, with what was earned since the last event."""
        earned = (now - self.counted) / timedelta(seconds=1) * PER_SECOND if self.counted else 0.0
        return min(BURST, self.allowance + earned)


@dataclass(frozen=True)
class Ticket:
    """What a page proved when it connected: the appointment, and the seat it may take there."""

    appointment: str
    seat: str
    purse: Purse
    guest: str = ""  # the key of a third person's invitation
    name: str = ""  # theirs


@dataclass(frozen=True)
class Who:
    """Who sends an event, read again from the base each time: rights may end in the middle of a call."""

    appointment: Appointment
    actor: Actor
    seat: str

    @property
    def room(self) -> str:
        """Where the call's events are told."""
        return _room(self.appointment.key)


_tickets: dict[str, Ticket] = {}  # by sid
_purses: dict[tuple[str, str], Purse] = {}  # by appointment and seat: coming back does not fill it
_relay_spoke = hub.Alarm()


def register(app: Flask) -> None:
    """Answer the sockets of ``app``."""
    socketio.init_app(
        app,
        async_mode="eventlet",
        manage_session=False,
        max_http_buffer_size=131072,
        ping_interval=5,
        ping_timeout=5,
        cookie=None,
    )


def wake() -> None:
    """Have the relay's events heard now; for any thread."""
    hub.soon(_relay_spoke.ring)


def start(app: Flask) -> None:
    """Begin to pass on the relay's events."""
    hub.spawn(_pump, app.extensions["relay"])


def closing(_app: Flask) -> None:
    """Tell everybody that the appliance stops for a moment."""
    socketio.emit("closing", {})


def tell_desk() -> None:
    """The desk's pages look again: who waits, or what is booked, has changed."""
    _tell_desk()


def handed_over(appointment: Appointment) -> None:
    """A visit has (and it is written) another colleague: who waits reads the name; the desks look, theirs rings."""
    presence.await_another(appointment.key, f"staff:{appointment.staff_id}", appointment.staff.name)
    _tell_waits()
    _tell_desk()


def end(appointment: Appointment) -> None:
    """The call is over (and written so): its people are sent on, their media ends."""
    key = appointment.key
    _relay().leave(key, SCREEN)
    for person in presence.empty(key):
        _relay().leave(key, person.seat)
        if person.sid:
            socketio.emit("ended", {"next": _next(appointment, person.role)}, to=person.sid)
    _tell_desk()


def seat_screen(key: str, sdp: str) -> str:
    """The relay's answer to the customer's computer; a third person goes first."""
    place = ROLES.index("guest")
    answer: str = hub.wait(_relay().join(key, SCREEN, sdp, place), timeout=DIAL_SECONDS)
    return answer


def late(appointment: Appointment, minutes: int) -> None:
    """The colleague said (and it is written) how late they will be: who waits reads it at once."""
    presence.be_late(appointment.key, minutes)
    _tell_waits()


def _next(appointment: Appointment, role: str) -> str:
    if role == "guest":
        call = calls.find(appointment)
        return url_for("call.guest", token=guard.guest_token(call)) if call else "/"
    if role == "customer":
        return url_for("customer.case", token=guard.token_of(appointment.case))
    return url_for("desk.case", key=appointment.case.key)


def _room(key: str) -> str:
    return f"call:{key}"


def _relay() -> Engine:
    relay: Engine = current_app.extensions["relay"]
    return relay


# -- coming and going


def _connect(auth: Any = None) -> None:
    choose_eyes()
    try:
        ticket = _ticket(auth if isinstance(auth, Mapping) else {})
    except ShopVisioError as error:
        told = errors.ack(error)
        raise ConnectionRefusedError(told["error"], told) from None
    if ticket is None:
        me = guard.me()
        assert me is not None  # the ticket says so
        presence.open_desk(_sid(), me.id)
        join_room(DESK)
    else:
        _tickets[_sid()] = ticket


def _ticket(auth: Mapping[str, Any]) -> Ticket | None:
    """What the page may do; None for a page of the desk. Raises Forbidden or NotFound."""
    token, key = auth.get("case"), auth.get("appointment")
    if auth.get("guest") is not None:
        return _guest_ticket(auth["guest"], auth.get("name"))
    if token is None and key is None:
        if not accounts.may(guard.me(), "desk"):
            raise Forbidden
        return None
    if not isinstance(key, str) or not isinstance(token, str | None):
        raise NotFound
    appointment = _appointment(key)
    if token is not None:
        if guard.case_behind(token).id != appointment.case_id:
            raise NotFound
        return Ticket(key, "customer", _purse(key, "customer"))
    me = guard.me()
    if me is None or not accounts.may(me, "calls"):
        raise Forbidden(_("Connectez-vous pour voir cette page."))
    return Ticket(key, f"staff:{me.id}", _purse(key, f"staff:{me.id}"))


def _guest_ticket(token: Any, name: Any) -> Ticket:
    if not isinstance(token, str) or not isinstance(name, str):
        raise NotFound
    call = guard.invited_by(token)
    if call is None:
        raise Forbidden(_("Cette invitation n’est plus valable."))
    key = call.appointment.key
    return Ticket(key, "guest", _purse(key, "guest"), call.guest, calls.guest(name).name)


def _purse(key: str, seat: str) -> Purse:
    """The seat's own; those that are full again and nobody's are thrown away."""
    now, held = clock.now(), {(ticket.appointment, ticket.seat) for ticket in _tickets.values()}
    for place in [place for place, purse in _purses.items() if place not in held and purse.at(now) >= BURST]:
        del _purses[place]
    return _purses.setdefault((key, seat), Purse())


def _appointment(key: str) -> Appointment:
    found = booking.find(key)
    if found is None:
        raise NotFound
    return found


def _disconnect(_reason: Any = None) -> None:
    _tickets.pop(_sid(), None)
    presence.shut_desk(_sid())
    place = presence.drop(_sid())
    if place is None:
        return
    key, person = place
    _tell_people(key)
    hub.spawn(_wait_back, key, person)


def _wait_back(key: str, person: Person) -> None:
    hub.sleep(AWAITED_BACK)
    if presence.give_up(key, person):
        _tell_people(key)


def _who(ticket: Ticket) -> Who:
    appointment = _appointment(ticket.appointment)
    if ticket.seat == "customer":
        return Who(appointment, appointment.case.customer.actor, ticket.seat)
    if ticket.seat == "guest":
        call = calls.find(appointment)
        if call is None or call.guest != ticket.guest:
            raise Forbidden(_("Cette invitation n’est plus valable."))
        return Who(appointment, calls.guest(ticket.name), ticket.seat)
    me = guard.me()
    if me is None or not accounts.may(me, "calls"):
        raise Forbidden(_("Connectez-vous pour voir cette page."))
    return Who(appointment, me.actor, ticket.seat)


# -- the events


def _enter(who: Who, now: datetime, **media: Any) -> dict[str, Any]:
    key = who.appointment.key
    person = Person(_sid(), who.seat, who.actor.kind, who.actor.name, **media)
    calls.may_join(who.actor, who.appointment, calls.find(who.appointment), now)
    before = [one.seat for one in presence.people(key) if one.role == person.role and one.seat != person.seat]
    older = presence.enter(key, person)
    for seat in before:  # a colleague who went without a word: their place in the relay is needed
        _relay().leave(key, seat)
    with writing():
        call = calls.arrive(who.appointment, who.actor, now)
        colleague = who.appointment.staff
        person.awaits, person.awaited, person.late = f"staff:{colleague.id}", colleague.name, call.late
        said = [] if who.seat == "guest" else [_told(message) for message in calls.latest(call)]  # not theirs to read
    if older:
        leave_room(who.room, sid=older, namespace="/")
        socketio.emit("replaced", {}, to=older)
    join_room(who.room)
    person.wait = presence.wait_of(person)
    _tell_people(key)
    kept = [] if who.seat == "guest" else [told_still(still) for still in stills.of_case(who.appointment.case)]
    return {
        "seat": who.seat,
        "media": person.media,
        "people": _people(key),
        "messages": said,
        "wait": person.wait,
        "stills": kept,
        "turn": turn.servers(who.seat, now),
    }


def _offer(who: Who, now: datetime, sdp: str) -> dict[str, Any]:
    key = who.appointment.key
    _seated()
    if who.seat == "guest":
        _relay().leave(key, SCREEN)  # theirs is the third place
    db.session.rollback()  # hold no transaction while the relay thinks
    return {"answer": hub.wait(_relay().join(key, who.seat, sdp, ROLES.index(who.actor.kind)), timeout=DIAL_SECONDS)}


def _media(who: Who, now: datetime, mic: bool, camera: str, sound: bool, voice: bool) -> None:
    person = _seated()
    person.mic, person.camera, person.sound, person.voice = mic, camera, sound, voice
    emit("people", _people(who.appointment.key), to=who.room)


def _here(who: Who, now: datetime) -> None:
    _seated()


def _say(who: Who, now: datetime, text: str) -> None:
    _seated()
    with writing():
        said = _told(calls.say(calls.of(who.appointment), who.actor, text, now))
    emit("message", said, to=who.room)


def _show(who: Who, now: datetime, product: int) -> None:
    _seated()
    with writing():
        found = db.session.get(Product, product)
        if found is None or not found.active:
            raise NotFound(_("Ce produit n’est plus au catalogue."))
        shown = calls.show(calls.of(who.appointment), who.actor, found, now)
        told = _told(shown)
    emit("message", told, to=who.room)


def _ask(who: Who, now: datetime, what: str) -> None:
    person = _seated()
    if person.role != "staff":
        raise Forbidden
    emit("asked", {"what": what, "name": person.name}, to=who.room, include_self=False)


def _figures(who: Who, now: datetime, setup: int | None, samples: list[dict[str, Any]]) -> None:
    _seated()
    with writing():
        call = calls.of(who.appointment)
        figures.note(call, who.actor, who.seat, setup, [Sample(**told) for told in samples], now)


def _invite(who: Who, now: datetime) -> dict[str, Any]:
    _seated()
    with writing():
        token = guard.guest_token(calls.invite(who.appointment, who.actor, now))
    link = url_for("call.guest", token=token, _external=True)
    return {"link": link, "qr": qr.link(link).decode()}


def _uninvite(who: Who, now: datetime) -> None:
    _seated()
    key = who.appointment.key
    with writing():
        call = calls.of(who.appointment)
        next_page = _next(who.appointment, "guest")
        calls.uninvite(call, who.actor)
    person = presence.put_out(key, "guest")
    if person is None:
        return
    _relay().leave(key, person.seat)
    if person.sid:
        leave_room(who.room, sid=person.sid, namespace="/")
        socketio.emit("ended", {"next": next_page}, to=person.sid)
    _tell_people(key)


def _leave(who: Who, now: datetime) -> None:
    place = presence.leave(_sid())
    if place is not None:
        leave_room(who.room)
        _relay().leave(who.appointment.key, who.seat)
        _tell_people(who.appointment.key)


def _seated() -> Person:
    place = presence.at(_sid())
    if place is None:
        raise Conflict(_("L’appel est ouvert sur une autre page."))
    return place[1]


def told_still(still: Still) -> dict[str, Any]:
    """A still as pages know it; where its picture is, each side knows."""
    return {
        "id": still.id,
        "at": still.at.isoformat(),
        "role": still.actor,
        "name": still.name,
        "width": still.width,
        "height": still.height,
        "visit": still.appointment.visit,
    }


def tell_still(key: str, told: dict[str, Any]) -> None:
    """A picture came in: everybody in the call is told."""
    socketio.emit("still", told, to=_room(key))


def _told(message: Message) -> dict[str, Any]:
    shown = message.product
    product = shown and {"name": shown.name, "summary": shown.summary, "price": shown.price, "url": shown.url}
    return {
        "id": message.id,
        "at": message.at.isoformat(),
        "role": message.actor,
        "name": message.name,
        "text": message.text,
        "product": product,
    }


# -- payloads


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


def _camera(value: Any) -> bool:
    return isinstance(value, str) and value in CAMERAS


def _asked(value: Any) -> bool:
    return isinstance(value, str) and value in ASKED


def _text(longest: int) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and len(value) <= longest


def _row(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1 << 53


def _whole(most: int) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most


def _known(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """The same, or nothing known."""
    return lambda value: value is None or fits(value)


def _samples(value: Any) -> bool:
    return (
        isinstance(value, list)
        and 0 < len(value) <= MOST_SAMPLES
        and all(isinstance(one, dict) and _fits(one, _SAMPLE) for one in value)
    )


def _fits(payload: Mapping[str, Any], shape: "Shape") -> bool:
    return payload.keys() == shape.keys() and all(fits(payload[name]) for name, fits in shape.items())


Shape = Mapping[str, Callable[[Any], bool]]
_MEDIA: Shape = {"mic": _flag, "camera": _camera, "sound": _flag, "voice": _flag}
_SAMPLE: Shape = {
    "ago": _whole(3600),
    "rtt": _known(_whole(60_000)),  # ms
    "loss": _whole(1000),  # of a thousand
    "received": _whole(1_000_000),  # kbit/s
    "sent": _whole(1_000_000),
    "rung": _whole(figures.VOICE),
    "redials": _whole(100),
    "freezes": _whole(1000),
}

EVENTS: Mapping[str, tuple[Callable[..., dict[str, Any] | None], Shape]] = {
    "enter": (_enter, _MEDIA),
    "offer": (_offer, {"sdp": _text(LONGEST_SDP)}),
    "media": (_media, _MEDIA),
    "here": (_here, {}),
    "say": (_say, {"text": _text(calls.LONGEST_MESSAGE)}),
    "show": (_show, {"product": _row}),
    "ask": (_ask, {"what": _asked}),
    "figures": (_figures, {"setup": _known(_whole(600_000)), "samples": _samples}),
    "invite": (_invite, {}),
    "uninvite": (_uninvite, {}),
    "leave": (_leave, {}),
}


def _read(given: tuple[Any, ...], shape: Shape) -> dict[str, Any]:
    """The payload, exactly as the table wants it. Raises Invalid."""
    payload = given[0] if given else {}
    if len(given) > 1 or not isinstance(payload, dict) or not _fits(payload, shape):
        raise Invalid
    return payload


def _answer(name: str, handle: Callable[..., dict[str, Any] | None], shape: Shape) -> Callable[..., dict[str, Any]]:
    def answer(*given: Any) -> dict[str, Any]:
        now = clock.now()
        choose_eyes()
        try:
            ticket = _tickets.get(_sid())
            if ticket is None:
                raise Forbidden
            ticket.purse.spend(now)
            payload = _read(given, shape)
            return handle(_who(ticket), now, **payload) or {}
        except ShopVisioError as error:
            return errors.ack(error)
        except Exception:
            log.exception("fault in an event", extra={"event_name": name})
            return errors.fault_ack()

    return answer


socketio.on_event("connect", _connect)
socketio.on_event("disconnect", _disconnect)
for _name, (_handle, _shape) in EVENTS.items():
    socketio.on_event(_name, _answer(_name, _handle, _shape))


def _sid() -> str:
    sid: str = request.sid  # type: ignore[attr-defined]
    return sid


# -- telling


def _people(key: str) -> list[dict[str, Any]]:
    return [person.told() for person in presence.people(key)]


def _tell_people(key: str) -> None:
    socketio.emit("people", _people(key), to=_room(key))
    _tell_waits()
    _tell_desk()


def _tell_waits() -> None:
    for person in presence.new_waits():
        socketio.emit("wait", person.wait, to=person.sid)


def _tell_desk() -> None:
    socketio.emit("desk", {}, to=DESK)


# -- the relay

HEARD = {"connected": "live", "back": "live", "lost": "lost", "left": "lost"}


def hear(event: Event) -> None:
    """Something happened to a person's media: the call is told."""
    if presence.media(event.room, event.seat, HEARD[event.kind]):
        _tell_people(event.room)


def _pump(relay: Engine) -> None:
    while True:
        _relay_spoke.wait(PUMP_SECONDS)
        while not relay.events.empty():
            try:
                hear(relay.events.get_nowait())
            except Exception:
                log.exception("fault in the pump")
