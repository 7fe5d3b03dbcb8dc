"""The right hour on page, mail and calendar file: on both daylight-saving Sundays, and for who is in another zone."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from conftest import NOW, Clock
from flask import Flask
from flask.testing import FlaskClient
from way import AGREED, FAULT, PERSON, REPAIR, START

from shopvisio import booking, settings
from shopvisio.availability import Hours
from shopvisio.db import db, writing
from shopvisio.i18n import elsewhere
from shopvisio.mail import Mail

SUNDAYS = {
    "forward": datetime(2027, 3, 28, 8, 0, tzinfo=UTC),  # 10 h in Paris, in summer since this night
    "back": datetime(2027, 10, 31, 9, 0, tzinfo=UTC),  # 10 h in Paris, in winter since this night
}


def booked(client: FlaskClient, start: str, zone: str = "") -> str:
    """The customer's page of a repair booked by the pages."""
    path = client.post(REPAIR, data={"start": start, "zone": zone}).location.removesuffix("/fault")
    client.post(f"{path}/fault", data=FAULT)
    client.post(f"{path}/safety", data={"danger": "nothing"})
    answer = client.post(f"{path}/person", data=PERSON | AGREED)
    assert answer.status_code == 303, answer.text
    return answer.location.partition("?")[0]


def confirmation(app: Flask) -> str:
    with app.app_context():
        return db.session.query(Mail).filter_by(name="confirmation").one().text


@pytest.mark.parametrize("turn", SUNDAYS)
def test_on_both_sundays_page_mail_and_file_show_the_hour_on_the_wall(
    open_app: Flask, stranger: FlaskClient, clock_: Clock, run_jobs: Callable[[], int], turn: str
) -> None:
    start = SUNDAYS[turn]
    clock_.now = start - timedelta(days=2)
    with open_app.app_context(), writing():
        booking.set_hours(booking.takers(booking.services("repair")[0])[0], [Hours(6, 0, 1440)])
        settings.put({"holidays": "none"}, "tests", clock_.now)
    page = stranger.get(REPAIR).text
    words = re.search(rf'value="{re.escape(start.isoformat())}">(.*?)</button>', page)
    assert words
    assert re.sub("<[^>]+>", "", words[1]).endswith("10\u00a0h")
    case = booked(stranger, start.isoformat())
    day = "dimanche 28 mars" if turn == "forward" else "dimanche 31 octobre"
    shown = stranger.get(case).text
    assert day in shown.lower()
    assert "10\u00a0h</h1>" in shown
    run_jobs()
    assert f"{day}, 10\u00a0h" in confirmation(open_app)
    file = stranger.get(f"{case}/appointment.ics").text
    assert f"DTSTART;TZID=Europe/Paris:{start:%Y%m%d}T100000" in file
    assert "BEGIN:DAYLIGHT" in file
    assert "BEGIN:STANDARD" in file


def test_who_is_elsewhere_sees_both_hours_on_page_and_mail(
    open_app: Flask, stranger: FlaskClient, run_jobs: Callable[[], int]
) -> None:
    case = booked(stranger, START, "America/Cayenne")
    assert "6\u00a0h, heure de Cayenne" in stranger.get(case).text
    run_jobs()
    assert "Chez vous\u00a0: 6\u00a0h, heure de Cayenne." in confirmation(open_app)


@pytest.mark.parametrize("zone", ["", "Europe/Paris", "Europe/Brussels", "Mars/Olympus", "../../etc/passwd"])
def test_who_has_the_same_clock_or_none_sees_one_hour(stranger: FlaskClient, zone: str) -> None:
    assert "heure de" not in stranger.get(booked(stranger, START, zone)).text


def test_another_day_is_said_with_its_day() -> None:
    assert elsewhere(NOW, "Pacific/Noumea") == "19\u00a0h, heure de Nouméa"
    assert elsewhere(NOW, "Pacific/Tahiti") == "dimanche 22 novembre, 22\u00a0h, heure de Tahiti"


def test_the_confirmation_carries_a_copy_of_what_was_agreed(
    open_app: Flask, stranger: FlaskClient, run_jobs: Callable[[], int]
) -> None:
    booked(stranger, START)
    run_jobs()
    text = confirmation(open_app)
    assert "Ce que vous avez accepté\u00a0:" in text
    assert "reconnais perdre mon droit de rétractation" in text


def test_without_a_script_the_zone_is_chosen_from_a_list_and_every_button_says_both_hours(
    stranger: FlaskClient,
) -> None:
    page = stranger.get(REPAIR).text
    assert '<option value="America/Cayenne">Cayenne, 5\u00a0h</option>' in page
    assert "Europe/Paris" not in re.findall(r'<option value="(.*?)"', page)
    page = stranger.get(f"{REPAIR}?zone=America/Cayenne").text
    assert '<option value="America/Cayenne" selected>' in page
    assert f'value="{START}"><span>mardi 24 novembre<span class="sr">, </span></span><b>10\u00a0h</b>' in page
    assert "<b>10\u00a0h</b><small>vous\u00a0: 6\u00a0h</small>" in page
    assert "&amp;zone=America/Cayenne" in page  # the next days keep it
    form = re.search(r'<input type="hidden" name="zone" value="(.*?)">', page)
    assert form
    assert "6\u00a0h, heure de Cayenne" in stranger.get(booked(stranger, START, form[1])).text


@pytest.mark.parametrize("zone", ["Europe/Paris", "Mars/Olympus", "../../etc/passwd", '"><script>'])
def test_a_zone_that_is_none_changes_nothing(stranger: FlaskClient, zone: str) -> None:
    page = stranger.get(REPAIR, query_string={"zone": zone}).text
    assert "vous\u00a0: " not in page.replace('data-there="vous\u00a0: {}"', "")
    assert '<input type="hidden" name="zone" value="">' in page
