"""From the computer to the telephone: a code that opens the same call, for ten minutes."""

import re
from datetime import timedelta

import pytest
from conftest import TUESDAY_10, Clock
from flask import Flask
from flask.testing import FlaskClient

from shopvisio import booking, calls, db, links, qr
from shopvisio.web import guard


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that were drawn."""
    found: list[str] = []
    draw = qr.link

    def note(address: str) -> bytes:
        found.append(address)
        return draw(address)

    monkeypatch.setattr(qr, "link", note)
    return found


@pytest.fixture
def address(stranger: FlaskClient, case_path: str, clock_: Clock, drawn: list[str]) -> str:
    """What the code says, as a path."""
    clock_.now = TUESDAY_10
    answer = stranger.get(f"{case_path}/phone.svg")
    assert answer.mimetype == "image/svg+xml"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.text.startswith("<svg")
    return drawn[-1].removeprefix("http://localhost")


def test_the_code_leads_the_telephone_into_the_same_call(open_app: Flask, case_path: str, address: str) -> None:
    telephone = open_app.test_client()
    answer = telephone.get(address)
    assert (answer.status_code, answer.location) == (303, f"{case_path}/call?phone=1")
    assert 'data-phone="yes"' in telephone.get(answer.location).text


def test_after_ten_minutes_it_leads_nowhere_and_says_so(stranger: FlaskClient, address: str, clock_: Clock) -> None:
    clock_.now = TUESDAY_10 + timedelta(minutes=10, seconds=1)
    answer = stranger.get(address)
    assert answer.status_code == 404
    assert "plus de dix minutes" in answer.text


def test_a_longer_life_cannot_be_written_into_it(stranger: FlaskClient, address: str) -> None:
    assert stranger.get(re.sub(r"-(\d+)\.", lambda m: f"-{int(m[1]) + 1}.", address)).status_code == 404


def test_a_link_of_another_purpose_is_none(open_app: Flask, stranger: FlaskClient, booked_key: str) -> None:
    with open_app.app_context():
        forged = links.sign(guard.secret_key(), links.CASE, f"{booked_key}-9999999999")
    assert stranger.get(f"/phone/{forged}").status_code == 404


def test_only_the_customers_page_offers_it(
    stranger: FlaskClient, repairer_client: FlaskClient, case_path: str, booked_key: str, clock_: Clock
) -> None:
    clock_.now = TUESDAY_10
    assert "Continuer avec mon téléphone" in stranger.get(f"{case_path}/call").text
    assert "phone.svg" not in repairer_client.get(f"/desk/appointments/{booked_key}/call").text


def look_on(client: FlaskClient, path: str, sdp: object = "v=0") -> int:
    return client.post(f"{path}/screen", json={"sdp": sdp}, headers={"Accept": "application/json"}).status_code


def test_the_computer_looks_on_from_the_third_place(
    stranger: FlaskClient, case_path: str, booked_key: str, open_app: Flask, clock_: Clock
) -> None:
    clock_.now = TUESDAY_10
    assert look_on(stranger, case_path) == 200
    assert open_app.extensions["relay"].joined == [(booked_key, "screen")]
    assert [look_on(stranger, case_path, sdp) for sdp in (None, 7, "x" * 60_001)] == [422, 422, 422]


def test_once_the_call_is_over_there_is_nothing_to_look_at(
    stranger: FlaskClient, case_path: str, booked_key: str, open_app: Flask, clock_: Clock
) -> None:
    clock_.now = TUESDAY_10
    with open_app.app_context(), db.writing():
        appointment = booking.find(booked_key)
        assert appointment is not None
        calls.end(calls.arrive(appointment, appointment.staff.actor, TUESDAY_10), appointment.staff.actor, TUESDAY_10)
    assert look_on(stranger, case_path) == 409
