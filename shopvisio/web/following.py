"""The visit that follows a running call: five minutes before it, staff tell its customer, or hand it to a colleague."""

from datetime import datetime, timedelta

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from shopvisio import accounts, booking, calls, clock
from shopvisio.accounts import Staff
from shopvisio.booking import Appointment
from shopvisio.db import writing
from shopvisio.errors import Conflict, NotFound
from shopvisio.i18n import _, here
from shopvisio.web import guard, presence, signalling, telling, wake_jobs
from shopvisio.web.guard import staff

blueprint = Blueprint("following", __name__, url_prefix="/desk/appointments/<key>")

AHEAD = timedelta(minutes=5)


def next_of(me: Staff, running: Appointment, now: datetime) -> Appointment | None:
    """My next visit today that has not begun, while one of mine still runs."""
    later = [
        one
        for one in booking.of_days(here(now).date(), 1, me)
        if one.start > running.start and one.end > now and one.case.state == "booked"
    ]
    begun = {visit for visit, call in calls.of_all(later).items() if call.started}
    return next((one for one in later if one.id not in begun), None)


@blueprint.get("/following")
@staff("calls")
def bar(key: str) -> ResponseReturnValue:
    """The piece of the call's page that offers it; empty while there is nothing to offer."""
    now, me, running = clock.now(), _me(), _appointment(key)
    following = next_of(me, running, now)
    if following is None or now < following.start - AHEAD:
        return ""
    call = calls.find(following)
    return render_template(
        "call/_following.html",
        following=following,
        late=call.late if call else 0,
        minutes=calls.LATE,
        is_here=presence.here(following.key)["customer"],
        mail_leaves=telling.leaves(following.case),
        colleagues=[(one, presence.is_at_desk(one.id)) for one in _free(following, me, now)],
    )


def _free(following: Appointment, me: Staff, now: datetime) -> list[Staff]:
    """Who could take it: in their hours, nothing booked, and in no call at this moment."""
    able = booking.who_is_free(following.service, following.start, now, following)
    others = [one for one in accounts.everybody() if one.id in able and one.id not in (me.id, following.staff_id)]
    return [one for one in others if not presence.is_seated(f"staff:{one.id}")]


@blueprint.post("/hand-over")
@staff("calls")
def hand_over(key: str) -> ResponseReturnValue:
    """A colleague takes the visit; their desk rings. Who waits for it reads the new name."""
    now, me = clock.now(), _me()
    to = accounts.find(request.form.get("to", ""))
    with writing():
        found = _appointment(key)
        if to is None or not accounts.may(to, "calls"):
            raise NotFound
        if presence.is_seated(f"staff:{to.id}"):
            raise Conflict(_("{name} est en appel.", name=to.name))
        booking.hand_over(found, to, me.actor, now)
        call = calls.find(found)
        if call is not None and call.late:
            calls.run_late(found, 0, me.actor, now)
    signalling.handed_over(found)
    wake_jobs()
    return redirect(url_for("desk.today"), 303)


def _me() -> Staff:
    me = guard.me()
    assert me is not None  # every view here asks for a role
    return me


def _appointment(key: str) -> Appointment:
    found = booking.find(key)
    if found is None:
        raise NotFound
    return found
