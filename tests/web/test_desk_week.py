"""The week: one list a day, drawn on a grid; for one colleague or for all."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta

import pytest
from conftest import NOW, TUESDAY_10, Clock, a_customer, book_visit
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from shopvisio import accounts, booking, demo
from shopvisio.booking import Appointment
from shopvisio.calls import Call
from shopvisio.cases import Case
from shopvisio.db import db, writing

WEEK = "/desk/week/2026-11-25"


def person(app: Flask, name: str) -> str:
    """The key of a colleague by their first name."""
    with app.app_context():
        return next(one.key for one in accounts.everybody() if one.name.startswith(name))


def a_day(page: str, day: str) -> str:
    """What the page says of one day, by its name."""
    return next(part for part in page.split("<section") if f">{day}<" in part)


def test_the_week_lists_the_visits_of_each_day(repairer_client: FlaskClient, booked_key: str) -> None:
    page = repairer_client.get(WEEK).text
    assert "Semaine du 23 novembre 2026" in page
    tuesday = a_day(page, "mardi 24 novembre")
    assert "10\u00a0h</time> <b>Marie-Antoinette Delaunay-Charpentier</b>" in tuesday
    assert "Karim, réservoir de WC" in tuesday
    assert "Confirmé" in tuesday
    assert "from-600 for-45 lane-0 lanes-1" in tuesday
    assert "Aucun rendez-vous" in a_day(page, "mercredi 25 novembre")
    assert "Marie-Antoinette" not in repairer_client.get("/desk/week/2026-12-02").text


def test_the_week_of_today_is_the_first_one_shown(repairer_client: FlaskClient, booked_key: str) -> None:
    page = repairer_client.get("/desk/week").text
    assert "mardi 24 novembre" in page
    assert "/desk/week/2026-11-16" in page
    assert "/desk/week/2026-11-30" in page
    assert "Cette semaine" not in page
    assert "Cette semaine" in repairer_client.get("/desk/week/2026-12-02").text


def test_one_colleague_s_week_is_theirs_alone(open_app: Flask, repairer_client: FlaskClient, booked_key: str) -> None:
    karim, nadia = person(open_app, "Karim"), person(open_app, "Nadia")
    assert "Marie-Antoinette" in repairer_client.get(f"{WEEK}?who={karim}").text
    page = repairer_client.get(f"{WEEK}?who={nadia}").text
    assert "Marie-Antoinette" not in page
    assert f"/desk/week/2026-11-16?who={nadia}" in page
    assert repairer_client.get(f"{WEEK}?who=nobody").status_code == 404


def test_hours_closures_and_holidays_are_drawn(open_app: Flask, repairer_client: FlaskClient) -> None:
    with open_app.app_context(), writing():
        booking.close(date(2026, 11, 26), date(2026, 11, 27), "Inventaire")
    page = repairer_client.get(WEEK).text
    tuesday = a_day(page, "mardi 24 novembre")
    assert re.findall(r"opening from-(\d+) for-(\d+)", tuesday) == [("540", "180"), ("840", "240")]
    assert not re.search("opening", a_day(page, "dimanche 29 novembre"))
    for day in ("jeudi 26 novembre", "vendredi 27 novembre"):
        assert "Fermé, Inventaire" in a_day(page, day)
    assert "Inventaire" not in tuesday
    christmas = a_day(repairer_client.get("/desk/week/2026-12-25").text, "vendredi 25 décembre")
    assert "Noël" in christmas
    assert "opening" not in christmas


def test_hours_stay_where_they_are_when_the_clock_changes(repairer_client: FlaskClient) -> None:
    for monday in ("2026-03-23", "2026-03-30", "2026-10-19", "2026-10-26"):
        assert "opening from-540 for-180" in repairer_client.get(f"/desk/week/{monday}").text


def test_visits_at_the_same_time_stand_beside_each_other(
    open_app: Flask, repairer_client: FlaskClient, booked_key: str
) -> None:
    with open_app.app_context(), writing():
        book_visit(booking.services("sale")[0], TUESDAY_10 + timedelta(minutes=15))
        book_visit(booking.services("sale")[0], TUESDAY_10 + timedelta(hours=4))
    tuesday = a_day(repairer_client.get(WEEK).text, "mardi 24 novembre")
    assert re.findall(r"lane-\d lanes-\d", tuesday) == ["lane-0 lanes-2", "lane-1 lanes-2", "lane-0 lanes-1"]


def test_the_line_of_now_stands_in_the_day_of_today(
    repairer_client: FlaskClient, booked_key: str, clock_: Clock
) -> None:
    clock_.now = TUESDAY_10 + timedelta(minutes=7)
    page = repairer_client.get("/desk/week").text
    assert page.count("nowline") == 1
    assert "from-605" in a_day(page, "mardi 24 novembre")
    assert "nowline" not in repairer_client.get("/desk/week/2026-12-02").text


def test_who_never_came_is_marked_in_the_week_and_on_the_day(
    repairer_client: FlaskClient, booked_key: str, clock_: Clock
) -> None:
    clock_.now = TUESDAY_10 + timedelta(hours=2)
    for path in (WEEK, "/desk/day/2026-11-24"):
        assert "Client absent" in repairer_client.get(path).text


@pytest.mark.parametrize("day", ["tomorrow", "2026-13-40", "0001-01-01", "9999-12-31"])
def test_a_week_of_no_day_is_not_found(repairer_client: FlaskClient, day: str) -> None:
    assert repairer_client.get(f"/desk/week/{day}").status_code == 404


def test_the_strip_of_the_day_counts_the_week(repairer_client: FlaskClient, booked_key: str) -> None:
    page = repairer_client.get("/desk").text
    assert "mardi 24 novembre, 1 rendez-vous" in page
    assert "mercredi 25 novembre, Aucun rendez-vous" in page


@contextmanager
def counting() -> Iterator[Callable[[], int]]:
    """How many queries were asked meanwhile."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        asked.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield lambda: len(asked)
    event.remove(db.engine, "before_cursor_execute", note)


def fill(first: int, number: int) -> None:
    """So many visits of the week, each of a case of its own; to a third of them the customer came."""
    service, staff = booking.services("repair")[0], accounts.everybody()[0]
    for n in range(first, first + number):
        start = datetime.fromisoformat("2026-11-23T00:00:00+00:00") + timedelta(minutes=45 * n)
        case = Case(
            key=f"case{n}", number=f"D2026-9{n}", kind="repair", state="booked", fee=2900, device="Four", created=NOW,
            customer=a_customer(NOW, f"Client {n}"),
        )  # fmt: skip
        made = Appointment(
            case=case, service=service, staff=staff, since=start, start=start, end=start + timedelta(minutes=40),
            until=start + timedelta(minutes=40), visit=1, created=NOW,
        )  # fmt: skip
        db.session.add(made)
        if n % 3 == 0:
            db.session.add(Call(appointment=made, state="waiting", customer_came=start))


def test_two_hundred_visits_ask_no_more_queries_than_two(
    open_app: Flask, repairer_client: FlaskClient, clock_: Clock
) -> None:
    clock_.now = NOW + timedelta(days=9)  # all of it is past: nobody came, nobody concluded
    asked = {}
    for first, number in ((0, 2), (2, 198)):
        with open_app.app_context():
            with writing():
                booking.set_hours(accounts.everybody()[0], demo.ALWAYS)
                fill(first, number)
            for path in (WEEK, "/desk/day/2026-11-24"):
                with counting() as count:
                    assert repairer_client.get(path).status_code == 200
                    asked[path, number] = count()
    assert "200 rendez-vous" in repairer_client.get(WEEK).text
    assert asked[WEEK, 198] <= asked[WEEK, 2] + 2
    assert asked["/desk/day/2026-11-24", 198] <= asked["/desk/day/2026-11-24", 2] + 8
