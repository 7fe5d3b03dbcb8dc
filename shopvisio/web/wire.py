"""The socket's wire: whom a page speaks for, what may come over it, and how the people of a call are told."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from flask import current_app, request, url_for
from flask_socketio import SocketIO

from shopvisio import accounts, booking, calls, clock
from shopvisio.accounts import Actor
from shopvisio.booking import Appointment
from shopvisio.errors import Conflict, Forbidden, NotFound, ShopVisioError
from shopvisio.i18n import _
from shopvisio.rtc import Engine
from shopvisio.web import choose_eyes, errors, guard, presence, shapes
from shopvisio.web.presence import Person
from shopvisio.web.senders import may_send

log = logging.getLogger(__name__)

BURST, PER_SECOND = 40.0, 5.0  # events a seat may send at once, and steadily
GESTURES_PER_SECOND = 50.0  # of a page, in a purse of their own: twenty for a pointer, twenty for a stroke
DESK = "desk"
_SAID = shapes.known(shapes.text(1000))  # what a page may say of itself

socketio = SocketIO()

Handle = Callable[..., dict[str, Any] | None]
Events = Mapping[str, tuple[Handle, shapes.Shape]]
Gestures = Mapping[str, tuple[Callable[..., None], shapes.Shape]]


@dataclass
class Purse:
    """How many events a seat may still send, whatever the number of its pages."""

    allowance: float = BURST
    counted: datetime | None = None
    per_second: float = PER_SECOND

    def spend(self, now: datetime) -> None:
        """Count one event. Raises Conflict when a seat sends too many."""
        self.allowance, self.counted = self.at(now), now
        if self.allowance < 1:
            raise Conflict(_("C’est beaucoup d’un coup. Attendez quelques secondes."))
        self.allowance -= 1

    def at(self, now: datetime) -> float:
        """What is in it, with what was earned since the last event."""
        earned = (now - self.counted) / timedelta(seconds=1) * self.per_second if self.counted else 0.0
        return min(BURST, self.allowance + earned)


@dataclass(frozen=True)
class Ticket:
    """What a page proved when it connected: the appointment, and the seat it may take there."""

    appointment: str
    seat: str
    purse: Purse
    guest: str = ""  # the key of a third person's invitation
    name: str = ""  # theirs
    gestures: Purse = field(default_factory=lambda: Purse(per_second=GESTURES_PER_SECOND))


@dataclass(frozen=True)
class Who:
    """Who sends an event, read again from the base each time: rights may end in the middle of a call."""

    appointment: Appointment
    actor: Actor
    seat: str

    @property
    def room(self) -> str:
        """Where the call's events are told."""
        return room(self.appointment.key)


tickets: dict[str, Ticket] = {}  # by sid
_purses: dict[tuple[str, str], Purse] = {}  # by appointment and seat: coming back does not fill it


def sid() -> str:
    """The connection that speaks."""
    spoken: str = request.sid  # type: ignore[attr-defined]
    return spoken


def room(key: str) -> str:
    """Where the events of a call are told."""
    return f"call:{key}"


def relay() -> Engine:
    """The appliance's own."""
    found: Engine = current_app.extensions["relay"]
    return found


def seated() -> Person:
    """Who sits on this connection. Raises Conflict when the seat was taken elsewhere."""
    place = presence.at(sid())
    if place is None:
        raise Conflict(_("L’appel est ouvert sur une autre page."))
    return place[1]


# -- who may


def ticket(auth: Mapping[str, Any]) -> Ticket | None:
    """What the page may do; None for a page of the desk. Raises Forbidden or NotFound."""
    if not all(_SAID(value) for value in auth.values()):
        raise NotFound
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
        if guard.case_behind(token, True).id != appointment.case_id:
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
    now, held = clock.now(), {(ticket.appointment, ticket.seat) for ticket in tickets.values()}
    for place in [place for place, purse in _purses.items() if place not in held and purse.at(now) >= BURST]:
        del _purses[place]
    return _purses.setdefault((key, seat), Purse())


def _appointment(key: str) -> Appointment:
    found = booking.find(key)
    if found is None:
        raise NotFound
    return found


def holder(ticket: Ticket) -> Who:
    """Who holds the ticket, as the base says now. Raises Forbidden or NotFound."""
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


def answer(name: str, handle: Handle, shape: shapes.Shape) -> Callable[..., dict[str, Any]]:
    """What the socket calls for an event: the handler between the checks of its ticket, who may (``senders``), its
    purse and its payload."""

    def answer(*given: Any) -> dict[str, Any]:
        now = clock.now()
        choose_eyes()
        try:
            ticket = tickets.get(sid())
            if ticket is None or not may_send(name, ticket.seat):
                raise Forbidden
            ticket.purse.spend(now)
            payload = shapes.read(given, shape)
            return handle(holder(ticket), now, **payload) or {}
        except ShopVisioError as error:
            return errors.ack(error)
        except Exception:
            log.exception("fault in an event", extra={"event_name": name})
            return errors.fault_ack()

    return answer


def gesture(name: str, handle: Callable[..., None], shape: shapes.Shape) -> Callable[..., dict[str, Any]]:
    """The same for what comes twenty times a second, is not kept, and is lost without harm: too many are dropped. The
    base is not asked: who has a seat was let in, and who is put out loses it."""

    def answer(*given: Any) -> dict[str, Any]:
        ticket, place = tickets.get(sid()), presence.at(sid())
        try:
            if ticket is None or place is None or not may_send(name, ticket.seat):
                raise Forbidden
            ticket.gestures.spend(clock.now())
            handle(*place, **shapes.read(given, shape))
        except ShopVisioError as error:
            return {"error": error.code}
        return {}

    return answer


# -- telling


def next_page(appointment: Appointment, role: str) -> str:
    """Where a call leaves somebody when it is over."""
    if role == "guest":
        call = calls.find(appointment)
        return url_for("call.guest", token=guard.guest_token(call)) if call else "/"
    case = appointment.case
    if case.is_practice:
        return url_for("practice.over" if role == "customer" else "practice.page")
    if role == "customer":
        asked = {"proposed": "customer.answer", "part_offered": "customer.part"}  # what they are asked comes first
        return url_for(asked.get(case.state, "customer.case"), token=guard.token_of(case))
    return url_for("desk.case", key=case.key)


def people(key: str) -> list[dict[str, Any]]:
    """Who is in a call, as its pages know them."""
    return [person.told() for person in presence.people(key)]


def tell_people(key: str) -> None:
    """Who is in a call has changed: it is told, and the desk, and those whom it makes wait otherwise."""
    socketio.emit("people", people(key), to=room(key))
    tell_waits()
    tell_desk()


def tell_waits() -> None:
    """Whoever waits reads what has changed of their wait."""
    for person in presence.new_waits():
        socketio.emit("wait", person.wait, to=person.sid)


def tell_desk() -> None:
    """The desk's pages look again: who waits, or what is booked, has changed."""
    socketio.emit("desk", {}, to=DESK)
