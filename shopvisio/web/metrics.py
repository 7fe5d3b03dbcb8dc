"""Figures for whoever watches the appliance with Prometheus: off until the owner writes a token, and few.

The format is three lines a figure; a registry of them would be more to keep than it does. What is a moment is told as
a moment, as Prometheus wants it: its age is reckoned there, and goes on growing when nobody answers any more.
"""

import hmac
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Blueprint, current_app, request
from flask.typing import ResponseReturnValue

from shopvisio import __version__, booking, clock, hub, mail, settings
from shopvisio.backup import keeping
from shopvisio.certificate import Keeper
from shopvisio.config import Config
from shopvisio.errors import NotFound
from shopvisio.web.guard import anybody

blueprint = Blueprint("metrics", __name__)

KIND = "text/plain; version=0.0.4; charset=utf-8"
PATIENCE = 2  # seconds, with the relay


@dataclass(frozen=True)
class Figure:
    """One gauge: ``shopvisio_<name>``, what it says, and how much it is now."""

    name: str
    help: str
    value: float
    labels: str = ""

    def __str__(self) -> str:
        name = f"shopvisio_{self.name}"
        return f"# HELP {name} {self.help}\n# TYPE {name} gauge\n{name}{self.labels} {self.value}\n"


@blueprint.get("/metrics")
@anybody
def page() -> ResponseReturnValue:
    """The figures, for who knows the token; where there is none, there is no such page."""
    token = settings.get("metrics_token")
    if not token:
        raise NotFound
    given = request.headers.get("Authorization", "")
    if not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        return "", 401, {"WWW-Authenticate": "Bearer"}
    return "".join(map(str, _figures(clock.now()))), {"Content-Type": KIND}


def _figures(now: datetime) -> Iterator[Figure]:
    config: Config = current_app.config["SHOP"]
    yield Figure("info", "The version that serves.", 1, f'{{version="{__version__}"}}')
    today = booking.local_days(now.astimezone(settings.zone()).date(), 1)
    yield Figure("visits_today", "Visits that stand today, past ones too.", len(booking.starts(today)))
    yield Figure("mails_waiting", "Mails and short messages that are to leave.", mail.waiting())
    yield Figure("mails_failed", "Mails and short messages that did not leave.", len(mail.failing()))
    yield Figure("disk_free_bytes", "What is free where the data lie.", shutil.disk_usage(config.data).free)
    yield Figure("memory_bytes", "What the serving process holds in memory.", _memory())
    yield from _moments()
    yield from _relay()


def _moments() -> Iterator[Figure]:
    last, tested = keeping.latest(), keeping.last_test()
    if last:
        yield Figure("backup_timestamp_seconds", "When the newest backup was made.", last.made.timestamp())
    if tested and tested.tested and not tested.fault:
        told = "When the last backup that was opened again was found whole."
        yield Figure("backup_tested_timestamp_seconds", told, tested.tested.timestamp())
    keeper: Keeper | None = current_app.extensions.get("certificate")  # None: a proxy has its own
    if keeper:
        until = keeper.served.until.timestamp()
        yield Figure("certificate_expiry_timestamp_seconds", "When the certificate that is served ends.", until)


def _relay() -> Iterator[Figure]:
    try:
        stats: dict[str, Any] = hub.wait(current_app.extensions["relay"].stats(), timeout=PATIENCE)
    except Exception:  # whatever it is, it does not answer
        yield Figure("relay_up", "Whether the relay of the calls answers.", 0)
        return
    yield Figure("relay_up", "Whether the relay of the calls answers.", 1)
    yield Figure("calls", "Calls, and tries of a device, that are going on.", len(stats["rooms"]))
    late = "What the loop of the media was late, 99 of 100 looks of five minutes."
    yield Figure("relay_lateness_seconds", late, float(stats.get("p99", 0)))


def _memory() -> int:
    told = Path("/proc/self/status").read_text()
    return 1024 * int(next(line.split()[1] for line in told.splitlines() if line.startswith("VmRSS:")))
