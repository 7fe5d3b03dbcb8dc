"""Makes a claimed shop with visits due now in the data folder of the environment; prints them as JSON."""

import json
import sys
from datetime import datetime, timedelta

from shopvisio import booking, clock, config, db, demo, settings
from shopvisio.app import create_app
from shopvisio.booking import Service
from shopvisio.errors import SlotTaken
from shopvisio.i18n import use
from shopvisio.web import guard
from tests.conftest import book_visit, open_shop


def main(repairs: int, sales: int) -> None:
    """So many visits of each kind, one after the other, the last one due now."""
    now = clock.now().replace(second=0, microsecond=0)
    app = create_app(config.load())
    with app.app_context(), use("fr", settings.zone()):
        shop = open_shop(now - timedelta(days=3))
        with db.writing():
            settings.put({"holidays": "none"}, "tests", now)
            for person in (shop.owner, shop.seller, shop.repairer):
                booking.set_hours(person, demo.ALWAYS)
            for service in (shop.repair, shop.sale):
                service.minutes, service.pause = 10, 0  # many fit into the half day in which a call may still begin
        print(json.dumps({"repair": visits(shop.repair, repairs, now), "sale": visits(shop.sale, sales, now)}))


def visits(service: Service, number: int, now: datetime) -> list[dict[str, str]]:
    """Where each visit's customer and staff come in."""
    made: list[dict[str, str]] = []
    start = now
    while len(made) < number:
        try:
            with db.writing():
                appointment = book_visit(service, start, start - timedelta(days=1))
        except SlotTaken:  # nobody works across midnight
            continue
        finally:
            start -= timedelta(minutes=10)
        token = guard.token_of(appointment.case)
        made.append({"key": appointment.key, "case_path": f"/case/{token}", "case_key": appointment.case.key})
    return made


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
