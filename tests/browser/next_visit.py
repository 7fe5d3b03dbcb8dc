"""Adds to the stage a second repairer and a visit of Karim's in four minutes that she could take; prints its pages."""

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
        case = cases.open_case("repair", a_customer(now, "Odile Kervella"), Intake("Lave-vaisselle"), now)
        soon = now + timedelta(minutes=4)
        made = booking.book(case, booking.services("repair")[0], soon, now, ByStaff(anne.actor, anne, outside=True))
        made.staff = karim
        print(json.dumps({"key": made.key, "case_path": f"/case/{guard.token_of(case)}", "case_key": case.key}))


if __name__ == "__main__":
    main()
