"""Staff book, move and call off for a customer who is on the telephone."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from conftest import NOW, TUESDAY_10, Clock
from flask import Flask
from flask.testing import FlaskClient

from shopvisio import accounts, cases, mail, settings
from shopvisio.booking import Appointment
from shopvisio.db import db, writing
from shopvisio.web import guard

EVENING = "2026-11-24T19:00:00+01:00"
CALLER = {
    "name": "Yann Le Goff", "phone": "06 39 98 27 51", "device": "Four", "danger": "nothing", "terms": "y",
    "immediate": "y",
}  # fmt: skip


def key_of(app: Flask, name: str) -> str:
    """The key of a colleague by their first name."""
    with app.app_context():
        return next(one.key for one in accounts.everybody() if one.name.startswith(name))


def call(client: FlaskClient, start: str = TUESDAY_10.isoformat(), **typed: str) -> str:
    """Book for somebody on the telephone; the page that answers."""
    answer = client.post("/desk/book/1", data={"start": start, **CALLER, **typed}, follow_redirects=True)
    return answer.text


def booked(app: Flask) -> list[Appointment]:
    """Every visit there is, with its case at hand."""
    return list(db.session.query(Appointment).order_by(Appointment.id))


@pytest.fixture
def with_mail(open_app: Flask) -> None:
    with open_app.app_context(), writing():
        settings.put({"smtp_host": "mail.example"}, "tests", NOW)


def mails(app: Flask) -> list[str]:
    """To whom, and under which name, mails were written."""
    with app.app_context():
        return [f"{one.name} {one.to}" for one in reversed(mail.latest())]


def test_free_times_are_offered_at_once_and_by_colleague(open_app: Flask, seller_client: FlaskClient) -> None:
    page = seller_client.get("/desk/book?service=1").text
    assert "lundi 23 novembre" in page  # notice is for customers
    assert "Karim Benali" in page
    assert "Nadia Roux" not in re.sub(r"<nav class=\"side\".*?</nav>", "", page, flags=re.S)  # she takes no repairs
    assert seller_client.get(f"/desk/book?service=1&who={key_of(open_app, 'Nadia')}").status_code == 404
    assert "/desk/book/1?" in seller_client.get(f"/desk/book?service=1&who={key_of(open_app, 'Karim')}").text


def test_a_caller_without_an_address_is_booked_and_given_their_link(
    open_app: Flask, seller_client: FlaskClient, stranger: FlaskClient, run_jobs: Callable[[], int], with_mail: None
) -> None:
    page = call(seller_client)
    assert "Sans adresse e-mail, rien ne part" in page
    found = re.search(r"https?://[^/]+(/case/[^<\"]+)", page)
    assert found is not None
    assert "Yann" not in found[1]
    page = stranger.get(found[1]).text
    assert "mardi 24 novembre" in page.lower()
    assert "part aussi par e-mail" not in page
    run_jobs()
    assert mails(open_app) == ["staff repairer@shop.example"]


def test_a_caller_with_an_address_has_the_ordinary_confirmation(
    open_app: Flask, seller_client: FlaskClient, run_jobs: Callable[[], int], with_mail: None
) -> None:
    assert "La confirmation part à yann@exemple.fr" in call(seller_client, email="yann@exemple.fr")
    run_jobs()
    assert "confirmation yann@exemple.fr" in mails(open_app)
    with open_app.app_context():
        text = next(one.text for one in mail.latest() if one.name == "confirmation")
        assert "lisez et acceptez nos conditions" in text


def test_what_was_said_aloud_is_kept_as_such_and_asked_in_writing(
    open_app: Flask, seller_client: FlaskClient, stranger: FlaskClient
) -> None:
    call(seller_client)
    with open_app.app_context():
        case = booked(open_app)[0].case
        kept = {one.kind: one.text for one in cases.consents(case)}
        assert kept.keys() == {"terms_said", "immediate_said"}
        assert "noté par Nadia Roux" in kept["terms_said"]
        assert "conditions générales" in kept["terms_said"]
        path = f"/case/{guard.token_of(case)}"
    assert "votre accord en une minute" in stranger.get(path).text
    assert stranger.post(f"{path}/accept", data={"terms": "y"}).status_code == 422
    assert stranger.post(f"{path}/accept", data={"terms": "y", "immediate": "y"}).status_code == 303
    assert stranger.post(f"{path}/accept", data={"terms": "y", "immediate": "y"}).status_code == 303
    assert "votre accord en une minute" not in stranger.get(path).text
    with open_app.app_context():
        kinds = [one.kind for one in cases.consents(booked(open_app)[0].case)]
        assert sorted(kinds) == ["immediate", "immediate_said", "terms", "terms_said"]


def test_who_booked_alone_is_not_asked_again(stranger: FlaskClient, case_path: str) -> None:
    assert "votre accord en une minute" not in stranger.get(case_path).text
    assert stranger.get(f"{case_path}/accept").status_code == 303


def test_nothing_said_is_nothing_noted(open_app: Flask, seller_client: FlaskClient) -> None:
    data = {name: value for name, value in CALLER.items() if name not in ("terms", "immediate")}
    seller_client.post("/desk/book/1", data={"start": TUESDAY_10.isoformat(), **data})
    with open_app.app_context():
        assert cases.consents(booked(open_app)[0].case) == []


def test_outside_the_hours_is_confirmed_first(open_app: Flask, seller_client: FlaskClient) -> None:
    page = seller_client.get("/desk/book/1?day=2026-11-24&time=19:00").text
    assert "C’est en dehors des heures." in page
    assert "Oui, réserver quand même" in page
    assert "Heure choisie – C’est en dehors des heures" in call(seller_client, EVENING)
    assert "Rendez-vous noté" in call(seller_client, EVENING, outside="y")
    with open_app.app_context():
        (found,) = booked(open_app)
        assert found.start == datetime.fromisoformat(EVENING)
        assert found.staff.name == "Karim Benali"


def test_a_colleague_who_is_taken_is_not_booked_twice_whatever_is_confirmed(
    open_app: Flask, seller_client: FlaskClient
) -> None:
    karim = key_of(open_app, "Karim")
    call(seller_client, who=karim)
    page = call(seller_client, who=karim, outside="y", device="Un autre four")
    assert "Karim Benali n’est pas libre à cette heure." in page
    assert "Un autre four" in page  # nothing typed is lost
    with open_app.app_context():
        assert len(booked(open_app)) == 1


def test_gas_stops_a_repair_on_the_telephone_too(open_app: Flask, seller_client: FlaskClient) -> None:
    assert "Le gaz ne se répare jamais à distance" in call(seller_client, danger="gas")
    assert "Cochez ce qui vous concerne" in call(seller_client, danger="")
    with open_app.app_context():
        assert booked(open_app) == []


@pytest.mark.parametrize("words", ["vandenbroucke", "JEAN van", "jb@exemple", "06 39 98 27 77", "98 27 77"])
def test_a_known_customer_is_found_and_not_asked_again(open_app: Flask, seller_client: FlaskClient, words: str) -> None:
    known = {"name": "Jean-Baptiste Vandenbroucke", "phone": "06 39 98 27 77", "email": "jb@exemple.example"}
    call(seller_client, **known)
    start = (TUESDAY_10 + timedelta(hours=4)).isoformat()
    page = seller_client.get("/desk/book/1", query_string={"start": start, "q": words}).text
    found = re.search(r"known=(\d+)", page)
    assert found is not None
    page = seller_client.get("/desk/book/1", query_string={"start": start, "known": found[1]}).text
    assert 'value="Jean-Baptiste Vandenbroucke"' in page
    assert 'value="jb@exemple.example"' in page


def test_wrong_answers_are_named_and_the_rest_kept(seller_client: FlaskClient) -> None:
    page = call(seller_client, phone="12", email="nobody", device="")
    assert "3 réponses sont à corriger" in page
    assert 'value="Yann Le Goff"' in page
    assert "Un jour et une heure" in seller_client.get("/desk/book/1?day=2026-11-24&time=late").text


def test_a_move_is_shown_as_the_customer_will_read_it_and_told(
    open_app: Flask, repairer_client: FlaskClient, booked_key: str, run_jobs: Callable[[], int], with_mail: None
) -> None:
    path, later = f"/desk/appointments/{booked_key}/move", (TUESDAY_10 + timedelta(hours=4)).isoformat()
    assert "14\u00a0h" in repairer_client.get(path).text
    page = repairer_client.get(path, query_string={"start": later}).text
    assert "Votre rendez-vous est déplacé\u00a0: mardi 24 novembre, 14\u00a0h" in page
    assert repairer_client.post(path, data={"start": later, "tell": "y"}).status_code == 303
    run_jobs()
    assert "moved marie@exemple.example" in mails(open_app)
    with open_app.app_context():
        (found,) = booked(open_app)
        assert (found.start, found.revision) == (TUESDAY_10 + timedelta(hours=4), 1)
        case_key = found.case.key
    assert "<b>Karim Benali</b> déplace le 1er appel" in repairer_client.get(f"/desk/cases/{case_key}").text


@pytest.mark.parametrize("tell", [True, False])
def test_another_visit_of_a_case_is_booked_for_its_customer_at_no_cost(
    open_app: Flask,
    repairer_client: FlaskClient,
    booked_key: str,
    clock_: Clock,
    run_jobs: Callable[[], int],
    with_mail: None,
    tell: bool,
) -> None:
    clock_.now = TUESDAY_10 + timedelta(hours=14)  # the first call is long over, its outcome unsaid
    with open_app.app_context():
        path = f"/desk/cases/{booked(open_app)[0].case.key}/visit"
    assert f'href="{path}"' in repairer_client.get(path.removesuffix("/visit")).text
    assert "Un autre appel, sans frais" in repairer_client.get(path).text
    start = (TUESDAY_10 + timedelta(days=1)).isoformat()
    page = repairer_client.get(path, query_string={"start": start}).text
    assert "mercredi 25 novembre, 10\u00a0h, Karim Benali" in page
    assert "0\u00a0€ de plus" in page  # the very mail
    assert "en dehors des heures" in repairer_client.post(path, data={"start": EVENING}).text
    assert repairer_client.post(path, data={"start": start} | ({"tell": "y"} if tell else {})).status_code == 303
    run_jobs()
    with open_app.app_context():
        first, second = booked(open_app)
        assert (second.case_id, second.visit, second.start) == (first.case_id, 2, TUESDAY_10 + timedelta(days=1))
        assert second.case.state == "booked"
    assert ("confirmation marie@exemple.example" in mails(open_app)[1:]) == tell
    assert repairer_client.get(path).status_code == 303  # one is to come


def test_a_move_may_be_kept_from_the_mail(
    open_app: Flask, repairer_client: FlaskClient, booked_key: str, run_jobs: Callable[[], int], with_mail: None
) -> None:
    later = (TUESDAY_10 + timedelta(hours=4)).isoformat()
    repairer_client.post(f"/desk/appointments/{booked_key}/move", data={"start": later})
    run_jobs()
    assert not [one for one in mails(open_app) if one.startswith("moved")]


def test_staff_move_a_visit_that_nobody_came_to(
    open_app: Flask, repairer_client: FlaskClient, booked_key: str, clock_: Clock
) -> None:
    clock_.now = TUESDAY_10 + timedelta(hours=2)
    start = "2026-11-25T10:00:00+01:00"
    answer = repairer_client.post(f"/desk/appointments/{booked_key}/move", data={"start": start})
    assert answer.status_code == 303
    with open_app.app_context():
        assert booked(open_app)[0].start == datetime.fromisoformat(start)


def test_a_cancellation_is_shown_told_and_done_once(
    open_app: Flask, repairer_client: FlaskClient, stranger: FlaskClient, booked_key: str, case_path: str,
    run_jobs: Callable[[], int], with_mail: None,
) -> None:  # fmt: skip
    path = f"/desk/appointments/{booked_key}/cancel"
    assert "Votre rendez-vous en visio du mardi 24 novembre, 10\u00a0h est annulé" in repairer_client.get(path).text
    with open_app.app_context():
        assert not booked(open_app)[0].cancelled
    for _again in range(2):
        assert repairer_client.post(path, data={"tell": "y"}).status_code == 303
    run_jobs()
    assert mails(open_app).count("cancelled marie@exemple.example") == 1
    page = stranger.get(case_path).text
    assert "Vous avez annulé" not in page
    assert "Karim Benali" in page


def test_no_address_no_choice_to_tell(
    open_app: Flask, repairer_client: FlaskClient, seller_client: FlaskClient
) -> None:
    call(seller_client)
    with open_app.app_context():
        key = booked(open_app)[0].key
    page = repairer_client.get(f"/desk/appointments/{key}/cancel").text
    assert "Aucun e-mail ne partira" in page
    assert "06 39 98 27 51" in page.replace("\u00a0", " ")
    assert 'name="tell"' not in page


def test_callers_without_an_address_do_not_fill_each_other_s_cap(seller_client: FlaskClient) -> None:
    for n in range(5):
        start = (TUESDAY_10 + timedelta(days=n % 4, hours=4 * (n // 4))).isoformat()
        assert "Rendez-vous noté" in call(seller_client, start, phone=f"06 39 98 27 5{n}")
