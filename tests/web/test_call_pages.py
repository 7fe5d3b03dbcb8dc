"""The two pages of a call, as the appliance sends them; what happens in them is shown in real browsers."""

import re
from datetime import timedelta

import pytest
from conftest import TUESDAY_10, Clock, book_visit
from flask import Flask
from flask.testing import FlaskClient

from shopvisio import booking, calls, cases, db
from shopvisio.cases import Case


def end_the_call(app: Flask, key: str) -> None:
    with app.app_context(), db.writing():
        appointment = booking.find(key)
        assert appointment is not None
        calls.end(calls.arrive(appointment, appointment.staff.actor, TUESDAY_10), appointment.staff.actor, TUESDAY_10)


def test_the_customers_page_names_who_they_will_talk_to_and_the_price(
    stranger: FlaskClient, case_path: str, clock_: Clock
) -> None:
    clock_.now = TUESDAY_10
    page = stranger.get(f"{case_path}/call").text
    assert "Ce que verra Karim" in page
    assert "29\u00a0€ si c’est réparé" in page
    assert "04\u00a065\u00a071\u00a012\u00a034" in page
    assert "La salle d’attente ouvre à" in page  # shown or not by the page's own clock
    assert 'data-role="customer"' in page


def test_the_page_holds_no_script_and_no_style_of_its_own(
    stranger: FlaskClient, repairer_client: FlaskClient, case_path: str, booked_key: str
) -> None:
    for client, path in ((stranger, f"{case_path}/call"), (repairer_client, f"/desk/appointments/{booked_key}/call")):
        page = client.get(path).text
        assert not re.search(r"<script(?![^>]*\bsrc=)", page)
        assert not re.search(r"\s(style|on\w+)=", page)


def test_a_forged_link_is_not_found(stranger: FlaskClient, case_path: str) -> None:
    assert stranger.get(f"{case_path}x/call").status_code == 404


def test_after_the_call_the_customer_is_on_their_case(
    stranger: FlaskClient, case_path: str, booked_key: str, open_app: Flask, clock_: Clock
) -> None:
    clock_.now = TUESDAY_10
    end_the_call(open_app, booked_key)
    answer = stranger.get(f"{case_path}/call")
    assert (answer.status_code, answer.location) == (302, case_path)


def test_long_after_its_time_there_is_no_call(stranger: FlaskClient, case_path: str, clock_: Clock) -> None:
    clock_.now = TUESDAY_10 + timedelta(days=2)
    assert stranger.get(f"{case_path}/call").location == case_path


def test_the_staffs_page_has_the_case_beside_the_picture(repairer_client: FlaskClient, booked_key: str) -> None:
    page = repairer_client.get(f"/desk/appointments/{booked_key}/call").text
    assert "Marie-Antoinette Delaunay-Charpentier" in page
    assert "L’eau coule en continu." in page
    assert "Proposer « Réparé »" in page
    assert "Proposer cette pièce" in page
    assert "Montrer un produit" not in page


def test_a_sale_has_products_in_place_of_parts(seller_client: FlaskClient, open_app: Flask, clock_: Clock) -> None:
    with open_app.app_context(), db.writing():
        key = book_visit(booking.services("sale")[0], TUESDAY_10).key
    page = seller_client.get(f"/desk/appointments/{key}/call").text
    assert "Montrer un produit" in page
    assert 'value="sold"' in page
    assert "Proposer cette pièce" not in page


def test_staff_see_when_their_next_appointment_is(
    repairer_client: FlaskClient, booked_key: str, open_app: Flask, clock_: Clock
) -> None:
    with open_app.app_context(), db.writing():
        book_visit(booking.services("repair")[0], TUESDAY_10 + timedelta(hours=1))
    clock_.now = TUESDAY_10
    page = repairer_client.get(f"/desk/appointments/{booked_key}/call").text
    assert "Suivant à 11\u00a0h" in page


def test_after_the_call_staff_are_on_the_case(repairer_client: FlaskClient, booked_key: str, open_app: Flask) -> None:
    end_the_call(open_app, booked_key)
    answer = repairer_client.get(f"/desk/appointments/{booked_key}/call")
    assert answer.status_code == 302
    assert "/desk/cases/" in answer.location


def test_a_case_that_is_being_answered_has_no_call(
    repairer_client: FlaskClient, booked_key: str, open_app: Flask
) -> None:
    with open_app.app_context():
        appointment = booking.find(booked_key)
        assert appointment is not None
        with db.writing():
            cases.propose(appointment.case, "repaired", "", appointment.staff.actor, TUESDAY_10)
    assert repairer_client.get(f"/desk/appointments/{booked_key}/call").status_code == 302


def test_a_stranger_is_sent_to_the_door(stranger: FlaskClient, booked_key: str) -> None:
    answer = stranger.get(f"/desk/appointments/{booked_key}/call")
    assert answer.status_code == 302
    assert answer.location.startswith("/signin")


def test_an_appointment_that_is_not_there_is_not_found(repairer_client: FlaskClient) -> None:
    assert repairer_client.get("/desk/appointments/nowhere/call").status_code == 404


@pytest.mark.parametrize(("words", "count"), [("lumio", 1), ("tasses cafetière", 1), ("frigo", 0), ("%", 0), ("", 1)])
def test_products_are_found_by_the_words_of_their_name(seller_client: FlaskClient, words: str, count: int) -> None:
    answer = seller_client.get("/desk/products/search", query_string={"q": words}).get_json()
    assert len(answer["products"]) == count
    for product in answer["products"]:
        assert product["price"] == 8990
        assert product["variants"][0]["left"] is None


def test_a_stranger_finds_no_products(stranger: FlaskClient) -> None:
    answer = stranger.get("/desk/products/search?q=a", headers={"Accept": "application/json"})
    assert answer.status_code == 401


def test_concluding_at_the_desk_ends_the_call(
    repairer_client: FlaskClient, booked_key: str, open_app: Flask, clock_: Clock
) -> None:
    clock_.now = TUESDAY_10
    with open_app.app_context():
        appointment = booking.find(booked_key)
        assert appointment is not None
        with db.writing():
            calls.arrive(appointment, appointment.staff.actor, clock_.now)
        case: Case = appointment.case
        key = case.key
    answer = repairer_client.post(f"/desk/cases/{key}/propose", data={"outcome": "repaired", "words": "Joint changé."})
    assert answer.status_code == 303
    with open_app.app_context():
        appointment = booking.find(booked_key)
        assert appointment is not None
        call = calls.find(appointment)
        assert call is not None
        assert call.state == "ended"
