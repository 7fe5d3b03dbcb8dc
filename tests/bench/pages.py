"""What the way to an appointment costs, and who wins a race for one slot: ``tests/bench/web``. Not a test.

Pages are asked of the application itself, without a network or a web server between, one after the other. The shop
has one repairer whose next four weeks are two thirds full; all other appointments are past. The last line is JSON:

    times_p99_ms    the page of times, by how many appointments the base holds
    growth          of the page of times' median, from the smallest base to the largest
    race            so many bookings of one slot at once, half of them from each of two processes, each booking in
                    a greenlet of its own: how many won, how many met anything but "just taken"
    booking_p99_ms  the last step of a booking, where everything is written, on the largest base
    page_kb         each public page with its styles and scripts, as Chromium received them over HTTPS
    axe             what axe finds on the public pages, in every language, light and dark: how many faults
    lighthouse      the lowest mark of any public page, of 100, by category

The line before it has the rest: for each page and size p50 and p99 in ms and pages a second, one after the other; and
the machine's load when the run began: figures taken on a busy machine say little. Faults and marks by page go to
standard error.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert

from shopvisio import booking, clock, config, db, demo, hub, intake
from shopvisio.accounts import Customer
from shopvisio.app import create_app
from shopvisio.booking import Appointment, Service
from shopvisio.cases import Case
from tests.bench.looks import looks
from tests.conftest import open_shop

ROOT = Path(__file__).parents[2]
VISIT, WEEKS = timedelta(minutes=15), timedelta(weeks=4)
PERSON = {"name": "Marie", "terms": "y", "immediate": "y"}
START_SECONDS = 12  # the two processes of the race are ready by then
SCRATCH = tempfile.gettempdir()  # the application moves it into its own folder


def application(folder: str) -> Flask:
    """The whole application on the base in ``folder``; its forms are sent without a token, as in the tests."""
    app = create_app(config.load({"SHOPVISIO_DATA": folder, "SHOPVISIO_PORT": "8080", "SHOPVISIO_TLS_PORT": "0"}))
    app.config["WTF_CSRF_ENABLED"] = False
    app.testing = True
    return app


@contextmanager
def shop(appointments: int) -> Iterator[tuple[Flask, str]]:
    """A shop whose base holds so many appointments."""
    with tempfile.TemporaryDirectory(dir=SCRATCH) as folder:
        app = application(folder)
        with app.app_context():
            now = clock.now()
            people = open_shop(now - WEEKS)
            with db.writing():
                booking.set_hours(people.repairer, demo.OPEN)
                people.repair.minutes, people.repair.pause = 15, 0
                fill(people.repair, people.repairer.id, appointments, now)
        yield app, folder


def starts(now: datetime) -> Iterator[datetime]:
    """Two of three quarters of an hour to come for four weeks, then all those gone by."""
    quarter = now.replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
    for n in range(int(WEEKS / VISIT)):
        if n % 3:
            yield quarter + n * VISIT
    while True:
        now -= VISIT
        yield now.replace(second=0, microsecond=0)


def fill(service: Service, staff: int, number: int, now: datetime) -> None:
    """Rows in bulk; those to come first within working hours, so that a small base is as full as a large one."""
    to_come = [at for at in islice(starts(now), int(WEEKS / VISIT * 2 / 3)) if 8 <= at.hour < 17][: number * 2 // 3]
    past = (now - n * VISIT for n in range(1, number))
    rows = [*to_come, *islice(past, number - len(to_come))]
    made = {"created": now, "language": "fr", "street": "", "postcode": "", "city": ""}
    db.db.session.execute(
        insert(Customer),
        [
            {"id": n, "name": "Marie", "email": f"m{n}@x.example", "phone": f"+336{n:08}", **made}
            for n in range(1, len(rows) + 1)
        ],
    )
    db.db.session.execute(
        insert(Case),
        [
            {
                "id": n,
                "key": f"key{n}",
                "number": f"D2020-{n:06}",
                "kind": "repair",
                "state": "booked",
                "fee": 2900,
                "customer_id": n,
                "created": now,
            }
            for n in range(1, len(rows) + 1)
        ],
    )
    db.db.session.execute(
        insert(Appointment),
        [
            {
                "key": f"key{n}",
                "case_id": n,
                "service_id": service.id,
                "staff_id": staff,
                "visit": 1,
                "created": now,
                "cancelled": False,
                "revision": 0,
                "since": at,
                "start": at,
                "end": at + VISIT,
                "until": at + VISIT,
            }
            for n, at in enumerate(rows, 1)
        ],
    )


def timed(number: int, act: Callable[[], object]) -> list[float]:
    """Milliseconds of each of ``number`` turns, after ten that warm up."""
    for _ in range(10):
        act()
    taken = []
    for _ in range(number):
        began = time.perf_counter()
        act()
        taken.append((time.perf_counter() - began) * 1000)
    return sorted(taken)


def page(client: FlaskClient, path: str) -> Callable[[], object]:
    def ask() -> None:
        assert client.get(path).status_code == 200

    return ask


def figures(taken: list[float]) -> dict[str, float]:
    """Of milliseconds in order."""
    found = {"p50": statistics.median(taken), "p99": taken[int(len(taken) * 0.99)]}
    return {name: round(n, 2) for name, n in (found | {"per_s": 1000 / statistics.mean(taken)}).items()}


def drafts(app: Flask, number: int, start: datetime | None = None) -> list[str]:
    """Bookings typed up to their last step, for one time or each for its own."""
    with app.app_context():
        service, now = booking.services("repair")[0], clock.now()
        today = now.date()
        slots = [
            s.start
            for week in range(1, 29, 7)  # from tomorrow on: what is free today may be too near by the time it is sent
            for s in booking.free_slots(service, today + timedelta(days=week), 7, now)
        ]
        with db.writing():
            made = [intake.begin(service, start or slots[n], "", now) for n in range(number)]
            for draft in made:
                intake.type_in(draft, device="WC", symptom="Il fuit.", dangers=["water"], done=["water"])
            return [draft.key for draft in made]


def send(client: FlaskClient, key: str, n: int) -> int:
    """The last step of a booking by the nth person; answers the status."""
    who = {"email": f"racer{n}@x.example", "phone": f"06 39 {n // 10000:02} {n // 100 % 100:02} {n % 100:02}"}
    return client.post(f"/draft/{key}/person", data=PERSON | who).status_code


def bookings(app: Flask, number: int) -> list[float]:
    """Milliseconds of each booking's last step."""
    client, taken = app.test_client(), []
    for n, key in enumerate(drafts(app, number)):
        began = time.perf_counter()
        status = send(client, key, n)
        taken.append((time.perf_counter() - began) * 1000)
        assert status == 303, status
    return sorted(taken)


def race(app: Flask, folder: str, number: int) -> dict[str, int]:
    """``number`` bookings of one slot: half from each of two processes, at one instant."""
    with app.app_context():
        slot = booking.next_free(booking.services("repair")[0], clock.now() + timedelta(days=2))
        assert slot is not None
    keys = drafts(app, number, slot.start)
    at = time.time() + START_SECONDS
    runs = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.bench.pages", "--racer", folder, str(at), str(first)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for first in (0, number // 2)
    ]
    halves = (keys[: number // 2], keys[number // 2 :])
    for run, half in zip(runs, halves, strict=True):
        assert run.stdin
        run.stdin.write(json.dumps(half))
        run.stdin.close()
    statuses: list[int] = []
    for run in runs:
        assert run.stdout
        statuses += json.loads(run.stdout.read())
        run.wait(60)
    with app.app_context():
        kept = db.db.session.query(Appointment).filter_by(start=slot.start, cancelled=False).count()
    assert kept == statuses.count(303), "a winner that the base does not know"
    lost = statuses.count(409)
    return {"tried": len(statuses), "won": kept, "errors": len(statuses) - kept - lost}


def run_racer(folder: str, at: float, first: int) -> None:
    """One of the two processes: its bookings are greenlets that start together."""
    app, keys, statuses = application(folder), json.load(sys.stdin), []

    def book(n: int, key: str) -> None:
        hub.sleep(max(0.0, at - time.time()))
        statuses.append(send(app.test_client(), key, first + n))

    for n, key in enumerate(keys):
        hub.spawn(book, n, key)
    deadline = at + 120
    while len(statuses) < len(keys) and time.time() < deadline:
        hub.sleep(0.05)
    print(json.dumps(statuses))


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--sizes", type=int, nargs="+", default=[100, 100_000], help="appointments in the base")
    asked.add_argument("--turns", type=int, default=300, help="of each page")
    asked.add_argument("--tries", type=int, default=200, help="bookings in the race")
    asked.add_argument("--pages", nargs="+", default=[], help="the critics look at these alone, as in: home times")
    asked.add_argument("--racer", nargs=3, help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.racer:
        run_racer(given.racer[0], float(given.racer[1]), int(given.racer[2]))
        return
    more: dict[str, Any] = {"load": round(os.getloadavg()[0], 1), "home": {}, "times": {}, "booking": {}}
    raced = {}
    for size in given.sizes:
        with shop(size) as (app, folder):
            client = app.test_client()
            more["times"][str(size)] = figures(timed(given.turns, page(client, "/book/1")))
            more["home"][str(size)] = figures(timed(given.turns, page(client, "/")))
            if size == given.sizes[-1]:
                raced = race(app, folder, given.tries)
            more["booking"][str(size)] = figures(bookings(app, min(given.turns, 100)))
    print(json.dumps(more), flush=True)
    times = list(more["times"].items())
    result: dict[str, Any] = {"bench": "web", "times_p99_ms": {size: found["p99"] for size, found in times}}
    result["growth"] = round(times[-1][1]["p50"] / times[0][1]["p50"], 2)
    result |= {"race": raced, "booking_p99_ms": more["booking"][str(given.sizes[-1])]["p99"]}
    print(json.dumps(result | looks(given.pages)))


if __name__ == "__main__":
    main()
