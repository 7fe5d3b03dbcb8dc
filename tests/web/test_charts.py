"""The desk's picture of how calls went, and what pages may tell of it."""

from datetime import timedelta
from typing import Any

import pytest
from conftest import TUESDAY_10, Clock
from flask import Flask
from flask.testing import FlaskClient

from shopvisio import booking, calls, db, figures
from shopvisio.figures import Sample
from shopvisio.web.events import EVENTS
from shopvisio.web.shapes import fits

GOOD = {"ago": 0, "rtt": 40, "loss": 0, "received": 900, "sent": 900, "rung": 0, "redials": 0, "freezes": 0}


def fill(app: Flask, key: str) -> str:
    """A visit of two minutes: the customer's line narrow in the middle, made anew once. Answers the case's key."""
    with app.app_context(), db.writing():
        appointment = booking.find(key)
        assert appointment is not None
        customer, staff = appointment.case.customer.actor, appointment.staff.actor
        calls.arrive(appointment, customer, TUESDAY_10)
        call = calls.arrive(appointment, staff, TUESDAY_10)
        for at in range(0, 120, 10):
            now, weak = TUESDAY_10 + timedelta(seconds=at), 50 <= at < 90
            told = Sample(0, 620 if weak else 45, 80 if weak else 2, 140 if weak else 1800, 900, 3 if weak else 0, 0, 0)
            figures.note(call, customer, "customer", 640, [told], now)
            redials = int(at == 90)
            figures.note(call, staff, "staff:3", 310, [Sample(0, 44, 0, 1750, 1800, 0, redials, 1)], now)
        return str(appointment.case.key)


def test_a_visit_is_drawn_for_both_sides_and_said_in_a_table(
    repairer_client: FlaskClient, open_app: Flask, booked_key: str, clock_: Clock
) -> None:
    page = repairer_client.get(f"/desk/cases/{fill(open_app, booked_key)}").text
    assert page.count('class="customer" d="M0.0 ') == 3
    assert page.count('class="staff" d="M0.0 ') == 3
    assert '<path class="cut"' in page
    for words in ("Aller-retour", "Pertes", "Débit reçu", "0,6 s", "620 ms", "2,8 %", "40 s", "Reconnexions"):
        assert words in page.replace("\u00a0", " "), words


def test_a_visit_nobody_measured_has_no_chart(repairer_client: FlaskClient, open_app: Flask, booked_key: str) -> None:
    with open_app.app_context():
        appointment = booking.find(booked_key)
        assert appointment is not None
        key = appointment.case.key
    assert "Qualité des appels" not in repairer_client.get(f"/desk/cases/{key}").text


@pytest.mark.parametrize(
    "samples",
    [
        [], None, [GOOD] * 13, [{**GOOD, "rtt": -1}], [{**GOOD, "rtt": 1e9}], [{**GOOD, "loss": True}],
        [{**GOOD, "loss": 1001}], [{**GOOD, "more": 1}], [{"ago": 0}], [[0, 1]], {"ago": 0}, [{**GOOD, "rung": 9}],
        [{**GOOD, "received": "much"}], [{**GOOD, "redials": float("nan")}],
    ],
)  # fmt: skip
def test_nonsense_is_no_figure(samples: Any) -> None:
    shape = EVENTS["figures"][1]
    assert fits({"setup": None, "samples": [GOOD]}, shape)
    assert not fits({"setup": None, "samples": samples}, shape)
    assert not fits({"setup": -1, "samples": [GOOD]}, shape)
