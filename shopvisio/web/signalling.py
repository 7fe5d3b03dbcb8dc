"""Socket.IO: coming and going, the pump that passes on what the relay notices, and the table of all events.

Their handlers are in ``events/``, what these stand on in ``wire``.

A page connects with ``auth``: ``{case, appointment}`` (the customer: the token of their link, and the
appointment's key), ``{guest, name}`` (a third person: the token of their link, their first name),
``{appointment}`` (staff, signed in by the session cookie) or nothing (a page of the desk that only listens).
Its twin in the browser is ``static/call/protocol.js``.

client -> server, each answered by an acknowledgement ``{…}`` or ``{error, message}``:
    enter  {mic, camera, sound, voice}   take the seat -> {seat, media, people, messages, wait, stills, stopped,
                                  board, recording, shown, turn}
    offer  {sdp}                  dial the relay -> {answer}
    media  {mic, camera, sound, voice}   camera is on, off, paused or held; voice: no pictures wanted
    here   {}                     does the line still stand?
    say    {text}                 a line of chat
    show   {product}              staff put a product (its id) on the customer's screen
    compare {products}            staff lay two or three side by side, or with none put everything away
    choose {variant}              either side looks at a variant of what is shown
    want   {product, variant}     the customer asks to be shown this one on the picture; variant may be null
    pick   {variant}              put one of it into the basket -> {name}
    pieces {line, quantity}       so many of a line of the basket from now on; 0 takes it out
    lens   {torch, zoom, sides}   what our camera has: whether its lamp is lit, {least, most, step, now}, or null;
                                  whether it may be turned
    wish   {what, to}             staff ask the customer for torch (0 or 1), zoom, or to flip
    ask    {what}                 staff ask the customer's page for a still, for motion or for detail
    figures {setup, samples}      how the connection went: ms to the first picture or null; the last stretches of ten
                                  seconds, each {ago, rtt, loss, received, sent, rung, redials, freezes}
    invite {}                     staff ask a third person in -> {link, qr}    qr: the link as an SVG picture
    uninvite {}                   staff withdraw that, and put the third person out
    stop   {cause}                everything stops; cause is gas, mains, water, height, other, or empty until it is said
    record {}                     staff would like to record the call: everybody else is asked
    agree  {yes}                  somebody says yes or no to that; a no ends it
    unrecord {}                   no more is recorded, or asked for
    point  {of, at}               point at [x, y] of the picture of a role, or of the open still; null: no more
    board  {still}                open a still of the case between all (its id), or none (null) -> {still, marks}
    freeze {of, once}             have the customer's page, or staff's, make a still now, sent under this ``once``
    stroke {still, once, kind, colour, since, points}    a mark in the making: these are its points from ``since`` on
    mark   {still, once, kind, colour, points, text}     keep a mark -> {mark}
    erase  {still, names, gone}   erase marks by their ``once``, or put them back -> {back}
    watch  {}                     the customer's computer looks on while they hold the telephone -> {still, marks}
    leave  {}
server -> client:
    people   [{seat, role, name, mic, camera, sound, voice, link, lens}]    link is live, or lost while awaited back
    message  {id, at, role, name, text, product}               product is null or its card (see ``goods``)
    shown    {cards, chosen}      what lies on the customer's screen; the variant chosen of it, or null
    wait     {late, busy, name}   minutes the colleague said to be late; whether another call holds them; their name
    still    {id, at, role, name, width, height, visit, shows}    a picture came in beside the call; what it shows
                                  of a product, or nothing
    wished   {what, to, name}     somebody of the shop asks for lamp, zoom or the other side
    asked    {what, name}         somebody of the shop asks for it
    steps    {}                   the checklist has changed: its pages are asked for it
    parts    {}                   a part was proposed, changed or answered, or the fee accepted, likewise
    basket   {}                   the basket has changed, likewise
    turned   {}                   a sale became a repair, or the other way round: the page is loaded anew
    stopped  {stop}               everything is stopped: {at, role, name, cause}; null once it goes on
    recording {recording, over}   {state, name, seats, names}, those whose yes is lacking, or null; ``over`` is
                                  {why, name} once it ended: refused, stopped, full, failed; else null
    point    {role, name, of, at}
    board    {still, marks, name, role}    somebody opened a still, or took up the moving picture again (still is null)
    freeze   {of, once, name}
    stroke   {still, once, kind, colour, since, points, role, name}
    marks    {still, gone, back}           marks were erased (each by its ``once``), came, or came back
    replaced {}                   the same seat was taken by a newer page
    ended    {next}               the call is over; the page to go to
    closing  {}                   the appliance stops; it will be back
    desk     {}                   who waits or is in a call has changed (to the desk's pages)
"""

import logging
from collections.abc import Mapping
from typing import Any

from flask import Flask, current_app
from flask_socketio import ConnectionRefusedError, join_room

from shopvisio import hub
from shopvisio.booking import Appointment
from shopvisio.errors import ShopVisioError
from shopvisio.rtc import Engine, Event
from shopvisio.web import choose_eyes, errors, guard, presence, recorders, wire
from shopvisio.web.events import EVENTS, GESTURES
from shopvisio.web.events.seat import SCREEN
from shopvisio.web.presence import Person
from shopvisio.web.wire import DESK, socketio, tell_desk, tell_people, tell_waits

log = logging.getLogger(__name__)

AWAITED_BACK = 20.0  # seconds a seat is kept for somebody whose connection went without a word
PUMP_SECONDS = 5.0  # a wake-up that got lost costs no more than this

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
    recorders.tidy(app)
    hub.spawn(_pump, app.extensions["relay"])


def closing(_app: Flask) -> None:
    """Tell everybody that the appliance stops for a moment."""
    socketio.emit("closing", {})


def handed_over(appointment: Appointment) -> None:
    """A visit has (and it is written) another colleague: who waits reads the name; the desks look, theirs rings."""
    presence.await_another(appointment.key, f"staff:{appointment.staff_id}", appointment.staff.name)
    tell_waits()
    tell_desk()


def end(appointment: Appointment) -> None:
    """The call is over (and written so): its people are sent on, their media ends."""
    key = appointment.key
    recorders.over(appointment)
    wire.relay().leave(key, SCREEN)
    for person in presence.empty(key):
        wire.relay().leave(key, person.seat)
        if person.sid:
            socketio.emit("ended", {"next": wire.next_page(appointment, person.role)}, to=person.sid)
    tell_desk()


def late(appointment: Appointment, minutes: int) -> None:
    """The colleague said (and it is written) how late they will be: who waits reads it at once."""
    presence.be_late(appointment.key, minutes)
    tell_waits()


# -- coming and going


def _connect(auth: Any = None) -> None:
    choose_eyes()
    try:
        ticket = wire.ticket(auth if isinstance(auth, Mapping) else {})
    except ShopVisioError as error:
        told = errors.ack(error)
        raise ConnectionRefusedError(told["error"], told) from None
    if ticket is None:
        me = guard.me()
        assert me is not None  # the ticket says so
        presence.open_desk(wire.sid(), me.id)
        join_room(DESK)
    else:
        wire.tickets[wire.sid()] = ticket


def _disconnect(_reason: Any = None) -> None:
    wire.tickets.pop(wire.sid(), None)
    presence.shut_desk(wire.sid())
    place = presence.drop(wire.sid())
    if place is None:
        return
    key, person = place
    tell_people(key)
    hub.spawn(_wait_back, current_app._get_current_object(), key, person)  # type: ignore[attr-defined]


def _wait_back(app: Flask, key: str, person: Person) -> None:
    hub.sleep(AWAITED_BACK)
    if presence.give_up(key, person):
        tell_people(key)
        recorders.settle_soon(app, key)


socketio.on_event("connect", _connect)
socketio.on_event("disconnect", _disconnect)
for _name, (_handle, _shape) in EVENTS.items():
    socketio.on_event(_name, wire.answer(_name, _handle, _shape))
for _name, (_show, _shape) in GESTURES.items():
    socketio.on_event(_name, wire.gesture(_name, _show, _shape))


# -- the relay

HEARD = {"connected": "live", "back": "live", "lost": "lost", "left": "lost"}


def hear(event: Event) -> None:
    """Something happened to a person's media: the call is told."""
    if presence.media(event.room, event.seat, HEARD[event.kind]):
        tell_people(event.room)


def _pump(relay: Engine) -> None:
    while True:
        _relay_spoke.wait(PUMP_SECONDS)
        while not relay.events.empty():
            try:
                hear(relay.events.get_nowait())
            except Exception:
                log.exception("fault in the pump")
