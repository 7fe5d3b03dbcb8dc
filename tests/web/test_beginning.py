"""A repair begins within the fourteen days of the right to withdraw only where its customer asked for it (R-19)."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from conftest import NOW, TUESDAY_10, Clock
from flask import Flask
from flask.testing import FlaskClient
from way import PERSON, REPAIR, begin, tell

from shopvisio import booking, calls, cases, clock
from shopvisio.booking import Appointment
from shopvisio.cases import Case
from shopvisio.db import db, writing
from shopvisio.errors import Invalid, WrongState
from shopvisio.web import signalling

EARLY = TUESDAY_10 + timedelta(days=7)
LATE = TUESDAY_10 + timedelta(days=21)
LAST = NOW + timedelta(days=14)  # the last day on which they may withdraw
CALLER = {"name": "Jeanne Morel", "phone": "06 39 98 27 59", "email": "", "device": "Lave-linge", "danger": "nothing"}


def the_case() -> Case:
    return db.session.scalars(db.select(Case)).one()


def the_visit() -> Appointment:
    found = booking.upcoming(the_case(), clock.now())
    assert found is not None
    return found


def book(client: FlaskClient, when: str, **agreed: str) -> tuple[int, str]:
    """Book a repair; status and page of the answer."""
    draft = begin(client, REPAIR, when)
    tell(client, draft)
    answer = client.post(f"{draft}/person", data=PERSON | {"terms": "y"} | agreed)
    return answer.status_code, answer.text if answer.status_code != 303 else answer.location.partition("?")[0]


@pytest.fixture
def waiting(open_app: Flask, stranger: FlaskClient) -> str:
    """The path of a customer who booked for three weeks later and asked for nothing."""
    status, path = book(stranger, LATE.isoformat())
    assert status == 303
    return path


def test_who_comes_within_the_fourteen_days_asks_for_it_or_chooses_a_later_time(
    open_app: Flask, stranger: FlaskClient
) -> None:
    status, page = book(stranger, EARLY.isoformat())
    assert status == 422
    assert "choisissez un horaire à partir du mardi 8 décembre" in page.replace("\xa0", " ")
    assert book(stranger, EARLY.isoformat(), immediate="y")[0] == 303
    with open_app.app_context():
        assert cases.begins(the_case()) is None


def test_who_comes_later_need_not_ask_and_the_story_says_so(
    open_app: Flask, stranger: FlaskClient, waiting: str, seller_client: FlaskClient
) -> None:
    page = stranger.get(waiting).text
    assert "pas demandé que la réparation commence" in page
    assert "Avant l’appel" not in page, "at that time nothing keeps it from beginning"
    with open_app.app_context():
        case = the_case()
        assert cases.begins(case) == LAST.date() + timedelta(days=1)
        assert [one.kind for one in cases.consents(case)] == ["terms"]
        desk = f"/desk/cases/{case.key}"
    assert "pas demandé que la réparation commence avant le" not in seller_client.get(desk).text


def test_a_visit_moved_into_the_fourteen_days_is_not_entered_before_they_asked(
    open_app: Flask, stranger: FlaskClient, waiting: str, seller_client: FlaskClient, clock_: Clock
) -> None:
    assert stranger.post(f"{waiting}/move", data={"start": EARLY.isoformat()}).status_code == 303
    assert "à partir du mardi 8 décembre" in stranger.get(waiting).text.replace("\xa0", " ")
    with open_app.app_context():
        visit, desk = the_visit(), f"/desk/cases/{the_case().key}"
        key, token = visit.key, waiting.rpartition("/")[2]
    assert "cela lui est demandé à l’entrée de l’appel" in seller_client.get(desk).text
    clock_.now = EARLY
    asked = stranger.get(f"{waiting}/call")
    assert asked.location == f"{waiting}/accept?call="
    assert "Vous préférez attendre" in stranger.get(asked.location).text
    with open_app.app_context():
        with pytest.raises(WrongState, match="votre accord"):
            calls.may_join(the_case().customer.actor, the_visit(), None, clock_.now)
        with pytest.raises(Invalid, match="demande d’abord"), writing():
            cases.propose(the_case(), "repaired", "Joint.", the_visit().staff.actor, clock_.now)
    line = signalling.socketio.test_client(
        open_app, auth={"case": token, "appointment": key}, flask_test_client=stranger
    )
    media = {"mic": True, "camera": "on", "sound": True, "voice": False}
    assert line.emit("enter", media, callback=True)["error"] == "wrong_state"
    assert stranger.post(asked.location).status_code == 422
    assert stranger.post(asked.location, data={"immediate": "y"}).location == f"{waiting}/call"
    assert stranger.get(f"{waiting}/call").status_code == 200
    assert line.emit("enter", media, callback=True)["seat"]
    line.disconnect()
    with open_app.app_context():
        text = [one.text for one in cases.consents(the_case()) if one.kind == "immediate"]
        assert "sans attendre la fin du délai" in text[0]


def test_on_the_fifteenth_day_it_begins_without_being_asked(
    open_app: Flask, stranger: FlaskClient, waiting: str, clock_: Clock
) -> None:
    with open_app.app_context():
        case = the_case()
        late = LAST.replace(hour=22, minute=59)  # 23:59 in Paris
        assert [cases.is_early(case, at) for at in (late, late + timedelta(minutes=1))] == [True, False]
        assert not cases.may_withdraw(case, late + timedelta(minutes=1))
    clock_.now = LATE
    assert stranger.get(f"{waiting}/call").status_code == 200


@pytest.mark.parametrize(("said", "is_asked"), [({}, True), ({"terms": "y", "immediate": "y"}, False)])
def test_booked_on_the_telephone_it_was_said_aloud_or_is_asked_before_the_call(
    open_app: Flask,
    seller_client: FlaskClient,
    stranger: FlaskClient,
    clock_: Clock,
    said: dict[str, str],
    is_asked: bool,
    run_jobs: Callable[[], int],
) -> None:
    booked = seller_client.post("/desk/book/1", data={"start": EARLY.isoformat(), **CALLER, **said})
    assert booked.status_code == 303, re.findall(r'class="why".*', booked.text)
    with open_app.app_context():
        from shopvisio.web import guard

        path = f"/case/{guard.token_of(the_case())}"
    clock_.now = EARLY
    assert (stranger.get(f"{path}/call").status_code == 302) is is_asked
    if is_asked:
        agreed = stranger.post(f"{path}/accept?call", data={"terms": "y", "immediate": "y"})
        assert agreed.location == f"{path}/call"
        assert stranger.get(f"{path}/call").status_code == 200
