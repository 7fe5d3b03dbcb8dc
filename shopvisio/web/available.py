"""The desk's switch: whether customers may be put through to a colleague at once."""

from datetime import datetime, time, timedelta

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from shopvisio import clock, settings
from shopvisio.db import db, writing
from shopvisio.web import guard
from shopvisio.web.guard import staff

blueprint = Blueprint("available", __name__, url_prefix="/desk/available")


@blueprint.post("")
@staff("calls")
def switch() -> ResponseReturnValue:
    """Not today any more, or again. It ends by itself at midnight: nobody is forgotten."""
    now, me = clock.now(), guard.me()
    assert me is not None  # the rule of the view says so
    zone = settings.zone()
    midnight = datetime.combine(now.astimezone(zone).date() + timedelta(days=1), time(), zone)
    with writing():
        db.session.refresh(me)
        me.away = None if request.form.get("available") == "yes" else midnight
    return redirect(url_for("desk.today"), 303)
