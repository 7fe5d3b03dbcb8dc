"""Reminders and delays: what was planned is checked against what is true when it is due."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from conftest import NOW, TUESDAY_10, Clock, book_visit
from flask import Flask
from flask.testing import FlaskClient

from shopvisio import booking, calls, cases
from shopvisio.accounts import Actor
from shopvisio.booking import Appointment
from shopvisio.db import db, writing
from shopvisio.jobs import Job
from shopvisio.mail import Mail

KARIM = Actor("staff", "Karim Benali", 3)
TUESDAY_15 = TUESDAY_10 + timedelta(hours=5)


def written(app: Flask, name: str) -> list[str]:
    """The subjects of the mails of this name, in order."""
    with app.app_context():
        return [mail.subject for mail in db.session.scalars(db.select(Mail).where(Mail.name == name).order_by(Mail.id))]


def visit(key: str) -> Appointment:
    found = booking.find(key)
    assert found is not None
    return found


def test_the_day_before_and_the_hour_before_are_said_once_each(
    open_app: Flask, booked_key: str, run_jobs: Callable[[], int], clock_: Clock
) -> None:
    run_jobs()
    assert written(open_app, "reminder") == []
    clock_.now = TUESDAY_10 - timedelta(days=1)
    run_jobs()
    assert written(open_app, "reminder") == ["C’est demain\u00a0: mardi 24 novembre, 10\u00a0h"]
    clock_.now = TUESDAY_10 - timedelta(hours=1)
    run_jobs()
    run_jobs()
    assert written(open_app, "reminder")[1:] == ["C’est dans une heure, à 10\u00a0h"]


def test_a_visit_booked_for_soon_is_not_announced_as_tomorrows(open_app: Flask) -> None:
    with open_app.app_context(), writing():
        book_visit(booking.services("repair")[0], NOW + timedelta(hours=5))
        planned = [job.told["ahead"] for job in db.session.scalars(db.select(Job).filter_by(kind="reminder"))]
    assert planned == ["hour"]


def test_what_was_cancelled_is_not_reminded(
    open_app: Flask, stranger: FlaskClient, case_path: str, run_jobs: Callable[[], int], clock_: Clock
) -> None:
    stranger.post(f"{case_path}/cancel")
    clock_.now = TUESDAY_10 - timedelta(minutes=30)
    run_jobs()
    assert written(open_app, "reminder") == []


def test_what_was_moved_is_reminded_at_its_new_time_alone(
    open_app: Flask, stranger: FlaskClient, case_path: str, run_jobs: Callable[[], int], clock_: Clock
) -> None:
    stranger.post(f"{case_path}/move", data={"start": TUESDAY_15.isoformat()})
    clock_.now = TUESDAY_10 - timedelta(minutes=30)
    run_jobs()
    assert written(open_app, "reminder") == ["C’est demain\u00a0: mardi 24 novembre, 15\u00a0h"]
    clock_.now = TUESDAY_15 - timedelta(minutes=30)
    run_jobs()
    assert written(open_app, "reminder")[1:] == ["C’est dans une heure, à 15\u00a0h"]


def test_an_appliance_that_was_off_does_not_remind_twice_or_too_late(
    open_app: Flask, booked_key: str, run_jobs: Callable[[], int], clock_: Clock
) -> None:
    clock_.now = TUESDAY_10 - timedelta(minutes=40)
    run_jobs()
    assert written(open_app, "reminder") == ["C’est dans une heure, à 10\u00a0h"]
    clock_.now = TUESDAY_10 + timedelta(minutes=1)
    with open_app.app_context(), writing():
        for job in db.session.scalars(db.select(Job).filter_by(kind="reminder")):
            job.state, job.due = "waiting", clock_.now
    run_jobs()
    assert len(written(open_app, "reminder")) == 1


def test_ten_minutes_late_is_one_tap_and_reaches_who_is_not_there_yet(
    open_app: Flask,
    repairer_client: FlaskClient,
    stranger: FlaskClient,
    case_path: str,
    booked_key: str,
    run_jobs: Callable[[], int],
    clock_: Clock,
) -> None:
    clock_.now = TUESDAY_10 - timedelta(minutes=20)
    run_jobs()
    path = f"/desk/appointments/{booked_key}/late"
    assert f'action="{path}"' in repairer_client.get("/desk").text
    assert repairer_client.post(path, data={"minutes": "10"}).status_code == 303
    assert "10 minutes de retard annoncées" in repairer_client.get("/desk").text
    page = stranger.get(case_path).text
    assert "Karim a environ 10 minutes de retard" in page
    assert "vers 10\u00a0h\u00a010" in page
    run_jobs()
    assert written(open_app, "late") == ["Environ 10 minutes de retard pour votre appel"]
    repairer_client.post(path, data={"minutes": "0"})
    run_jobs()
    assert written(open_app, "late")[1:] == ["Votre appel est de nouveau à l’heure"]
    assert "de retard" not in stranger.get(case_path).text.partition("Ce qui s’est passé")[0]


def test_who_is_in_the_waiting_room_gets_no_mail(
    open_app: Flask, repairer_client: FlaskClient, booked_key: str, run_jobs: Callable[[], int], clock_: Clock
) -> None:
    clock_.now = TUESDAY_10 - timedelta(minutes=2)
    with open_app.app_context(), writing():
        calls.arrive(visit(booked_key), visit(booked_key).case.customer.actor, clock_.now)
    repairer_client.post(f"/desk/appointments/{booked_key}/late", data={"minutes": "5"})
    run_jobs()
    assert written(open_app, "late") == []


@pytest.mark.parametrize("minutes", ["", "7", "-5", "ten"])
def test_only_the_offered_delays_are_taken(repairer_client: FlaskClient, booked_key: str, minutes: str) -> None:
    path = f"/desk/appointments/{booked_key}/late"
    assert repairer_client.post(path, data={"minutes": minutes}).status_code == 422


def test_nobody_is_late_for_a_call_that_has_begun(
    open_app: Flask, repairer_client: FlaskClient, booked_key: str, clock_: Clock
) -> None:
    clock_.now = TUESDAY_10
    with open_app.app_context(), writing():
        calls.arrive(visit(booked_key), visit(booked_key).case.customer.actor, clock_.now)
        calls.arrive(visit(booked_key), KARIM, clock_.now)
    path = f"/desk/appointments/{booked_key}/late"
    assert repairer_client.post(path, data={"minutes": "5"}).status_code == 409
    assert path not in repairer_client.get("/desk").text


def test_a_moved_visit_forgets_the_delay(
    open_app: Flask, repairer_client: FlaskClient, stranger: FlaskClient, case_path: str, booked_key: str, clock_: Clock
) -> None:
    clock_.now = TUESDAY_10 - timedelta(minutes=20)
    repairer_client.post(f"/desk/appointments/{booked_key}/late", data={"minutes": "15"})
    stranger.post(f"{case_path}/move", data={"start": TUESDAY_15.isoformat()})
    with open_app.app_context():
        call = calls.find(visit(booked_key))
        assert call is not None
        assert call.late == 0
        assert [entry.kind for entry in visit(booked_key).case.journal][-2:] == ["late", "moved"]
        assert cases.STATES[visit(booked_key).case.state] == "Rendez-vous pris"
