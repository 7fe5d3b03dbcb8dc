"""The owner's own questions are asked where the fault is told, and read where it is read; terms have their page."""

import re

from conftest import TUESDAY_10
from flask import Flask
from flask.testing import FlaskClient
from way import tell

from shopvisio import accounts, booking, cases
from shopvisio.db import writing

PERSON = {"name": "Marie", "email": "marie@exemple.example", "phone": "06 39 98 27 50", "terms": "y", "immediate": "y"}


def ask(app: Flask, questions: str) -> int:
    """Give the repair these questions; answers its id."""
    with app.app_context(), writing():
        service = booking.services("repair")[0]
        booking.change_service(service, {"name": "Réparer", "minutes": "45", "questions": questions}, [], True)
        return service.id


def test_a_services_questions_are_asked_and_their_answers_kept(
    open_app: Flask, stranger: FlaskClient, repairer_client: FlaskClient
) -> None:
    service = ask(open_app, "Depuis quand ?\n\nQuel étage ?\n")
    fault = stranger.post(f"/book/{service}", data={"start": TUESDAY_10.isoformat()}).location
    page = stranger.get(fault).text
    assert "Depuis quand ?" in page
    assert "Quel étage ?" in page
    draft = fault.removesuffix("/fault")
    tell(stranger, draft, answer0="hier <b>", answer1="")
    link = stranger.post(f"{draft}/person", data=PERSON).location
    with open_app.app_context():
        case = cases.listed(["booked"])[0]
        assert case.answered == [("Depuis quand ?", "hier <b>")]
        key = case.key
    assert "hier &lt;b&gt;" in stranger.get(link).text
    assert "hier &lt;b&gt;" in repairer_client.get(f"/desk/cases/{key}").text


def test_an_answer_too_long_is_said_at_its_question(open_app: Flask, stranger: FlaskClient) -> None:
    service = ask(open_app, "Depuis quand ?")
    fault = stranger.post(f"/book/{service}", data={"start": TUESDAY_10.isoformat()}).location
    answer = stranger.post(fault, data={"device": "WC", "symptom": "Il fuit.", "answer0": "x" * 1001})
    assert answer.status_code == 422
    assert "1000 signes au plus." in answer.text


def test_the_owner_sets_every_term_of_a_service(open_app: Flask, owner_client: FlaskClient) -> None:
    with open_app.app_context(), writing():
        claire = next(person for person in accounts.everybody() if person.is_owner)
        claire.takes_repairs = True
        key, service = claire.key, booking.services("repair")[0].id
    typed = {
        "name": "Réparer",
        "minutes": "60",
        "before": "10",
        "pause": "5",
        "notice": "120",
        "horizon": "",
        "questions": "Depuis quand ?",
        "people": key,
        "active": "y",
    }
    data = {f"service{service}-{name}": value for name, value in typed.items()}
    assert owner_client.post(f"/desk/services/{service}", data=data).status_code == 303
    with open_app.app_context():
        kept = booking.services("repair")[0]
        assert (kept.minutes, kept.before, kept.pause, kept.notice, kept.horizon) == (60, 10, 5, 120, None)
        assert [person.name for person in kept.people] == ["Claire Fontaine"]
    page = owner_client.get("/desk/settings/booking").text
    assert re.search(r'<input[^>]*checked[^>]*name="service1-people"', page)
    assert "Depuis quand ?</textarea>" in page


def test_the_owner_adds_a_service_of_their_own(owner_client: FlaskClient, stranger: FlaskClient) -> None:
    data = {"kind": "sale", "name": "Choisir une cafetière", "minutes": "20"}
    page = owner_client.post("/desk/services", data=data, follow_redirects=True).text
    assert "Ajouté\u00a0: Choisir une cafetière." in page
    assert "Choisir une cafetière" in stranger.get("/").text
    refused = owner_client.post("/desk/services", data=data | {"minutes": "never"})
    assert refused.status_code == 422
    assert "Un nombre entier, de 5 à 480." in refused.text


def test_a_price_in_words_stands_where_prices_are_read(
    open_app: Flask, owner_client: FlaskClient, stranger: FlaskClient
) -> None:
    with open_app.app_context():
        service = booking.services("sale")[0].id
    typed = {"name": "Conseil", "minutes": "20", "price": "15 €, déduits de l’achat", "active": "y"}
    owner_client.post(f"/desk/services/{service}", data={f"service{service}-{n}": v for n, v in typed.items()})
    assert "15 €, déduits de l’achat" in stranger.get("/").text
    assert "15 €, déduits de l’achat" in stranger.get("/legal/prices").text
