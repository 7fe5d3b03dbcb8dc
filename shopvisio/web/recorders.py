"""The recordings that run at this moment: what the base and the seats of a call say is what is done."""

import logging
import shutil
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask, current_app

from shopvisio import booking, clock, hub, recordings
from shopvisio.accounts import APPLIANCE
from shopvisio.booking import Appointment
from shopvisio.db import db, writing
from shopvisio.errors import ShopVisioError
from shopvisio.recorder import Recorder, Written, weight
from shopvisio.recordings import Recording
from shopvisio.web import presence, wire
from shopvisio.web.presence import Person

log = logging.getLogger(__name__)

BEGIN_SECONDS = 10


@dataclass
class _Live:
    """A recorder of a call; the relay copies to it while ``is_copying``."""

    recording: int
    recorder: Recorder
    is_ready: bool = False
    is_copying: bool = False
    packets: int = 0
    missed: int = 0

    def count(self, copied: "Future[tuple[int, int]]") -> None:
        """The relay tells what it copied, when it ceases to. In its thread."""
        if not copied.cancelled() and not copied.exception():
            packets, missed = copied.result()
            self.packets, self.missed = self.packets + packets, self.missed + missed


_live: dict[str, _Live] = {}  # by appointment key


def folder() -> Path:
    """Where files of recordings are: beside the pictures."""
    found: Path = current_app.config["SHOP"].uploads
    return found


def room() -> int:
    """How many bytes recordings may still take: by the owner's limit, and by what the disk has left."""
    there = folder()
    there.mkdir(mode=0o700, parents=True, exist_ok=True)
    return min(recordings.limit() - weight(there), shutil.disk_usage(there).free - recordings.SPARE)


def told(appointment: Appointment) -> dict[str, Any] | None:
    """The recording of a call as its pages know it; None while there is none. ``state``: asked, running or paused."""
    made = recordings.standing(appointment)
    if made is None:
        return None
    lacking = recordings.lacking(made, _seats(appointment.key))
    them = [person for person in presence.people(appointment.key) if _seat(person) in lacking]
    state = "asked" if made.began is None else "paused" if lacking else "running"
    return {
        "state": state,
        "name": made.name,
        "seats": [person.seat for person in them],
        "names": [person.name for person in them],
    }


def tell(appointment: Appointment, why: str = "", name: str = "") -> None:
    """Everybody in the call is told how it stands; ``why`` there is none any more, and by whom."""
    over = {"why": why, "name": name} if why else None
    wire.socketio.emit("recording", {"recording": told(appointment), "over": over}, to=wire.room(appointment.key))


def settle(appointment: Appointment) -> None:
    """Do what is to be done now: begin, pause, go on, or end. Outside any write: it makes its own."""
    key, seats = appointment.key, _seats(appointment.key)
    made = recordings.standing(appointment)
    if made is not None and not seats:
        with writing():
            recordings.end(made, APPLIANCE, clock.now(), "left")
        made = None
    if made is None:
        _finish(key)
        return
    live = _live.get(key)
    if recordings.lacking(made, seats):
        _copy(key, False)
    elif live is None:
        _begin(appointment, made)
    else:
        _copy(key, True)
    if recordings.standing(appointment) is not None:  # else its beginning failed, which was told
        tell(appointment)


def settle_soon(app: Flask, key: str) -> None:
    """The same, from where no page asks."""
    with app.app_context():
        appointment = booking.find(key)
        if appointment is not None:
            settle(appointment)


def over(appointment: Appointment) -> None:
    """The call has ended: so has its recording."""
    made = recordings.standing(appointment)
    if made is not None:
        with writing():
            recordings.end(made, APPLIANCE, clock.now(), "left")
        _finish(appointment.key)


def tidy(app: Flask) -> None:
    """At the start: what the last end of the appliance cut off is over, and kept as far as it came."""
    with app.app_context(), writing():
        for made in recordings.left_open():
            recordings.end(made, APPLIANCE, clock.now(), "restart")
            recordings.written(made.id, _on_disk(folder(), [one.file for one in made.files]))


def _seats(key: str) -> list[str]:
    return [_seat(person) for person in presence.people(key)]


def _seat(person: Person) -> str:
    return f"guest:{person.name}" if person.role == "guest" else person.seat


def _begin(appointment: Appointment, made: Recording) -> None:
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    key, number = appointment.key, made.id
    with writing():
        files = recordings.begin(made, clock.now())
    where = folder()
    _live[key] = live = _Live(number, Recorder(where, files, recordings.limit(), recordings.SPARE))

    def ended(written: Written) -> None:
        hub.soon(lambda: hub.spawn(_ended, app, key, number, where, files, written))

    db.session.rollback()  # hold no transaction while it begins
    try:
        hub.in_thread(live.recorder.start, ended, timeout=BEGIN_SECONDS)
    except ShopVisioError:
        log.exception("no recorder")
        _ended(app, key, number, where, files, Written("failed", {}))
        return
    live.is_ready = True
    _go_on(key)


def _go_on(key: str) -> None:
    """It can begin; somebody may have come, or said no, meanwhile."""
    appointment = booking.find(key)
    made = recordings.standing(appointment) if appointment else None
    if made is not None:
        _copy(key, not recordings.lacking(made, _seats(key)))


def _copy(key: str, is_copying: bool) -> None:
    """Have the relay copy, or not."""
    live = _live.get(key)
    if live is not None and live.is_ready and live.is_copying != is_copying:
        live.is_copying = is_copying
        wire.relay().record(key, live.recorder.socket if is_copying else None).add_done_callback(live.count)


def _finish(key: str) -> None:
    live = _live.pop(key, None)
    if live is None:
        return
    if live.is_ready:
        copied = wire.relay().record(key, None)
        copied.add_done_callback(live.count)
        hub.wait(copied, timeout=BEGIN_SECONDS)
    live.recorder.end()
    with writing():
        recordings.copied(live.recording, live.packets, live.missed)


def _ended(app: Flask, key: str, number: int, where: Path, files: Mapping[int, str], written: Written) -> None:
    """The recorder is gone: as it was told to, or because it could not go on."""
    kept = {files[place]: one for place, one in written.files.items()}
    with app.app_context():
        with writing():
            recordings.written(number, kept if written.why != "failed" else _on_disk(where, list(files.values())))
            made = db.session.get(Recording, number)
            is_news = made is not None and made.ended is None
            if made is not None and is_news:
                recordings.end(made, APPLIANCE, clock.now(), written.why or "failed")
        if is_news and made is not None:
            tell(made.appointment, written.why or "failed")
            if key in _live and _live[key].recording == number:
                _finish(key)


def _on_disk(where: Path, files: list[str]) -> dict[str, tuple[float, int]]:
    return {file: (0.0, (where / file).stat().st_size) for file in files if (where / file).exists()}
