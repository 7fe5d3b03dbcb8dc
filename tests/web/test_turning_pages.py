"""A sale turned into a repair on the desk and in its call: who is told, what is asked, what both sides see then."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from conftest import TUESDAY_10, Clock, book_visit
from flask import Flask
from flask.testing import FlaskClient

from shopvisio import booking, calls, cases
from shopvisio.booking import Appointment
from shopvisio.db import db, writing
from shopvisio.mail import Mail
from shopvisio.web import guard, signalling

FAULT = {"device": "Cafetière", "symptom": "Elle fuit par-dessous.", "danger": "mains", "tell": "y"}


@dataclass
class Sale:
    """A sale's visit on Tuesday at ten."""

    app: Flask
    key: str
    case_key: str
    path: str

    def kind(self) -> str:
        """What the case is now."""
        with self.app.app_context():
            found = cases.find(self.case_key)
            assert found is not None
            return found.kind


@pytest.fixture
def sale(open_app: Flask) -> Sale:
    with open_app.app_context(), writing():
        visit = book_visit(booking.services("sale")[0], TUESDAY_10)
        return Sale(open_app, visit.key, visit.case.key, f"/case/{guard.token_of(visit.case)}")


def going_on(sale: Sale) -> None:
    """Both have come to the call."""
    with sale.app.app_context(), writing():
        visit: Appointment | None = booking.find(sale.key)
        assert visit is not None
        for actor in (visit.case.customer.actor, visit.staff.actor):
            calls.arrive(visit, actor, TUESDAY_10)


def test_the_customer_is_told_and_accepts_before_anything_is_owed(
    sale: Sale, seller_client: FlaskClient, stranger: FlaskClient, run_jobs: Callable[[], int], clock_: Clock
) -> None:
    clock_.now = TUESDAY_10
    desk = f"/desk/cases/{sale.case_key}"
    assert "En faire une réparation" in seller_client.get(desk).text
    read = seller_client.post(f"{desk}/repair", data=FAULT | {"preview": "y"}, headers={"X-Piece": "letter"}).text
    assert "devient une réparation" in read
    assert sale.kind() == "sale", "it was read over, not done"
    assert seller_client.post(f"{desk}/repair", data=FAULT).location == desk
    run_jobs()
    with sale.app.app_context():
        letter = db.session.scalars(db.select(Mail).where(Mail.name == "turned")).one()
    assert "/accept" in letter.text
    assert "29" in letter.text
    page = stranger.get(sale.path).text
    assert "Votre dossier est devenu une réparation" in page
    assert "29\u00a0€ si c’est réparé" in page
    assert seller_client.post(f"{desk}/propose", data={"outcome": "repaired", "words": "Joint."}).status_code == 422
    asked = stranger.get(f"{sale.path}/accept").text
    assert "Rien n’est dû avant votre accord" in asked
    assert stranger.post(f"{sale.path}/accept", data={"terms": "y", "immediate": "y"}).status_code == 303
    assert "Lire et accepter" not in stranger.get(sale.path).text
    assert seller_client.post(f"{desk}/propose", data={"outcome": "repaired", "words": "Joint."}).status_code == 303


def test_in_the_call_both_pages_are_loaded_anew_and_the_call_goes_on(
    sale: Sale, seller_client: FlaskClient, stranger: FlaskClient, clock_: Clock
) -> None:
    clock_.now = TUESDAY_10
    going_on(sale)
    token = sale.path.rpartition("/")[2]
    line = signalling.socketio.test_client(
        sale.app, auth={"case": token, "appointment": sale.key}, flask_test_client=stranger
    )
    line.emit("enter", {"mic": True, "camera": "on", "sound": True, "voice": False}, callback=True)
    room = f"/desk/appointments/{sale.key}/call"
    assert "réparer plutôt" in seller_client.get(room).text
    assert seller_client.post(f"/desk/cases/{sale.case_key}/repair", data=FAULT).location == room
    assert [one["name"] for one in line.get_received() if one["name"] == "turned"] == ["turned"]
    assert 'data-kind="repair"' in seller_client.get(room).text
    theirs = stranger.get(f"{sale.path}/call").text
    assert 'data-kind="repair"' in theirs
    assert "Votre accord, quand vous voulez" in theirs
    assert seller_client.post(f"/desk/cases/{sale.case_key}/sale").location == room
    assert 'data-kind="sale"' in stranger.get(f"{sale.path}/call").text
    line.disconnect()


def test_staff_see_at_once_that_the_customer_accepted(
    sale: Sale, seller_client: FlaskClient, stranger: FlaskClient, clock_: Clock
) -> None:
    clock_.now = TUESDAY_10
    going_on(sale)
    seller_client.post(f"/desk/cases/{sale.case_key}/repair", data=FAULT)
    line = signalling.socketio.test_client(
        sale.app, auth={"appointment": sale.key}, flask_test_client=seller_client
    )
    line.emit("enter", {"mic": True, "camera": "on", "sound": True, "voice": False}, callback=True)
    desk = signalling.socketio.test_client(sale.app, auth={}, flask_test_client=seller_client)
    beside = f"/desk/cases/{sale.case_key}/parts"
    assert "Pas encore accepté" in seller_client.get(beside).text
    for page in (line, desk):
        page.get_received()
    assert stranger.post(f"{sale.path}/accept", data={"terms": "y", "immediate": "y"}).status_code == 303
    assert [[one["name"] for one in page.get_received()] for page in (line, desk)] == [["parts"], ["desk"]]
    assert "Vous pouvez proposer « Réparé »." in seller_client.get(beside).text.replace("\xa0", " ")
    for page in (line, desk):
        page.disconnect()


def test_a_closed_sale_is_taken_up_as_a_repair_and_the_day_says_what_waits(
    sale: Sale, seller_client: FlaskClient, stranger: FlaskClient, clock_: Clock
) -> None:
    clock_.now = TUESDAY_10
    desk = f"/desk/cases/{sale.case_key}"
    seller_client.post(f"{desk}/propose", data={"outcome": "not_sold", "words": "Elle fuit."})
    assert "En faire une réparation" in seller_client.get(desk).text
    assert seller_client.post(f"{desk}/repair", data=FAULT).location == desk
    assert "Accord attendu, Marie" in seller_client.get("/desk").text
    assert "rien n’est dû avant. Il le fait depuis son lien" in seller_client.get(desk).text
    stranger.post(f"{sale.path}/accept", data={"terms": "y", "immediate": "y"})
    assert "Le client a donné son accord" in seller_client.get("/desk").text
    assert "Choisir" in stranger.get(sale.path).text


def test_what_is_missing_comes_back_with_what_was_typed(sale: Sale, seller_client: FlaskClient) -> None:
    for changed, told in (
        ({"symptom": ""}, "Dites en quelques mots"),
        ({"danger": []}, "Cochez ce qui"),
        ({"danger": "gas"}, "Le gaz ne se répare jamais à distance"),
    ):
        answer = seller_client.post(f"/desk/cases/{sale.case_key}/repair", data=FAULT | changed)
        assert (answer.status_code, told in answer.text, "Cafetière" in answer.text) == (422, True, True), changed
    assert sale.kind() == "sale"
