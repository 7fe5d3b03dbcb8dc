"""The owner's dates: public holidays opened one by one, and a colleague's day that differs."""

from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient

from shopvisio import accounts, calendar
from shopvisio.web.typed import read_ranges

CHRISTMAS = date(2026, 12, 25)


def key_of(app: Flask, email: str) -> str:
    with app.app_context():
        return next(person.key for person in accounts.everybody() if person.email == email)


def test_the_holidays_to_come_are_listed_and_each_may_be_opened(owner_client: FlaskClient) -> None:
    page = owner_client.get("/desk/staff").text
    assert "vendredi 25 décembre" in page
    assert "Noël, fermé" in page
    opened = owner_client.post("/desk/holidays/2026-12-25/open", follow_redirects=True).text
    assert "Noël, ouvert" in opened
    assert "Noël, fermé" in owner_client.post("/desk/holidays/2026-12-25/shut", follow_redirects=True).text


@pytest.mark.parametrize("day", ["2026-12-24", "soon"])
def test_only_a_holiday_is_opened_so(owner_client: FlaskClient, day: str) -> None:
    assert owner_client.post(f"/desk/holidays/{day}/open").status_code == 404


def test_a_day_of_ones_own_is_written_and_taken_back(open_app: Flask, owner_client: FlaskClient) -> None:
    path = f"/desk/staff/{key_of(open_app, 'repairer@shop.example')}"
    page = owner_client.post(
        f"{path}/days", data={"day": "2026-11-28", "hours": "9:00-12:00, 14:00 - 18h30"}, follow_redirects=True
    ).text
    assert "samedi 28 novembre" in page
    assert "09:00–12:00, 14:00–18:30" in page
    page = owner_client.post(f"{path}/days", data={"day": "2026-11-30", "hours": ""}, follow_redirects=True).text
    assert "Absent" in page
    page = owner_client.post(f"{path}/days/2026-11-28/clear", follow_redirects=True).text
    assert "samedi 28 novembre" not in page
    assert "lundi 30 novembre" in page


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"day": "", "hours": ""}, "Indiquez un jour."),
        ({"day": "2026-11-28", "hours": "all day"}, "Écrivez les heures comme"),
        ({"day": "2026-11-28", "hours": "12:00-9:00"}, "L’heure de fin vient après"),
        ({"day": "2026-11-20", "hours": ""}, "Ce jour est passé."),
    ],
)
def test_a_refused_day_keeps_what_was_typed(
    open_app: Flask, owner_client: FlaskClient, typed: dict[str, str], sentence: str
) -> None:
    path = f"/desk/staff/{key_of(open_app, 'repairer@shop.example')}"
    answer = owner_client.post(f"{path}/days", data=typed)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert f'value="{typed["hours"]}"' in answer.text


def test_only_the_owner_decides_of_days(open_app: Flask, repairer_client: FlaskClient) -> None:
    key = key_of(open_app, "repairer@shop.example")
    assert repairer_client.post(f"/desk/staff/{key}/days", data={"day": "2026-11-28"}).status_code == 403
    assert repairer_client.post("/desk/holidays/2026-12-25/open").status_code == 403
    with open_app.app_context():
        assert calendar.kept_open(CHRISTMAS, CHRISTMAS) == set()


def test_hours_are_read_as_people_write_them() -> None:
    assert read_ranges("9h-12h 14:00 – 18:30") == [(540, 720), (840, 1110)]
    assert read_ranges("  ") == []
