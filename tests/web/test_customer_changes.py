"""A visit is moved or cancelled from the customer's link: by a button, never by opening a page."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from conftest import NOW, TUESDAY_10, Clock, book_visit
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar

from shopvisio import booking, calls, parts, settings
from shopvisio.accounts import Actor
from shopvisio.booking import Appointment
from shopvisio.db import db, writing
from shopvisio.mail import Mail, files_of
from shopvisio.parts import Wanted
from shopvisio.web import guard

KARIM = Actor("staff", "Karim Benali", 3)
TUESDAY_15 = TUESDAY_10 + timedelta(hours=5)


def start_of(app: Flask, key: str) -> datetime:
    with app.app_context():
        found = booking.find(key)
        assert found is not None
        return found.start


def mails(app: Flask, to: str) -> list[Mail]:
    with app.app_context():
        return list(db.session.scalars(db.select(Mail).where(Mail.to == to).order_by(Mail.id)))


def event_of(mail: Mail) -> tuple[str, dict[str, str]]:
    """The method of the calendar file a mail carries, and its event."""
    carried = files_of(mail)[0]
    calendar = Calendar.from_ical(carried["text"])
    assert carried["method"] == str(calendar["METHOD"])
    event = calendar.walk("VEVENT")[0]
    return carried["method"], {name: str(event[name]) for name in ("UID", "SEQUENCE", "STATUS")}


def test_another_time_is_picked_from_a_list_of_buttons(
    open_app: Flask, stranger: FlaskClient, case_path: str, booked_key: str
) -> None:
    assert f'href="{case_path}/move"' in stranger.get(case_path).text
    page = stranger.get(f"{case_path}/move?from=2026-11-24").text
    assert "Il reste réservé tant que vous n’en choisissez pas un autre" in page
    assert f'value="{TUESDAY_15.isoformat()}"' in page
    assert f'value="{TUESDAY_10.isoformat()}"' not in page
    moved = stranger.post(f"{case_path}/move", data={"start": TUESDAY_15.isoformat()}, follow_redirects=True)
    assert "Votre rendez-vous est déplacé" in moved.text
    assert "15\u00a0h" in moved.text
    assert start_of(open_app, booked_key) == TUESDAY_15
    assert "avez déplacé le 1er appel au mardi 24 novembre, 15\u00a0h" in moved.text


def test_it_may_move_by_less_than_its_own_length(
    open_app: Flask, stranger: FlaskClient, case_path: str, booked_key: str
) -> None:
    later = TUESDAY_10 + timedelta(minutes=30)
    assert stranger.post(f"{case_path}/move", data={"start": later.isoformat()}).status_code == 303
    assert start_of(open_app, booked_key) == later


def test_opening_a_page_changes_nothing(
    open_app: Flask, stranger: FlaskClient, case_path: str, booked_key: str
) -> None:
    for page in ("move", f"move?start={TUESDAY_15.isoformat()}", "cancel", "cancel?answer=yes"):
        assert stranger.get(f"{case_path}/{page}").status_code == 200
    assert start_of(open_app, booked_key) == TUESDAY_10
    with open_app.app_context():
        found = booking.find(booked_key)
        assert found is not None
        assert not found.cancelled


def test_a_time_taken_meanwhile_keeps_the_reserved_one(
    open_app: Flask, stranger: FlaskClient, case_path: str, booked_key: str
) -> None:
    with open_app.app_context(), writing():
        book_visit(booking.services("repair")[0], TUESDAY_15)
    answer = stranger.post(f"{case_path}/move", data={"start": TUESDAY_15.isoformat()})
    assert answer.status_code == 409
    assert "vient d’être pris" in answer.text
    assert start_of(open_app, booked_key) == TUESDAY_10


@pytest.mark.parametrize("typed", ["", "tomorrow", "2027-09-01T10:00:00+00:00"])
def test_a_time_never_offered_moves_nothing(
    open_app: Flask, stranger: FlaskClient, case_path: str, booked_key: str, typed: str
) -> None:
    assert stranger.post(f"{case_path}/move", data={"start": typed}).status_code == 422
    assert start_of(open_app, booked_key) == TUESDAY_10


def test_the_calendar_and_both_sides_follow_a_move(
    open_app: Flask, stranger: FlaskClient, case_path: str, run_jobs: Callable[[], int]
) -> None:
    run_jobs()
    stranger.post(f"{case_path}/move", data={"start": TUESDAY_15.isoformat()})
    run_jobs()
    first, second = mails(open_app, "marie@exemple.example")
    assert "15\u00a0h" in second.subject
    method, event = event_of(second)
    assert method == "REQUEST"
    assert event["SEQUENCE"] == "1"
    assert event["UID"] == event_of(first)[1]["UID"]
    assert "Rendez-vous déplacé" in mails(open_app, "repairer@shop.example")[-1].subject
    file = stranger.get(f"{case_path}/appointment.ics").text
    assert "SEQUENCE:1" in file
    assert "TZID=Europe/Paris:20261124T150000" in file


def test_moved_twice_only_the_last_is_told(
    open_app: Flask, stranger: FlaskClient, case_path: str, run_jobs: Callable[[], int]
) -> None:
    run_jobs()
    for start in (TUESDAY_15, TUESDAY_15 + timedelta(hours=1)):
        stranger.post(f"{case_path}/move", data={"start": start.isoformat()})
    run_jobs()
    told = [mail.subject for mail in mails(open_app, "marie@exemple.example") if mail.name == "moved"]
    assert len(told) == 1
    assert "16\u00a0h" in told[0]


def test_the_colleague_who_had_it_before_is_told_too(
    open_app: Flask, stranger: FlaskClient, case_path: str, booked_key: str, run_jobs: Callable[[], int]
) -> None:
    with open_app.app_context(), writing():
        from shopvisio import accounts

        claire = next(person for person in accounts.everybody() if person.is_owner)
        claire.takes_repairs = True
        other = book_visit(booking.services("repair")[0], TUESDAY_15)
        other.staff_id = 3
    run_jobs()
    assert stranger.post(f"{case_path}/move", data={"start": TUESDAY_15.isoformat()}).status_code == 303
    run_jobs()
    assert "déplacé" in mails(open_app, "owner@shop.example")[-1].subject
    assert "déplacé" in mails(open_app, "repairer@shop.example")[-1].subject


def test_cancelling_is_explained_and_then_done_by_a_button(
    open_app: Flask, stranger: FlaskClient, case_path: str, booked_key: str, run_jobs: Callable[[], int]
) -> None:
    run_jobs()
    page = stranger.get(f"{case_path}/cancel").text
    assert "Vous ne payez rien" in page
    for _again in range(2):
        assert stranger.post(f"{case_path}/cancel").status_code == 303
    page = stranger.get(case_path).text
    assert "Rendez-vous annulé" in page
    assert "avez annulé l’appel du mardi 24 novembre, 10\u00a0h" in page
    run_jobs()
    written = mails(open_app, "marie@exemple.example")
    assert [mail.name for mail in written] == ["confirmation", "cancelled"]
    method, event = event_of(written[1])
    assert (method, event["SEQUENCE"], event["STATUS"]) == ("CANCEL", "1", "CANCELLED")
    assert event["UID"] == event_of(written[0])[1]["UID"]
    assert "annulé" in mails(open_app, "repairer@shop.example")[-1].subject
    with open_app.app_context():
        assert TUESDAY_10 in [s.start for s in booking.free_slots(*_repair_tuesday())]


def _repair_tuesday() -> tuple[booking.Service, "datetime", int, datetime]:
    return booking.services("repair")[0], TUESDAY_10.date(), 1, NOW  # type: ignore[return-value]


def test_a_booking_cancelled_at_once_is_not_confirmed_afterwards(
    open_app: Flask, stranger: FlaskClient, case_path: str, run_jobs: Callable[[], int]
) -> None:
    stranger.post(f"{case_path}/cancel")
    run_jobs()
    assert [mail.name for mail in mails(open_app, "marie@exemple.example")] == ["cancelled"]


def test_a_cancelled_case_is_booked_again_from_the_same_link(
    open_app: Flask, stranger: FlaskClient, case_path: str
) -> None:
    stranger.post(f"{case_path}/cancel")
    assert f'href="{case_path}/times"' in stranger.get(case_path).text
    again = stranger.post(f"{case_path}/times", data={"start": TUESDAY_15.isoformat()}, follow_redirects=True)
    assert "C’est réservé, à bientôt" in again.text
    with open_app.app_context():
        case = guard.case_behind(case_path.rpartition("/")[2])
        assert (case.state, case.outcome, case.closed_at) == ("booked", "", None)
        kept = booking.upcoming(case, NOW)
        assert kept is not None
        assert (kept.visit, kept.start) == (1, TUESDAY_15)
        assert kept.case.fee == 2900


def test_a_later_visit_cancelled_leaves_the_case_where_it_stood(
    open_app: Flask, stranger: FlaskClient, case_path: str, booked_key: str, clock_: Clock
) -> None:
    clock_.now = TUESDAY_10
    with open_app.app_context(), writing():
        found = booking.find(booked_key)
        assert found is not None
        case = found.case
        calls.arrive(found, case.customer.actor, clock_.now)
        call = calls.arrive(found, KARIM, clock_.now)
        calls.end(call, KARIM, clock_.now)
        parts.offer(case, Wanted("Joint", "", "", 0), "", KARIM, clock_.now)
        parts.accept(case, case.offer, "1 rue Haute", "69001", "Lyon", clock_.now)
        parts.send(case, case.parts[-1], "", "", KARIM, clock_.now)
        parts.receive(case, case.customer.actor, clock_.now)
    stranger.post(f"{case_path}/times", data={"start": (TUESDAY_10 + timedelta(days=1)).isoformat()})
    stranger.post(f"{case_path}/cancel")
    assert "La pièce est là" in stranger.get(case_path).text


@pytest.mark.parametrize("page", ["move", "cancel"])
def test_once_the_hour_has_come_it_is_too_late(
    open_app: Flask, stranger: FlaskClient, case_path: str, booked_key: str, clock_: Clock, page: str
) -> None:
    clock_.now = TUESDAY_10
    assert f"{case_path}/{page}" not in stranger.get(case_path).text
    stranger.post(f"{case_path}/{page}", data={"start": TUESDAY_15.isoformat()})
    assert start_of(open_app, booked_key) == TUESDAY_10
    with open_app.app_context():
        assert guard.case_behind(case_path.rpartition("/")[2]).state == "booked"


def test_a_call_begun_early_is_neither_moved_nor_cancelled(
    open_app: Flask, stranger: FlaskClient, case_path: str, booked_key: str, clock_: Clock
) -> None:
    clock_.now = TUESDAY_10 - timedelta(minutes=5)
    with open_app.app_context(), writing():
        found = booking.find(booked_key)
        assert found is not None
        calls.arrive(found, found.case.customer.actor, clock_.now)
        calls.arrive(found, KARIM, clock_.now)
    stranger.post(f"{case_path}/cancel")
    with open_app.app_context():
        assert guard.case_behind(case_path.rpartition("/")[2]).state == "booked"


def test_who_had_come_early_has_not_come_to_the_new_time(
    open_app: Flask, stranger: FlaskClient, case_path: str, booked_key: str, clock_: Clock
) -> None:
    clock_.now = TUESDAY_10 - timedelta(minutes=5)
    with open_app.app_context(), writing():
        found = booking.find(booked_key)
        assert found is not None
        calls.arrive(found, found.case.customer.actor, clock_.now)
    stranger.post(f"{case_path}/move", data={"start": TUESDAY_15.isoformat()})
    with open_app.app_context():
        found = booking.find(booked_key)
        assert found is not None
        call = calls.find(found)
        assert call is not None
        assert (call.state, call.customer_came) == ("planned", None)


def test_the_shop_that_calls_it_off_writes_to_the_customer(
    open_app: Flask, repairer_client: FlaskClient, case_path: str, run_jobs: Callable[[], int]
) -> None:
    run_jobs()
    with open_app.app_context():
        key = guard.case_behind(case_path.rpartition("/")[2]).key
    repairer_client.post(f"/desk/cases/{key}/dismiss", data={"outcome": "cancelled"})
    run_jobs()
    assert [mail.name for mail in mails(open_app, "marie@exemple.example")] == ["confirmation", "cancelled"]
    assert [mail.name for mail in mails(open_app, "repairer@shop.example")] == ["staff"]


def test_the_mail_names_its_method_as_calendars_want_it(
    open_app: Flask, case_path: str, run_jobs: Callable[[], int]
) -> None:
    from shopvisio import mail

    run_jobs()
    with open_app.app_context():
        row = db.session.scalars(db.select(Mail).where(Mail.name == "confirmation")).one()
        sent = mail.message(row, {}, NOW)
        part = next(part for part in sent.iter_attachments() if part.get_content_type() == "text/calendar")
        assert part.get_param("method") == "REQUEST"
        text = part.get_content()
        assert f'ORGANIZER;CN="Atelier Lumière":mailto:{settings.get("email")}' in text.replace("\r\n ", "")
        assert "mailto:marie@exemple.example" in text.replace("\r\n ", "")


def test_two_zones_of_the_year_are_right_after_a_move(open_app: Flask, clock_: Clock) -> None:
    """Moved over the autumn Sunday, 10 h stays 10 h on the shop's clock."""
    clock_.now = datetime.fromisoformat("2026-10-20T08:00:00+02:00")
    with open_app.app_context():
        with writing():
            before = datetime.fromisoformat("2026-10-23T10:00:00+02:00")
            key = book_visit(booking.services("repair")[0], before, clock_.now).key
        found: Appointment | None = booking.find(key)
        assert found is not None
        path = f"/case/{guard.token_of(found.case)}"
    client = open_app.test_client()
    page = client.get(f"{path}/move?from=2026-10-26").text
    assert 'value="2026-10-26T09:00:00+00:00"' in page
    client.post(f"{path}/move", data={"start": "2026-10-26T09:00:00+00:00"})
    assert "lundi 26 octobre,</span> 10\u00a0h" in client.get(path).text
    assert "TZID=Europe/Paris:20261026T100000" in client.get(f"{path}/appointment.ics").text
