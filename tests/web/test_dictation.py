"""A code dictated on the telephone: near its time, once, and few tries."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from conftest import TUESDAY_10, Clock
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from shopvisio import booking, calls, codes, db
from shopvisio.web import dictation, guard

WRONG = "Ce code n’ouvre rien pour l’instant"


@pytest.fixture(autouse=True)
def nobody_guessed() -> Iterator[None]:
    yield
    dictation._wrong.clear()


@pytest.fixture
def code(open_app: Flask, booked_key: str, clock_: Clock) -> str:
    """The code of Tuesday's appointment, and it is its hour."""
    clock_.now = TUESDAY_10
    return code_of(open_app, booked_key)


def code_of(app: Flask, key: str) -> str:
    with app.app_context():
        appointment = booking.find(key)
        assert appointment is not None
        return codes.of(guard.secret_key(), appointment)


def enter(client: FlaskClient, code: str, address: str = "192.0.2.1") -> TestResponse:
    return client.post("/call", data={"code": code}, environ_base={"REMOTE_ADDR": address, "wsgi.url_scheme": "https"})


@pytest.fixture
def anywhere(open_app: Flask) -> FlaskClient:
    """Somebody at any address: the front door is not what is tried here."""
    open_app.wsgi_app = open_app.wsgi_app.site  # type: ignore[attr-defined, method-assign]
    return open_app.test_client()


def test_it_has_six_signs_that_nobody_mistakes(code: str) -> None:
    assert len(code) == 6
    assert set(code) <= set(codes.SIGNS)
    assert not set("01ILO") & set(codes.SIGNS)


@pytest.mark.parametrize("typed", ["{}", " {} ", "{0}".lower() + ".", "lower", "spaced"])
def test_it_leads_to_the_call_however_it_is_typed(anywhere: FlaskClient, case_path: str, code: str, typed: str) -> None:
    said = {"lower": code.lower(), "spaced": f"{code[:3]} - {code[3:]}"}.get(typed, typed.format(code))
    answer = enter(anywhere, said)
    assert (answer.status_code, answer.location) == (303, f"{case_path}/call")


def test_it_serves_once_and_another_takes_its_place(
    open_app: Flask, anywhere: FlaskClient, case_path: str, booked_key: str, code: str
) -> None:
    assert enter(anywhere, code).status_code == 303
    assert enter(anywhere, code).status_code == 422
    second = code_of(open_app, booked_key)
    assert second != code
    assert enter(anywhere, second).status_code == 303


@pytest.mark.parametrize(("minutes", "status"), [(-31, 422), (-30, 303), (20, 303), (60 * 12, 422)])
def test_it_opens_from_half_an_hour_before(
    anywhere: FlaskClient, code: str, clock_: Clock, minutes: int, status: int
) -> None:
    clock_.now = TUESDAY_10 + timedelta(minutes=minutes)
    assert enter(anywhere, code).status_code == status


def test_after_the_call_it_opens_nothing(open_app: Flask, anywhere: FlaskClient, booked_key: str, code: str) -> None:
    with open_app.app_context(), db.writing():
        appointment = booking.find(booked_key)
        assert appointment is not None
        calls.end(calls.arrive(appointment, appointment.staff.actor, TUESDAY_10), appointment.staff.actor, TUESDAY_10)
    assert enter(anywhere, code).status_code == 422


def test_whatever_is_wrong_the_sentence_is_the_same(anywhere: FlaskClient, code: str) -> None:
    for typed in ("", "ZZZZZZ", "\x00'--", code[:5]):
        answer = enter(anywhere, typed)
        assert answer.status_code == 422
        assert WRONG in answer.text


def test_five_wrong_ones_from_one_place_are_enough_even_for_the_right_one(
    anywhere: FlaskClient, code: str, clock_: Clock
) -> None:
    assert [enter(anywhere, "ZZZZZZ").status_code for _try in range(6)] == [422] * 5 + [429]
    assert enter(anywhere, code).status_code == 429
    assert enter(anywhere, code, "198.51.100.7").status_code == 303  # another household is not punished
    clock_.pass_(minutes=31)
    assert enter(anywhere, "ZZZZZZ").status_code == 422


def test_fifty_from_everywhere_shut_this_door_for_a_while(anywhere: FlaskClient, code: str) -> None:
    for n in range(dictation.TRIES_IN_ALL):
        assert enter(anywhere, "ZZZZZZ", f"203.0.113.{n}").status_code == 422
    assert enter(anywhere, code, "198.51.100.7").status_code == 429


def test_opening_the_page_changes_nothing(open_app: Flask, anywhere: FlaskClient, booked_key: str, code: str) -> None:
    assert anywhere.get("/call", query_string={"code": code}).status_code == 200
    assert code_of(open_app, booked_key) == code


def test_staff_read_it_and_make_another(
    open_app: Flask, repairer_client: FlaskClient, stranger: FlaskClient, case_path: str, booked_key: str, code: str
) -> None:
    shown = f"{code[:3]} {code[3:]}"
    with open_app.app_context():
        found = booking.find(booked_key)
        assert found is not None
        case_key = found.case.key
    for client, path in (
        (repairer_client, f"/desk/cases/{case_key}"),
        (repairer_client, "/desk"),
        (stranger, case_path),
    ):
        assert shown in client.get(path).text, path
    assert repairer_client.post(f"/desk/appointments/{booked_key}/code").status_code == 303
    assert code_of(open_app, booked_key) != code
    assert "fait un nouveau code" in repairer_client.get(f"/desk/cases/{case_key}").text
