"""Five minutes before the next visit a running call offers to say so, or to hand it over."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from conftest import NOW, PASSWORD, TUESDAY_10, Clock, book_visit
from flask import Flask
from flask.testing import FlaskClient

from shopvisio import accounts, booking, calls, demo, mail, settings
from shopvisio.booking import ByStaff
from shopvisio.db import db, writing
from shopvisio.web import presence
from shopvisio.web.presence import Person

NEXT = TUESDAY_10 + timedelta(hours=1)


@pytest.fixture
def next_key(open_app: Flask, booked_key: str, clock_: Clock) -> str:
    """Karim's call of 10 h runs still; his next visit is at 11 h, and it is four minutes to. Anne is free."""
    with open_app.app_context(), writing():
        anne = accounts.add_staff("Anne Morel", "anne@shop.example", PASSWORD, "repairer", NOW, takes_repairs=True)
        karim = next(one for one in accounts.everybody() if one.name == "Karim Benali")
        booking.set_hours(anne, demo.OPEN)
        key = book_visit(booking.services("repair")[0], NEXT, NOW).key
        found = booking.find(key)
        assert found is not None
        found.staff = karim
        running = booking.find(booked_key)
        assert running is not None
        running.staff = karim
        calls.arrive(running, running.case.customer.actor, TUESDAY_10)
        calls.arrive(running, karim.actor, TUESDAY_10)
    clock_.now = NEXT - timedelta(minutes=4)
    return key


def key_of(app: Flask, name: str) -> str:
    """The key of a colleague by their first name."""
    with app.app_context():
        return next(one.key for one in accounts.everybody() if one.name.startswith(name))


def test_it_is_offered_five_minutes_before_and_not_sooner(
    repairer_client: FlaskClient, booked_key: str, next_key: str, clock_: Clock
) -> None:
    path = f"/desk/appointments/{booked_key}/following"
    piece = repairer_client.get(path).text
    assert "Suivant à 11\u00a0h\u00a0: Marie-Antoinette Delaunay-Charpentier" in piece
    assert "Anne Morel" in piece
    assert "Karim" not in piece
    clock_.now = NEXT - timedelta(minutes=6)
    assert repairer_client.get(path).text == ""
    clock_.now = NEXT + timedelta(minutes=20)  # whatever the time spent: still offered
    assert "Suivant à" in repairer_client.get(path).text


def test_it_is_about_my_next_visit_not_a_colleague_s(
    seller_client: FlaskClient, booked_key: str, next_key: str
) -> None:
    assert seller_client.get(f"/desk/appointments/{booked_key}/following").text == ""


def test_who_is_in_a_call_or_taken_is_not_offered(
    open_app: Flask, repairer_client: FlaskClient, booked_key: str, next_key: str
) -> None:
    path, anne = f"/desk/appointments/{booked_key}/following", key_of(open_app, "Anne")
    with open_app.app_context():
        number = next(one.id for one in accounts.everybody() if one.key == anne)
    presence.enter("elsewhere", Person("sid-anne", f"staff:{number}", "staff", "Anne Morel"))
    try:
        assert "Aucun collègue n’est libre" in repairer_client.get(path).text
        answer = repairer_client.post(f"/desk/appointments/{next_key}/hand-over", data={"to": anne})
        assert answer.status_code == 409
    finally:
        presence.empty("elsewhere")
    assert "Anne Morel" in repairer_client.get(path).text
    with open_app.app_context(), writing():
        colleague = accounts.find(anne)
        by = ByStaff(colleague.actor, colleague) if colleague else None
        booking.book(book_visit_case(open_app), booking.services("repair")[0], NEXT, NEXT - timedelta(minutes=9), by)
    assert "Aucun collègue n’est libre" in repairer_client.get(path).text


def book_visit_case(_app: Flask):  # noqa: ANN201
    """A case without a visit yet."""
    from conftest import a_customer

    from shopvisio import cases
    from shopvisio.cases import Intake

    return cases.open_case("repair", a_customer(NOW, "Odile Kervella"), Intake("Four"), NOW)


def test_a_visit_handed_over_has_its_new_name_everywhere(
    open_app: Flask, repairer_client: FlaskClient, stranger: FlaskClient, booked_key: str, next_key: str,
    run_jobs: Callable[[], int],
) -> None:  # fmt: skip
    with open_app.app_context():
        with writing():
            settings.put({"smtp_host": "mail.example"}, "tests", NOW)
        found = booking.find(next_key)
        assert found is not None
        from shopvisio.web import guard

        case_path = f"/case/{guard.token_of(found.case)}"
    repairer_client.post(f"/desk/appointments/{next_key}/late", data={"minutes": "10"})
    customer = Person("sid-marie", "customer", "customer", "Marie")
    presence.enter(next_key, customer)
    answer = repairer_client.post(
        f"/desk/appointments/{next_key}/hand-over", data={"to": key_of(open_app, "Anne")}
    )
    assert answer.status_code == 303
    assert repairer_client.get(f"/desk/appointments/{booked_key}/following").text == ""
    assert presence.wait_of(customer) == {"late": 0, "busy": False, "name": "Anne Morel"}
    page = stranger.get(case_path).text
    assert "Anne" in page
    assert "10 minutes de retard" not in page.partition("Ce qui s’est passé")[0].replace("\u00a0", " ")
    run_jobs()
    with open_app.app_context():
        assert "anne@shop.example" in [one.to for one in mail.latest() if one.name == "staff"]
    presence.leave("sid-marie")
    anne = open_app.test_client()
    anne.post("/signin", data={"email": "anne@shop.example", "password": PASSWORD})
    piece = anne.get("/desk/waiting").text
    assert "Confié à vous" in piece
    assert "Karim Benali vous confie un rendez-vous" in piece
    assert "Confié à vous" not in repairer_client.get("/desk/waiting").text


def test_nobody_hands_to_whom_it_may_not_be_handed(
    open_app: Flask, repairer_client: FlaskClient, next_key: str
) -> None:
    path = f"/desk/appointments/{next_key}/hand-over"
    assert repairer_client.post(path, data={"to": key_of(open_app, "Nadia")}).status_code == 409  # takes no repairs
    assert repairer_client.post(path, data={"to": "nobody"}).status_code == 404
    assert repairer_client.post(path).status_code == 404
    with open_app.app_context():
        found = booking.find(next_key)
        assert found is not None
        assert found.staff.name == "Karim Benali"
        assert db.session.query(booking.Appointment).count() == 2
