"""Ends the first call of a case without success, and books its second visit, which begins now; prints its page."""

import json
import sys
from datetime import timedelta

from shopvisio import booking, calls, cases, clock, config, db, settings
from shopvisio.app import create_app
from shopvisio.booking import ByStaff
from shopvisio.i18n import use
from shopvisio.web import guard


def main(key: str) -> None:
    """In a process of its own, beside the appliance that serves."""
    now = clock.now().replace(microsecond=0)
    app = create_app(config.load())
    with app.app_context(), use("fr", settings.zone()), db.writing():
        first = booking.find(key)
        assert first is not None
        karim, case = first.staff, first.case
        calls.end(calls.of(first), karim.actor, now)
        cases.propose(case, "repaired", "Il faut un second appel.", karim.actor, now)
        cases.answer(case, False, "Elle fuit encore.", now)
        by = ByStaff(karim.actor, karim, outside=True)
        made = booking.book(case, booking.services("repair")[0], now + timedelta(minutes=200), now, by)
        made.since = made.start = now - timedelta(seconds=1)
        made.end = made.until = now + timedelta(minutes=15)
        db.db.session.flush()
        print(json.dumps({"key": made.key, "case_path": f"/case/{guard.token_of(case)}", "case_key": case.key}))


if __name__ == "__main__":
    main(sys.argv[1])
