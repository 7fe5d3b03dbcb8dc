"""Adds to the stage a second repairer, a visit of Karim's that begins now, and his next one, in four minutes, that she
could take; prints the pages of both."""

import json
from datetime import timedelta

from shopvisio import accounts, booking, cases, clock, config, db, demo, settings
from shopvisio.app import create_app
from shopvisio.booking import ByStaff
from shopvisio.cases import Intake
from shopvisio.i18n import use
from shopvisio.web import guard
from tests.conftest import PASSWORD, a_customer


def main() -> None:
    """In a process of its own, beside the appliance that serves."""
    now = clock.now().replace(microsecond=0)
    app = create_app(config.load())
    with app.app_context(), use("fr", settings.zone()), db.writing():
        anne = accounts.add_staff("Anne Morel", "anne@shop.example", PASSWORD, "repairer", now, takes_repairs=True)
        booking.set_hours(anne, demo.ALWAYS)
        karim = next(one for one in accounts.everybody() if one.name == "Karim Benali")
        by = ByStaff(anne.actor, anne, outside=True)
        visits = []
        for name, first, start in (("Yann Le Goff", 120, now - timedelta(seconds=1)), ("Odile Kervella", 4, None)):
            case = cases.open_case("repair", a_customer(now, name), Intake("Lave-vaisselle"), now)
            made = booking.book(case, booking.services("repair")[0], now + timedelta(minutes=first), now, by)
            if start is not None:  # nobody books what has begun already
                made.since = made.start = start
                made.end = made.until = start + timedelta(minutes=15)
            made.staff = karim
            db.db.session.flush()
            visits.append((made, case))
        pages = [{"key": a.key, "case_path": f"/case/{guard.token_of(c)}", "case_key": c.key} for a, c in visits]
        print(json.dumps(pages))


if __name__ == "__main__":
    main()
