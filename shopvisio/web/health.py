"""Is it alive, is it ready. ``/healthz`` is answered before anything else, in ``front``."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from time import monotonic

from flask import Blueprint, current_app, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy import text

from shopvisio import clock, hub, timekeeping
from shopvisio.certificate import Keeper
from shopvisio.db import db, writing
from shopvisio.papertest import PaperTest
from shopvisio.web import guard
from shopvisio.web.guard import anybody

blueprint = Blueprint("health", __name__)

FRESH = 10.0  # seconds an answer is kept: strangers may ask often
LOOK, LATE = 0.3, 0.1  # for how long we look at the relay's loop, and how late it may be: seconds
ROOM = 1 << 30  # bytes of disk that must be free
LASTS = timedelta(days=3)  # of the certificate, at least

_last: tuple[float, dict[str, bool]] | None = None


@blueprint.get("/readyz")
@anybody
def ready() -> ResponseReturnValue:
    """Ready or not; the detail is for staff."""
    global _last
    if _last is None or monotonic() - _last[0] > FRESH:
        _last = monotonic(), {name: _holds(check) for name, check in CHECKS.items()}
    found = _last[1]
    status = 200 if all(found.values()) else 503
    if guard.me() is None:
        return ("ok\n" if status == 200 else "not ok\n"), status, {"Content-Type": "text/plain"}
    return jsonify(found), status


def _holds(check: Callable[[], bool]) -> bool:
    try:
        return check()
    except Exception:  # whatever it is, this part is not ready
        return False


def _base_takes_a_write() -> bool:
    try:
        with writing():
            db.session.execute(text("CREATE TABLE ready_probe (n INTEGER)"))
            raise _Undo
    except _Undo:
        return True


class _Undo(Exception):
    """Rolls the probe back."""


def _disk_has_room() -> bool:
    return shutil.disk_usage(current_app.config["SHOP"].data).free >= ROOM


def _relay_is_prompt() -> bool:
    relay = current_app.extensions["relay"]
    hub.wait(relay.stats(), timeout=1)  # what was late before does not count
    hub.sleep(LOOK)
    return bool(hub.wait(relay.stats(), timeout=1)["lag"] < LATE)


def _certificate_lasts() -> bool:
    keeper: Keeper | None = current_app.extensions.get("certificate")  # None: a proxy has its own
    return keeper is None or keeper.served.until > clock.now() + LASTS


def _clock_is_right() -> bool:
    return timekeeping.is_right(clock.now())


def _papers_are_drawn() -> bool:
    found: PaperTest | None = current_app.extensions.get("papertest")
    return found is None or found.last is None or not found.last.fault  # not tried yet: nothing is known against it


CHECKS: dict[str, Callable[[], bool]] = {
    "base": _base_takes_a_write,
    "disk": _disk_has_room,
    "relay": _relay_is_prompt,
    "certificate": _certificate_lasts,
    "clock": _clock_is_right,
    "papers": _papers_are_drawn,
}
