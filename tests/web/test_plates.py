"""The rating plate: read by staff, noted with the case, and the first of its pictures from then on."""

import re

import pytest
from conftest import NOW, TUESDAY_10, Clock
from flask import Flask
from flask.testing import FlaskClient

from shopvisio import booking, calls, cases, plates, stills
from shopvisio.accounts import Actor
from shopvisio.cases import Case, Photo
from shopvisio.db import db, writing

KARIM = Actor("staff", "Karim Benali")
WORDS = {"brand": "Blanco", "model": "W 77", "serial": "SN 0042-7"}


def case_of(booked_key: str) -> Case:
    found = booking.find(booked_key)
    assert found is not None
    return found.case


@pytest.fixture
def key(open_app: Flask, booked_key: str, clock_: Clock) -> str:
    """The key of a case with two photos of the intake and a still of its call."""
    clock_.now = TUESDAY_10
    with open_app.app_context(), writing():
        case, visit = case_of(booked_key), booking.find(booked_key)
        assert visit is not None
        for n in range(2):
            db.session.add(Photo(case_id=case.id, file=f"{n}.jpg", width=8, height=6, created=NOW))
        calls.arrive(visit, case.customer.actor, TUESDAY_10)
        stills.add(visit, case.customer.actor, "still-one-two", "s.jpg", 8, 6, TUESDAY_10)
        return case.key


def shown(client: FlaskClient, path: str) -> list[str]:
    """The pictures of the case as the page shows them, by kind and number; with a star the plate."""
    beside = client.get(path).text.rpartition("<aside")[2]  # the story has pictures of its own
    found = re.findall(r'class="photo( plate)?" href="[^"]*/(photo|still)/(\d+)"', beside)
    return [f"{kind} {number}{'*' if plate else ''}" for plate, kind, number in found]


def test_the_picture_of_the_plate_comes_first_in_the_case_and_in_the_call(
    open_app: Flask, repairer_client: FlaskClient, key: str, booked_key: str
) -> None:
    path = f"/desk/cases/{key}"
    assert shown(repairer_client, path)[:2] == ["photo 1", "photo 2"]
    for picture, first in (("photo-2", ["photo 2*", "photo 1"]), ("still-1", ["still 1*", "photo 1", "photo 2"])):
        assert repairer_client.post(f"{path}/plate", data={**WORDS, "picture": picture}).status_code == 303
        for page in (path, f"/desk/appointments/{booked_key}/call"):
            assert shown(repairer_client, page)[: len(first)] == first
    page = repairer_client.get(path).text
    assert "a lu la plaque\u00a0: Blanco, W 77, SN 0042-7." in page
    assert page.count("SN 0042-7") >= 3  # in its facts, in the box, in the story
    with open_app.app_context():
        assert case_of(booked_key).thing.endswith("Blanco W 77")


def test_the_customer_reads_nothing_of_it(
    repairer_client: FlaskClient, stranger: FlaskClient, key: str, case_path: str
) -> None:
    repairer_client.post(f"/desk/cases/{key}/plate", data={**WORDS, "picture": ""})
    assert "0042" not in stranger.get(case_path).text


def test_pictures_of_others_and_words_too_long_are_refused(
    open_app: Flask, repairer_client: FlaskClient, key: str, booked_key: str
) -> None:
    for picture in ("photo-77", "still-2", "photo-", "x", "photo-1 OR 1"):
        assert repairer_client.post(f"/desk/cases/{key}/plate", data={**WORDS, "picture": picture}).status_code == 404
    answer = repairer_client.post(f"/desk/cases/{key}/plate", data={**WORDS, "serial": "9" * 81})
    assert (answer.status_code, "80 signes au plus." in answer.text, "9" * 81 in answer.text) == (422, True, True)
    with open_app.app_context():
        assert [entry.kind for entry in case_of(booked_key).journal if entry.kind == "plate_read"] == []


def test_it_goes_with_its_case_and_outlives_its_picture(open_app: Flask, key: str, booked_key: str) -> None:
    with open_app.app_context():
        with writing():
            case = cases.find(key)
            assert case is not None
            plates.read(case, **WORDS, picture="photo-1", actor=KARIM, now=NOW)
        with writing():
            db.session.delete(db.session.get_one(Photo, 1))
        case = case_of(booked_key)
        db.session.expire_all()
        plate = plates.of(case)
        assert plate is not None
        assert (plate.serial, plates.shown_by(case)) == ("SN 0042-7", "")
