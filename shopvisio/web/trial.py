"""The page to try a device on, days before the call: camera, microphone, loudspeaker, and the way through the relay.

The page calls itself: one connection sends, another of the same page receives, in a room of their own that has
nothing to do with any call. Rooms are few and short, so that the shop's line stays for those who talk.
"""

import math
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Blueprint, current_app, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from shopvisio import booking, clock, hub, settings, trials, turn
from shopvisio.cases import Case
from shopvisio.db import db, writing
from shopvisio.errors import Conflict, Invalid
from shopvisio.i18n import _, lazy
from shopvisio.rtc import Engine
from shopvisio.trials import Result
from shopvisio.web import browsers, guard, sent_json
from shopvisio.web.guard import case_link, staff

blueprint = Blueprint("trial", __name__)

SEATS = ("out", "in")
ROOMS = 2  # at once
LENGTH = timedelta(seconds=25)  # of a room
OFTEN, WITHIN = 12, timedelta(minutes=10)  # rooms for one case, or one colleague
DIAL_SECONDS = 10
LONGEST_SDP = 60_000
RUN = re.compile(r"[0-9a-z-]{8,40}")

NEXT = {  # after the verdict: what to do about it
    "ready": lazy("Le jour venu, servez-vous du même appareil, au même endroit."),
    "blind": lazy("Le jour venu, vous serez entendu et vous pourrez envoyer des photos."),
    "weak": lazy("La voix passera, l’image peut-être pas. Approchez-vous de la box, ou essayez en 4G."),
    "mute": lazy("Refaites le test en parlant fort, ou choisissez un autre micro. Vous pourrez aussi écrire."),
    "deaf": lazy("Montez le volume, ôtez le mode silencieux, et refaites le test."),
    "cut": lazy("Essayez avec un autre réseau : en 4G, ou chez un voisin. Sinon, nous vous appellerons par téléphone."),
}


@dataclass
class Room:
    """Where a page calls itself; it ends by itself."""

    name: str
    until: datetime


_rooms: dict[str, Room] = {}  # by whose it is
_begun: dict[str, list[datetime]] = {}  # the latest beginnings, by whose


@blueprint.get("/case/<token>/trial")
@case_link
def page(case: Case) -> ResponseReturnValue:
    """The customer's page; with ``?done`` what was found last."""
    token, last = guard.token_of(case), trials.latest(case)
    return _page(
        case=case,
        home=url_for("customer.case", token=token),
        dial=url_for("trial.dial", token=token),
        last=last,
        result=last.result if last is not None and "done" in request.args else None,
        appointment=booking.upcoming(case, clock.now()),
        is_repair=case.is_repair,
    )


@blueprint.post("/case/<token>/trial")
@case_link
def keep(case: Case) -> ResponseReturnValue:
    """What the page found is kept with the case."""
    result = figures()
    _close(_of(case))
    with writing():
        trials.keep(case, result, browsers.theirs().words, clock.now())
    return redirect(url_for("trial.page", token=guard.token_of(case), done=1), 303)


@blueprint.post("/case/<token>/trial/dial")
@case_link
def dial(case: Case) -> ResponseReturnValue:
    """JSON: ``{run, seat: "out" or "in", sdp}`` -> ``{answer}``."""
    return calls_itself(_of(case))


@blueprint.get("/desk/trial")
@staff("calls")
def desk_page() -> ResponseReturnValue:
    """The same for a colleague's own device."""
    return _desk_page(None)


@blueprint.post("/desk/trial")
@staff("calls")
def desk_found() -> ResponseReturnValue:
    """What the page found, in words; a colleague's is not kept."""
    result = figures()
    _close(_mine())
    return _desk_page(result)


@blueprint.post("/desk/trial/dial")
@staff("calls")
def desk_dial() -> ResponseReturnValue:
    """As :func:`dial`."""
    return calls_itself(_mine())


def _of(case: Case) -> str:
    return f"case:{case.key}"


def _mine() -> str:
    me = guard.me()
    assert me is not None  # the rule of the view says so
    return f"staff:{me.id}"


def _desk_page(result: Result | None) -> str:
    home, dial = url_for("desk.today"), url_for("trial.desk_dial")
    return _page(case=None, home=home, dial=dial, last=None, result=result, appointment=None, is_repair=False)


def _page(**facts: object) -> str:
    zone = settings.get("zone")
    outside = turn.servers("trial", clock.now())
    return render_template("call/trial.html", verdicts=trials.VERDICTS, next=NEXT, zone=zone, turn=outside, **facts)


# -- what was found


def figures() -> Result:
    """As the form tells it. Raises Invalid for what no page of ours sends."""
    given = request.form
    return Result(
        camera=given.get("camera") == "yes",
        mic=given.get("mic") == "yes",
        sound=given.get("sound") == "yes",
        loss=_figure("loss", 1),
        rtt=round(_figure("rtt", 60_000)),
        rate=round(_figure("rate", 1_000_000)),
    )


def _figure(name: str, most: float) -> float:
    try:
        found = float(request.form.get(name, ""))
    except ValueError:
        raise Invalid(_("Le test n’est pas allé jusqu’au bout. Refaites-le.")) from None
    if not math.isfinite(found) or not 0 <= found <= most:
        raise Invalid(_("Le test n’est pas allé jusqu’au bout. Refaites-le."))
    return found


# -- through the relay


def calls_itself(whose: str) -> ResponseReturnValue:
    """One of the two connections of a page that calls itself, for whoever it is; see :func:`dial`."""
    run, seat, sdp = map(sent_json().get, ("run", "seat", "sdp"))
    if not isinstance(run, str) or not RUN.fullmatch(run) or seat not in SEATS:
        raise Invalid
    if not isinstance(sdp, str) or len(sdp) > LONGEST_SDP:
        raise Invalid
    room = _room(whose, run, clock.now())
    db.session.rollback()  # hold no transaction while the relay thinks
    return jsonify(answer=hub.wait(_relay().join(room, str(seat), sdp), timeout=DIAL_SECONDS))


def room_of(whose: str) -> str:
    """The relay's name for the room they have at the moment, "" for none."""
    room = _rooms.get(whose)
    return room.name if room is not None else ""


def _room(whose: str, run: str, now: datetime) -> str:
    """The room of this run, opened at its first dial. Raises Conflict where there is none to have."""
    name = f"trial:{whose}:{run}"
    _forget(now)
    mine = _rooms.get(whose)
    if mine is not None and mine.name == name:
        return name
    if len(_begun.get(whose, ())) >= OFTEN or len(_rooms.keys() - {whose}) >= ROOMS:
        raise Conflict(_("D’autres tests sont en cours. Recommencez dans une minute."))
    _close(whose)
    _begun.setdefault(whose, []).append(now)
    _rooms[whose] = Room(name, now + LENGTH)
    hub.spawn(_end, _relay(), name)
    return name


def _forget(now: datetime) -> None:
    """What is over counts no more."""
    for whose in [key for key, room in _rooms.items() if room.until <= now]:
        del _rooms[whose]
    for whose, times in list(_begun.items()):
        times[:] = [at for at in times if now - at < WITHIN]
        if not times:
            del _begun[whose]


def _close(whose: str) -> None:
    """Their room is wanted no more."""
    room = _rooms.pop(whose, None)
    if room is not None:
        _leave(_relay(), room.name)


def _end(relay: Engine, name: str) -> None:
    hub.sleep(LENGTH.total_seconds())
    _leave(relay, name)


def _leave(relay: Engine, name: str) -> None:
    for seat in SEATS:
        relay.leave(name, seat)


def _relay() -> Engine:
    relay: Engine = current_app.extensions["relay"]
    return relay
