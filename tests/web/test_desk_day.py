"""The day at a glance: who waits, the agenda, what is to do, what is to mend."""

from datetime import timedelta

import pytest
from conftest import NOW, TUESDAY_10, Clock, book_visit
from flask import Flask
from flask.testing import FlaskClient

from shopvisio import accounts, booking, calls, cases, mail, parts, settings
from shopvisio.backup import recovery
from shopvisio.booking import Appointment
from shopvisio.db import db, writing
from shopvisio.parts import Wanted
from shopvisio.web import presence
from shopvisio.web.presence import Person

TUESDAY = "/desk/day/2026-11-24"


def appointment_of(key: str) -> Appointment:
    found = booking.find(key)
    assert found is not None
    return found


def test_the_day_lists_its_appointments(repairer_client: FlaskClient, booked_key: str) -> None:
    page = repairer_client.get(TUESDAY).text
    assert "mardi 24 novembre" in page
    assert "10\u00a0h<small>Karim" in page
    assert "Réparation, réservoir de WC, Sanilux Duo 3/6 L" in page
    assert "Confirmé" in page
    assert "Marie-Antoinette" not in repairer_client.get("/desk/day/2026-11-25").text


@pytest.mark.parametrize("day", ["tomorrow", "2026-13-40", "0001-01-01", "9999-12-31"])
def test_a_day_that_is_none_is_not_found(repairer_client: FlaskClient, day: str) -> None:
    assert repairer_client.get(f"/desk/day/{day}").status_code == 404


def test_who_waits_comes_first_with_the_way_in(
    open_app: Flask, repairer_client: FlaskClient, booked_key: str, clock_: Clock
) -> None:
    clock_.now = TUESDAY_10 - timedelta(minutes=4)
    with open_app.app_context(), writing():
        appointment = appointment_of(booked_key)
        calls.arrive(appointment, appointment.case.customer.actor, clock_.now)
    presence.enter(booked_key, Person("sid", "customer", "customer", "Marie"))
    page = repairer_client.get("/desk").text
    assert "En attente maintenant" in page
    assert "là depuis 9\u00a0h\u00a056" in page
    assert f'href="/desk/appointments/{booked_key}/call"' in page
    presence.enter(booked_key, Person("sid2", "staff:3", "staff", "Karim"))
    page = repairer_client.get("/desk").text
    assert "En attente maintenant" not in page
    assert "En appel" in page


def test_every_page_of_the_desk_may_fetch_who_waits(
    open_app: Flask, repairer_client: FlaskClient, stranger: FlaskClient, booked_key: str, clock_: Clock
) -> None:
    assert repairer_client.get("/desk/waiting").text.strip() == ""
    clock_.now = TUESDAY_10
    presence.enter(booked_key, Person("sid", "customer", "customer", "Marie"))
    piece = repairer_client.get("/desk/waiting").text
    assert f'data-ring="{booked_key}"' in piece
    assert 'data-title="Marie-Antoinette Delaunay-Charpentier attend"' in piece
    assert "<html" not in piece
    assert 'data-bell="/desk/waiting"' in repairer_client.get("/desk/cases").text
    assert stranger.get("/desk/waiting").status_code == 302


def test_the_line_of_now_stands_between_what_was_and_what_comes(
    repairer_client: FlaskClient, booked_key: str, clock_: Clock
) -> None:
    clock_.now = TUESDAY_10 - timedelta(hours=1)
    page = repairer_client.get("/desk").text
    assert 0 < page.index("nowline") < page.index("Marie-Antoinette")
    clock_.now = TUESDAY_10 + timedelta(minutes=5)
    page = repairer_client.get("/desk").text
    assert page.index("nowline") > page.index("Marie-Antoinette")
    assert "nowline" not in repairer_client.get("/desk/day/2026-11-23").text


def test_what_waits_for_the_shop_is_to_do(
    open_app: Flask, repairer_client: FlaskClient, booked_key: str, clock_: Clock
) -> None:
    assert "Rien n’attend de votre côté." in repairer_client.get("/desk").text
    clock_.now = TUESDAY_10 + timedelta(hours=3)
    assert "Le client n’est pas venu" in repairer_client.get("/desk").text
    with open_app.app_context(), writing():
        appointment = appointment_of(booked_key)
        cases.propose(appointment.case, "repaired", "", appointment.staff.actor, clock_.now)
    assert "Réponse attendue, Marie-Antoinette" in repairer_client.get("/desk").text
    clock_.pass_(hours=73)
    assert "vous pouvez confirmer" in repairer_client.get("/desk").text
    with open_app.app_context(), writing():
        cases.answer(appointment_of(booked_key).case, False, "", clock_.now)
    assert "Le client répond que ce n’est pas réparé" in repairer_client.get("/desk").text


def test_the_shops_own_acts_come_before_what_others_must_do(
    open_app: Flask, repairer_client: FlaskClient, booked_key: str
) -> None:
    with open_app.app_context(), writing():
        first = appointment_of(booked_key)
        cases.propose(first.case, "repaired", "", first.staff.actor, NOW)
        second = book_visit(booking.services("repair")[0], TUESDAY_10 + timedelta(hours=4))
        parts.offer(second.case, Wanted("Joint", "", "", 0), "", second.staff.actor, NOW)
        parts.accept(second.case, second.case.offer, "1 rue Haute", "69001", "Lyon", NOW)
    page = repairer_client.get("/desk").text
    assert page.index("Commander\u00a0: Joint") < page.index("Réponse attendue")


def test_an_outbox_that_cannot_send_is_told(open_app: Flask, owner_client: FlaskClient) -> None:
    assert "aucun serveur d’envoi n’est réglé" in owner_client.get("/desk").text
    with open_app.app_context(), writing():
        settings.put({"smtp_host": "mail.example"}, "tests", NOW)
        recovery.take(recovery.new())
    assert "Tout fonctionne" in owner_client.get("/desk").text
    with open_app.app_context(), writing():
        letter = mail.send_test("marie@exemple.example", "fr", NOW)
        letter.state, letter.reason = "failed", "550 no such user"
    assert "1 e-mail n’est pas parti." in owner_client.get("/desk").text


def test_missing_answers_for_the_papers_are_told(open_app: Flask, owner_client: FlaskClient) -> None:
    with open_app.app_context(), writing():
        row = db.session.get(settings.SettingRow, "mediator")
        db.session.delete(row)
    page = owner_client.get("/desk").text
    assert "Il manque 1 réponse pour vos factures." in page
    assert "Médiateur de la consommation" in page


def test_a_closed_day_says_so(open_app: Flask, repairer_client: FlaskClient) -> None:
    with open_app.app_context(), writing():
        booking.close(TUESDAY_10.date(), TUESDAY_10.date(), "Inventaire")
    assert "Inventaire" in repairer_client.get(TUESDAY).text
    assert "Inventaire" not in repairer_client.get("/desk/day/2026-11-25").text


def test_the_menu_holds_what_the_role_may(
    owner_client: FlaskClient, seller_client: FlaskClient, repairer_client: FlaskClient
) -> None:
    assert "/desk/settings" in owner_client.get("/desk").text
    for client in (seller_client, repairer_client):
        assert 'href="/desk/settings' not in client.get("/desk/cases").text
        assert client.get("/desk/settings/shop").status_code == 403
        assert client.get("/desk/staff").status_code == 403
        assert client.get("/desk/mails").status_code == 403
    assert repairer_client.get("/desk/products").status_code == 403
    assert seller_client.get("/desk/products").status_code == 200


def test_an_accountant_sees_papers_alone(open_app: Flask) -> None:
    with open_app.app_context(), writing():
        accounts.add_staff("Aline Comptable", "aline@shop.example", "atelier-demo", "accountant", NOW)
    client = open_app.test_client()
    client.post("/signin", data={"email": "aline@shop.example", "password": "atelier-demo"})
    assert client.get("/desk").location == "/desk/papers"
    assert client.get("/desk/papers").status_code == 200
    for path in ("/desk/cases", "/desk/parts", "/desk/day/2026-11-24", "/desk/products"):
        assert client.get(path).status_code == 403


def test_a_delay_stands_on_top_until_it_is_caught_up(
    repairer_client: FlaskClient, booked_key: str, clock_: Clock
) -> None:
    clock_.now = TUESDAY_10 - timedelta(minutes=4)
    repairer_client.post(f"/desk/appointments/{booked_key}/late", data={"minutes": "10"})
    page = repairer_client.get("/desk").text
    assert "Karim a 10 minutes de retard." in page
    assert "Marie-Antoinette Delaunay-Charpentier le lit sur sa page." in page
    repairer_client.post(f"/desk/appointments/{booked_key}/late", data={"minutes": "0"})
    assert "minutes de retard." not in repairer_client.get("/desk").text


def test_what_a_role_may_not_mend_is_told_without_a_way_that_is_shut(
    open_app: Flask, owner_client: FlaskClient, repairer_client: FlaskClient
) -> None:
    with open_app.app_context(), writing():
        settings.put({"smtp_host": "mail.example"}, "tests", NOW)
        letter = mail.send_test("marie@exemple.example", "fr", NOW)
        letter.state, letter.reason = "failed", "550 no such user"
    assert 'href="/desk/mails">Voir pourquoi' in owner_client.get("/desk").text
    page = repairer_client.get("/desk").text
    assert "1 e-mail n’est pas parti." in page
    assert "À signaler au propriétaire." in page
    assert "Voir pourquoi" not in page


def test_the_owner_reads_why_a_mail_did_not_leave_and_tries_again(open_app: Flask, owner_client: FlaskClient) -> None:
    with open_app.app_context(), writing():
        settings.put({"smtp_host": "mail.example"}, "tests", NOW)
        letter = mail.send_test("marie@exemple.example", "fr", NOW)
        letter.state, letter.reason = "failed", "550 no such user"
        number = letter.id
    page = owner_client.get("/desk/mails").text
    assert "550 no such user" in page
    assert owner_client.post(f"/desk/mails/{number}/retry").status_code == 303
    assert "n’est pas parti" not in owner_client.get("/desk").text


def test_the_hours_when_the_shop_is_shut_stand_in_the_day(repairer_client: FlaskClient, booked_key: str) -> None:
    page = repairer_client.get(TUESDAY).text
    assert page.index("10\u00a0h<small>") < page.index("Fermé jusqu’à 14\u00a0h")


def test_the_file_of_the_visit_that_is_near_is_at_hand(
    repairer_client: FlaskClient, booked_key: str, clock_: Clock
) -> None:
    assert "L’eau coule en continu." not in repairer_client.get("/desk").text
    clock_.now = TUESDAY_10 - timedelta(minutes=20)
    page = repairer_client.get("/desk").text
    assert "Ensuite, Marie-Antoinette" in page
    assert "L’eau coule en continu." in page
    clock_.now = TUESDAY_10 + timedelta(minutes=2)
    assert "Maintenant, Marie-Antoinette" in repairer_client.get("/desk").text
